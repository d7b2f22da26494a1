"""Adding, reading, searching and deleting triples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from memio.errors import ConflictError
from memio.models import Page, Triple
from memio.owners import Owner, Scope
from memio.providers.postgres._db.connection import Connection
from memio.providers.postgres._db.connection import Row as Columns
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._db.errors import Taken
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.keys import key_of, owner_key
from memio.providers.postgres._rows.listing import Condition, Listing, part_of, read_cursor, weight_of, write_cursor
from memio.providers.postgres._rows.owners import adding, page_of_owners
from memio.providers.postgres._rows.parts import parts_of
from memio.providers.postgres._rows.scopes import all_of, labels_in, owned_in, owners_in
from memio.providers.postgres._rows.values import NOW
from memio.providers.postgres._rows.words import computed
from memio.providers.postgres._search import Search, Words, search_rows, words_of
from memio.toolkit import only, same_json, trusted
from memio.toolkit.values import from_microseconds, metadata_text, microseconds_of, new_id, read_metadata

_COLUMNS = "r.seq, r.id, r.subject, r.predicate, r.object, r.metadata, r.created_at, o.user_id, o.agent_id, o.namespace"
_TEXT = "(r.subject || ' ' || r.predicate || ' ' || r.object)"

_make_triple = trusted(Triple)

Key = tuple[bytes, bytes]
"""The key of a row: the hash of its owner, and that of its three parts."""


class New(NamedTuple):
    """A triple to store; its time is in microseconds, and without one it gets that of the server."""

    owner: Owner
    id: str
    subject: str
    predicate: str
    object: str
    metadata: dict[str, Any]
    created_at: int | None

    @property
    def text(self) -> str:
        """What it is found by."""
        return f"{self.subject} {self.predicate} {self.object}"

    def stored(self, created_at: int) -> Triple:
        """Return the triple as it is stored."""
        return _make_triple(
            subject=self.subject,
            predicate=self.predicate,
            object=self.object,
            metadata=self.metadata,
            id=self.id,
            user_id=self.owner.user_id,
            agent_id=self.owner.agent_id,
            namespace=self.owner.namespace,
            created_at=from_microseconds(created_at),
        )


class Graph:
    """The triples of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._schema = database.schema
        self._table = f"{database.schema}.triple"
        self._owners = f"JOIN {database.schema}.owner o ON o.owner = r.owner"
        weight = weight_of("subject", "predicate", "object", values=("metadata",))
        self._listing = Listing("triple", _COLUMNS, weight, self._owners)

    async def add(self, triples: Sequence[Triple], owner: Owner) -> list[Triple]:
        """Store triples; those that the owner has already are returned as they are."""
        return (await self._store([(owner, triple) for triple in triples]))[0]

    async def restore(self, triples: Sequence[Triple]) -> int:
        """Store triples of the owners that they name, and return how many were not there yet."""
        return (await self._store([(triple.owner, triple) for triple in triples]))[1]

    async def page(
        self, limit: int, cursor: str | None, scope: Scope, condition: Condition, *, newest: bool = False
    ) -> Page[Triple]:
        """Return a page of the triples for which a condition holds, in the order of adding, or of the newest first."""
        name = f"triple{'newest' if newest else ''}"
        place = read_cursor(name, cursor)
        part = await part_of(self._database, self._listing, scope, limit, place, back=newest, condition=condition)
        return Page(map(_triple, part.rows), write_cursor(name, part.rows[-1]) if part.more else None)

    async def search(self, query: str, limit: int, scope: Scope, condition: Condition) -> list[Triple]:
        """Return the best matches first, of the triples for which a condition holds."""
        parameters = Parameters()
        search = Search(
            table=self._table,
            key="r.seq",
            columns=_COLUMNS,
            joined=self._owners,
            span=owned_in(self._schema, scope, parameters),
            pick=condition(parameters),
            text=_TEXT,
            parameters=parameters,
            owners=owners_in(self._schema, scope, parameters),
        )
        found = await search_rows(self._database.read, search, query, limit)
        return [_triple(row, score) for row, score in found]

    async def count(self, scope: Scope, condition: Condition) -> int:
        """Return how many triples there are for which a condition holds."""
        parameters = Parameters()
        where = all_of(owned_in(self._schema, scope, parameters), condition(parameters))
        ((number,),) = await self._database.read(
            f"SELECT count(*) FROM {self._table} r WHERE {where}", parameters.values
        )
        return int(number)

    async def owners(self, scope: Scope, limit: int, cursor: str | None) -> Page[Owner]:
        """Return a page of the owners that have triples."""
        return await page_of_owners(self._database, "triple", scope, limit, cursor)

    async def delete(self, triple_id: str, scope: Scope) -> None:
        """Delete one triple."""
        parameters = Parameters()
        found = (
            f"SELECT r.owner, r.key FROM {self._table} r {self._owners} "
            f"WHERE r.id_key = {parameters(key_of(triple_id))} AND {labels_in(scope, parameters)} "
            "LIMIT 2 FOR UPDATE OF r"
        )
        ((number,),) = await self._database.change(
            f"WITH f AS ({found}), d AS (DELETE FROM {self._table} r USING f WHERE r.owner = f.owner "
            "AND r.key = f.key AND (SELECT count(*) FROM f) = 1) SELECT count(*) FROM f",
            parameters.values,
        )
        only([None] * number, "triple", triple_id)

    async def delete_some(self, scope: Scope, condition: Condition) -> None:
        """Delete every triple in scope for which a condition holds."""
        parameters = Parameters()
        where = all_of(owned_in(self._schema, scope, parameters), condition(parameters))
        await self._database.change(f"DELETE FROM {self._table} r WHERE {where}", parameters.values)

    # Adding

    async def _store(self, given: Sequence[tuple[Owner, Triple]]) -> tuple[list[Triple], int]:
        """Return the triples in order as they are stored, and how many of them are new."""
        if not given:
            return [], 0
        items = _distinct(given)
        texts = [item.text for item in items.values()]
        made = await computed(lambda: [*map(words_of, texts)], sum(map(len, texts)))
        words = dict(zip(items, made, strict=True))
        whole = len([*parts_of(items, _characters)]) == 1
        rows = await self._insert(items, words) if whole else None
        added = len(items)
        if rows is None:
            rows, added = await self._settle(given, items, words)
        return [rows[_key(owner, triple)] for owner, triple in given], added

    async def _insert(self, items: Mapping[Key, New], words: Mapping[Key, Words]) -> dict[Key, Triple] | None:
        """Store triples that are not there yet, in one statement; where one is, none, and return `None`."""
        parameters = Parameters()
        try:
            rows = await self._database.change(self._inserting(items, words, parameters, check=True), parameters.values)
        except Taken:  # by a transaction that the statement did not see yet
            return None
        return _stored(items, rows) if rows else None

    async def _settle(
        self, given: Sequence[tuple[Owner, Triple]], items: Mapping[Key, New], words: Mapping[Key, Words]
    ) -> tuple[dict[Key, Triple], int]:
        """Store triples of which some may be there already, and return all, and how many are new."""

        async def work(connection: Connection) -> tuple[dict[Key, Triple], int]:
            rows = await self._same(connection, given, items)
            missing = {key: item for key, item in items.items() if key not in rows}
            for part in parts_of(missing, _characters):
                parameters = Parameters()
                statement = self._inserting(part, words, parameters, check=False)
                rows |= _stored(part, await connection.fetch(statement, *parameters.values))
            return rows, len(missing)

        return await self._database.transact(work)

    async def _same(
        self, connection: Connection, given: Sequence[tuple[Owner, Triple]], items: Mapping[Key, New]
    ) -> dict[Key, Triple]:
        """Lock the triples that are there already, and return them.

        Raises:
            ConflictError: One has another id or other metadata, or an id is that of another triple.
        """
        parameters = Parameters()
        wanted = parameters.rows(sorted(items), owner="bytea", key="bytea")
        found = await connection.fetch(
            f"SELECT {_COLUMNS}, r.owner, r.key FROM {self._table} r {self._owners} "
            f"WHERE (r.owner, r.key) IN (SELECT * FROM {wanted}) "
            "ORDER BY r.owner, r.key FOR UPDATE OF r",
            *parameters.values,
        )
        rows = {(columns["owner"], columns["key"]): _triple(columns) for columns in found}
        for owner, triple in given:
            stored = rows.get(_key(owner, triple))
            if stored is not None:
                _check_same(stored, triple)
        named = [
            (owner_key(owner), key_of(triple.id))
            for owner, triple in given
            if triple.id is not None and _key(owner, triple) not in rows
        ]
        if named:
            parameters = Parameters()
            ids = parameters.rows(named, owner="bytea", id_key="bytea")
            taken = await connection.fetchval(
                f"SELECT r.id FROM {self._table} r JOIN {ids} ON r.owner = n.owner AND r.id_key = n.id_key LIMIT 1",
                *parameters.values,
            )
            if taken is not None:
                raise ConflictError("triple", taken)
        return rows

    def _inserting(
        self, items: Mapping[Key, New], words: Mapping[Key, Words], parameters: Parameters, *, check: bool
    ) -> str:
        """Return the statement that stores triples, in the order of their keys, with numbers in the order of the items.

        Args:
            items: The triples.
            words: Their words.
            parameters: Gets the values.
            check: Whether it stores nothing where one of them is there, or its id is taken.
        """
        rows = [
            (
                place,
                *key,
                key_of(item.id),
                key_of(item.subject),
                key_of(item.object),
                item.created_at,
                words[key].length,
                item.id,
                item.subject,
                item.predicate,
                item.object,
                metadata_text(item.metadata),
                words[key].vector,
            )
            for place, (key, item) in enumerate(items.items(), 1)
        ]
        rows.sort(key=itemgetter(1, 2))  # so that no two transactions wait for each other
        owners = adding(self._schema, {item.owner for item in items.values()}, parameters)
        given = parameters.rows(
            rows,
            place="integer",
            owner="bytea",
            key="bytea",
            id_key="bytea",
            subject_key="bytea",
            object_key="bytea",
            created_at="bigint",
            length="integer",
            id="text",
            subject="text",
            predicate="text",
            object="text",
            metadata="text",
            words="text",
        )
        unless = (
            f"WHERE NOT EXISTS (SELECT 1 FROM n, {self._table} r WHERE r.owner = n.owner AND r.key = n.key) "
            f"AND NOT EXISTS (SELECT 1 FROM n, {self._table} r WHERE r.owner = n.owner AND r.id_key = n.id_key)"
        )
        return (
            f"WITH o AS ({owners}), n AS MATERIALIZED (SELECT * FROM {given}) INSERT INTO {self._table} "
            "(owner, key, id_key, subject_key, object_key, seq, created_at, length, id, subject, predicate, object, "
            "metadata, words) SELECT n.owner, n.key, n.id_key, n.subject_key, n.object_key, s.numbers[n.place], "
            f"coalesce(n.created_at, {NOW}), n.length, n.id, n.subject, n.predicate, n.object, n.metadata, "
            f"n.words::tsvector FROM n, (SELECT ARRAY(SELECT nextval('{self._table}_numbers') "
            f"FROM generate_series(1, {len(rows)})) AS numbers) s {unless if check else ''} "
            "RETURNING owner, key, created_at"
        )


