"""What a provider implements: one protocol per kind of memory.

These are the calls that every store has. Everything else belongs to a **feature**: a store that
declares the feature takes the keyword named beside it (with a default, because it is passed only
when the caller gave it), and a store that does not declare it never sees the keyword.

| feature               | keywords of the store's methods                                                     |
|-----------------------|-------------------------------------------------------------------------------------|
| `attribution`         | `owner` on `add` and `put`, with `user_id` and `agent_id`                           |
| `user_scope`          | `scope` on every other method, with `user_id`                                       |
| `agent_scope`         | `scope` on every other method, with `agent_id`                                      |
| `namespaces`          | `owner` and `scope`, with `namespace`                                               |
| `owners`              | the method `get_owners(limit=…, cursor=…)`                                          |
| `metadata`            | `metadata` on `add`, `put` and `update`; `Message.metadata`, `Triple.metadata`      |
| `filters`             | `filters` on `get_all`, `search` and `count` of facts and documents                 |
|                       | and on `search` and `count_messages` of history                                     |
| `filter_operators`    | `filters` may have operators; `memio.toolkit.matches` states what they mean         |
| `time_range`          | `since` and `until` on `get_all`, `search`, `count`, `count_messages`, `graph.get`   |
| `newest_first`        | `order="newest"` on `get_all`                                                       |
| `count`               | the methods `count()`, and `count_messages()` of history                            |
| `client_ids`          | `fact_id`, `doc_id` on `add`; `Message.id`, `Triple.id`                             |
| `update`              | the method `update(fact_id=…)` or `update(doc_id=…)`                                |
| `put`                 | the method `put(fact_id=…, content=…)` or `put(doc_id=…, content=…)`                |
| `versions`            | `Fact.version`, `Document.version`; `if_version` on `put`, `update` and `delete`    |
| `expiry`              | `expires_at` on `add`, `put` and `update`; the method `purge()`                     |
| `data`                | `data` on `add`, `put` and `update` of documents; `Message.data`                    |
| `delete_messages`     | the method `delete_messages(session_id=…, last=…, message_ids=…)`                   |
| `message_names`       | `Message.name`                                                                      |
| `message_timestamps`  | `Message.timestamp`                                                                 |
| `all_roles`           | `Message.role` other than `user` and `assistant`                                    |
| `search_all_sessions` | `session_id` may be left out of `history.search`                                    |
| `keyword_search`      | `mode="keyword"` on `search` of facts, documents and history                        |
| `semantic_search`     | `mode="semantic"` on `search` of facts, documents and history                       |

`memio.kinds` has the same as data: each method of each kind with its keywords and features.

The client has checked every argument before a store is called, so a store needs no checks: text is legal Unicode
without NUL and not empty (but content, where there is data), ids, labels and session ids have 1 to 1,000 characters,
limits are 1 to 1,000, times are in UTC, metadata is a JSON object and data a JSON value that are not shared with the
caller, and keywords of features that the store did not declare do not arrive.

Rules for every store
---------------------

The contract suite checks them. Each is stated here once; the methods below state what is special to them.

**Text** comes back exactly as it was given, from every call, whatever its length, with the guarantee `verbatim`: no
trimming, no normalising, no change of case or line ends, no previews in listings or hits.

**Labels** (owners, ids, session ids, entities) are compared exactly and as a whole: no case folding, trimming,
normalising, patterns or prefixes. No character in them has a meaning, so labels must not be joined to one key
without quoting. User, agent, namespace, session id and record id are separate: only all of them together name a
record. A namespace is a tuple: `("a", "b")` is not `("a/b",)`.

**Owners.** `add` and `put` get `owner`, a `memio.Owner`: it is stored and returned by every call, on every page.
Every other method gets `scope`, a `memio.owners.Scope`: for each label either any value or exactly one, and that one
may be none. It confines the call to records whose owner it matches, and a record outside of it is not found.
`Scope.prefix` is a namespace, which stands for itself and all below it, whole elements only. Both keywords are passed
whenever a store declares one of the features that they hold labels of, and hold only such labels; their defaults are
`NO_OWNER` and `ANYWHERE`. Filters are applied inside the scope and never widen it. Searches apply scope, session,
times and filters before the limit.

**Ids.** Without an id, `add` chooses one that no record has or had. With one (feature `client_ids`), the id is
unique per owner, all three labels together; for messages, per owner and session. Adding the *same* record again
under its id is a retry: it returns what is stored and changes nothing, neither its place in listings nor its times;
only an `expires_at` that is given becomes the record's. Adding another record under the id raises `ConflictError`
and stores nothing of the call. Records are the same when all of these are equal, compared with what is stored *now*,
after updates:

| kind      | fields that make the same record                            |
|-----------|-------------------------------------------------------------|
| facts     | owner, id, content, metadata                                |
| documents | owner, id, content, metadata, data                          |
| messages  | owner, session, id, role, content, name, metadata, data     |
| triples   | owner, subject, predicate, object, metadata, id where given |

Text is compared exactly, metadata and data as JSON by value: the order of keys does not matter and 1 equals 1.0, but
`true` equals no number, and 1 is not `"1"`. Times are not compared: the stored ones stay.
An id is free once its record is deleted: the same record can be added again and is stored again. A call by id or by
session id that meets records of several owners in its scope raises `ConflictError` with `reason="owners"`, and
changes nothing.

**put** stores a record under an id whether it is there or not: it creates it, or replaces content, metadata, data and
time of expiry, also those that are not given. `created_at` and the place in listings stay. It is atomic against
`add`, `put` and `delete` of the same id.

**update** changes what is given, and keeps the rest. `expires_at=None` means never, and `data=None` removes the data;
what is not given is `OMITTED`, or left out.

**Versions** (feature `versions`) are opaque texts. Every `put`, and every `update` that is given content, metadata or
data, makes a new one, equal values included; a version is never used again for an id, also after a deletion or a
step of the clock. An `add` that finds the same record, and an `update` of `expires_at` alone, make none; the latter
leaves `updated_at` too. With `if_version`, of any number of calls at the same time with one version at most one
happens; the others raise `ConflictError` with `reason="version"`. Where there is no record, `put` with a version
raises that too, `update` and `delete` raise `NotFoundError`.

**Expiry** (feature `expiry`). A record whose time has come by the store's clock is gone for every call that reads,
and its id is free. `delete_all`, `erase` and `purge` reach it. A time in the past is accepted.

**Metadata** (feature `metadata`) is any JSON object and comes back equal: nested, empty, null, integers of any size
and floating-point numbers by their exact value, any text as key. Filters compare top-level keys with scalar values;
all must match. Numbers are compared by exact value, also integers with floating-point numbers; text, booleans and
null equal only themselves; a key that is missing is not null. A key is a name, not a path.

**Data** (feature `data`) is any JSON value but null and comes back equal; in its strings every character is kept, NUL
and lone surrogates too. It is neither searched nor filtered.

**Times.** `since` is inclusive, `until` exclusive; they select by `created_at` of facts, documents and triples, by
`timestamp` of messages and by `updated_at` of sessions.

**Listings** hold every record in scope once, in the order of adding; an update does not move a record, and a record
that is added comes last, also after deletes. With `order="newest"` they hold the same in reverse; sessions then come
by their `updated_at`, the greatest first. A page has at most `limit` records, and may have fewer although others
follow: only `next_cursor=None` is the end. Following the cursor yields everything that was there at the beginning,
once, while records that were delivered, all of a page or only its last one, are updated or deleted, and while
records are added. A session that gains or loses messages while sessions are listed by `updated_at` may be missed or
appear again. `get_owners` lists each owner that has records once, in any order, and completely while records of
owners that were delivered are deleted.

**Searches** return at most `limit` records of those that are stored now, each once however long it is, as they are
stored, the best first. A record's own text as the query finds it when the limit covers all records, whatever it
contains: no character or word of a query is syntax. With the guarantee `scores` every hit has a score, and no hit
has a higher one than the hit before it. With the guarantee `private_ranking`, records of other owners, other sessions
and other kinds change neither scores nor order.

**Errors.** A record that is not there, or not in scope, raises `NotFoundError(kind, id)`. A `ConflictError` names
the id and shows neither text nor metadata of what is stored. Any other exception of a store reaches the caller as a
`ProviderError`.

**Concurrency.** Calls run at the same time, from several clients too. Each either happens or does not: a call that
is cancelled at any await raises `CancelledError` and leaves all of its records or none. An update is seen as the
old record or as the new one, at no time as none. A record that is deleted while an update of it runs stays deleted.
Clients cache nothing that another client can change.

**Durability.** With the guarantee `durable`, closing and opening again changes nothing: no field, no order, no
deletion, no id that is taken. `aclose` may be called on a store that was never used, and twice, also at the same
time.

**Times of records** are aware and in UTC, and any `datetime` can be stored. An update sets `updated_at` and leaves
`created_at`; a store that has no times returns `None`, and never a time that it does not store.

A store whose records may be large ends a page earlier than `limit`, with a `next_cursor`,
before it fills the memory: 4 MB are a good measure. The client asks on until a caller of `get_all` or `get` has as
many as were asked for; iterations, `forget` and transfers take each page as it comes.

A store may also have these attributes, which the client reads once:

- `provider: str`: the name that errors use, when the store was not opened through a configuration.
- `max_content_bytes: int`: the longest content, in bytes of UTF-8, together with the data of the record, in bytes of
  JSON in ASCII. Longer content never arrives.
- `max_metadata_bytes: int`, `max_part_bytes: int`: the largest metadata, in bytes of JSON in ASCII without spaces, and
  the longest part of a triple, in bytes of UTF-8, where they are less than the 1 MiB and the 64 KiB of the client.
- `identity: str`: distinguishes its data from those of another store of the same class: a path, or
  a URL without secrets, known without I/O. Cursors are bound to it.
- `hints: Mapping[str, str]`: by feature, what a caller should do who asks for one that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, Required, TypedDict, runtime_checkable

from memio._values.omitted import OMITTED
from memio.models import Document, Fact, Message, Page, Session, Triple, Turn
from memio.owners import Owner

__all__ = [
    "OMITTED",
    "DocumentInput",
    "DocumentStore",
    "Embedded",
    "Embedder",
    "EmbeddingCount",
    "EmbeddingModel",
    "FactInput",
    "FactStore",
    "GraphStore",
    "HistoryStore",
    "Mode",
    "Order",
    "Start",
    "Store",
    "StoreEmbedder",
    "SupportsAddMany",
    "SupportsEmbedding",
    "SupportsErase",
    "SupportsRestore",
]

Start = Literal["latest", "oldest"]
"""From which end `history.get` reads a session."""

Order = Literal["oldest", "newest"]
"""With what a listing begins."""

Mode = Literal["auto", "keyword", "semantic"]
"""What a search goes by: the best that the store has, words alone, or meaning alone."""


class FactInput(TypedDict, total=False):
    """One record of `facts.add_many`: the arguments of `facts.add`."""

    content: Required[str]
    metadata: dict[str, Any]
    user_id: str
    agent_id: str
    namespace: tuple[str, ...]
    owner: Owner
    fact_id: str
    expires_at: datetime


class DocumentInput(TypedDict, total=False):
    """One record of `documents.add_many`: the arguments of `documents.add`."""

    content: Required[str]
    metadata: dict[str, Any]
    data: Any
    user_id: str
    agent_id: str
    namespace: tuple[str, ...]
    owner: Owner
    doc_id: str
    expires_at: datetime


class Store(Protocol):
    """What the stores of every kind have."""

    @property
    def features(self) -> frozenset[str]:
        """The features that callers can ask for; see `memio.capabilities.Feature`."""
        ...

    @property
    def guarantees(self) -> frozenset[str]:
        """The properties that are promised; see `memio.capabilities.Guarantee`."""
        ...

    async def aclose(self) -> None:
        """Release what the store holds. Closing again does nothing."""
        ...

    # get_owners(*, limit: int, cursor: str | None, scope: Scope) -> Page[Owner]: feature `owners`.


class FactStore(Store, Protocol):
    """A store of facts."""

    async def add(self, *, content: str) -> Fact:
        """Store a fact at the end. Keywords of features: `owner`, `metadata`, `fact_id`, `expires_at`.

        Returns the fact as it is stored. The same text twice makes two facts. With a `fact_id` that the owner
        has already, the same fact is returned unchanged, and another one raises `ConflictError`.
        """
        ...

    # put(*, fact_id: str, content: str) -> Fact: feature `put`.
    # Keywords of features: `owner`, `metadata`, `expires_at`, `if_version`.

    async def get(self, *, fact_id: str) -> Fact:
        """Return one fact. Keywords of features: `scope`.

        Raises `NotFoundError("fact", fact_id)` for an id that is not in scope, and `ConflictError` for one that
        several owners in scope have.
        """
        ...

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Fact]:
        """Return a page in the order of adding. Keywords of features: `scope`, `order`, `filters`, `since`, `until`.

        `cursor` is the `next_cursor` of an earlier page under the same arguments; the record it was made at may
        have been deleted since.
        """
        ...

    async def search(self, *, query: str, limit: int) -> list[Fact]:
        """Return the best matches first. Keywords of features: `scope`, `filters`, `since`, `until`."""
        ...

    # count() -> int: feature `count`. Keywords of features: `scope`, `filters`, `since`, `until`.

    # update(*, fact_id: str) -> Fact: feature `update`. It gets `content` when the caller gave it.
    # Keywords of features: `scope`, `metadata`, `expires_at`, `if_version`. Metadata `{}` clears it. Owner,
    # place and `created_at` stay, and with the guarantee `stable_ids` the id; `updated_at` is set. The answer is what
    # is stored. Raises `NotFoundError` and `ConflictError` as `get` does, and then changes and creates nothing.

    async def delete(self, *, fact_id: str) -> None:
        """Delete one fact from every read; errors as for `get`. Keywords of features: `scope`, `if_version`."""
        ...

    async def delete_all(self) -> None:
        """Delete every fact in scope, however many there are. Keywords of features: `scope`."""
        ...

    # purge() -> int: feature `expiry`. Removes every expired fact for good, and returns how many there were.


class DocumentStore(Store, Protocol):
    """A store of documents."""

    async def add(self, *, content: str) -> Document:
        """Store a document at the end. Keywords of features: `owner`, `metadata`, `data`, `doc_id`, `expires_at`.

        Returns the document as it is stored. The same text twice makes two documents. With a `doc_id` that the owner
        has already, the same document is returned unchanged, and another one raises `ConflictError`.
        """
        ...

    # put(*, doc_id: str, content: str) -> Document: feature `put`.
    # Keywords of features: `owner`, `metadata`, `data`, `expires_at`, `if_version`.

    async def get(self, *, doc_id: str) -> Document:
        """Return one document. Keywords of features: `scope`.

        Raises `NotFoundError("document", doc_id)` for an id that is not in scope, and `ConflictError` for one that
        several owners in scope have.
        """
        ...

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Document]:
        """Return a page in the order of adding. Keywords of features: `scope`, `order`, `filters`, `since`, `until`.

        `cursor` is the `next_cursor` of an earlier page under the same arguments; the record it was made at may
        have been deleted since.
        """
        ...

    async def search(self, *, query: str, limit: int) -> list[Document]:
        """Return the best matches first. Keywords of features: `scope`, `filters`, `since`, `until`."""
        ...

    # count() -> int: feature `count`. Keywords of features: `scope`, `filters`, `since`, `until`.

    # update(*, doc_id: str) -> Document: feature `update`. It gets `content` when the caller gave it.
    # Keywords of features: `scope`, `metadata`, `data`, `expires_at`, `if_version`. Metadata `{}` clears it. Owner,
    # place and `created_at` stay, and with the guarantee `stable_ids` the id; `updated_at` is set. The answer is what
    # is stored. Raises `NotFoundError` and `ConflictError` as `get` does, and then changes and creates nothing.

    async def delete(self, *, doc_id: str) -> None:
        """Delete one document from every read; errors as for `get`. Keywords of features: `scope`, `if_version`."""
        ...

    async def delete_all(self) -> None:
        """Delete every document in scope, however many there are. Keywords of features: `scope`."""
        ...

    # purge() -> int: feature `expiry`. Removes every expired document for good, and returns how many there were.


class HistoryStore(Store, Protocol):
    """A store of conversations. A session begins with its first message and ends with its deletion."""

    async def add(self, *, session_id: str, messages: Sequence[Message]) -> Turn:
        """Append messages to a session, all or none. Keywords of features: `owner`, and those of messages.

        Returns them as they are stored, in their order, and what the backend answered by itself in `replies`. A message
        whose `id` the session of this owner has already is a retry when role, content, name, metadata and data are
        equal: it is returned from where it is, and not appended. Otherwise `ConflictError("message", id)` is raised,
        and nothing of the call is stored. The `timestamp` is not compared. The order of a session is that of adding,
        not of time.
        """
        ...

    async def get(self, *, session_id: str, limit: int, cursor: str | None, start: Start) -> Page[Message]:
        """Return a page of one session, oldest first; an unknown session is empty. Keywords of features: `scope`.

        From `latest`, the first page holds the newest messages and the cursor goes back in time;
        from `oldest`, it goes forward. Reading back is complete also while messages are added. Raises
        `ConflictError("session", session_id, reason="owners")` when several owners in scope have the session.
        """
        ...

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Session]:
        """Return a page of sessions, each once, in the order of their first messages.

        Keywords of features: `scope`, `order`, `since`, `until`. A session that begins again after its deletion comes
        last. Times and counts that the backend cannot tell without reading the session are `None`.
        """
        ...

    async def search(self, *, query: str, limit: int, session_id: str | None) -> list[Message]:
        """Return the best matches first, of every role. Keywords of features: `scope`, `filters`, `since`, `until`.

        `session_id` confines the search to one session; with the feature `search_all_sessions` it may be `None`.
        Raises `ConflictError` as `get` does.
        """
        ...

    # count() -> int: feature `count`. How many sessions. Keywords of features: `scope`, `since`, `until`.

    # count_messages() -> int: feature `count`. How many messages. It gets `session_id` when the caller gave it, and
    # then raises `ConflictError` as `get` does. Keywords of features: `scope`, `filters`, `since`, `until`.

    # delete_messages(*, session_id: str, last: int | None, message_ids: Sequence[str] | None) -> list[Message]:
    # feature `delete_messages`. Keywords of features: `scope`. Exactly one of `last` and `message_ids` is not `None`.
    # Returns what it removed, oldest first. `last`: so many at the end, in the order of adding, fewer when there are
    # fewer, `[]` for an unknown session. `message_ids`: one that is not there raises `NotFoundError("message", id)`,
    # and nothing is removed. Of calls at the same time with `last=1`, each removes another message. The ids are free
    # again, the times of the session follow what is left, and a session without messages is gone.

    async def delete(self, *, session_id: str) -> None:
        """Delete a session with all its messages; deleting an unknown one does nothing. Keywords of features: `scope`.

        Raises `ConflictError` as `get` does, and then deletes nothing.
        """
        ...

    async def delete_all(self) -> None:
        """Delete every session in scope, however many there are. Keywords of features: `scope`."""
        ...


class GraphStore(Store, Protocol):
    """A store of triples. Provisional: it may still change in a minor version."""

    async def add(self, *, triples: Sequence[Triple]) -> list[Triple]:
        """Store triples, all or none, and return one per triple given, in their order. Keywords of features: `owner`.

        Triples are identical when subject, predicate and object are equal, each compared exactly. An owner has an
        identical triple once: adding it again, within one call too, returns what is stored. With other metadata, or
        with another id than the stored one, it raises `ConflictError`, and so does another triple under an id that
        the owner has already; nothing of the call is stored then. Owners may have identical triples, each its own.
        """
        ...

    async def get(self, *, entity: str, limit: int, cursor: str | None) -> Page[Triple]:
        """Return a page of the triples that have the entity as subject or object, each once, in the order of adding.

        Keywords of features: `scope`, `since`, `until`. The entity is compared exactly; a predicate is not an entity.
        """
        ...

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Triple]:
        """Return a page in the order of adding. Keywords of features: `scope`, `order`, `since`, `until`.

        `cursor` is the `next_cursor` of an earlier page under the same arguments; the triple it was made at may
        have been deleted since.
        """
        ...

    async def search(self, *, query: str, limit: int) -> list[Triple]:
        """Return the best matches first, by the words of any of the three parts.

        Keywords of features: `scope`, `since`, `until`.
        """
        ...

    # count() -> int: feature `count`. Keywords of features: `scope`, `since`, `until`.

    async def delete(self, *, triple_id: str) -> None:
        """Delete one triple from every read. Keywords of features: `scope`.

        Raises `NotFoundError("triple", triple_id)` for an id that is not in scope, and `ConflictError` for one that
        several owners in scope have.
        """
        ...

    async def delete_entity(self, *, entity: str) -> None:
        """Delete every triple that has the entity as subject or object. Keywords of features: `scope`.

        The entity is compared exactly; one that is not there has no triples.
        """
        ...

    async def delete_all(self) -> None:
        """Delete every triple in scope, however many there are. Keywords of features: `scope`."""
        ...


@runtime_checkable
class SupportsRestore(Protocol):
    """A store of any kind that can take records exactly as another store had them.

    It is what moving data between backends needs beyond `add`: the times of facts and documents, and records of many
    owners and sessions in one call. `memio.transfer` calls it; applications do not.
    """

    async def restore_records(self, *, records: Sequence[Any]) -> int:
        """Store records with their ids, owners, sessions and times, in order, all or none.

        A record that is there already, by owner, session and id, and is the same, stays as it is; only an `expires_at`
        that is given becomes the record's. What a record leaves open (`None`), the store chooses. The client has
        checked that it declares `client_ids`, `attribution`, `metadata` and whatever else the records use. Versions of
        records are not given.

        Args:
            records: `Fact`, `Document`, `Message` with its `session_id`, or `Triple`; each with its own owner.

        Returns:
            How many of them were not there yet.

        Raises:
            ConflictError: An id is taken by another record of its owner; nothing was stored.
        """
        ...


@runtime_checkable
class SupportsAddMany(Protocol):
    """A store of facts or documents whose backend has a batch call."""

    async def add_many(self, *, items: Sequence[Any]) -> list[Any]:
        """Store many records, `FactInput` or `DocumentInput`, and return them in order.

        Each item is stored as `add` stores it: with its own `owner`, id and metadata, in the order of the items.

        Raises:
            PartialWriteError: Some were added. It holds them, the items that were certainly not added, and those
                that may have been. A store that adds all or none raises the plain error instead.
        """
        ...


@runtime_checkable
class SupportsErase(Protocol):
    """A store of any kind that can erase what deleted records leave behind, and lists what it cannot erase.

    `forget` calls it once per store, after everything of the owner was deleted. Stores that share a file are called
    at the same time, so that they can share the work.
    """

    async def erase(self) -> list[str]:
        """Make unrecoverable what was deleted, by this call's owner or by any other, now or earlier.

        Keywords of features: `scope`, as on `delete_all`: whose records are being forgotten.

        Returns:
            What stays nevertheless, in sentences for people; empty when nothing does.

        Raises:
            ProviderError: The erasure failed, with the reason; it may be called again.
        """
        ...


class EmbeddingModel(Protocol):
    """The properties of a model, which `Embedder` and `StoreEmbedder` share."""

    @property
    def model(self) -> str:
        """What made the vectors: name, revision, and everything else that changes them.

        Vectors of two models are not compared.
        """
        ...

    @property
    def dimensions(self) -> int:
        """The length of each vector; 0 while only the first answer will show it."""
        ...

    @property
    def max_chars(self) -> int:
        """The longest text that it takes, in characters. memio cuts longer ones into windows."""
        ...

    @property
    def destination(self) -> str | None:
        """Where the texts are sent, such as a host; `None` where they stay on this machine."""
        ...


class Embedder(EmbeddingModel, Protocol):
    """Turns texts into vectors. Applications configure one, or pass it to `Memio(embedder=…)`.

    memio normalises and quantises the vectors, and calls every method on one event loop, its background loop.
    One whose model has to be loaded may have a method `async def load(self)`: the first search awaits it, and its time
    does not count as that of a query.
    """

    async def embed_documents(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return a vector for each text that is to be found.

        Raises:
            UnavailableError: It cannot be reached, or wants to be asked later. memio asks again after a while.
            ProviderError: It refuses one of the texts. memio asks for each of them alone.
        """
        ...

    async def embed_queries(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return a vector for each text that is searched for. Some models need another prefix for it."""
        ...

    async def aclose(self) -> None:
        """Release what it holds. Closing again does nothing."""
        ...


class StoreEmbedder(EmbeddingModel, Protocol):
    """The embedder of a client, as its stores see it: callable in any event loop, with checked answers."""

    async def embed_documents(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return a vector for each text, as many as there are texts, of `dimensions` finite numbers; all may be zero.

        Raises:
            UnavailableError: The embedder may be asked again later, whatever it was asked.
            ProviderError: It refuses one of the texts, or its answer is no such list.
        """
        ...

    async def embed_query(self, text: str, *, required: bool) -> Sequence[float] | None:
        """Return the vector of a query; of one that is longer than `max_chars`, that of its beginning.

        Args:
            text: What is searched for.
            required: Whether to raise where there is none. Otherwise the answer is `None` where the embedder took
                longer than two seconds or failed, and for thirty seconds after that.

        Raises:
            UnavailableError: `required`, and the embedder took longer than two seconds or failed.
        """
        ...


class EmbeddingCount(NamedTuple):
    """What `wait_embedded` returns.

    Attributes:
        pending: Texts that have no vector yet, so that they are found by their words only.
        failed: Texts that the embedder refused.
    """

    pending: int
    failed: int


class Embedded(NamedTuple):
    """How far the texts of a store are embedded.

    Attributes:
        pending: Texts that have no vector of the embedder's model yet.
        failed: Texts that the embedder refused.
        mark: Up to where it was counted; a later count can be confined to what was stored before.
    """

    pending: int
    failed: int
    mark: int = 0


@runtime_checkable
class SupportsEmbedding(Protocol):
    """A store that keeps vectors beside its texts, and so can search by meaning.

    The client calls `use_embedder` when there is an embedder, before it reads the features of the store, which then
    have `semantic_search`. After a write of texts it calls `embed_pending` in the background until nothing is pending.
    """

    def use_embedder(self, embedder: StoreEmbedder) -> None:
        """Take the embedder of the client. It does no I/O. Stores that share a file get the same one."""
        ...

    async def embed_pending(self, *, limit: int) -> Embedded:
        """Claim at most `limit` pending records for a minute, embed them, and store the vectors.

        The vector of a text that was changed meanwhile is not stored.

        Every process with the embedder goes on with what it finds; what is claimed by another is left to it.
        A batch that is refused is halved; a text that was refused alone three times counts as failed.

        Args:
            limit: At most so many records; 0 only checks that the vectors of the store are of the embedder's model.

        Returns:
            How many records got their vectors, as `pending`, and how many were refused, as `failed`: both 0 when there
            was nothing to claim.

        Raises:
            UnavailableError: The embedder cannot be reached. What was claimed is free again.
            OtherModelError: The vectors of the store are of another model, and wait for `reindex`. The store logs it,
                once.
            NotSupportedError: The store is only read.
        """
        ...

    async def count_pending(self, *, before: int | None = None) -> Embedded:
        """Count what has no vector yet, and what was refused.

        Keywords of features: `scope`, as on `delete_all`.

        Args:
            before: The `mark` of an earlier count: what was stored after it does not count.
        """
        ...

    async def reindex(self, *, limit: int) -> int:
        """Embed at most `limit` texts with the embedder's model, beside the vectors of the file's current model.

        The current ones go on serving; the call after which none is left makes the embedder's model the current one and
        deletes the vectors of the others, in one transaction. Where it is the current model already, texts that were
        refused are tried again.

        Args:
            limit: At most so many records; 0 only counts.

        Returns:
            How many texts are left to be embedded.
        """
        ...
