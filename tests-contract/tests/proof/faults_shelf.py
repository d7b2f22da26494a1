"""Faults of the common core of the dict stores, so of every kind."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any
from unicodedata import normalize
from uuid import uuid4

from memio.errors import ConflictError
from memio.models import Page, Turn
from memio.owners import ANYWHERE, NO_OWNER
from proof.catalogue import BY_ID, RECORDS, fault
from proof.shelf import Backend

BOTH_TIMES = ("facts", "history", "documents")


@fault("content.unchanged")
class TrimsText:
    """White space at the end of a text is cut off."""

    def keep(self, row):
        return replace(super().keep(row), text=row.text.rstrip())


@fault("content.unchanged")
class NormalisesText:
    """Texts are stored in the normal form NFC."""

    def keep(self, row):
        return replace(super().keep(row), text=normalize("NFC", row.text))


@fault("content.unchanged")
class ChangesLineEnds:
    """Line ends are made those of Unix."""

    def keep(self, row):
        return replace(super().keep(row), text=row.text.replace("\r\n", "\n"))


@fault("content.long")
class CutsLongText:
    """A text is cut to the size of its column."""

    def keep(self, row):
        return replace(super().keep(row), text=row.text[:8192])


@fault("add.answer-is-stored", kinds=BOTH_TIMES, defect="times are invented for answers")
class InventsTimes:
    """Every answer has the time of the answer."""

    def hand_out(self, row):
        return replace(super().hand_out(row), created_at=self.now(), updated_at=self.now())


@fault("add.answer-is-stored", kinds=BY_ID)
class AnswersWithAnotherId:
    """The id in the answer of add is not the one that is stored."""

    def place(self, row):
        return replace(super().place(row), id=uuid4().hex)


@fault("metadata.unchanged", defect="numbers come back as other numbers")
class MakesNumbersFloats:
    """Whole numbers in metadata are kept as floating point."""

    def keep(self, row):
        return replace(super().keep(row), metadata=json.loads(json.dumps(row.metadata), parse_int=float))


@fault("metadata.unchanged", defect="empty, nested or null metadata is lost")
class DropsNulls:
    """Metadata whose value is null is dropped."""

    def keep(self, row):
        kept = {key: value for key, value in row.metadata.items() if value is not None}
        return replace(super().keep(row), metadata=kept)


@fault("metadata.unchanged", defect="metadata is accepted and dropped, and echoed in the answer")
class EchoesMetadata:
    """Metadata is in the answer of add, and never stored."""

    def place(self, row):
        stored = super().place(replace(row, metadata={}))
        return replace(stored, metadata=row.metadata)


@fault("metadata.snapshot")
class HandsOutItsRecords:
    """The records that are handed out are those that are kept."""

    def as_record(self, row, score=None):
        kept = self.backend.notes.setdefault("records", {})
        return kept.setdefault(row.id, super().as_record(row, score))


@fault("owner.kept", defect="the owner is accepted and dropped")
class DropsTheOwner:
    """The owner is not stored."""

    def keep(self, row):
        return replace(super().keep(row), owner=NO_OWNER)


class Loosely:
    """One label is not compared exactly; of a namespace, each element is not."""

    label = "user_id"

    def same_label(self, name, stored, wanted):
        if name != self.label or not stored or not wanted:
            return super().same_label(name, stored, wanted)
        if isinstance(stored, tuple):
            return len(stored) == len(wanted) and all(map(self.alike, stored, wanted))
        return self.alike(stored, wanted)


class ByPrefix(Loosely):
    def alike(self, stored, wanted):
        return stored.startswith(wanted)


@fault("owner.isolated")
class ComparesUsersByPrefix(ByPrefix):
    """A user also sees those whose names begin with its own."""


@fault("owner.agents-isolated")
class ComparesAgentsByPrefix(ByPrefix):
    """An agent also sees those whose names begin with its own."""

    label = "agent_id"


@fault("owner.namespaces-isolated")
class ComparesNamespacesByPrefix(ByPrefix):
    """A namespace also sees those whose elements begin with its own."""

    label = "namespace"


class InAnyCase(Loosely):
    def alike(self, stored, wanted):
        return stored.casefold() == wanted.casefold()


@fault("owner.isolated")
class FoldsTheCaseOfUsers(InAnyCase):
    """Users are compared without regard to case."""


@fault("owner.namespaces-isolated")
class FoldsTheCaseOfNamespaces(InAnyCase):
    """Namespaces are compared without regard to case."""

    label = "namespace"


@fault("owner.isolated")
class TakesOwnersForPatterns(Loosely):
    """The user of a call is a pattern of SQL's LIKE."""

    def alike(self, stored, wanted):
        shell = re.sub(r"([\[?*])", r"[\1]", wanted).replace("%", "*").replace("_", "?")
        return fnmatchcase(stored, shell)


