"""Faults about single messages that are deleted, and about times and numbers of sessions."""

from __future__ import annotations

from dataclasses import replace

from memio.errors import NotFoundError
from memio.owners import ANYWHERE
from proof.catalogue import fault

HISTORY = ("history",)
BOTH = ("dict", "sqlite")


@fault("sessions.times-and-counts", kinds=HISTORY)
class TakesTheFirstAndTheLastMessage:
    """The times of a session are those of its first and its last message in the order of adding."""

    def session(self, session_id, rows):
        times = {"created_at": rows[0].created_at, "updated_at": rows[-1].created_at}
        return replace(super().session(session_id, rows), **times)


@fault("sessions.times-and-counts", kinds=HISTORY)
class CountsTurns:
    """The number of messages counts the calls that added them."""

    def written(self, session_id, messages, owner):
        turns = self.backend.notes.setdefault("turns", {})
        turns[session_id] = turns.get(session_id, 0) + 1
        return super().written(session_id, messages, owner)

    def session(self, session_id, rows):
        return replace(super().session(session_id, rows), message_count=self.backend.notes["turns"][session_id])


@fault("sessions.shortened", kinds=HISTORY)
class KeepsTheTimesOfSessions:
    """The greatest time of a session stays when its message is deleted."""

    def session(self, session_id, rows):
        made = super().session(session_id, rows)
        seen = self.backend.notes.setdefault("seen", {})
        seen[session_id] = max(seen.get(session_id, made.updated_at), made.updated_at)
        return replace(made, updated_at=seen[session_id])

    def written(self, session_id, messages, owner):
        rows = super().written(session_id, messages, owner)
        seen = self.backend.notes.setdefault("seen", {})
        seen[session_id] = max([row.created_at for row in rows] + [seen.get(session_id, rows[0].created_at)])
        return rows


class Deleting:
    """delete_messages in single steps."""

    async def delete_messages(self, *, session_id, last, message_ids, scope=ANYWHERE):
        await self.pause()
        found = self.the_session(session_id, scope)
        gone = self.last(found, last) if last is not None else self.by_ids(found, message_ids)
        for number, _ in gone:
            self.remove(number)
        return self.answered([self.as_record(row) for _, row in gone])

    def last(self, found, last):
        return found[-last:]

    def answered(self, messages):
        return messages


@fault("delete-messages.last", kinds=HISTORY)
class DeletesTheLatest(Deleting):
    """The last messages are those with the greatest times."""

    def last(self, found, last):
        return sorted(found, key=lambda item: item[1].created_at)[-last:]


@fault("delete-messages.last", kinds=HISTORY)
class AnswersNewestFirst(Deleting):
    """The answer holds the newest message first."""

    def answered(self, messages):
        return messages[::-1]


@fault("delete-messages.last", kinds=HISTORY)
class DeletesTheOldest(Deleting):
    """The messages at the beginning are deleted."""

    def last(self, found, last):
        return found[:last]


@fault("delete-messages.few", kinds=HISTORY)
class WantsEnoughMessages(Deleting):
    """Fewer messages than asked for are an error."""

    def last(self, found, last):
        if len(found) < last:
            raise NotFoundError("message", str(last))
        return super().last(found, last)


@fault("delete-messages.few", kinds=HISTORY)
class WantsASession(Deleting):
    """An unknown session is an error."""

    def the_session(self, session_id, scope):
        found = super().the_session(session_id, scope)
        if not found:
            raise NotFoundError("session", session_id)
        return found


@fault("delete-messages.emptied", kinds=HISTORY)
class KeepsEmptySessions:
    """An emptied session keeps its place, and begins there again."""

    def place_of(self, key):
        return self.backend.notes.setdefault("begun", {}).setdefault(key, super().place_of(key))


@fault("delete-messages.emptied", kinds=HISTORY)
class ListsEmptySessions:
    """An emptied session is listed until it is deleted."""

    def sessions(self, scope, since=None, until=None):
        found = super().sessions(scope, since, until)
        seen = self.backend.notes.setdefault("listed", {})
        seen.update((session.id, (n, session)) for n, session in found)
        return sorted(seen.values(), key=lambda item: item[0]) if scope is ANYWHERE or not scope.labels else found


@fault("delete-messages.by-ids", kinds=HISTORY)
class AnswersInTheOrderOfTheIds(Deleting):
    """The answer is in the order of the ids."""

    def by_ids(self, found, message_ids):
        return sorted(super().by_ids(found, message_ids), key=lambda item: list(message_ids).index(item[1].id))


@fault("delete-messages.by-ids", kinds=HISTORY)
class DeletesIdsInAnyCase(Deleting):
    """Ids of messages to delete are compared without regard to case."""

    def by_ids(self, found, message_ids):
        super().by_ids(found, message_ids)
        wanted = {message_id.casefold() for message_id in message_ids}
        return [(n, row) for n, row in found if row.id.casefold() in wanted]


@fault("delete-messages.unknown-id", kinds=HISTORY)
class SkipsUnknownIds(Deleting):
    """Unknown ids are skipped."""

    def by_ids(self, found, message_ids):
        return [(n, row) for n, row in found if row.id in message_ids]


@fault("delete-messages.unknown-id", kinds=HISTORY)
class DeletesUpToTheUnknownId(Deleting):
    """The messages before an unknown id are deleted."""

    def by_ids(self, found, message_ids):
        for message_id in message_ids:
            for number, _ in super().by_ids(found, [message_id]):
                self.backend.rows.pop(number, None)
        return []


@fault("delete-messages.frees-ids", kinds=HISTORY)
class RemembersDeletedMessages:
    """A deleted message that is added again counts as a retry."""

    def remove(self, number):
        row = self.backend.rows[number]
        self.backend.notes.setdefault("gone", {})[row.more["session_id"], row.id] = row
        super().remove(number)

    def place(self, row):
        gone = self.backend.notes.get("gone", {}).get((row.more["session_id"], row.id))
        return gone if gone is not None and gone.text == row.text else super().place(row)


@fault("delete-messages.guards", kinds=HISTORY, on=BOTH)
class DeletesAnybodysMessages:
    """delete_messages does not look at the owner."""

    async def delete_messages(self, *, scope=ANYWHERE, **given):
        return await super().delete_messages(**given)


class LooksThenDeletes:
    """Between the look for the last messages and their deletion there is an await."""

    async def delete_messages(self, *, session_id, last, message_ids, scope=ANYWHERE):
        await self.pause()
        found = self.the_session(session_id, scope)
        gone = found[-last:] if last is not None else self.by_ids(found, message_ids)
        await self.pause()
        for number, _ in gone:
            self.backend.rows.pop(number, None)
            await self.pause()
        return [self.as_record(row) for _, row in gone]


@fault("concurrent.delete-messages", kinds=HISTORY)
class DeletesTheSameMessage(LooksThenDeletes):
    """Calls at once look for the last message, await, and delete the same one."""


@fault("cancel.delete-messages", kinds=HISTORY)
class DeletesOneByOne(LooksThenDeletes):
    """Messages are deleted one by one, with an await between them."""
