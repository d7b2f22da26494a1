"""Faults of facts and documents on the dict."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from memio.owners import ANY, ANYWHERE, NO_OWNER
from proof.catalogue import BY_ID, RECORDS, fault
from proof.faults_shelf import by_offset


@fault("owner.agent-guards", kinds=BY_ID, defect="a call by id takes no owner")
class IgnoresTheAgentById:
    """Calls by id do not look at the agent."""

    def one(self, row_id, scope):
        return super().one(row_id, replace(scope, agent_id=ANY))


@fault("add.same-text-twice", kinds=RECORDS)
class RemovesDuplicates:
    """Adding a text that is there already returns what is there."""

    def place(self, row):
        for other in self.backend.rows.values():
            if (other.text, other.owner) == (row.text, row.owner) and not row.id:
                return other
        return super().place(row)


@fault("ids.repeat", kinds=RECORDS, defect="a retried create makes two records")
class AddsAgain:
    """A record that is there already under its id is added a second time."""

    def written(self, given):
        if any(row.text == given.text for _, row in self.mine(given)):
            return self.place(given)
        return super().written(given)


@fault("ids.conflict", kinds=RECORDS, defect="an existing id answers with the new text and keeps the old one")
class AnswersWithTheNewText:
    """Adding under a taken id answers as if it had been stored."""

    def written(self, given):
        for _, row in self.mine(given):
            return replace(row, text=given.text, metadata=given.metadata)
        return super().written(given)


@fault("ids.conflict", kinds=RECORDS)
class OverwritesATakenId:
    """Adding under a taken id overwrites the record."""

    def written(self, given):
        for number, row in self.mine(given):
            return self.replaced(number, row, given)
        return super().written(given)


@fault("update.replaces-content", kinds=RECORDS)
class KeepsTheOldIndex:
    """An update leaves the search index as it was."""

    def searched(self, row):
        return self.backend.notes.setdefault("index", {}).setdefault(row.id, row.text)

    def place(self, row):
        kept = super().place(row)
        self.searched(kept)
        return kept


@fault("update.forgets-old-text", kinds=RECORDS)
class LeavesTheOldRecord:
    """An update adds the new record and leaves the old one."""

    def changed(self, number, row, changes):
        new = super().changed(number, row, changes)
        self.place(replace(row, id=""))
        return new


@fault("update.answer-is-stored", kinds=RECORDS, defect="update replaces in the answer and merges in the store")
class MergesBehindTheAnswer:
    """Metadata is merged in the store, and replaced in the answer."""

    def changed(self, number, row, changes):
        given = changes.get("metadata", {})
        new = super().changed(number, row, {**changes, "metadata": {**row.metadata, **given}})
        return replace(new, metadata=changes.get("metadata", new.metadata))


@fault("update.keeps-owner", kinds=RECORDS)
class LosesTheOwnerOnUpdate:
    """An update writes the record without its owner."""

    def changed(self, number, row, changes):
        return super().changed(number, replace(row, owner=NO_OWNER), changes)


@fault("update.keeps-created-at", kinds=RECORDS)
class MovesTheTimeOfCreation:
    """An update sets the time of creation anew."""

    def changed(self, number, row, changes):
        return super().changed(number, replace(row, created_at=self.now()), changes)


@fault("update.keeps-id", kinds=RECORDS)
class ChangesTheId:
    """An update gives the record a new id."""

    def changed(self, number, row, changes):
        return super().changed(number, replace(row, id=self.new_id(row)), changes)


@fault("update.keeps-place", kinds=RECORDS)
class MovesToTheEnd:
    """An updated record moves to the end of the listing."""

    def changed(self, number, row, changes):
        new = super().changed(number, row, changes)
        self.remove(number)
        return self.place(new)


@fault("update.changes-one", kinds=RECORDS)
class UpdatesByText:
    """An update changes all records with the text of the one that was meant."""

    def changed(self, number, row, changes):
        for other, twin in list(self.backend.rows.items()):
            if twin.text == row.text and other != number:
                super().changed(other, twin, changes)
        return super().changed(number, row, changes)


@fault("listing.survives-updates", kinds=RECORDS, defect="the order differs by what was changed last")
class OrdersByLastChange:
    """The listing is in the order of the last change."""

    def scoped(self, scope, keep=lambda row: True):
        return sorted(super().scoped(scope, keep), key=lambda item: item[1].updated_at)

    def page(self, found, limit, cursor):
        return by_offset(found, limit, cursor)


@fault("filters.exact", kinds=RECORDS, defect="numbers are compared as text")
class ComparesAsText:
    """Values are compared as text."""

    def passes(self, metadata, filters):
        return all(key in metadata and str(metadata[key]) == str(value) for key, value in (filters or {}).items())


@fault("filters.exact", kinds=RECORDS)
class ComparesBooleansAsNumbers:
    """True is 1."""

    def passes(self, metadata, filters):
        return all(key in metadata and metadata[key] == value for key, value in (filters or {}).items())


@fault("filters.exact", kinds=RECORDS)
class TakesMissingForNull:
    """A missing key passes a filter for null."""

    def passes(self, metadata, filters):
        return all(
            super(TakesMissingForNull, self).passes({key: None, **metadata}, {key: value})
            for key, value in (filters or {}).items()
        )


@fault("filters.exact", kinds=RECORDS)
class JoinsFiltersByOr:
    """One of several filters is enough."""

    def passes(self, metadata, filters):
        one_by_one = [super(JoinsFiltersByOr, self).passes(metadata, {key: v}) for key, v in (filters or {}).items()]
        return not one_by_one or any(one_by_one)


@fault("filters.before-limit", kinds=RECORDS, defect="a filter is applied after the top k")
class FiltersAfterTheLimit:
    """A search filters the best results only."""

    async def search(self, *, filters=None, **given):
        return [hit for hit in await super().search(**given) if self.passes(hit.metadata, filters)]


@fault("concurrent.update-whole", kinds=RECORDS)
class WritesInTwoSteps:
    """An update writes the text, awaits, and writes the metadata."""

    async def update(self, *, metadata=None, **given):
        first = await super().update(**given)
        if metadata is None:
            return first
        updates = self.backend.notes.setdefault("updates", [])
        updates.append(first.id)
        for _ in range(5 - len(updates) % 5):  # as uneven as a network
            await asyncio.sleep(0)
        number, row = self.one(first.id, ANYWHERE)
        return self.as_record(self.changed(number, row, {"metadata": metadata}))


@fault("concurrent.same-id", kinds=RECORDS)
class LooksThenInserts:
    """Between the look for an id and the insert there is an await."""

    async def add(self, *, content, owner=NO_OWNER, **more):
        chosen = more.get(self.id_name)
        if chosen is None or any(row.id == chosen for row in self.backend.rows.values()):
            return await super().add(content=content, owner=owner, **more)
        await self.pause()
        return self.as_record(self.place(self.draft(content, owner, more)))
