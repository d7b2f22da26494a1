"""Faults of conversations on the dict."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar
from uuid import uuid4

from memio.errors import ConflictError, NotFoundError
from memio.models import Message, Page
from memio.owners import ANYWHERE
from proof.catalogue import fault
from proof.faults_shelf import by_offset, rewritten

HISTORY = ("history",)


def _changed(row, **more):
    return replace(row, more={**row.more, **more})


@fault("names.kept", kinds=HISTORY)
class DropsNames:
    """Names are not stored."""

    def row(self, session_id, message, owner):
        return _changed(super().row(session_id, message, owner), name=None)


@fault("names.kept", kinds=HISTORY)
class MakesNamesUp:
    """A message without a name gets its role as the name."""

    def row(self, session_id, message, owner):
        return _changed(super().row(session_id, message, owner), name=message.name or message.role)


@fault("timestamps.kept", kinds=HISTORY)
class CutsTimes:
    """Times are kept in milliseconds."""

    def keep(self, row):
        time = row.created_at
        return replace(super().keep(row), created_at=time.replace(microsecond=time.microsecond // 1000 * 1000))


@fault("timestamps.kept", kinds=HISTORY, defect="times are invented")
class TakesItsOwnTime:
    """The caller's time is ignored."""

    def keep(self, row):
        return replace(super().keep(row), created_at=self.now())


@fault("order.by-adding", kinds=HISTORY, defect="the order differs by provider")
class OrdersByTime:
    """A session is read in the order of its times."""

    def scoped(self, scope, keep=lambda row: True):
        found = super().scoped(scope, keep)
        numbers = [number for number, _ in found]
        rows = sorted((row for _, row in found), key=lambda row: row.created_at)
        return list(zip(numbers, rows, strict=True))


@fault("roles.kept", kinds=HISTORY)
class MakesEverybodyTheUser:
    """Every message is the user's."""

    def row(self, session_id, message, owner):
        return _changed(super().row(session_id, message, owner), role="user")


@fault("roles.all", kinds=HISTORY)
class TurnsToolsIntoAssistants:
    """A tool's message becomes the assistant's."""

    def row(self, session_id, message, owner):
        role = "assistant" if message.role == "tool" else message.role
        return _changed(super().row(session_id, message, owner), role=role)


@fault("pages.complete", kinds=HISTORY, defect="history comes newest first")
class ReadsNewestFirst:
    """The page from the latest message is newest first."""

    def page_back(self, found, limit, cursor):
        page = super().page_back(found, limit, cursor)
        return Page(reversed(page), page.next_cursor)


@fault("pages.complete", kinds=HISTORY)
class SkipsTheBorderBackwards:
    """Going back, the message before each page is skipped."""

    def page_back(self, found, limit, cursor):
        page = super().page_back(found, limit, cursor)
        return Page(page, page.next_cursor and str(int(page.next_cursor) - 1))


@fault("pages.long", kinds=HISTORY, defect="only the first page is looked at")
class EndsTheSessionAfterAHundred:
    """A page never has more than a hundred messages, and a short page counts as the last."""

    def page(self, found, limit, cursor):
        page = super().page(found, min(limit, 100), cursor)
        return Page(page, page.next_cursor if len(page) == limit else None)


@fault("pages.survive-adds", kinds=HISTORY, defect="cursors by offset skip or repeat under writes")
class CountsFromTheLatest:
    """Going back, the cursor is the number of messages to skip from the end."""

    def page_back(self, found, limit, cursor):
        end = len(found) - int(cursor or 0)
        cut = found[max(0, end - limit) : end]
        return Page([row for _, row in cut], str(int(cursor or 0) + limit) if end > limit else None)


@fault("get.unknown", kinds=HISTORY)
class MissesSessionsLoudly:
    """Reading a session that does not exist raises an error."""

    async def get(self, **given):
        page = await super().get(**given)
        if not page:
            raise NotFoundError("session", given["session_id"])
        return page


