"""Faults that confuse labels: joined, quoted, trimmed, or taken for syntax."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from urllib.parse import unquote

from memio.owners import ANYWHERE
from memio.toolkit import matches
from proof.catalogue import BY_ID, FILTERED, RECORDS, fault

HISTORY = ("history",)
GRAPH = ("graph",)


@fault("sessions.not-joined", kinds=HISTORY)
class JoinsUserAndSession:
    """A conversation is kept under user and session, joined by a colon."""

    def the_session(self, session_id, scope):
        if "user_id" not in scope.fixed:
            return super().the_session(session_id, scope)
        wanted = f"{scope.user_id}:{session_id}"
        return self.scoped(ANYWHERE, lambda row: f"{row.owner.user_id}:{row.more['session_id']}" == wanted)


@fault("owner.not-joined")
class JoinsUserAndAgent:
    """User and agent are joined by a slash."""

    def matches_owner(self, row, scope):
        if not {"user_id", "agent_id"} <= scope.fixed.keys():
            return super().matches_owner(row, scope)
        return f"{row.owner.user_id}/{row.owner.agent_id}" == f"{scope.user_id}/{scope.agent_id}"


@fault("owner.not-joined")
class JoinsAgentAndNamespace:
    """Agent and namespace are joined by a colon."""

    def matches_owner(self, row, scope):
        if not {"agent_id", "namespace"} <= scope.fixed.keys():
            return super().matches_owner(row, scope)
        owner = row.owner
        return ":".join((str(owner.agent_id), *owner.namespace)) == ":".join((str(scope.agent_id), *scope.namespace))


@fault("ids.not-joined", kinds=BY_ID)
class JoinsOwnerAndId:
    """A record is kept under user and id, joined by a hyphen: one that is there already is returned."""

    def place(self, row):
        joined = f"{row.owner.user_id}-{row.id}"
        for other in self.backend.rows.values():
            if row.id and f"{other.owner.user_id}-{other.id}" == joined:
                return other
        return super().place(row)


@fault("ids.not-joined", kinds=HISTORY)
class JoinsSessionAndId:
    """A message is kept under session and id, joined by an underscore: one that is there already is returned."""

    def place(self, row):
        for other in self.backend.rows.values():
            if row.id and f"{other.more['session_id']}_{other.id}" == f"{row.more['session_id']}_{row.id}":
                return other
        return super().place(row)


@fault("ids.chosen", kinds=HISTORY)
class TrimsMessageIds:
    """White space around the id of a message is cut off."""

    def row(self, session_id, message, owner):
        made = super().row(session_id, message, owner)
        return replace(made, id=made.id.strip() or made.id)


@fault("owner.isolated")
class UnquotesOwners:
    """Owners are unquoted as parts of a URL."""

    def same_label(self, name, stored, wanted):
        return stored == wanted or (name == "user_id" and unquote(stored or "") == unquote(wanted or ""))


@fault("sessions.apart", kinds=HISTORY)
class MakesFileNames:
    """Session ids become file names: what is not allowed in one becomes an underscore."""

    def in_session(self, row, session_id):
        return session_id is None or _file(row.more["session_id"]) == _file(session_id)


def _file(name):
    return "".join(c if c.isalnum() or c in "-." else "_" for c in name).rstrip(".")


@fault("add.not-joined", kinds=GRAPH)
class JoinsPartsBySpaces:
    """Triples are identical when their parts are, joined by spaces."""

    def identical(self, row, triple):
        joined = f"{row.text} {row.more['predicate']} {row.more['object']}"
        return joined == f"{triple.subject} {triple.predicate} {triple.object}"


@fault("add.distinct-parts", kinds=GRAPH)
class FoldsTheCaseOfPredicates:
    """Triples are identical when their predicates differ in case only."""

    def identical(self, row, triple):
        return (row.text, row.more["predicate"].casefold(), row.more["object"]) == (
            triple.subject,
            triple.predicate.casefold(),
            triple.object,
        )


@fault("content.unchanged")
class UnescapesText:
    """A backslash and an n become a line end."""

    def keep(self, row):
        return replace(super().keep(row), text=row.text.replace("\\n", "\n"))


@fault("content.unchanged")
class HalvesQuotes:
    """Two single quotes become one."""

    def keep(self, row):
        return replace(super().keep(row), text=row.text.replace("''", "'"))


@fault("filters.any-key", kinds=RECORDS)
class TakesKeysForPaths:
    """A key with a dot is a path into nested metadata."""

    def passes(self, metadata, filters):
        return all(_at_path(metadata, key, value) for key, value in (filters or {}).items())


def _at_path(metadata, key, value):
    inner = metadata
    for part in key.split("."):
        if not isinstance(inner, dict) or part not in inner:
            return False
        inner = inner[part]
    return matches({"k": inner}, {"k": value})


@fault("filters.any-key", kinds=RECORDS)
class PutsKeysIntoTheQuery:
    """A key with a quote ends the condition, which is then always true."""

    def passes(self, metadata, filters):
        return super().passes(metadata, {k: v for k, v in (filters or {}).items() if "'" not in k})


@fault("filters.any-text", kinds=RECORDS)
class TrimsValues:
    """Values of filters are compared without the white space around them."""

    def passes(self, metadata, filters):
        trimmed = {k: v.strip() if isinstance(v, str) else v for k, v in metadata.items()}
        return super().passes(trimmed, {k: v.strip() if isinstance(v, str) else v for k, v in (filters or {}).items()})


@fault("filters.exact", kinds=RECORDS)
class ComparesWithDoubles:
    """Numbers are compared as floating point."""

    def passes(self, metadata, filters):
        return super().passes(_doubles(metadata), _doubles(filters or {}))


def _doubles(values):
    return {k: float(v) if isinstance(v, int) and not isinstance(v, bool) else v for k, v in values.items()}


@fault("filters.exact", kinds=RECORDS)
class ComparesNearly:
    """Numbers are equal that differ in the fifteenth digit."""

    def passes(self, metadata, filters):
        return super().passes(_rounded(metadata), _rounded(filters or {}))


def _rounded(values):
    return {k: float(f"{v:.12e}") if isinstance(v, float) else v for k, v in values.items()}


@fault("filters.stay-in-scope", kinds=FILTERED)
class LetsFiltersNameTheAgent:
    """A filter called agent_id takes the place of the agent."""

    def picked(self, scope, filters=None, since=None, until=None):
        filters = dict(filters or {})
        if "agent_id" in scope.fixed and isinstance(filters.get("agent_id"), str):
            scope = replace(scope, agent_id=filters.pop("agent_id"))
        return super().picked(scope, filters, since, until)


@fault("filters.after-update", kinds=RECORDS)
class FiltersByTheFirstMetadata:
    """A filter looks at the metadata that a record was added with."""

    def place(self, row):
        kept = super().place(row)
        self.backend.notes.setdefault("first", {})[kept.id] = kept.metadata
        return kept

    def scoped(self, scope, keep=lambda row: True):
        first = self.backend.notes.get("first", {})
        found = super().scoped(scope)
        return [(n, row) for n, row in found if keep(replace(row, metadata=first.get(row.id, row.metadata)))]


@fault("search.query-is-data")
class ExcludesByHyphen:
    """A word with a hyphen before it excludes what has the word."""

    def best(self, found, query, limit):
        words = query.lower().split()
        without = {word[1:] for word in words if word.startswith("-")}
        kept = [(n, row) for n, row in found if not without & set(self.words(self.searched(row).replace("-", " ")))]
        return super().best(kept, query, limit)


@fault("search.query-is-data")
class TakesNotForAnOperator:
    """NOT excludes what has the word behind it."""

    def best(self, found, query, limit):
        words = query.split()
        without = {after.lower() for word, after in pairwise(words) if word == "NOT"}
        kept = [(n, row) for n, row in found if not without & set(self.words(self.searched(row)))]
        return super().best(kept, query, limit)


@fault("search.query-is-data", on=("dict", "sqlite"))
class RefusesLongQueries:
    """A query of more than 256 characters finds nothing."""

    async def search(self, *, query, **given):
        return [] if len(query) > 256 else await super().search(query=query, **given)


@fault("search.query-is-data")
class RefusesOpenQuotes:
    """A query with a single double quote is an error."""

    def best(self, found, query, limit):
        if query.count('"') % 2:
            raise ValueError("unbalanced quotation marks")
        return super().best(found, query, limit)


@fault("search.every-role", kinds=HISTORY)
class FindsTheUserOnly:
    """The index holds the messages of the user."""

    def best(self, found, query, limit):
        return super().best([(n, row) for n, row in found if row.more["role"] == "user"], query, limit)


@fault("search.session-of-user", kinds=HISTORY)
class SearchesTheSessionOfAll:
    """A search in a session does not look at the user."""

    def within(self, session_id, scope, pick):
        return super().within(session_id, scope if session_id is None else ANYWHERE, pick)


@fault("names.kept", kinds=HISTORY)
class NamesTheUserOnly:
    """Only messages of the user keep their names."""

    def row(self, session_id, message, owner):
        made = super().row(session_id, message, owner)
        return replace(made, more={**made.more, "name": message.name if message.role == "user" else None})


@fault("timestamps.kept", kinds=HISTORY)
class CountsNanoseconds:
    """Times are kept as nanoseconds in 64 bits, and others are set to the nearest that fits."""

    def keep(self, row):
        kept = super().keep(row)
        year = min(max(kept.created_at.year, 1678), 2261)
        return (
            kept
            if year == kept.created_at.year
            else replace(kept, created_at=kept.created_at.replace(year=year, day=1))
        )


@fault("timestamps.kept", kinds=HISTORY)
class DropsTheEpoch:
    """A time of the first second of 1970 counts as no time."""

    def keep(self, row):
        kept = super().keep(row)
        return kept if int(kept.created_at.timestamp()) else replace(kept, created_at=self.now())


@fault("timestamps.kept", kinds=HISTORY)
class KeepsTheHourOnly:
    """Offsets are cut to whole hours when a time is stored."""

    def row(self, session_id, message, owner):
        made = super().row(session_id, message, owner)
        return replace(
            made, created_at=made.created_at.replace(microsecond=0) if made.created_at.year < 1900 else made.created_at
        )
