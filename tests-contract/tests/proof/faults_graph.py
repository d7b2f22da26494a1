"""Faults of triples on the dict."""

from __future__ import annotations

from dataclasses import replace

from memio.errors import ConflictError
from memio.models import Page
from memio.owners import ANYWHERE, NO_OWNER
from proof.catalogue import fault

GRAPH = ("graph",)


@fault("content.every-part", kinds=GRAPH)
class TrimsObjects:
    """White space around the object is cut off."""

    def row(self, triple, owner):
        return super().row(replace(triple, object=triple.object.strip() or triple.object), owner)


@fault("content.every-part", kinds=GRAPH)
class PutsPredicatesInCapitals:
    """Predicates are stored in capitals."""

    def row(self, triple, owner):
        return super().row(replace(triple, predicate=triple.predicate.upper()), owner)


@fault("add.in-order", kinds=GRAPH)
class AnswersInItsOwnOrder:
    """The answer of add is in the order of storage."""

    def written(self, triples, owner):
        rows = super().written(triples, owner)
        order = {id(row): number for number, row in self.backend.rows.items()}
        return sorted(rows, key=lambda row: order.get(id(row), 0))


@fault("add.in-order", kinds=GRAPH)
class AnswersWithNewOnesOnly:
    """The answer of add leaves out what was there already."""

    def written(self, triples, owner):
        before = [id(row) for row in self.backend.rows.values()]
        return [row for row in super().written(triples, owner) if id(row) not in before]


@fault("add.identical-is-one", kinds=GRAPH, defect="a retried create makes two records")
class AddsTriplesAgain:
    """A triple that is there already is added a second time."""

    def identical(self, row, triple):
        return False


@fault("add.identical-is-one", kinds=GRAPH)
class JoinsThePartsToAKey:
    """Two triples are identical when their parts are, joined to one text."""

    def identical(self, row, triple):
        left = row.text + row.more["predicate"] + row.more["object"]
        return left == triple.subject + triple.predicate + triple.object


@fault("add.conflict", kinds=GRAPH)
class IgnoresOtherMetadata:
    """A stored triple with other metadata is returned as it is."""

    def twin(self, triple, owner):
        for row in self.backend.rows.values():
            if row.owner == owner and self.identical(row, triple):
                return row
        return super().twin(triple, owner)


@fault("add.conflict", kinds=GRAPH)
class StoresUpToTheConflictingTriple:
    """The triples before a conflict are stored."""

    def written(self, triples, owner):
        return [
            row for triple in triples for row in super(StoresUpToTheConflictingTriple, self).written([triple], owner)
        ]


@fault("ids.conflict", kinds=GRAPH)
class IgnoresTakenTripleIds:
    """Another triple under a taken id is taken for the stored one."""

    def twin(self, triple, owner):
        for row in self.backend.rows.values():
            if row.owner == owner and triple.id is not None and row.id == triple.id:
                return row
        return super().twin(triple, owner)


@fault("get.either-end", kinds=GRAPH)
class LooksAtSubjectsOnly:
    """get returns the triples whose subject is the entity."""

    async def get(self, *, entity, limit, cursor, scope=ANYWHERE, **times):
        await self.pause()
        page = self.page(self.scoped(scope, lambda row: row.text == entity), limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


@fault("get.either-end", kinds=GRAPH)
class ReturnsLoopsTwice:
    """A triple that has the entity at both ends comes twice."""

    async def get(self, *, entity, **given):
        page = await super().get(entity=entity, **given)
        twice = [triple for triple in page for _ in range(1 + (triple.subject == triple.object == entity))]
        return Page(twice, page.next_cursor)


@fault("get.exact-entity", kinds=GRAPH)
class FoldsTheCaseOfEntities:
    """Entities are compared without regard to case."""

    def touches(self, row, entity):
        return entity.casefold() in (row.text.casefold(), row.more["object"].casefold())


@fault("delete-entity.either-end", kinds=GRAPH)
class DeletesSubjectsOnly:
    """delete_entity deletes the triples whose subject is the entity."""

    async def delete_entity(self, *, entity, scope=ANYWHERE):
        await self.pause()
        for number, _ in self.scoped(scope, lambda row: row.text == entity):
            self.remove(number)


@fault("delete-entity.in-scope", kinds=GRAPH)
class ForgetsTheBrackets:
    """The condition reads: subject, or object and owner."""

    async def delete_entity(self, *, entity, scope=ANYWHERE):
        await self.pause()
        for number, row in self.scoped(ANYWHERE):
            if row.text == entity or (row.more["object"] == entity and self.matches_owner(row, scope)):
                self.remove(number)


@fault("owner.same-triple", kinds=GRAPH)
class SharesTriples:
    """A triple that another user has is not stored again."""

    def twin(self, triple, owner):
        for row in self.backend.rows.values():
            if self.identical(row, triple):
                return row
        return super().twin(triple, owner)


@fault("concurrent.identical", kinds=GRAPH)
class LooksForTheTripleThenInserts:
    """Between the look for a triple and the insert there is an await."""

    async def add(self, *, triples, owner=NO_OWNER):
        await self.pause()
        rows = []
        for triple in triples:
            twin = self.twin(triple, owner)
            await self.pause()
            rows.append(twin or self.place(self.row(triple, owner)))
        return [self.as_record(row) for row in rows]


@fault("cancel.add", kinds=GRAPH)
class RaisesConflictsLate:
    """Triples are stored one by one, with an await between them."""

    async def add(self, *, triples, **given):
        stored = []
        for triple in triples:
            stored += await super().add(triples=[triple], **given)
        if len(stored) != len(triples):
            raise ConflictError("triple", "")
        return stored