@fault("delete.unknown", kinds=HISTORY)
class DeletesSessionsLoudly:
    """Deleting a session that does not exist raises an error."""

    async def delete(self, *, session_id, scope=ANYWHERE):
        if not self.the_session(session_id, scope):
            raise NotFoundError("session", session_id)
        await super().delete(session_id=session_id, scope=scope)


@fault("delete.starts-anew", kinds=HISTORY, defect="delete leaves the data")
class HidesSessions:
    """Deleting a session hides it until it is used again."""

    def hidden(self):
        return self.backend.notes.setdefault("hidden", set())

    def scoped(self, scope, keep=lambda row: True):
        return super().scoped(scope, lambda row: row.more["session_id"] not in self.hidden() and keep(row))

    async def delete(self, *, session_id, **given):
        await self.pause()
        self.hidden().add(session_id)

    async def add(self, *, session_id, **more):
        self.hidden().discard(session_id)
        return await super().add(session_id=session_id, **more)


@fault("sessions.in-order", kinds=HISTORY)
class OrdersSessionsByLastMessage:
    """Sessions are listed by their last messages."""

    def place_of(self, key):
        rows = reversed(self.backend.rows.items())
        return next(n for n, row in rows if (row.owner, row.more["session_id"]) == key)


@fault("sessions.in-order", kinds=HISTORY)
class ListsSessionsPerMessage:
    """A session is listed once per message."""

    def sessions(self, scope, since=None, until=None):
        return [(number, self.session(row.more["session_id"], [row])) for number, row in self.scoped(scope)]


@fault("sessions.survive-deletes", kinds=HISTORY, defect="cursors by offset skip or repeat under writes")
class PagesSessionsByOffset:
    """The cursor of the sessions is a number of sessions to skip."""

    async def get_all(self, *, limit, cursor, scope=ANYWHERE, **more):
        await self.pause()
        return by_offset(self.sessions(scope), limit, cursor)


@fault("sessions.apart", kinds=HISTORY)
class FoldsTheCaseOfSessions:
    """Session ids are compared without regard to case."""

    def in_session(self, row, session_id):
        return session_id is None or row.more["session_id"].casefold() == session_id.casefold()


@fault("sessions.apart", kinds=HISTORY)
class TakesSessionsForPrefixes:
    """A session holds the messages of all sessions whose ids begin with its own."""

    def in_session(self, row, session_id):
        return session_id is None or row.more["session_id"].startswith(session_id)


@fault("add.same-text-twice", kinds=HISTORY)
class DropsRepeatedWords:
    """The same words in a session are stored once."""

    def place(self, row):
        for other in self.backend.rows.values():
            if (other.text, other.more["session_id"]) == (row.text, row.more["session_id"]):
                return other
        return super().place(row)


@fault("add.silent", kinds=HISTORY)
class Answers:
    """Somebody answers, and the answer is stored without a word about it."""

    def written(self, session_id, messages, owner):
        rows = super().written(session_id, messages, owner)
        self.place(self.row(session_id, Message(role="assistant", content="I see."), owner))
        return rows


@fault("add.answer-is-stored", kinds=HISTORY)
class AnswersWithAnotherMessageId:
    """The ids in the answer of add are not those that are stored."""

    def written(self, session_id, messages, owner):
        return [replace(row, id=uuid4().hex) for row in super().written(session_id, messages, owner)]


@fault("ids.repeat", kinds=HISTORY, defect="a retried create makes two records")
class AddsMessagesAgain:
    """A message that is there already under its id is added a second time."""

    def written(self, session_id, messages, owner):
        return [self.place(self.row(session_id, message, owner)) for message in messages]


@fault("ids.conflict", kinds=HISTORY, defect="an existing id answers with the new text and keeps the old one")
class IgnoresTakenIds:
    """A message under a taken id is taken for the stored one."""

    def same_message(self, row, message):
        return True


@fault("ids.conflict", kinds=HISTORY)
class StoresUpToTheConflict:
    """The messages before a conflict are stored."""

    def written(self, session_id, messages, owner):
        return [
            row
            for message in messages
            for row in super(StoresUpToTheConflict, self).written(session_id, [message], owner)
        ]


