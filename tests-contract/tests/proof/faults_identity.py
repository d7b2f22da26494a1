"""Faults about what makes a record the same record: retries, conflicts, and ids that are used again."""

from __future__ import annotations

import json
from dataclasses import replace

from memio.errors import ConflictError
from memio.owners import ANYWHERE, NO_OWNER
from proof.catalogue import BY_ID, RECORDS, fault
from proof.dict_stores import changes_of

HISTORY = ("history",)
GRAPH = ("graph",)
BY_CHOSEN_ID = ("facts", "history", "documents")


@fault("ids.conflict-exact", kinds=RECORDS)
class RetriesInAnyCase:
    """A retry whose text differs in case counts as the same."""

    def same_record(self, row, given):
        text = row.text if row.text.casefold() == given.text.casefold() else given.text
        return super().same_record(row, replace(given, text=text))


@fault("add.conflict-exact", kinds=GRAPH)
@fault("ids.conflict-exact", kinds=BY_CHOSEN_ID)
class TakesTrueForOne:
    """Metadata is the same when Python finds it equal, for which true is 1."""

    def same_metadata(self, stored, given):
        return stored == given


@fault("add.same-by-value", kinds=GRAPH)
@fault("ids.same-by-value", kinds=BY_CHOSEN_ID)
class ComparesNumbersByType:
    """Metadata is compared as JSON text, in which 1 is not 1.0."""

    def same_metadata(self, stored, given):
        return json.dumps(stored, sort_keys=True) == json.dumps(given, sort_keys=True)


@fault("add.same-by-value", kinds=GRAPH)
@fault("ids.same-by-value", kinds=BY_CHOSEN_ID)
class ComparesTheOrderOfKeys:
    """Metadata is the same when its keys come in the same order as well."""

    def same_metadata(self, stored, given):
        return super().same_metadata(stored, given) and list(stored) == list(given)


@fault("ids.same-at-another-time", kinds=HISTORY)
class ComparesTimes:
    """A message that is added again with another time is another message."""

    def same_message(self, row, message):
        return super().same_message(row, message) and message.timestamp in (None, row.created_at)


@fault("ids.same-at-another-time", kinds=HISTORY)
class TakesTheTimeOfARetry:
    """A message that is added again gets the time of the repetition."""

    def written(self, session_id, messages, owner):
        rows = super().written(session_id, messages, owner)
        for row, message in zip(rows, messages, strict=True):
            row.created_at = message.timestamp or row.created_at
        return rows


@fault("ids.conflict-exact", kinds=HISTORY)
class RetriesTrimmedMessages:
    """A retry of a message is compared without the white space around its text."""

    def same_message(self, row, message):
        text = message.content.strip()
        return super().same_message(replace(row, text=row.text.strip()), replace(message, content=text))


@fault("ids.conflict-exact", kinds=HISTORY)
class IgnoresNamesOfRetries:
    """A retry of a message may have another name."""

    def same_message(self, row, message):
        return super().same_message(row, replace(message, name=row.more["name"]))


@fault("add.conflict-exact", kinds=GRAPH)
class ComparesTheKeysOfMetadata:
    """A stored triple conflicts when the keys of its metadata differ."""

    def twin(self, triple, owner):
        for row in self.backend.rows.values():
            if row.owner == owner and self.identical(row, triple) and row.metadata.keys() == triple.metadata.keys():
                return row
        return super().twin(triple, owner)


@fault("ids.conflict-is-discreet", kinds=RECORDS)
class ShowsTheStoredMetadata:
    """A conflict shows the metadata of what is stored."""

    def written(self, given):
        try:
            return super().written(given)
        except ConflictError:
            row = next(row for row in self.backend.rows.values() if row.id == given.id)
            raise ConflictError(self.noun, given.id, hint=f"it has {row.metadata}") from None


@fault("ids.conflict-is-discreet", kinds=HISTORY)
class ShowsTheStoredMessage:
    """A conflict shows the text of what is stored."""

    def written(self, session_id, messages, owner):
        try:
            return super().written(session_id, messages, owner)
        except ConflictError as error:
            row = next(row for row in self.backend.rows.values() if row.id == error.resource_id)
            raise ConflictError("message", error.resource_id, hint=f"it is {row.text!r}") from None


