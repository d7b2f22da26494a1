"""Faults about orders, counts, ranges of time and filters with operators."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from memio.models import Page
from memio.owners import ANYWHERE
from memio.toolkit import matches
from proof.catalogue import BY_ID, FILTERED, RECORDS, fault

HISTORY = ("history",)
BOTH = ("dict", "sqlite")


@fault("newest.reverse", kinds=BY_ID)
class OrdersTheNewestByTime:
    """The newest are ordered by a time with seconds."""

    def page_newest(self, found, limit, cursor):
        keyed = sorted(found, key=lambda item: item[1].created_at.replace(microsecond=0), reverse=True)
        start = int(cursor or 0)
        more = len(keyed) > start + limit
        return Page([row for _, row in keyed[start : start + limit]], str(start + limit) if more else None)


@fault("newest.reverse", kinds=BY_ID, on=BOTH)
class ReversesEachPage:
    """The pages of the newest are the pages of the oldest, each reversed."""

    async def get_all(self, *, order="oldest", **given):
        page = await super().get_all(**given)
        return Page(reversed(page), page.next_cursor) if order == "newest" else page


@fault("newest.reverse", kinds=BY_ID)
class SkipsTheBorderOfTheNewest:
    """The record before each page of the newest is skipped."""

    def page_newest(self, found, limit, cursor):
        page = super().page_newest(found, limit, cursor)
        return Page(page, page.next_cursor and str(int(page.next_cursor) - 1))


@fault("newest.after-updates", kinds=RECORDS)
class OrdersTheNewestByChange:
    """The newest are those that were changed last."""

    def page_newest(self, found, limit, cursor):
        order = sorted(found, key=lambda item: item[1].updated_at)
        rest = [(n, row) for n, row in reversed(order) if cursor is None or str(row.updated_at) < cursor]
        cut = rest[:limit]
        return Page([row for _, row in cut], str(cut[-1][1].updated_at) if len(rest) > limit else None)


@fault("newest.survives-deletes", kinds=BY_ID, defect="cursors by offset skip or repeat under writes")
class PagesTheNewestByOffset:
    """The cursor of the newest is a number of records to skip."""

    def page_newest(self, found, limit, cursor):
        return _by_offset(found[::-1], limit, cursor)


def _by_offset(found, limit, cursor):
    start = int(cursor or 0)
    more = len(found) > start + limit
    return Page([item for _, item in found[start : start + limit]], str(start + limit) if more else None)


@fault("newest.survives-adds", kinds=BY_ID, defect="cursors by offset skip or repeat under writes")
class SkipsFromTheNewest(PagesTheNewestByOffset):
    """The cursor of the newest is a number of records to skip, which adds shift."""


@fault("newest.in-scope", kinds=BY_ID, on=BOTH)
class ListsTheNewestOfAll:
    """The listing of the newest does not look at the owner."""

    async def get_all(self, *, order="oldest", scope=ANYWHERE, **given):
        wide = ANYWHERE if order == "newest" else scope
        return await super().get_all(order=order, scope=wide, **given)


@fault("newest.filtered", kinds=RECORDS, on=BOTH)
class ListsTheNewestUnfiltered:
    """The listing of the newest does not look at the filters."""

    async def get_all(self, *, order="oldest", filters=None, **given):
        kept = {"filters": filters} if filters and order == "oldest" else {}
        return await super().get_all(order=order, **kept, **given)


@fault("newest.sessions", kinds=HISTORY)
class OrdersSessionsByBeginning:
    """The newest sessions are those that began last."""

    def page_latest(self, found, limit, cursor):
        return self.page_newest(found, limit, cursor)


@fault("newest.sessions", kinds=HISTORY)
class LosesSessionsOfEqualTimes:
    """The cursor of the newest sessions is a time, and what shares it with the last session is lost."""

    def page_latest(self, found, limit, cursor):
        keyed = sorted(((s.updated_at.isoformat(timespec="microseconds"), n, s) for n, s in found), reverse=True)
        rest = [(time, session) for time, _, session in keyed if cursor is None or time < cursor]
        return Page([session for _, session in rest[:limit]], rest[limit - 1][0] if len(rest) > limit else None)


@fault("newest.sessions", kinds=HISTORY)
class TakesTheLastMessageForTheLatest:
    """A session's time is that of the message that was added last."""

    def session(self, session_id, rows):
        return replace(super().session(session_id, rows), updated_at=rows[-1].created_at)