@fault("ids.per-session", kinds=HISTORY)
class MakesMessageIdsUnique:
    """A message id is taken when any session has it."""

    def written(self, session_id, messages, owner):
        for message in messages:
            for row in self.backend.rows.values():
                if message.id == row.id and row.more["session_id"] != session_id:
                    raise ConflictError("message", message.id)
        return super().written(session_id, messages, owner)


@fault("owner.same-session", kinds=HISTORY)
class DeletesSessionsOfAll:
    """Deleting a session without a user deletes those of all users."""

    async def delete(self, *, session_id, scope=ANYWHERE):
        await self.pause()
        for number, _ in self.scoped(scope, lambda row: self.in_session(row, session_id)):
            self.remove(number)


@fault("owner.same-session", kinds=HISTORY)
class MergesSessionsOfOwners:
    """A session that several owners have is read as one."""

    async def get(self, *, session_id, limit, cursor, start, scope=ANYWHERE):
        found = self.scoped(scope, lambda row: self.in_session(row, session_id))
        page = self.page(found, limit, cursor) if start == "oldest" else self.page_back(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


@fault("owner.same-session", kinds=HISTORY)
class SearchesSessionsOfSeveralOwners:
    """A search or a count in a session that several owners have is about all of them."""

    def within(self, session_id, scope, pick):
        return [(n, row) for n, row in self.picked(scope, **pick) if self.in_session(row, session_id)]


@fault("owner.same-session", kinds=HISTORY)
class ListsASessionOfSeveralOwnersOnce:
    """A session that several owners have is listed once, for the first of them."""

    def sessions(self, scope, since=None, until=None):
        seen = {}
        for n, session in super().sessions(scope, since, until):
            seen.setdefault(session.id, (n, session))
        return list(seen.values())


@fault("search.one-session", kinds=HISTORY)
class SearchesEverySession:
    """A search in a session searches all."""

    async def search(self, *, session_id, **given):
        return await super().search(session_id=None, **given)


@fault("search.one-session", kinds=HISTORY, defect="a restriction is applied after the top k")
class RestrictsToTheSessionAfterTheLimit:
    """A search in a session takes the best of all and drops those of others."""

    async def search(self, *, session_id, **given):
        hits = await super().search(session_id=None, **given)
        return [hit for hit in hits if session_id in (None, hit.session_id)]


@fault("search.all-sessions", kinds=HISTORY)
class SearchesTheLatestSession:
    """A search without a session searches the latest one."""

    async def search(self, *, session_id, **given):
        latest = self.backend.rows[max(self.backend.rows)].more["session_id"] if self.backend.rows else None
        return await super().search(session_id=session_id or latest, **given)


class SessionMap:
    """Each process maps the names of sessions to its own ids."""

    kept: ClassVar[str] = "internal"

    def __init__(self, backend):
        super().__init__(backend)
        self.ids = {}

    def row(self, session_id, message, owner):
        internal = self.ids.setdefault(session_id, uuid4().hex)
        return _changed(super().row(session_id, message, owner), internal=internal)

    def in_session(self, row, session_id):
        return session_id is None or row.more["internal"] == self.ids.get(session_id)


@fault("durable.reopen", kinds=HISTORY, defect="the session map lives in the process")
class KeepsTheSessionMapInTheProcess(SessionMap):
    """The map from names of sessions to their ids is lost with the process."""


@fault("concurrent.one-session", kinds=HISTORY, defect="two processes make two sessions of one name")
class MakesASessionPerClient(SessionMap):
    """Each client makes another session under the name."""

    def in_session(self, row, session_id):
        return session_id is None or row.more["internal"] == self.ids.setdefault(
            session_id, next((r.more["internal"] for r in self.backend.rows.values()), uuid4().hex)
        )


@fault("concurrent.one-session", kinds=HISTORY, defect="a rewritten whole file loses writes")
class RewritesTheSession:
    """An add reads the session, awaits, and writes it back."""

    async def add(self, **given):
        return await rewritten(self, "add", given)