@fault("owner.agents-isolated")
class NormalisesAgents(Loosely):
    """Agents are compared in the normal form NFC."""

    label = "agent_id"

    def alike(self, stored, wanted):
        return normalize("NFC", stored) == normalize("NFC", wanted)


@fault("owner.namespaces-isolated")
class JoinsNamespaces:
    """The elements of a namespace are joined by a slash."""

    def same_label(self, name, stored, wanted):
        if name != "namespace":
            return super().same_label(name, stored, wanted)
        return "/".join(stored) == "/".join(wanted)


@fault("owner.namespaces-isolated")
class SeesBelowItsNamespace:
    """A call for a namespace sees what is below it as well."""

    def same_label(self, name, stored, wanted):
        if name != "namespace":
            return super().same_label(name, stored, wanted)
        return stored[: len(wanted)] == wanted


@fault("owner.unowned-is-nobodys", defect="a record without an owner belongs to everybody")
class SharesTheUnowned:
    """Records without a label are seen by every owner."""

    def same_label(self, name, stored, wanted):
        return stored in (None, (), wanted)


@fault("owner.omitted-spans-all")
class TakesNoOwnerForNobody:
    """A call without an owner sees only records without one."""

    def matches_owner(self, row, scope):
        return row.owner == NO_OWNER if not scope.labels else super().matches_owner(row, scope)


@fault("delete.gone-everywhere", defect="deleted records are still found")
class KeepsTheIndex:
    """The search index keeps what was deleted."""

    def remove(self, number):
        row = self.backend.rows[number]
        self.backend.notes.setdefault("index", []).append((number, row))
        super().remove(number)

    def best(self, found, query, limit):
        return super().best([*found, *self.backend.notes.get("index", [])], query, limit)


@fault("delete.one-only")
class DeletesByText:
    """Deleting a record deletes all with its text."""

    def remove(self, number):
        if number in self.backend.rows:
            text = self.backend.rows[number].text
            self.backend.rows = {n: row for n, row in self.backend.rows.items() if row.text != text}


@fault("delete-all.empties", defect="delete_all looks at the first page only")
class DeletesTheFirstPage:
    """delete_all deletes the first hundred records and reports success."""

    async def delete_all(self, *, scope=ANYWHERE):
        await self.pause()
        for number, _ in self.scoped(scope)[:100]:
            self.remove(number)


@fault("search.own-text", defect="a search without words finds nothing")
class KnowsWordsOnly:
    """Only letters and digits of ASCII count in a search."""

    def score(self, query, row):
        wanted = set(re.findall(r"[a-z0-9]+", query.lower()))
        return float(len(wanted & set(re.findall(r"[a-z0-9]+", self.searched(row).lower()))))


@fault("search.only-stored")
class FindsThingsTwice:
    """The best hit comes twice."""

    def best(self, found, query, limit):
        hits = super().best(found, query, limit)
        return [*hits, *hits[:1]][:limit]


@fault("search.limit", defect="the limit counts records that are hidden afterwards")
class DropsHitsAfterTheLimit:
    """Every fifth hit is hidden after the limit was applied."""

    def best(self, found, query, limit):
        return [hit for n, hit in enumerate(super().best(found, query, limit)) if n % 5 != 4]


@fault("search.scores")
class ReversesTheOrder:
    """The worst hit comes first."""

    def best(self, found, query, limit):
        return list(reversed(super().best(found, query, limit)))


@fault("search.best-first", defect="a search without an index ignores the query")
class IgnoresTheQuery:
    """A search returns the oldest records, whatever the query."""

    def best(self, found, query, limit):
        return [(1.0 / n, row) for n, (_, row) in enumerate(found, 1)][:limit]


@fault("search.scope-before-limit", defect="a restriction is applied after the top k")
class RestrictsAfterTheLimit:
    """A search takes the best of all owners and then drops those of others."""

    async def search(self, *, scope=ANYWHERE, **given):
        return [hit for hit in await super().search(**given) if scope.matches(hit.owner)]