@fault("newest.sessions-survive", kinds=HISTORY, defect="cursors by offset skip or repeat under writes")
class PagesTheNewestSessionsByOffset:
    """The cursor of the newest sessions is a number of sessions to skip."""

    def page_latest(self, found, limit, cursor):
        return _by_offset(sorted(found, key=lambda item: (item[1].updated_at, item[0]))[::-1], limit, cursor)


# counts


@fault("count.equals-listing", kinds=BY_ID, on=BOTH)
class CountsEverything:
    """A count does not look at the owner."""

    async def count(self, *, scope=ANYWHERE, **pick):
        return await super().count(**pick)


@fault("count.equals-listing", kinds=RECORDS, on=BOTH, defect="filters are accepted and dropped")
class CountsUnfiltered:
    """A count does not look at the filters."""

    async def count(self, *, filters=None, **given):
        return await super().count(**given)


@fault("count.equals-listing", kinds=BY_ID, on=BOTH)
class CountsWithoutTimes:
    """A count does not look at the times."""

    async def count(self, *, since=None, until=None, **given):
        return await super().count(**given)


@fault("count.sessions", kinds=HISTORY, on=BOTH)
class CountsMessages:
    """The count of sessions is that of messages."""

    async def count(self, *, scope=ANYWHERE, since=None, until=None):
        return await super().count_messages(scope=scope)


@fault("count.sessions", kinds=HISTORY)
class CountsNamesOfSessions:
    """Sessions of one id are counted once, whoever has them."""

    async def count(self, **given):
        await self.pause()
        scope = given.pop("scope", ANYWHERE)
        return len({session.id for _, session in self.sessions(scope, **given)})


@fault("count.messages", kinds=HISTORY, on=BOTH)
class CountsMessagesOfAllSessions:
    """The count of messages does not look at the session."""

    async def count_messages(self, *, session_id=None, **given):
        return await super().count_messages(**given)


@fault("count.messages", kinds=HISTORY, on=BOTH)
class CountsMessagesUnfiltered:
    """The count of messages does not look at the filters."""

    async def count_messages(self, *, filters=None, **given):
        return await super().count_messages(**given)


@fault("count.follows-writes")
class CountsAdds:
    """The count is a counter that adds raise and deletes do not lower."""

    def place(self, row):
        self.backend.notes["count"] = self.backend.notes.get("count", 0) + 1
        return super().place(row)

    async def count(self, **given):
        await self.pause()
        return self.backend.notes.get("count", 0)


# times


class Times:
    """Times are compared in another way."""


@fault("times.range", kinds=BY_ID)
@fault("times.messages", kinds=HISTORY)
class ExcludesSince(Times):
    """since is exclusive."""

    def in_time(self, time, since, until):
        return (since is None or since < time) and (until is None or time < until)


@fault("times.range", kinds=BY_ID)
@fault("times.messages", kinds=HISTORY)
class IncludesUntil(Times):
    """until is inclusive."""

    def in_time(self, time, since, until):
        return (since is None or since <= time) and (until is None or time <= until)


@fault("times.range", kinds=BY_ID)
@fault("times.messages", kinds=HISTORY)
class ComparesMilliseconds(Times):
    """Times are compared in milliseconds."""

    def in_time(self, time, since, until):
        def cut(moment):
            return moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000)

        return super().in_time(cut(time), cut(since), cut(until))


@fault("times.messages", kinds=HISTORY)
class ComparesTimesAsText(Times):
    """Times are compared as text, in which years of three digits and missing microseconds come late."""

    def in_time(self, time, since, until):
        def text(moment):
            return moment and f"{moment.year}-{moment.isoformat()[5:]}"

        return super().in_time(text(time), text(since), text(until))


@fault("times.range", kinds=BY_ID, on=BOTH)
class SearchesWithoutTimes:
    """A search does not look at the times."""

    async def search(self, *, since=None, until=None, **given):
        return await super().search(**given)


@fault("times.sessions", kinds=HISTORY)
class SelectsSessionsByBeginning:
    """Sessions are selected by the time of their first message."""

    def sessions(self, scope, since=None, until=None):
        return [
            (n, session) for n, session in super().sessions(scope) if self.in_time(self.first(session), since, until)
        ]

    def first(self, session):
        rows = self.backend.rows.values()
        return next(row.created_at for row in rows if row.more["session_id"] == session.id)


