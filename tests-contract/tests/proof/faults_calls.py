"""Faults in how calls are made, on either good store: they use nothing but the store's own methods."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

from memio.errors import ConflictError, NotFoundError, PartialWriteError
from memio.models import Page
from memio.owners import ANYWHERE, NO_OWNER, Scope
from memio.toolkit import matches
from proof.catalogue import BY_ID, KINDS, RECORDS, fault

BOTH = ("dict", "sqlite")
FACTS = ("facts",)
HISTORY = ("history",)
GRAPH = ("graph",)
SQLITE = ("sqlite",)


def id_name(given: dict[str, Any]) -> str:
    return next(name for name in ("fact_id", "doc_id", "triple_id") if name in given)


def id_of(store: Any) -> str:
    return "fact_id" if "Fact" in type(store).__mro__[2].__name__ else "doc_id"


@fault("content.unchanged", kinds=RECORDS, on=SQLITE)
class StripsContent:
    """White space around a text is cut off."""

    async def add(self, *, content, **more):
        return await super().add(content=content.strip() or content, **more)


@fault("content.unchanged", kinds=HISTORY, on=SQLITE)
class StripsMessages:
    """White space around a message is cut off."""

    async def add(self, *, messages, **more):
        kept = [replace(message, content=message.content.strip() or message.content) for message in messages]
        return await super().add(messages=kept, **more)


@fault("content.unchanged", kinds=GRAPH, on=SQLITE)
class LowersSubjects:
    """Subjects are stored in lower case."""

    async def add(self, *, triples, **more):
        return await super().add(
            triples=[replace(triple, subject=triple.subject.lower()) for triple in triples], **more
        )


@fault("content.long", kinds=RECORDS, on=SQLITE)
class CutsContent:
    """A text is cut after 65,535 characters."""

    async def add(self, *, content, **more):
        return await super().add(content=content[:65_535], **more)


@fault("metadata.unchanged", kinds=RECORDS, on=SQLITE, defect="metadata is accepted and dropped")
class DropsNestedMetadata:
    """Metadata values that are not scalars are dropped."""

    async def add(self, *, metadata=None, **more):
        flat = {key: value for key, value in (metadata or {}).items() if not isinstance(value, (dict, list))}
        return await super().add(metadata=flat, **more)


@fault("owner.kept", kinds=KINDS, on=SQLITE, defect="the owner is accepted and dropped")
class ForgetsTheUser:
    """The user given on add is not passed on."""

    async def add(self, *, owner=NO_OWNER, **more):
        return await super().add(owner=replace(owner, user_id=None), **more)


@fault("owner.guards-get", kinds=RECORDS, on=BOTH, defect="get by id takes no owner")
class GetsAnybodys:
    """Reading by id does not look at the owner."""

    async def get(self, **given):
        name = id_name(given)
        return await super().get(**{name: given[name]})


@fault("owner.guards-update", kinds=RECORDS, on=BOTH, defect="update by id takes no owner")
class UpdatesAnybodys:
    """Updating by id does not look at the owner."""

    async def update(self, *, scope=ANYWHERE, **given):
        return await super().update(**given)


@fault("owner.guards-delete", kinds=BY_ID, on=BOTH, defect="delete by id takes no owner")
class DeletesAnybodys:
    """Deleting by id does not look at the owner."""

    async def delete(self, *, scope=ANYWHERE, **given):
        await super().delete(**given)


@fault("owner.delete-all", on=BOTH, defect="delete_all of a user deletes everything")
class DeletesEverybodys:
    """delete_all does not look at the owner."""

    async def delete_all(self, *, scope=ANYWHERE):
        await super().delete_all()


@fault("owner.delete-all", on=SQLITE, defect="delete_all reports success and does nothing")
class DeletesNothing:
    """delete_all of a user does nothing and reports success."""

    async def delete_all(self, *, scope=ANYWHERE):
        if not scope.labels:
            await super().delete_all()


@fault("ids.conflict", kinds=RECORDS, on=SQLITE, defect="an existing id answers with the stored record")
class SwallowsConflicts:
    """Adding under a taken id returns what is stored, whatever was given."""

    async def add(self, **given):
        try:
            return await super().add(**given)
        except ConflictError:
            name = id_name(given)
            return await super().get(**{name: given[name]}, scope=Scope.of(given["owner"]))


@fault("get.unknown", kinds=RECORDS, on=BOTH, defect="SDK exceptions in the caller's face")
class RaisesItsOwnError:
    """A missing record raises a KeyError."""

    async def get(self, **given):
        try:
            return await super().get(**given)
        except NotFoundError as error:
            raise KeyError(error.resource_id) from None


@fault("get.unknown", kinds=RECORDS, on=BOTH)
class NamesSomethingElse:
    """A missing record is reported without its id."""

    async def get(self, **given):
        try:
            return await super().get(**given)
        except NotFoundError as error:
            raise NotFoundError("record", error.resource_id) from None


@fault("update.unknown", kinds=RECORDS, on=BOTH, defect="updating an unknown id creates it")
class CreatesOnUpdate:
    """An update of an unknown id adds a record under it."""

    async def update(self, **given):
        try:
            return await super().update(**given)
        except NotFoundError:
            return await super().add(content=given["content"], owner=given["scope"].adds_for)


@fault("delete.unknown", kinds=BY_ID, on=BOTH)
class DeletesSilently:
    """Deleting an unknown id succeeds."""

    async def delete(self, **given):
        with suppress(NotFoundError):
            await super().delete(**given)


@fault("update.keeps-metadata", kinds=RECORDS, on=BOTH, defect="update drops the metadata")
class DropsMetadataOnUpdate:
    """An update without metadata clears it."""

    async def update(self, **given):
        return await super().update(**{**({"metadata": {}} if "content" in given else {}), **given})


@fault("update.replaces-metadata", kinds=RECORDS, on=BOTH, defect="update merges the metadata")
class MergesMetadata:
    """An update merges the metadata."""

    async def update(self, *, metadata=None, **given):
        name = id_name(given)
        if metadata:
            metadata = {**(await super().get(**{name: given[name]})).metadata, **metadata}
        return await super().update(**given, **({} if metadata is None else {"metadata": metadata}))


@fault("update.clears-metadata", kinds=RECORDS, on=BOTH)
class TakesEmptyForOmitted:
    """Empty metadata counts as metadata that was left out."""

    async def update(self, *, metadata=None, **given):
        return await super().update(**given, **({"metadata": metadata} if metadata else {}))


@fault("update.answer-is-stored", kinds=RECORDS, on=SQLITE, defect="update answers from its arguments")
class AnswersFromArguments:
    """The answer of update has no times and the metadata of the call, whatever is stored."""

    async def update(self, **given):
        answer = await super().update(**given)
        stored = {"extra": True, **answer.metadata}
        name = id_name(given)
        await super().update(**{**given, name: answer.id, "metadata": stored})
        return answer


@fault("update.keeps-place", kinds=RECORDS, on=SQLITE)
class ReplacesTheRow:
    """An update deletes the row and inserts a new one under the same id."""

    async def update(self, **given):
        return await replaced(super(), given)


@fault("update.never-gone", kinds=RECORDS, on=BOTH, defect="update as delete-then-create")
class DeletesThenCreates:
    """An update deletes the record, awaits, and creates it again."""

    async def update(self, **given):
        return await replaced(super(), given)


@fault(
    "cancel.update", kinds=RECORDS, on=BOTH, defect="update as delete-then-create: the create fails, the text is gone"
)
class LosesTheTextWhenCancelled:
    """An update that ends between its delete and its create loses the text."""

    async def update(self, **given):
        return await replaced(super(), given)


async def replaced(store: Any, given: dict[str, Any]) -> Any:
    name = id_name(given)
    which = {name: given[name], "scope": given.get("scope", ANYWHERE)}
    old = await store.get(**which)
    await store.delete(**which)
    for _ in range(4):
        await asyncio.sleep(0)
    kept = {"content": old.content, "metadata": old.metadata, "owner": old.owner}
    kept |= {key: value for key, value in given.items() if key in ("content", "metadata", "data", "expires_at")}
    return await store.add(**{name: old.id}, **{key: value for key, value in kept.items() if value is not None})


@fault("delete-all.empties", on=BOTH, defect="delete_all without a scope reports success and does nothing")
class DeletesOnlyScopes:
    """delete_all without an owner does nothing and reports success."""

    async def delete_all(self, *, scope=ANYWHERE):
        if scope.labels:
            await super().delete_all(scope=scope)


@fault("delete-all.empties", kinds=RECORDS, on=SQLITE, defect="delete_all looks at the first page only")
class DeletesAPage:
    """delete_all lists a page, deletes what is on it, and reports success."""

    async def delete_all(self, *, scope=ANYWHERE):
        for record in await super().get_all(limit=100, cursor=None, scope=scope):
            await super().delete(**{id_of(self): record.id}, scope=Scope.of(record.owner))


@fault("listing.complete", kinds=BY_ID, on=SQLITE)
class LosesTheLastOfAFullPage:
    """A listing asks for one record more than it returns, and its cursor is behind that one."""

    async def get_all(self, *, limit, **given):
        page = await super().get_all(limit=min(1000, limit + 1), **given)
        return Page(page[:limit], page.next_cursor if len(page) > limit else None)


@fault("filters.before-limit", kinds=RECORDS, on=SQLITE, defect="a filter is applied after the top k")
class FiltersTheBestOnly:
    """A search filters the best results only."""

    async def search(self, *, filters=None, **given):
        return [hit for hit in await super().search(**given) if matches(hit.metadata, filters or {})]


@fault("filters.exact", kinds=RECORDS, on=SQLITE, defect="filters are accepted and dropped")
class DropsFilters:
    """Filters of a listing are ignored."""

    async def get_all(self, *, filters=None, **given):
        return await super().get_all(**given)


@fault("filters.stay-in-scope", kinds=RECORDS, on=BOTH, defect="a filter named like the owner overrides the owner")
class LetsFiltersNameTheOwner:
    """A filter called user_id takes the place of the owner."""

    async def get_all(self, *, filters=None, **given):
        return await super().get_all(**widened(given, filters))

    async def search(self, *, filters=None, **given):
        return await super().search(**widened(given, filters))


def widened(given: dict[str, Any], filters: dict[str, Any] | None) -> dict[str, Any]:
    filters, scope = dict(filters or {}), given.get("scope", ANYWHERE)
    if "user_id" in scope.fixed and isinstance(filters.get("user_id"), str):
        scope = replace(scope, user_id=filters.pop("user_id"))
    return {**given, "scope": scope, **({"filters": filters} if filters else {})}


@fault("search.only-stored", on=BOTH)
class TakesQueriesForSyntax:
    """A query with a quote in it is an error."""

    async def search(self, *, query, **given):
        if '"' in query:
            raise ValueError("fts5: syntax error")
        return await super().search(query=query, **given)


@fault("search.only-stored", kinds=RECORDS, on=BOTH, defect="search leaves the metadata or the owner out")
class LeavesFieldsOut:
    """Search returns records under other ids than the other calls."""

    async def search(self, **given):
        return [replace(hit, id=f"hit-{n}") for n, hit in enumerate(await super().search(**given))]


@fault("search.own-text", on=SQLITE)
class DropsSymbols:
    """A query without a letter or a digit finds nothing."""

    async def search(self, *, query, **given):
        return await super().search(query=query, **given) if any(map(str.isalnum, query)) else []


@fault("search.limit", on=BOTH)
class ReturnsOneMore:
    """A search returns one record more than the limit."""

    async def search(self, *, limit, **given):
        return await super().search(limit=min(1000, limit + 1), **given)


@fault("search.limit", on=SQLITE, defect="limits are cut silently")
class CutsTheLimit:
    """A search never returns more than five records."""

    async def search(self, *, limit, **given):
        return await super().search(limit=min(5, limit), **given)


@fault("search.scores", on=BOTH)
class ScoresUpsideDown:
    """Lower scores are better."""

    async def search(self, **given):
        return [replace(hit, score=-(hit.score or 0)) for hit in await super().search(**given)]


@fault("search.scores", on=BOTH)
class LeavesScoresOut:
    """Hits have no scores."""

    async def search(self, **given):
        return [replace(hit, score=None) for hit in await super().search(**given)]


@fault("search.best-first", kinds=BY_ID, on=SQLITE, defect="a search without an index ignores the query")
class ListsInsteadOfSearching:
    """A search is a listing."""

    async def search(self, *, query, limit, **given):
        page = await super().get_all(limit=limit, cursor=None, **given)
        return [replace(record, score=1.0) for record in page]


@fault("search.scope-before-limit", on=SQLITE, defect="a restriction is applied after the top k")
class ScopesTheBestOnly:
    """A search takes the best of all owners and then drops those of others."""

    async def search(self, *, scope=ANYWHERE, **given):
        return [hit for hit in await super().search(**given) if scope.matches(hit.owner)]


@fault("delete.gone-everywhere", kinds=RECORDS, on=SQLITE, defect="deleted records are still found")
class RemembersHits:
    """A search returns what it has found before, also when it was deleted."""

    async def add(self, **given):
        record = await super().add(**given)
        self.__dict__.setdefault("remembered", []).append(replace(record, score=0.0))
        return record

    async def search(self, **given):
        hits = await super().search(**given)
        ids = [hit.id for hit in hits]
        return (hits + [r for r in self.__dict__.get("remembered", []) if r.id not in ids])[: given["limit"]]


@fault("cancel.add", kinds=RECORDS, on=BOTH)
class AddsInTwoSteps:
    """An add stores the text, awaits, and stores the metadata."""

    async def add(self, *, metadata=None, **given):
        record = await super().add(**given)
        if not metadata:
            return record
        return await super().update(**{id_of(self): record.id}, metadata=metadata, scope=Scope.of(record.owner))


@fault("cancel.add", kinds=HISTORY, on=BOTH)
class AddsMessagesOneByOne:
    """The messages of one call are stored one by one."""

    async def add(self, *, messages, **given):
        turns = [await super(AddsMessagesOneByOne, self).add(messages=[message], **given) for message in messages]
        return replace(turns[-1], stored=[message for turn in turns for message in turn.stored])


@fault("cancel.add", kinds=GRAPH, on=SQLITE)
class AddsTriplesOneByOne:
    """The triples of one call are stored one by one."""

    async def add(self, *, triples, **given):
        answers = [await super(AddsTriplesOneByOne, self).add(triples=[triple], **given) for triple in triples]
        return [triple for answer in answers for triple in answer]


@fault("add-many.in-order", kinds=RECORDS, on=BOTH)
class ReturnsBatchesBackwards:
    """The answer of add_many is in another order."""

    async def add_many(self, **given):
        return list(reversed(await super().add_many(**given)))


@fault("add-many.in-order", kinds=RECORDS, on=BOTH, defect="metadata is accepted and dropped")
class DropsMetadataOfBatches:
    """add_many stores no metadata."""

    async def add_many(self, *, items):
        return await super().add_many(items=[{k: v for k, v in item.items() if k != "metadata"} for item in items])


@fault("add-many.conflict", kinds=RECORDS, on=BOTH)
class LeavesHalfABatch:
    """add_many adds one by one, and leaves what it had added when one fails."""

    async def add_many(self, *, items):
        return [await super(LeavesHalfABatch, self).add(**item) for item in items]


class StopsHalfWay:
    """A batch that stops with an error after the items before it were added."""

    async def add_many(self, *, items):
        added = []
        for number, item in enumerate(items):
            try:
                added.append(await super().add(**item))
            except ConflictError as error:
                raise self.stopped(added, items[number:], error) from error
        return added

    def stopped(self, added, rest, error):
        return PartialWriteError(added, not_added=rest, cause=error)


@fault("add-many.conflict", kinds=RECORDS, on=BOTH)
class DeniesHalfABatch(StopsHalfWay):
    """A batch that stops half-way states that nothing was applied."""

    def stopped(self, added, rest, error):
        made = super().stopped(added, rest, error)
        made.outcome = "not_applied"
        return made


@fault("add-many.conflict", kinds=RECORDS, on=BOTH)
class DoubtsHalfABatch(StopsHalfWay):
    """A batch that stops half-way states that its outcome is unknown, though every item is accounted for."""

    def stopped(self, added, rest, error):
        made = super().stopped(added, rest, error)
        made.outcome = "unknown"
        return made


@fault("close.twice", on=BOTH)
class ClosesOnce:
    """Closing a second time is an error."""

    shut = False

    async def aclose(self):
        if self.shut:
            raise RuntimeError("the store is closed")
        self.shut = True
        await super().aclose()


@fault("model", kinds=RECORDS, on=SQLITE)
class LosesTheBareOnes:
    """After a delete, a listing of a user leaves out records without metadata."""

    async def delete(self, **given):
        await super().delete(**given)
        self.deleted = True

    async def get_all(self, **given):
        page = await super().get_all(**given)
        if not getattr(self, "deleted", False) or not given["scope"].labels:
            return page
        return Page([record for record in page if record.metadata], page.next_cursor)


@fault("model", kinds=HISTORY, on=SQLITE)
class ForgetsNames:
    """After a session was deleted, names are left out."""

    async def delete(self, **given):
        await super().delete(**given)
        self.deleted = True

    async def add(self, *, messages, **given):
        kept = [replace(m, name=None) if getattr(self, "deleted", False) else m for m in messages]
        return await super().add(messages=kept, **given)


@fault("model", kinds=GRAPH, on=SQLITE)
class TurnsTriplesRound:
    """After an entity was deleted, a new triple is stored the other way round."""

    async def delete_entity(self, **given):
        await super().delete_entity(**given)
        self.deleted = True

    async def add(self, *, triples, **given):
        if getattr(self, "deleted", False):
            triples = [replace(t, subject=t.object, object=t.subject) for t in triples]
        return await super().add(triples=triples, **given)
