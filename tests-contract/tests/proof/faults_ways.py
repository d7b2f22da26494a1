"""Broken stores: one of several ways to read, to write or to search does less than the others."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from memio.errors import ConflictError
from memio.models import Page
from memio.owners import ANYWHERE, NO_OWNER
from memio.toolkit import matches
from proof.catalogue import BY_ID, FILTERED, RECORDS, fault
from proof.dict_stores import changes_of
from proof.faults_shelf import CountsEverybody

HISTORY = ("history",)
GRAPH = ("graph",)


@fault("size.many", kinds=BY_ID)
class CountsAThousand:
    """A count ends at a thousand."""

    async def count(self, **given):
        return min(1000, await super().count(**given))


@fault("size.many", kinds=HISTORY)
class ListsTheLatestHundred:
    """The sessions that were used last are listed up to the hundredth."""

    def page_latest(self, found, limit, cursor):
        latest = sorted(found, key=lambda item: item[1].updated_at)[-100:]
        return super().page_latest(latest, limit, cursor)


@fault("size.session", kinds=HISTORY)
class CountsAThousandMessages:
    """A count of messages ends at a thousand."""

    async def count_messages(self, **given):
        return min(1000, await super().count_messages(**given))


@fault("size.session", kinds=HISTORY)
class DeletesTheLastHundred:
    """delete_messages deletes at most a hundred of the last messages."""

    async def delete_messages(self, *, last, **given):
        return await super().delete_messages(last=last and min(last, 100), **given)


@fault("size.session", kinds=HISTORY)
class DeletesAHundredIds:
    """delete_messages deletes the messages of the first hundred ids."""

    def by_ids(self, found, message_ids):
        return super().by_ids(found, message_ids)[:100]


@fault("size.owners")
class ListsAHundredOwners:
    """The listing of owners ends after a hundred."""

    def owners(self, scope):
        return sorted(set(super().owners(scope)), key=repr)[:100]


@fault("size.owners", kinds=RECORDS)
class ListsAThousandOwners:
    """Owners are a facet, of which the backend returns the first thousand values."""

    def owners(self, scope):
        return sorted(set(super().owners(scope)), key=repr)[:1000]


@fault("owners.while-deleting")
class SkipsOwners:
    """The cursor of the owners is a number of owners to skip."""

    async def get_owners(self, *, limit, cursor, scope=ANYWHERE):
        await self.pause()
        owners, begin = sorted(set(self.owners(scope)), key=repr), int(cursor or 0)
        return Page(owners[begin : begin + limit], str(begin + limit) if len(owners) > begin + limit else None)


@fault("search.alike", kinds=FILTERED, on=("dict", "sqlite"))
class FindsAHundred:
    """A search has at most a hundred hits."""

    async def search(self, *, limit, **given):
        return await super().search(limit=min(limit, 100), **given)


@fault("search.alike", kinds=FILTERED)
class LooksAtFiftyNeighbours:
    """A search by meaning has at most fifty hits."""

    def nearest(self, found, query, limit):
        return super().nearest(found, query, min(limit, 50))


@fault("expiry.purge", kinds=RECORDS)
class PurgesAHundred:
    """A purge removes at most a hundred records."""

    async def purge(self):
        dead = [number for number, row in self.backend.rows.items() if self.expired(row)][:100]
        for number in dead:
            self.remove(number)
        return len(dead)


@fault("expiry.put-anew", kinds=RECORDS)
class PutsOverTheExpired:
    """A put under the id of an expired record replaces it where it is."""

    def stored(self, given, if_version):
        for number, row in list(self.backend.rows.items()):
            if (row.id, row.owner) == (given.id, given.owner) and self.expired(row):
                if if_version is not None:
                    raise ConflictError(self.noun, row.id, reason="version")
                return self.replaced(number, row, given)
        return super().stored(given, if_version)


@fault("expiry.put-anew", kinds=RECORDS)
class TakesVersionsOfTheExpired:
    """A put with the version of an expired record happens."""

    def stored(self, given, if_version):
        gone = [row for row in self.backend.rows.values() if self.expired(row) and row.version == if_version]
        return super().stored(given, None if gone else if_version)


@fault("add-many.conflict", kinds=RECORDS)
class AddsBatchesByTheHundred:
    """add_many adds a hundred items at a time, and leaves the former ones when a later one conflicts."""

    def written_together(self, items):
        rows = []
        for begin in range(0, len(items), 100):
            rows += super().written_together(items[begin : begin + 100])
        return rows


@fault("add-many.retries", kinds=RECORDS)
class RefusesBatchesOfRetries:
    """add_many takes an id that is there for a conflict, also when the record is the same."""

    def written_together(self, items):
        for item in items:
            if self.mine(self.draft(item["content"], item.get("owner", NO_OWNER), item)):
                raise ConflictError(self.noun, item[self.id_name])
        return super().written_together(items)


@fault("add-many.retries", kinds=RECORDS)
class InsertsRepeatedItems:
    """add_many looks for ids before it inserts, and inserts one that comes twice in the batch twice."""

    def written_together(self, items):
        drafts = [self.draft(item["content"], item.get("owner", NO_OWNER), item) for item in items]
        there = [self.mine(draft) for draft in drafts]
        if any(found and not self.same_record(found[0][1], draft) for found, draft in zip(there, drafts, strict=True)):
            return super().written_together(items)
        return [found[0][1] if found else self.place(draft) for found, draft in zip(there, drafts, strict=True)]


@fault("add.conflict", kinds=GRAPH)
class AddsTriplesByTheFifty:
    """Triples are stored fifty at a time, and the former ones stay when a later one conflicts."""

    def written(self, triples, owner):
        rows = []
        for begin in range(0, len(triples), 50):
            rows += super().written(triples[begin : begin + 50], owner)
        return rows


@fault("content.whole-everywhere", kinds=BY_ID)
class ListsPreviewsOfTheNewest:
    """The listing of the newest holds previews of text."""

    async def get_all(self, *, order="oldest", **given):
        page = await super().get_all(order=order, **given)
        return page if order == "oldest" else Page([_preview(record) for record in page], page.next_cursor)


def _preview(record):
    name = "content" if hasattr(record, "content") else "subject"
    return replace(record, **{name: getattr(record, name)[:1000]})


@fault("content.whole-everywhere", kinds=HISTORY)
class ReadsPreviewsOfTheLatest:
    """A read from the latest message holds the first 4,000 characters of each."""

    async def get(self, *, start, **given):
        page = await super().get(start=start, **given)
        if start == "oldest":
            return page
        return Page([replace(message, content=message.content[:4000]) for message in page], page.next_cursor)


@fault("content.whole-everywhere", kinds=FILTERED)
class FindsChunks:
    """A hit of a search by meaning holds the chunk that was embedded."""

    async def search(self, *, mode="auto", **given):
        hits = await super().search(mode=mode, **given)
        return [replace(hit, content=hit.content[:512]) if mode == "semantic" else hit for hit in hits]


@fault("content.whole-everywhere", kinds=FILTERED)
class KeepsNoMetadataWithVectors:
    """A hit of a search by meaning has no metadata."""

    async def search(self, *, mode="auto", **given):
        hits = await super().search(mode=mode, **given)
        return [replace(hit, metadata={}) if mode == "semantic" else hit for hit in hits]


@fault("content.whole-everywhere", kinds=RECORDS)
class ListsLaterPagesWithoutVersions:
    """Only the first page of a listing has the versions of its records."""

    async def get_all(self, *, cursor, **given):
        page = await super().get_all(cursor=cursor, **given)
        return page if cursor is None else Page([replace(r, version=None) for r in page], page.next_cursor)


@fault("content.whole-everywhere", kinds=RECORDS)
class CutsMetadataOfBatches:
    """add_many cuts texts in metadata after 255 characters."""

    def written_together(self, items):
        return super().written_together([{**item, "metadata": _cut(item.get("metadata", {}))} for item in items])


def _cut(metadata):
    return {key: value[:255] if isinstance(value, str) else value for key, value in metadata.items()}


@fault("content.whole-everywhere", kinds=RECORDS)
class DropsTheExpiryOfBatches:
    """add_many stores no time of expiry."""

    def written_together(self, items):
        return super().written_together([{**item, "expires_at": None} for item in items])


@fault("content.whole-everywhere", kinds=("facts",))
class CutsTextOfPuts:
    """A put cuts text after 65,535 characters."""

    def stored(self, given, if_version):
        return super().stored(replace(given, text=given.text[:65535]), if_version)


@fault("content.whole-everywhere", kinds=HISTORY)
class ForgetsOwnersOfDeletedMessages:
    """The messages in the answer of delete_messages have no owner."""

    async def delete_messages(self, **given):
        gone = await super().delete_messages(**given)
        return [replace(message, user_id=None, agent_id=None, namespace=()) for message in gone]


@fault("content.whole-everywhere", kinds=GRAPH)
class FindsTriplesWithoutMetadata:
    """A triple that a search finds has no metadata."""

    async def search(self, **given):
        return [replace(hit, metadata={}) for hit in await super().search(**given)]


def _in_one_mode(mode, change):
    """Return a method search that changes its arguments in one mode."""

    def make(cls):
        async def search(self, **given):
            return await super(cls, self).search(**(change(given) if given.get("mode") == mode else given))

        cls.search = search
        return cls

    return make


@fault("search.confined-in-every-mode", kinds=FILTERED, on=("dict", "sqlite"))
@_in_one_mode("keyword", lambda given: {**given, "scope": ANYWHERE})
class SearchesWordsOfAll:
    """A search by words does not look at the owner."""


@fault("search.confined-in-every-mode", kinds=FILTERED, on=("dict", "sqlite"))
@_in_one_mode("keyword", lambda given: {**given, "filters": {}})
class SearchesWordsWithoutFilters:
    """A search by words does not look at the filters."""


@fault("search.confined-in-every-mode", kinds=FILTERED)
@_in_one_mode("semantic", lambda given: {**given, "since": None, "until": None})
class FindsMeaningsOfAllTimes:
    """A search by meaning does not look at the times."""


@fault("search.confined-in-every-mode", kinds=HISTORY)
@_in_one_mode("semantic", lambda given: {**given, "session_id": None})
class FindsMeaningsOfAllSessions:
    """A search by meaning does not look at the session."""


@fault("count.equals-listing", kinds=RECORDS)
class ListsTheNewestWithoutFilters:
    """The listing of the newest does not look at the filters."""

    async def get_all(self, *, order="oldest", filters=None, **given):
        return await super().get_all(order=order, filters=filters if order == "oldest" else None, **given)


@fault("count.equals-listing", kinds=BY_ID)
class ExcludesSinceFromTheNewest:
    """The listing of the newest excludes the time `since`."""

    async def get_all(self, *, order="oldest", since=None, **given):
        if since is not None and order == "newest":
            since += timedelta(microseconds=1)
        return await super().get_all(order=order, since=since, **given)


@fault("count.equals-listing", kinds=BY_ID)
class ListsTheNewestOfEveryPrefix:
    """The listing of the newest does not look at the prefix of namespaces."""

    async def get_all(self, *, order="oldest", scope=ANYWHERE, **given):
        return await super().get_all(
            order=order, scope=scope if order == "oldest" else replace(scope, prefix=()), **given
        )


@fault("count.sessions", kinds=HISTORY)
class CountsMessagesOfTheTimes:
    """In a listing with times, the number of messages of a session counts those of the times."""

    def sessions(self, scope, since=None, until=None):
        inside = [(row.owner, row.more["session_id"]) for _, row in self.picked(scope, None, since, until)]
        return [
            (n, replace(session, message_count=inside.count((session.owner, session.id))))
            for n, session in super().sessions(scope, since, until)
        ]


@fault("filters.exact", kinds=FILTERED)
class ComparesBeginningsOfValues:
    """Filters compare the first 255 characters of a text."""

    def passes(self, metadata, filters):
        return super().passes(_cut(metadata), filters and _cut(filters))


@fault("filters.operators", kinds=FILTERED)
class CombinesTwo:
    """$and takes its first two filters."""

    def passes(self, metadata, filters):
        given = filters or {}
        return matches(metadata, {**given, "$and": given["$and"][:2]} if "$and" in given else given)


@fault("data.without-text", kinds=HISTORY)
class CountsTextsOnly:
    """A message without text is not counted."""

    async def count_messages(self, *, session_id=None, scope=ANYWHERE, **pick):
        await self.pause()
        return sum(bool(row.text) for _, row in self.within(session_id, scope, pick))


@fault("concurrent.update-fields", kinds=RECORDS)
class WritesOldFields:
    """An update reads the record, awaits, and writes all of its fields."""

    async def update(self, *, scope=ANYWHERE, if_version=None, **given):
        read = replace(self.one(given[self.id_name], scope)[1])
        await self.pause()
        number, row = self.one(given.pop(self.id_name), scope)
        self.check_version(row, if_version)
        return self.as_record(self.changed(number, replace(read, version=row.version), changes_of(given)))


@fault("concurrent.same-message", kinds=HISTORY)
class LooksForTheMessageThenInserts:
    """In a session that is there, between the look for an id and the insert there is an await."""

    async def add(self, *, session_id, messages, owner=NO_OWNER):
        there = [row for _, row in self.scoped(ANYWHERE) if (row.owner, row.more["session_id"]) == (owner, session_id)]
        if not there or {row.id for row in there} & {message.id for message in messages}:
            return await super().add(session_id=session_id, messages=messages, owner=owner)
        await self.pause()
        rows = [self.place(self.row(session_id, message, owner)) for message in messages]
        turn = await super().add(session_id=session_id, messages=[], owner=owner)
        return replace(turn, stored=[self.as_record(row) for row in rows])


def _rewrites(old, new):
    class Rewrites:
        def keep(self, row):
            return super().keep(replace(row, text=row.text.replace(old, new)))

    return Rewrites


@fault("content.unchanged")
class TurnsReturnsIntoLineEnds(_rewrites("\r", "\n")):
    """A carriage return becomes a line end."""


@fault("content.unchanged")
class DropsSoftHyphens(_rewrites("\u00ad", "")):
    """Soft hyphens are dropped."""


@fault("content.unchanged")
class HalvesPercentSigns(_rewrites("%%", "%")):
    """Two percent signs become one."""


@fault("search.any-part", kinds=GRAPH)
class FindsEntitiesOnly:
    """The index of triples holds subject and object."""

    def searched(self, row):
        return f"{row.text} {row.more['object']}"


@fault("search.any-part", kinds=GRAPH)
class FindsNoObjects:
    """The index of triples holds subject and predicate."""

    def searched(self, row):
        return f"{row.text} {row.more['predicate']}"


@fault("owner.prefix")
class ComparesPrefixesWithLike:
    """The elements of a prefix are patterns, in which `_` is any character and `%` any text."""

    def below(self, namespace, prefix):
        patterns = [re.escape(element).replace("_", ".").replace("%", ".*") for element in prefix]
        return len(prefix) <= len(namespace) and all(map(re.fullmatch, patterns, namespace))


@fault("durable.everything")
class CutsNumbersWhenReopened:
    """The file keeps numbers of metadata as integers."""

    def __init__(self, backend):
        super().__init__(backend)
        for row in backend.rows.values():
            row.metadata = {name: int(value) if type(value) is float else value for name, value in row.metadata.items()}


@fault("search.private-namespace")
class CountsAllNamespaces(CountsEverybody):
    """A word counts the less, the more records of the user have it, in whatever namespace."""

    def counted(self, row):
        user = row.owner.user_id
        return [other for other in self.backend.rows.values() if other.owner.user_id == user]


@fault("kinds.separate", kinds=BY_ID)
class CountsOtherKinds:
    """A count is one of all kinds of the database."""

    async def count(self, **given):
        return await super().count(**given) + sum(len(other.rows) for other in self.backend.others)


@fault("kinds.separate", kinds=RECORDS)
class RanksByOtherKinds:
    """A word counts the less, the more records of any kind have it."""

    def score(self, query, row):
        same = sum(other.text == row.text for backend in self.backend.others for other in backend.rows.values())
        return super().score(query, row) / (1 + same)
