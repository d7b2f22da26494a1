"""Faults that show only with many records, long text, large metadata or long names."""

from __future__ import annotations

import json
from dataclasses import replace

from memio.models import Page
from memio.owners import ANYWHERE
from proof.catalogue import BY_ID, RECORDS, fault

HISTORY = ("history",)
GRAPH = ("graph",)


@fault("size.many", defect="only the first pages are looked at")
class DeletesAThousand:
    """delete_all deletes at most a thousand records."""

    async def delete_all(self, *, scope=ANYWHERE):
        await self.pause()
        for number, _ in self.scoped(scope)[:1000]:
            self.remove(number)


@fault("size.many", kinds=BY_ID)
class SearchesAThousand:
    """A search looks at the first thousand records."""

    def best(self, found, query, limit):
        return super().best(found[:1000], query, limit)


@fault("size.session", kinds=HISTORY)
class ReadsAThousandMessages:
    """A session is read up to its thousandth message."""

    async def get(self, *, session_id, limit, cursor, start, scope=ANYWHERE):
        await self.pause()
        found = self.the_session(session_id, scope)[:1000]
        page = self.page(found, limit, cursor) if start == "oldest" else self.page_back(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


@fault("size.session", kinds=HISTORY)
class DeletesAHundredMessages:
    """Deleting a session deletes its first hundred messages."""

    async def delete(self, *, session_id, scope=ANYWHERE):
        await self.pause()
        for number, _ in self.the_session(session_id, scope)[:100]:
            self.remove(number)


@fault("size.entity", kinds=GRAPH)
class ReadsAHundredTriples:
    """The triples of an entity are read up to the hundredth."""

    async def get(self, *, entity, limit, cursor, scope=ANYWHERE, **times):
        await self.pause()
        page = self.page(self.around(entity, scope, times)[:100], limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


@fault("size.entity", kinds=GRAPH)
class DeletesAThousandTriples:
    """delete_entity deletes at most a thousand triples."""

    async def delete_entity(self, *, entity, scope=ANYWHERE):
        await self.pause()
        for number, _ in self.around(entity, scope)[:1000]:
            self.remove(number)


@fault("filters.many", kinds=RECORDS)
class FiltersTheFirstThousand:
    """A filter is applied to the first thousand records."""

    def picked(self, scope, filters=None, since=None, until=None):
        first = [id(row) for _, row in self.scoped(scope)[:1000]]
        found = super().picked(scope, filters, since, until)
        return [(n, row) for n, row in found if id(row) in first] if filters else found


def _cut(records, most):
    return [_shorter(record, most) for record in records]


def _shorter(record, most):
    if hasattr(record, "content"):
        return replace(record, content=record.content[:most])
    return replace(record, subject=record.subject[:most])


@fault("content.long", kinds=BY_ID, on=("dict", "sqlite"))
class ListsPreviews:
    """A listing holds the first thousand characters of a text."""

    async def get_all(self, **given):
        page = await super().get_all(**given)
        return Page(_cut(page, 1000), page.next_cursor)


@fault("content.long", on=("dict", "sqlite"))
class FindsPreviews:
    """A hit holds the first 200 characters of a text."""

    async def search(self, **given):
        return _cut(await super().search(**given), 200)


@fault("content.long", kinds=RECORDS, on=("dict", "sqlite"))
class CutsUpdates:
    """An update cuts a text after 32,767 characters."""

    async def update(self, **given):
        cut = {"content": given["content"][:32_767]} if "content" in given else {}
        return await super().update(**{**given, **cut})


@fault("content.long")
class FindsEachChunk:
    """A long text is returned once per chunk of 2,000 characters."""

    def best(self, found, query, limit):
        hits = super().best(found, query, limit)
        return [hit for hit in hits for _ in range(1 + len(hit[1].text) // 2000)][:limit]


@fault("metadata.large")
class CutsMetadataTexts:
    """Texts in metadata are cut after 255 characters."""

    def keep(self, row):
        kept = {key: value[:255] if isinstance(value, str) else value for key, value in row.metadata.items()}
        return replace(super().keep(row), metadata=kept)


@fault("metadata.large")
class KeepsFewKeys:
    """Metadata keeps its first 64 keys."""

    def keep(self, row):
        return replace(super().keep(row), metadata=dict(list(row.metadata.items())[:64]))


@fault("metadata.large")
class CutsKeys:
    """The keys of metadata are cut after 255 characters."""

    def keep(self, row):
        return replace(super().keep(row), metadata={key[:255]: value for key, value in row.metadata.items()})


@fault("metadata.at-limit")
class RefusesAMebibyte:
    """The column of metadata takes less than 1 MiB."""

    def keep(self, row):
        if len(json.dumps(row.metadata, separators=(",", ":"))) >= 1024 * 1024:
            raise OverflowError("value too large for the column")
        return super().keep(row)


@fault("metadata.at-limit")
class CutsTextsAtAMillion:
    """Texts in metadata are cut after a million characters."""

    def keep(self, row):
        kept = {key: value[:1_000_000] if isinstance(value, str) else value for key, value in row.metadata.items()}
        return replace(super().keep(row), metadata=kept)


@fault("add.parts-at-limit", kinds=GRAPH)
class CutsPredicates:
    """Predicates are cut after 65,535 characters."""

    def row(self, triple, owner):
        return super().row(replace(triple, predicate=triple.predicate[:65_535]), owner)


@fault("add.parts-at-limit", kinds=GRAPH)
class HidesLargeObjects:
    """An object of more than 65,000 bytes is not in the index of entities."""

    def touches(self, row, entity):
        return entity == row.text or (len(entity.encode()) <= 65_000 and super().touches(row, entity))


@fault("metadata.unchanged")
class DropsPrivateKeys:
    """Keys that begin with an underscore are dropped."""

    def keep(self, row):
        kept = {key: value for key, value in row.metadata.items() if not key.startswith("_")}
        return replace(super().keep(row), metadata=kept)


@fault("metadata.unchanged")
class RemovesDuplicatesInLists:
    """A list in metadata keeps each item once."""

    def keep(self, row):
        kept = {}
        for key, value in row.metadata.items():
            kept[key] = [v for n, v in enumerate(value) if v not in value[:n]] if isinstance(value, list) else value
        return replace(super().keep(row), metadata=kept)


@fault("metadata.unchanged")
class FindsWithoutMetadata:
    """Only a hit of a search has its text in metadata unescaped."""

    def keep(self, row):
        kept = {k: v.replace("\\n", "\n") if isinstance(v, str) else v for k, v in row.metadata.items()}
        return replace(super().keep(row), metadata=kept)


@fault("search.many-words")
class LimitsTheWordsOfAQuery:
    """A query of more than 999 words is an error of the backend."""

    def score(self, query, row):
        if len(query.split()) > 999:
            raise OverflowError("too many SQL variables")
        return super().score(query, row)


@fault("search.many-words")
class IndexesTheFirstWords:
    """The index holds the first thousand words of a text, and a query its last 300."""

    def score(self, query, row):
        words = set(self.searched(row).lower().split()[:1000])
        return float(len(words & set(query.lower().split()[-300:])))


@fault("owner.long-names")
class ComparesTheBeginningsOfOwners:
    """Owners are compared by their first 255 characters."""

    def same_label(self, name, stored, wanted):
        return stored == wanted or (name == "user_id" and bool(stored and wanted) and stored[:255] == wanted[:255])


@fault("owner.long-names")
class ComparesTheBytesOfOwners:
    """Owners are compared by their first 3,000 bytes."""

    def same_label(self, name, stored, wanted):
        if name != "user_id" or not stored or not wanted:
            return super().same_label(name, stored, wanted)
        return stored.encode()[:3000] == wanted.encode()[:3000]


@fault("owner.long-agents")
class ComparesTheBeginningsOfAgents:
    """Agents are compared by their first 64 characters."""

    def same_label(self, name, stored, wanted):
        return stored == wanted or (name == "agent_id" and bool(stored and wanted) and stored[:64] == wanted[:64])


@fault("owner.long-namespaces")
class ComparesTheBeginningsOfNamespaces:
    """The elements of a namespace are compared by their first 255 characters."""

    def same_label(self, name, stored, wanted):
        if name != "namespace":
            return super().same_label(name, stored, wanted)
        return [part[:255] for part in stored] == [part[:255] for part in wanted]


@fault("owner.long-namespaces")
class KeepsTenElements:
    """A namespace is cut after ten elements."""

    def keep(self, row):
        return replace(super().keep(row), owner=replace(row.owner, namespace=row.owner.namespace[:10]))


@fault("ids.long", kinds=BY_ID)
class CutsIds:
    """Ids are cut after 255 characters."""

    def keep(self, row):
        return replace(super().keep(row), id=row.id[:255])


@fault("ids.long", kinds=HISTORY)
class CutsMessageIds:
    """The ids of messages are cut after 255 characters."""

    def row(self, session_id, message, owner):
        made = super().row(session_id, message, owner)
        return replace(made, id=made.id[:255])


@fault("sessions.long-names", kinds=HISTORY)
class ComparesTheBeginningsOfSessions:
    """Sessions are compared by the first 128 characters of their ids."""

    def in_session(self, row, session_id):
        return session_id is None or row.more["session_id"][:128] == session_id[:128]


@fault("get.long-entity", kinds=GRAPH)
class ComparesTheBeginningsOfEntities:
    """Entities are compared by their first 255 characters."""

    def touches(self, row, entity):
        return entity[:255] in (row.text[:255], row.more["object"][:255])
