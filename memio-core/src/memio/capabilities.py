"""What a store can hold and do: the kinds of memory, and the features and guarantees that a provider declares.

A **feature** is something that a caller can ask for and a provider may lack: asking a store that
does not declare it raises `NotSupportedError` before the store is touched. A **guarantee** is a
property that a provider promises; the contract suite holds it to the promise.

Both are plain strings for a store, so that one written for a later memio keeps working with this
one: strings that are not listed here are shown and otherwise ignored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, get_args

Kind = Literal["facts", "history", "documents", "graph"]
"""The four kinds of memory."""

KINDS: tuple[Kind, ...] = get_args(Kind)


class Feature(StrEnum):
    """Something that a caller can ask for and a provider may lack.

    Attributes:
        ATTRIBUTION: The user and the agent given on `add` are recorded and returned.
        USER_SCOPE: `user_id` restricts reads, updates and deletes to the records of exactly that user, or of none.
        AGENT_SCOPE: `agent_id` restricts reads, updates and deletes to the records of exactly that agent, or of none.
        NAMESPACES: The namespace given on `add` is recorded and returned, and restricts every other call.
        OWNERS: The owners that have records can be listed.
        METADATA: A JSON object is kept with each record and returned by every read.
        FILTERS: Listings and searches can be restricted to records whose metadata holds given values.
        FILTER_OPERATORS: Filters may compare, and combine with and, or and not; see `memio.facts.get_all`.
        TIME_RANGE: Listings, searches and counts can be restricted to records of a time, by `since` and `until`.
        NEWEST_FIRST: Listings can begin with the newest.
        COUNT: Records can be counted without reading them.
        CLIENT_IDS: The caller may choose a record's id, which makes `add` safe to repeat.
        UPDATE: Content and metadata of a record can be replaced.
        PUT: A record can be stored under an id whether it is there already or not.
        VERSIONS: A record has a version, and a write can be made to depend on it.
        EXPIRY: A record can be given a time at which it will be gone.
        DATA: A JSON value of any shape is kept with the text of a message or document.
        DELETE_MESSAGES: Single messages of a session can be deleted.
        MESSAGE_NAMES: A message keeps the name of its speaker.
        MESSAGE_TIMESTAMPS: A message keeps a time that the caller gives.
        ALL_ROLES: Messages of every role are stored and returned; without it, those of user and assistant.
        SEARCH_ALL_SESSIONS: `history.search` works without a `session_id`, over all sessions.
        KEYWORD_SEARCH: A search can be asked to go by words alone, with `mode="keyword"`.
        SEMANTIC_SEARCH: A search can be asked to go by meaning alone, with `mode="semantic"`.
    """

    ATTRIBUTION = "attribution"
    USER_SCOPE = "user_scope"
    AGENT_SCOPE = "agent_scope"
    NAMESPACES = "namespaces"
    OWNERS = "owners"
    METADATA = "metadata"
    FILTERS = "filters"
    FILTER_OPERATORS = "filter_operators"
    TIME_RANGE = "time_range"
    NEWEST_FIRST = "newest_first"
    COUNT = "count"
    CLIENT_IDS = "client_ids"
    UPDATE = "update"
    PUT = "put"
    VERSIONS = "versions"
    EXPIRY = "expiry"
    DATA = "data"
    DELETE_MESSAGES = "delete_messages"
    MESSAGE_NAMES = "message_names"
    MESSAGE_TIMESTAMPS = "message_timestamps"
    ALL_ROLES = "all_roles"
    SEARCH_ALL_SESSIONS = "search_all_sessions"
    KEYWORD_SEARCH = "keyword_search"
    SEMANTIC_SEARCH = "semantic_search"


class Guarantee(StrEnum):
    """A property that a provider promises.

    Attributes:
        VERBATIM: Content is returned exactly as it was given, to the last character.
        STABLE_IDS: A record keeps its id when it is updated.
        READ_YOUR_WRITES: What a call wrote is seen by every call that starts after its answer.
        DURABLE: What was acknowledged is still there after the client is closed and opened again.
        SCORES: Search results carry a score; higher is better, comparable within one result only.
        PRIVATE_RANKING: Scores and order of a search do not depend on records of other owners, sessions or kinds.
        SILENT_APPEND: Adding messages does not make an agent answer.
        SEPARATE_KINDS: The kinds of one provider do not see each other's records.
        ANY_LOOP: The store may be called, and closed, from any running event loop and thread, several at once included.
    """

    VERBATIM = "verbatim"
    STABLE_IDS = "stable_ids"
    READ_YOUR_WRITES = "read_your_writes"
    DURABLE = "durable"
    SCORES = "scores"
    PRIVATE_RANKING = "private_ranking"
    SILENT_APPEND = "silent_append"
    SEPARATE_KINDS = "separate_kinds"
    ANY_LOOP = "any_loop"


REQUIRES: dict[str, tuple[str, ...]] = {
    Feature.USER_SCOPE: (Feature.ATTRIBUTION,),
    Feature.AGENT_SCOPE: (Feature.ATTRIBUTION,),
    Feature.OWNERS: (Feature.ATTRIBUTION,),
    Feature.FILTERS: (Feature.METADATA,),
    Feature.FILTER_OPERATORS: (Feature.FILTERS,),
    Feature.CLIENT_IDS: (Guarantee.STABLE_IDS,),
    Feature.PUT: (Feature.CLIENT_IDS,),
    Feature.VERSIONS: (Guarantee.STABLE_IDS,),
}
"""What makes sense only together with something else."""
