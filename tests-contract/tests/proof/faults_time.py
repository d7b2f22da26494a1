"""Faults that show over time: after reopening, between pages, between clients, and when calls run at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from memio.errors import NotFoundError
from memio.models import Page
from memio.owners import ANYWHERE
from proof.catalogue import BY_ID, RECORDS, fault
from proof.dict_stores import changes_of
from proof.faults_shelf import by_offset

HISTORY = ("history",)
GRAPH = ("graph",)


class Flushed:
    """Writes of this client are in its memory until they are flushed, and lost when it is closed before."""

    together = 2

    def __init__(self, backend):
        super().__init__(backend)
        self.waiting = []

    def place(self, row):
        kept = super().place(row)
        self.waiting.append(self.backend.last)
        if len(self.waiting) == self.together:
            self.waiting.clear()
        return kept

    async def aclose(self):
        for number in self.waiting:
            self.backend.rows.pop(number, None)
        self.waiting.clear()
        await super().aclose()


@fault("durable.every-write")
class LosesAnOddRecord(Flushed):
    """Two adds are flushed together, and the last one of an odd number is lost."""


class OnReopening:
    """Something is lost when a client is opened on what another one left."""

    def __init__(self, backend):
        super().__init__(backend)
        for number, row in list(backend.rows.items()):
            self.reopened(number, row)


@fault("durable.everything")
class ForgetsMetadataOnReopening(OnReopening):
    """Nested metadata is lost when the store is opened again."""

    def reopened(self, number, row):
        flat = {key: value for key, value in row.metadata.items() if not isinstance(value, (dict, list))}
        self.backend.rows[number] = replace(row, metadata={**flat, "reopened": True} if row.metadata else {})


@fault("durable.everything", kinds=HISTORY)
class ForgetsNamesOnReopening(OnReopening):
    """The names of speakers are lost when the store is opened again."""

    def reopened(self, number, row):
        self.backend.rows[number] = replace(row, more={**row.more, "name": None})


@fault("durable.everything", kinds=RECORDS)
class KeepsUpdatesInTheProcess(OnReopening):
    """Updates are lost when the store is opened again."""

    def changed(self, number, row, changes):
        self.backend.notes.setdefault("old", {}).setdefault(number, row)
        return super().changed(number, row, changes)

    def reopened(self, number, row):
        self.backend.rows[number] = self.backend.notes.get("old", {}).get(number, row)


@fault("durable.everything", kinds=BY_ID)
class RevivesOnReopening:
    """What was deleted is there again when the store is opened again."""

    def __init__(self, backend):
        super().__init__(backend)
        backend.rows.update(backend.notes.pop("dead", {}))

    def remove(self, number):
        self.backend.notes.setdefault("dead", {})[number] = self.backend.rows[number]
        super().remove(number)


@fault("durable.everything")
class SortsOnReopening:
    """Opening again sorts the records by their text, the last first."""

    def __init__(self, backend):
        super().__init__(backend)
        rows = sorted(backend.rows.values(), key=lambda row: row.text, reverse=True)
        backend.rows = dict(enumerate(rows, 1))
        backend.last = len(rows)


@fault("durable.everything", kinds=GRAPH)
class ForgetsWhatIsIdentical:
    """After opening again, a triple that is there is added a second time."""

    def __init__(self, backend):
        super().__init__(backend)
        self.known = []

    def place(self, row):
        kept = super().place(row)
        self.known.append(kept)
        return kept

    def identical(self, row, triple):
        return row in self.known and super().identical(row, triple)


@fault("listing.deleted-anchor", kinds=BY_ID)
class StartsAnewWithoutTheAnchor:
    """The cursor is the last record; when only that was deleted, the listing starts anew."""

    def page(self, found, limit, cursor):
        if cursor is not None and int(cursor) not in self.backend.rows and any(n < int(cursor) for n, _ in found):
            cursor = None
        return super().page(found, limit, cursor)


@fault("listing.survives-deletes", kinds=BY_ID)
class EndsWithoutTheAnchor:
    """The cursor is the last record; when that was deleted, the listing ends."""

    def page(self, found, limit, cursor):
        if cursor is not None and int(cursor) not in self.backend.rows:
            return Page([])
        return super().page(found, limit, cursor)


@fault("sessions.deleted-anchor", kinds=HISTORY)
class StartsSessionsAnew:
    """The cursor is the last session; when only that was deleted, the listing starts anew."""

    async def get_all(self, *, limit, cursor, scope=ANYWHERE, **more):
        await self.pause()
        found = self.sessions(scope)
        if cursor is not None and int(cursor) not in self.backend.rows and any(n < int(cursor) for n, _ in found):
            cursor = None
        return self.page(found, limit, cursor)


@fault("sessions.keep-places", kinds=HISTORY)
class MovesShortenedSessions:
    """In a listing a session has the place of its first message that is left."""

    def place_of(self, key):
        rows = self.backend.rows.items()
        return next(n for n, row in rows if (row.owner, row.more["session_id"]) == key)


@fault("get.deleted-anchor", kinds=GRAPH)
class PagesEntitiesByOffset:
    """The cursor of an entity is a number of triples to skip."""

    async def get(self, *, entity, limit, cursor, scope=ANYWHERE, **times):
        await self.pause()
        page = by_offset(self.around(entity, scope, times), limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


@fault("listing.updated-anchor", kinds=RECORDS)
class StandsOnAVersion:
    """The cursor is the time of change of the last record; when that was updated, the listing starts anew."""

    def page(self, found, limit, cursor):
        if cursor is not None:
            changed = {row.updated_at.isoformat(): n for n, row in self.backend.rows.items()}
            cursor = str(changed[cursor]) if cursor in changed else None
        page = super().page(found, limit, cursor)
        last = None if page.next_cursor is None else self.backend.rows[int(page.next_cursor)].updated_at.isoformat()
        return Page(page, last)


def by_number(found, limit, cursor):
    """Return a page of at most three items, whose cursor is the number of the next page of this limit."""
    number = int(cursor or 0)
    rest = [item for _, item in found[number * limit :]]
    cut = rest[: min(limit, 3)]
    return Page(cut, str(number + 1) if len(rest) > len(cut) else None)


@fault("listing.full", kinds=BY_ID)
class NumbersItsPages:
    """Pages end after three records, and the cursor is a number of pages of the limit of the call."""

    def page(self, found, limit, cursor):
        return by_number(found, limit, cursor)


@fault("listing.full", kinds=BY_ID)
class EndsAfterTen:
    """A page ends after ten records, and a page that ends early has no cursor."""

    def page(self, found, limit, cursor):
        page = super().page(found, min(limit, 10), cursor)
        return Page(page, page.next_cursor if limit <= 10 else None)


@fault("pages.full", kinds=HISTORY)
class NumbersPagesOfSessions:
    """Pages of sessions end after three, and the cursor is a number of pages of the limit of the call."""

    async def get_all(self, *, limit, cursor, scope=ANYWHERE, **more):
        await self.pause()
        return by_number(self.sessions(scope), limit, cursor)


@fault("pages.full", kinds=HISTORY)
class EndsTheLatestAfterTen:
    """A page from the latest message ends after ten, without a cursor."""

    def page_back(self, found, limit, cursor):
        page = super().page_back(found, min(limit, 10), cursor)
        return Page(page, page.next_cursor if limit <= 10 else None)


@fault("get.full", kinds=GRAPH)
class NumbersPagesOfEntities:
    """Pages of an entity end after three, and the cursor is a number of pages of the limit of the call."""

    async def get(self, *, entity, limit, cursor, scope=ANYWHERE, **times):
        await self.pause()
        page = by_number(self.around(entity, scope, times), limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


@fault("listing.every-page", kinds=BY_ID)
class ForgetsOwnersOfLaterPages:
    """Later pages hold no owners."""

    async def get_all(self, *, cursor, **given):
        page = await super().get_all(cursor=cursor, **given)
        return page if cursor is None else Page([replace(r, user_id=None) for r in page], page.next_cursor)


@fault("listing.every-page", kinds=BY_ID)
class WidensLaterPages:
    """Later pages hold the records of all owners."""

    async def get_all(self, *, cursor, scope=ANYWHERE, **given):
        return await super().get_all(cursor=cursor, scope=scope if cursor is None else ANYWHERE, **given)


@fault("listing.every-page", kinds=HISTORY)
class ForgetsOwnersOfLaterMessages:
    """Later pages of a session hold no owners."""

    async def get(self, *, cursor, **given):
        page = await super().get(cursor=cursor, **given)
        return page if cursor is None else Page([replace(m, user_id=None) for m in page], page.next_cursor)


@fault("listing.after-deletes", kinds=BY_ID)
class NumbersByTheGreatest:
    """A new record gets the number after the greatest, and its id from it."""

    def place(self, row):
        self.backend.last = max(self.backend.rows, default=0)
        return super().place(replace(row, id=row.id or f"row-{self.backend.last + 1}"))


@fault("sessions.after-deletes", kinds=HISTORY)
class KeepsThePlaceOfSessions:
    """A session that begins again is listed where it was before its deletion."""

    def place_of(self, key):
        return self.backend.notes.setdefault("places", {}).setdefault(key, super().place_of(key))

    def place(self, row):
        kept = super().place(row)
        self.place_of((row.owner, row.more["session_id"]))
        return kept


@fault("concurrent.update-deleted", kinds=RECORDS)
class RevivesTheDeleted:
    """An update reads the record, awaits, and writes all of it."""

    async def update(self, *, scope=ANYWHERE, if_version=None, **given):
        await self.pause()
        number, row = self.one(given.pop(self.id_name), scope)
        await self.pause()
        await self.pause()
        row = self.changed(number, row, changes_of(given))
        await self.pause()
        return self.as_record(row)


@fault("concurrent.update-deleted", kinds=RECORDS)
class InsertsWhatIsGone:
    """An update that finds no row any more inserts the record."""

    async def update(self, *, scope=ANYWHERE, if_version=None, **given):
        await self.pause()
        number, row = self.one(given.pop(self.id_name), scope)
        for _ in range(3):
            await self.pause()
        if number in self.backend.rows:
            return self.as_record(self.changed(number, row, changes_of(given)))
        return self.as_record(self.place(replace(row, **changes_of(given))))


@fault("clients.fresh-reads")
class CachesSearches:
    """A client that has searched for a text returns the same hits from then on, unless it writes itself."""

    def __init__(self, backend):
        super().__init__(backend)
        self.kept = {}

    def best(self, found, query, limit):
        return self.kept.setdefault(query, super().best(found, query, limit))

    def place(self, row):
        self.kept.clear()
        return super().place(row)

    def remove(self, number):
        self.kept.clear()
        super().remove(number)


@fault("clients.fresh-reads", kinds=RECORDS)
class CachesRecords:
    """A client that has read a record by id returns it from then on."""

    def __init__(self, backend):
        super().__init__(backend)
        self.read = {}

    async def get(self, **given):
        chosen = given[self.id_name]
        if chosen not in self.read:
            self.read[chosen] = await super().get(**given)
        return replace(self.read[chosen])

    async def update(self, **given):
        self.read.pop(given[self.id_name], None)
        return await super().update(**given)

    async def delete(self, **given):
        self.read.pop(given[self.id_name], None)
        await super().delete(**given)

    async def delete_all(self, **given):
        self.read.clear()
        await super().delete_all(**given)


class Swallowing:
    """A step that waits swallows a cancellation."""

    async def pause(self):
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            return


@fault("cancel.passes-through")
class SwallowsCancellations(Swallowing):
    """A call that is cancelled goes on and returns its answer."""


@fault("cancel.passes-through", kinds=BY_ID)
class AnswersWhenCancelled:
    """A search that is cancelled returns nothing instead."""

    async def search(self, **given):
        try:
            return await super().search(**given)
        except asyncio.CancelledError:
            return []


@fault("close.twice")
class FailsToCloseUnused:
    """Closing a store that was never used is an error."""

    used = False

    async def pause(self):
        self.used = True
        await super().pause()

    async def aclose(self):
        if not self.used:
            raise NotFoundError("connection", "none")
        await super().aclose()