def has_entity(entity: str, parameters: Parameters) -> str:
    """Return the condition for triples `r` that have an entity at either end."""
    key = parameters(key_of(entity))
    return f"(r.subject_key = {key}::bytea OR r.object_key = {key}::bytea)"


def _distinct(given: Sequence[tuple[Owner, Triple]]) -> dict[Key, New]:
    """Return the triples by their keys, the same one once.

    Raises:
        ConflictError: The same one twice with other metadata or ids, or an id for two of them.
    """
    items: dict[Key, New] = {}
    ids: dict[tuple[Owner, str], Key] = {}
    for owner, triple in given:
        key = _key(owner, triple)
        if key in items:
            _check_same(items[key], triple)
            continue
        if triple.id is not None and ids.setdefault((owner, triple.id), key) != key:
            raise ConflictError("triple", triple.id)
        items[key] = New(
            owner=owner,
            id=triple.id or new_id(),
            subject=triple.subject,
            predicate=triple.predicate,
            object=triple.object,
            metadata=triple.metadata,
            created_at=microseconds_of(triple.created_at),
        )
    return items


def _check_same(stored: Triple | New, given: Triple) -> None:
    if given.id not in (None, stored.id) or not same_json(stored.metadata, given.metadata):
        raise ConflictError(
            "triple",
            given.id or f"{given.subject} {given.predicate} {given.object}",
            hint="the owner has this triple with another id or other metadata; delete that one first",
        )


def _key(owner: Owner, triple: Triple) -> Key:
    return owner_key(owner), key_of(triple.subject, triple.predicate, triple.object)


def _characters(item: New) -> int:
    return len(item.text)


def _stored(items: Mapping[Key, New], rows: Sequence[Columns]) -> dict[Key, Triple]:
    """Return triples that were stored, given what the statement returned."""
    return {(owner, key): items[owner, key].stored(created_at) for owner, key, created_at in rows}


def _triple(columns: Columns, score: float | None = None) -> Triple:
    _, triple_id, subject, predicate, object_, metadata, created_at, user, agent, namespace = columns[:10]
    return _make_triple(
        subject=subject,
        predicate=predicate,
        object=object_,
        metadata=read_metadata(metadata),
        id=triple_id,
        user_id=user,
        agent_id=agent,
        namespace=tuple(namespace),
        created_at=from_microseconds(created_at),
        score=score,
    )