@fault("ids.conflict-is-discreet", kinds=GRAPH)
class ShowsTheStoredTriple:
    """A conflict shows the metadata of the stored triple."""

    def twin(self, triple, owner):
        try:
            return super().twin(triple, owner)
        except ConflictError as error:
            row = next(iter(self.backend.rows.values()))
            raise ConflictError("triple", error.resource_id, hint=f"stored with {row.metadata}") from None


@fault("ids.after-update", kinds=RECORDS)
class RemembersWhatWasAdded:
    """A retry is compared with what was added, not with what is stored now."""

    def written(self, given):
        added = self.backend.notes.setdefault("added", {})
        for _, row in self.mine(given):
            if added.get(given.id) == given.text:
                return row
        added.setdefault(given.id, given.text)
        return super().written(given)


class Tombstones:
    """What was deleted is remembered."""

    def remove(self, number):
        self.backend.notes.setdefault("dead", []).append(self.backend.rows[number])
        super().remove(number)

    def place(self, row):
        for dead in self.backend.notes.get("dead", []):
            if row.id and (dead.id, dead.text, dead.owner) == (row.id, row.text, row.owner):
                return dead
        return super().place(row)


@fault("ids.again-after-delete")
class TakesARepetitionForARetry(Tombstones):
    """What was deleted and is added again as it was counts as a retry."""


@fault("add.again-after-delete", kinds=GRAPH)
class HidesDeletedTriples:
    """A triple that was deleted stays hidden when it is added again."""

    def remove(self, number):
        row = self.backend.rows[number]
        self.backend.notes.setdefault("hidden", set()).add((row.text, row.more["predicate"], row.more["object"]))
        super().remove(number)

    def scoped(self, scope, keep=lambda row: True):
        hidden = self.backend.notes.get("hidden", set())
        return super().scoped(
            scope, lambda row: (row.text, row.more["predicate"], row.more["object"]) not in hidden and keep(row)
        )


@fault("ids.retry-keeps-place", kinds=RECORDS)
class TouchesOnRetry:
    """A retry sets the time of the last change."""

    def written(self, given):
        row = super().written(given)
        old = replace(row)
        row.updated_at = self.now()
        return old


@fault("ids.retry-keeps-place", kinds=BY_ID)
class MovesOnRetry:
    """A retry moves the record to the end."""

    def moved(self, row):
        for number, other in list(self.backend.rows.items()):
            if other is row and number != self.backend.last:
                del self.backend.rows[number]
                self.backend.last += 1
                self.backend.rows[self.backend.last] = row
        return row

    def written(self, *given):
        rows = super().written(*given)
        return [self.moved(row) for row in rows] if isinstance(rows, list) else self.moved(rows)


@fault("ids.retry-keeps-place", kinds=HISTORY)
class MovesMessagesOnRetry:
    """A retry moves a message to the end of its session."""

    def written(self, session_id, messages, owner):
        before = {id(row): number for number, row in self.backend.rows.items()}
        rows = super().written(session_id, messages, owner)
        for row in rows:
            if id(row) in before:
                del self.backend.rows[before[id(row)]]
                self.backend.last += 1
                self.backend.rows[self.backend.last] = row
        return rows


@fault("owner.same-id-labels", kinds=RECORDS)
class UpdatesTheFirstAgents:
    """An update by an id that two agents of a user have changes the first."""

    async def update(self, *, scope=ANYWHERE, if_version=None, **given):
        await self.pause()
        chosen = given.pop(self.id_name)
        found = self.scoped(scope, lambda row: row.id == chosen)
        number, row = found[0] if found else self.one(chosen, scope)
        return self.as_record(self.changed(number, row, changes_of(given)))


@fault("owner.same-id-labels", kinds=BY_ID)
class MakesIdsUniqueForUsers:
    """An id is unique for a user, whatever agent and namespace are."""

    def place(self, row):
        taken = [(other.id, other.owner.user_id) for other in self.backend.rows.values()]
        if row.id and (row.id, row.owner.user_id) in taken:
            raise ConflictError(self.noun, row.id)
        return super().place(row)