@fault("concurrent.adds", defect="a rewritten whole file loses writes")
class RewritesTheFileOnAdd:
    """An add reads the whole file, awaits, and writes the whole file."""

    async def add(self, **given):
        return await rewritten(self, "add", given)


@fault("concurrent.adds", defect="an answer returns another writer's record")
class AnswersWithTheLatest:
    """The answer of add is the record that was added last, by whomever."""

    async def add(self, **given):
        answer = await super().add(**given)
        await self.pause()
        latest = self.as_record(self.backend.rows[self.backend.last])
        if isinstance(answer, Turn):
            return replace(answer, stored=[*answer.stored[:-1], latest])
        return [*answer[:-1], latest] if isinstance(answer, list) else latest


@fault("concurrent.updates", kinds=RECORDS, defect="lost updates")
class RewritesTheFileOnUpdate:
    """An update reads the whole file, awaits, and writes the whole file."""

    async def update(self, **given):
        return await rewritten(self, "update", given)


async def rewritten(store: Any, method: str, given: dict[str, Any]) -> Any:
    real = store.backend
    copy = Backend(dict(real.rows), real.last)
    answer = await getattr(type(store).__bases__[1](copy), method)(**given)
    real.rows, real.last = copy.rows, copy.last
    return answer


@fault("reads.own-writes")
class AnswersBeforeItIsDone:
    """What was added is seen a few reads later."""

    def place(self, row):
        kept = super().place(row)
        self.backend.notes.setdefault("late", {})[self.backend.last] = 2
        return kept

    def scoped(self, scope, keep=lambda row: True):
        late = self.backend.notes.setdefault("late", {})
        found = [(n, row) for n, row in super().scoped(scope, keep) if late.get(n, 0) <= 0]
        self.backend.notes["late"] = {n: left - 1 for n, left in late.items()}
        return found


@fault("clients.two")
class CachesPerClient:
    """Each client reads the backend once, and its own cache from then on."""

    def __init__(self, backend):
        super().__init__(backend)
        self.cache = None

    def scoped(self, scope, keep=lambda row: True):
        if self.cache is None:
            self.cache = dict(self.backend.rows)
        return [(n, row) for n, row in sorted(self.cache.items()) if self.matches_owner(row, scope) and keep(row)]

    def place(self, row):
        self.scoped(ANYWHERE)
        kept = super().place(row)
        self.cache[self.backend.last] = kept
        return kept

    def remove(self, number):
        self.backend.rows.pop(number, None)
        self.cache.pop(number, None)


@fault("clients.two", defect="only one process may open it, without saying so")
class OpensOnce:
    """A second client that writes gets an error."""

    def place(self, row):
        if self.backend.notes.setdefault("owner", self) is not self:
            raise OSError("database is locked")
        return super().place(row)


@fault("durable.reopen", defect="the process holds the data")
class KeepsEverythingInTheProcess:
    """Nothing is written to the backend."""

    def __init__(self, backend):
        super().__init__(Backend())


@fault("durable.reopen", defect="an index in the process")
class KeepsTheIndexInTheProcess:
    """The search finds only what this process has added."""

    def __init__(self, backend):
        super().__init__(backend)
        self.indexed = set()

    def place(self, row):
        kept = super().place(row)
        self.indexed.add(self.backend.last)
        return kept

    def best(self, found, query, limit):
        return super().best([(n, row) for n, row in found if n in self.indexed], query, limit)


@fault("kinds.separate", defect="delete_all of one kind deletes the others")
class DeletesTheOtherKinds:
    """delete_all deletes what is in the same database, of every kind."""

    async def delete_all(self, **given):
        await super().delete_all(**given)
        for other in self.backend.others:
            other.rows.clear()


@fault("model")
class NumbersByCount:
    """A new record gets the number after the count, which may be taken after a delete."""

    def place(self, row):
        self.backend.last = len(self.backend.rows)
        return super().place(row)


# Listings by id.


@fault("listing.complete", kinds=BY_ID)
class SkipsTheBorder:
    """The cursor is the next record, which the next page then skips."""

    def page(self, found, limit, cursor):
        rest = [(n, item) for n, item in found if cursor is None or n > int(cursor)]
        return Page([item for _, item in rest[:limit]], str(rest[limit][0]) if len(rest) > limit else None)


