"""Faults that show only with many records, long text, large metadata or long names."""

from __future__ import annotations

import json
from dataclasses import replace

from memio.models import Page
from proof.catalogue import BY_ID, RECORDS, fault

FACTS = ("facts",)
HISTORY = ("history",)
GRAPH = ("graph",)


@fault("size.many", defect="only the first pages are looked at")
class DeletesAThousand:
    """delete_all deletes at most a thousand records."""

    async def delete_all(self, **owner):
        await self.pause()
        for number, _ in self.scoped(owner)[:1000]:
            self.remove(number)


@fault("size.many", kinds=BY_ID)
class SearchesAThousand:
    """A search looks at the first thousand records."""

    def best(self, found, query, limit):
        return super().best(found[:1000], query, limit)


@fault("size.session", kinds=HISTORY)
class ReadsAThousandMessages:
    """A session is read up to its thousandth message."""

    async def get(self, *, session_id, limit, cursor, start, **owner):
        await self.pause()
        found = self.scoped(owner, lambda row: self.in_session(row, session_id))[:1000]
        page = self.page(found, limit, cursor) if start == "oldest" else self.page_back(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


@fault("size.session", kinds=HISTORY)
class DeletesAHundredMessages:
    """Deleting a session deletes its first hundred messages."""

    async def delete(self, *, session_id, **owner):
        await self.pause()
        for number, _ in self.scoped(owner, lambda row: self.in_session(row, session_id))[:100]:
            self.remove(number)


@fault("size.entity", kinds=GRAPH)
class ReadsAHundredTriples:
    """The triples of an entity are read up to the hundredth."""

    async def get(self, *, entity, limit, cursor, **owner):
        await self.pause()
        page = self.page(self.scoped(owner, lambda row: self.touches(row, entity))[:100], limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


@fault("size.entity", kinds=GRAPH)
class DeletesAThousandTriples:
    """delete_entity deletes at most a thousand triples."""

    async def delete_entity(self, *, entity, **owner):
        await self.pause()
        for number, _ in self.scoped(owner, lambda row: self.touches(row, entity))[:1000]:
            self.remove(number)


@fault("filters.many", kinds=RECORDS)
class FiltersTheFirstThousand:
    """A filter is applied to the first thousand records."""

    async def get_all(self, *, limit, cursor, filters=None, **owner):
        await self.pause()
        first = self.scoped(owner)[:1000]
        found = [(n, row) for n, row in first if self.passes(row.metadata, filters)] if filters else self.scoped(owner)
        page = self.page(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)


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

    async def update(self, *, content, **given):
        return await super().update(content=content[:32_767], **given)


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

    def matches_owner(self, row, owner):
        return all(row.owner.get(name, "")[:255] == value[:255] for name, value in owner.items())


@fault("owner.long-names")
class ComparesTheBytesOfOwners:
    """Owners are compared by their first 3,000 bytes."""

    def matches_owner(self, row, owner):
        return all(row.owner.get(name, "").encode()[:3000] == value.encode()[:3000] for name, value in owner.items())


@fault("owner.long-agents", kinds=FACTS)
class ComparesTheBeginningsOfAgents:
    """Agents are compared by their first 64 characters."""

    def matches_owner(self, row, owner):
        agent = owner.get("agent_id", "")[:64]
        users = {name: value for name, value in owner.items() if name != "agent_id"}
        return row.owner.get("agent_id", "")[: len(agent)] == agent and super().matches_owner(row, users)


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