@fault("owner.same-id-update", kinds=RECORDS)
class UpdatesAllOfAnId:
    """An update by an id that several owners have changes all of them."""

    async def update(self, *, scope=ANYWHERE, if_version=None, **given):
        await self.pause()
        chosen = given.pop(self.id_name)
        number, row = (self.scoped(scope, lambda row: row.id == chosen) or [self.one(chosen, scope)])[0]
        for other, twin in self.scoped(scope, lambda row: row.id == chosen):
            self.changed(other, twin, changes_of(given))
        return self.as_record(self.changed(number, row, changes_of(given)))


@fault("owner.one-left", kinds=BY_ID)
class RemembersSharedIds:
    """An id that two owners had stays ambiguous after one of them deleted it."""

    def place(self, row):
        kept = super().place(row)
        ids = self.backend.notes.setdefault("ids", {})
        ids[kept.id] = ids.get(kept.id, 0) + 1
        return kept

    def one(self, row_id, scope):
        if not scope.labels and self.backend.notes.get("ids", {}).get(row_id, 0) > 1:
            raise ConflictError(self.noun, row_id, reason="owners")
        return super().one(row_id, scope)


@fault("kinds.same-id", kinds=BY_ID)
class SharesIdsAmongKinds:
    """An id that a record of another kind has is taken from it."""

    def place(self, row):
        for other in self.backend.others:
            other.rows = {number: kept for number, kept in other.rows.items() if not row.id or kept.id != row.id}
        return super().place(row)


@fault("ids.conflict-keeps-all", kinds=HISTORY)
class TakesIdsOfRefusedCalls:
    """The ids of a refused call stay taken."""

    def written(self, session_id, messages, owner):
        taken = self.backend.notes.setdefault("taken", {})
        for message in messages:
            if message.id and taken.setdefault((session_id, message.id), message.content) != message.content:
                raise ConflictError("message", message.id)
        return super().written(session_id, messages, owner)


@fault("update.moves-updated-at", kinds=RECORDS)
class KeepsTheTimeOfChange:
    """An update leaves updated_at as it was."""

    def changed(self, number, row, changes):
        new = super().changed(number, row, changes)
        new.updated_at = row.updated_at
        return new


@fault("update.moves-updated-at", kinds=RECORDS)
class AnswersWithTheTimeOfChange:
    """Only the answer of an update has the new updated_at."""

    def changed(self, number, row, changes):
        new = super().changed(number, row, changes)
        answer = replace(new)
        new.updated_at = row.updated_at
        return answer


@fault("update.twice", kinds=RECORDS)
class UpdatesOnce:
    """The second update of a record keeps the metadata of the first."""

    def changed(self, number, row, changes):
        updated = self.backend.notes.setdefault("updated", {})
        first = {"metadata": updated[row.id]} if row.id in updated else {}
        new = super().changed(number, row, {**changes, **first})
        updated.setdefault(row.id, new.metadata)
        return new


@fault("update.any-text", kinds=RECORDS, on=("dict", "sqlite"))
class TrimsUpdates:
    """White space around the text of an update is cut off."""

    async def update(self, **given):
        text = given.get("content", "")
        return await super().update(**{**given, **({"content": text.strip()} if text.strip() else {})})


@fault("update.any-metadata", kinds=RECORDS, on=("dict", "sqlite"))
class DropsNullsOfUpdates:
    """An update drops metadata whose value is null."""

    async def update(self, *, metadata=None, **given):
        kept = {} if metadata is None else {"metadata": {k: v for k, v in metadata.items() if v is not None}}
        return await super().update(**given, **kept)


@fault("add-many.owners", kinds=RECORDS)
class LendsTheFirstOwner:
    """The owner of the first item is given to the whole batch."""

    async def add_many(self, *, items):
        return await super().add_many(items=[{**item, "owner": items[0].get("owner", NO_OWNER)} for item in items])


@fault("add-many.owners", kinds=RECORDS)
class DropsTheAgentsOfBatches:
    """add_many stores no agents."""

    async def add_many(self, *, items):
        owners = [replace(item.get("owner", NO_OWNER), agent_id=None) for item in items]
        return await super().add_many(items=[{**i, "owner": owner} for i, owner in zip(items, owners, strict=True)])