@fault("listing.complete", kinds=BY_ID, defect="ties in time are lost or repeated")
class PagesByTime:
    """The cursor is a time with seconds, and what shares it with the last record is lost."""

    def now(self):
        return super().now().replace(microsecond=0)

    def page(self, found, limit, cursor):
        rows = self.backend.rows
        rest = [(n, item) for n, item in found if cursor is None or rows[n].created_at.isoformat() > cursor]
        last = rest[:limit][-1:]
        more = len(rest) > limit
        return Page([item for _, item in rest[:limit]], rows[last[0][0]].created_at.isoformat() if more else None)


@fault("listing.long", kinds=BY_ID, defect="only the first page is looked at")
class EndsAfterAHundred:
    """A page never has more than a hundred records, and a short page counts as the last."""

    def page(self, found, limit, cursor):
        page = super().page(found, min(limit, 100), cursor)
        return Page(page, page.next_cursor if len(page) == limit else None)


@fault("listing.survives-deletes", kinds=BY_ID, defect="cursors by offset skip or repeat under writes")
class PagesByOffset:
    """The cursor is a number of records to skip."""

    def page(self, found, limit, cursor):
        return by_offset(found, limit, cursor)


def by_offset(found: list[Any], limit: int, cursor: str | None) -> Page[Any]:
    start = int(cursor or 0)
    more = len(found) > start + limit
    return Page([item for _, item in found[start : start + limit]], str(start + limit) if more else None)


@fault("listing.survives-adds", kinds=BY_ID, defect="cursors by offset skip or repeat under writes")
class CountsFromTheEnd:
    """The cursor is the number of records that are left, counted from the end."""

    def page(self, found, limit, cursor):
        rest = found if cursor is None else found[len(found) - int(cursor) :]
        return Page([item for _, item in rest[:limit]], str(len(rest) - limit) if len(rest) > limit else None)


# Ids.


@fault("ids.chosen", kinds=BY_ID)
class FoldsTheCaseOfIds:
    """Ids are stored in lower case."""

    def place(self, row):
        return super().place(replace(row, id=row.id.lower()))


@fault("ids.chosen", kinds=BY_ID)
class ComparesIdsLoosely:
    """Ids are compared without the white space around them."""

    def same_id(self, left, right):
        return left.strip() == right.strip()


@fault("ids.free-after-delete", kinds=BY_ID)
class NeverForgetsAnId:
    """The id of a deleted record stays taken."""

    def place(self, row):
        used = self.backend.notes.setdefault("used", set())
        if row.id in used:
            raise ConflictError(self.noun, row.id)
        kept = super().place(row)
        used.add(kept.id)
        return kept


@fault("owner.same-id", kinds=BY_ID, defect="a call by id reaches any owner's record")
class TakesTheFirstOfSeveral:
    """A call by an id that two owners have takes the first record."""

    def one(self, row_id, scope):
        found = self.scoped(scope, lambda row: self.same_id(row.id, row_id))
        return found[0] if found else super().one(row_id, scope)


@fault("owner.same-id", kinds=BY_ID)
class MakesIdsUniqueForAll:
    """An id that another owner uses is taken."""

    def place(self, row):
        if row.id and any(other.id == row.id for other in self.backend.rows.values()):
            raise ConflictError(self.noun, row.id)
        return super().place(row)


@fault("search.private-ranking", defect="scores tell whether another owner has stored a word")
class CountsEverybody:
    """A word counts the less, the more records of anybody have it."""

    def counted(self, row):
        return self.backend.rows.values()

    def score(self, query, row):
        rows = [set(self.words(self.searched(other))) for other in self.counted(row)]
        shared = {*self.words(query)} & {*self.words(self.searched(row))}
        rarity = sum(1 / sum(word in words for words in rows) for word in shared)
        return rarity + (10.0 if query in self.own_texts(row) else 0.0)


@fault("search.private-session", kinds=("history",))
class CountsAllSessions(CountsEverybody):
    """A word counts the less, the more messages of the owner have it, in whatever session."""

    def counted(self, row):
        return [other for other in self.backend.rows.values() if other.owner == row.owner]


@fault("search.private-ranking")
class OrdersByTheLengthsOfAll:
    """The records that are nearest to the mean length of all come first."""

    def score(self, query, row):
        lengths = [len(self.searched(other)) for other in self.backend.rows.values()]
        far = abs(len(self.searched(row)) - sum(lengths) / len(lengths))
        found = super().score(query, row)
        return found and found + 1 / (1 + far)