@fault("times.before-limit", kinds=HISTORY, on=BOTH, defect="a restriction is applied after the top k")
class SelectsTimesAfterTheLimit:
    """A search takes the best of all times, and then drops those outside of the range."""

    async def search(self, *, since=None, until=None, **given):
        hits = await super().search(**given)
        after = since or min((hit.timestamp for hit in hits), default=since)
        return [hit for hit in hits if after <= hit.timestamp and (until is None or hit.timestamp < until)]


@fault("times.stay-in-scope", kinds=BY_ID)
class WidensByTimes:
    """A call with a time does not look at the owner."""

    def picked(self, scope, filters=None, since=None, until=None):
        return super().picked(ANYWHERE if since or until else scope, filters, since, until)


# filters


@fault("filters.operators", kinds=FILTERED)
class OrdersTextByUtf16:
    """Texts are ordered by their code units in UTF-16."""

    def passes(self, metadata, filters):
        return matches(_utf16(metadata), _utf16(filters or {}))


def _utf16(value):
    if isinstance(value, str):
        return "".join(f"{value.encode('utf-16-be').hex()[n : n + 4]} " for n in range(0, 4 * len(value) + 8, 4))
    if isinstance(value, list):
        return [_utf16(item) for item in value]
    return {key: _utf16(item) for key, item in value.items()} if isinstance(value, dict) else value


@fault("filters.operators", kinds=FILTERED)
class OrdersNumbersAsDoubles:
    """Numbers are ordered as floating point."""

    def passes(self, metadata, filters):
        return matches(_doubles(metadata), _doubles(filters or {}))


def _doubles(value):
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list):
        return [_doubles(item) for item in value]
    return {key: _doubles(item) for key, item in value.items()} if isinstance(value, dict) else value


class Compared:
    """One operator is wrong, wherever it is."""

    def passes(self, metadata, filters):
        return all(self.holds(metadata, key, value) for key, value in (filters or {}).items())

    def holds(self, metadata, key, value):
        if key in ("$and", "$or"):
            every = [self.passes(metadata, each) for each in value]
            return all(every) if key == "$and" else any(every)
        if key == "$not":
            return not self.passes(metadata, value)
        if isinstance(value, dict):
            return all(self.compared(metadata, key, name, operand) for name, operand in value.items())
        return matches(metadata, {key: value})

    def compared(self, metadata, key, name, operand):
        return matches(metadata, {key: {name: operand}})


@fault("filters.operators", kinds=FILTERED)
class MissesTheMissing(Compared):
    """A missing key does not match $ne and $nin, as in SQL."""

    def compared(self, metadata, key, name, operand):
        return (name not in ("$ne", "$nin") or key in metadata) and super().compared(metadata, key, name, operand)


@fault("filters.operators", kinds=FILTERED)
class TakesNullForMissing(Compared):
    """A key whose value is null does not exist."""

    def compared(self, metadata, key, name, operand):
        if name == "$exists":
            return (metadata.get(key) is not None) is operand
        return super().compared(metadata, key, name, operand)


@fault("filters.operators", kinds=FILTERED)
class OrdersTextAndNumbers(Compared):
    """A number is less than any text, as in SQLite."""

    def compared(self, metadata, key, name, operand):
        stored = metadata.get(key)
        if name in ("$lt", "$lte") and isinstance(operand, str) and isinstance(stored, (int, float)):
            return True
        return super().compared(metadata, key, name, operand)


@fault("filters.operators", kinds=FILTERED)
class ReadsOneOperatorOnly(Compared):
    """Of several operators under a key, the first is applied."""

    def holds(self, metadata, key, value):
        if isinstance(value, dict):
            value = dict(list(value.items())[:1])
        return super().holds(metadata, key, value)


@fault("filters.exact", kinds=HISTORY, on=BOTH, defect="filters are accepted and dropped")
class SearchesUnfiltered:
    """A search of messages does not look at the filters."""

    async def search(self, *, filters=None, **given):
        return await super().search(**given)


@fault("filters.before-limit", kinds=HISTORY, on=BOTH, defect="a filter is applied after the top k")
class FiltersMessagesAfterTheLimit:
    """A search of messages filters the best results only."""

    async def search(self, *, filters=None, **given):
        return [hit for hit in await super().search(**given) if matches(hit.metadata, filters or {})]


@fault("times.sessions", kinds=HISTORY)
class SelectsSessionsADayLate:
    """Sessions are selected by a time that a zone has moved."""

    def sessions(self, scope, since=None, until=None):
        moved = [
            moment and moment + timedelta(hours=1) if moment and moment.year < 9999 else moment
            for moment in (since, until)
        ]
        return super().sessions(scope, *moved)
