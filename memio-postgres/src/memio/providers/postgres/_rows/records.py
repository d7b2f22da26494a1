"""Adding, changing, reading and deleting facts and documents, whose tables are alike.

Adding new records, replacing, updating and deleting are one statement each, which is a transaction. Only adding a
record whose id is taken needs more: a transaction locks the rows that are there, and decides on what is stored now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from memio.errors import ConflictError
from memio.models import Page
from memio.owners import ANYWHERE, Owner, Scope
from memio.protocols import OMITTED
from memio.providers.postgres._db.connection import Connection
from memio.providers.postgres._db.connection import Row as Columns
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._db.errors import Taken
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.keys import key_of, owner_key
from memio.providers.postgres._rows.listing import Listing, part_of, read_cursor, weight_of, write_cursor
from memio.providers.postgres._rows.owners import adding, page_of_owners, prune
from memio.providers.postgres._rows.parts import parts_of
from memio.providers.postgres._rows.record_rows import COLUMNS, New, Row, is_same, read, stored
from memio.providers.postgres._rows.scopes import all_of, labels_in, owned_in, owners_in, within
from memio.providers.postgres._rows.tags import passing, tags_of
from memio.providers.postgres._rows.values import NOW, version_number
from memio.providers.postgres._rows.words import computed
from memio.providers.postgres._search import Find, Search, Words, words_of
from memio.toolkit import matches, only
from memio.toolkit.values import data_text, metadata_text, microseconds_of, read_metadata

R = TypeVar("R")
Key = tuple[bytes, bytes]
"""The key of a row: the hash of its owner, and that of its id."""

_ALIVE = f"(r.expires_at IS NULL OR r.expires_at > {NOW})"
_STORED = (
    "owner, key, seq, version, text_seq, created_at, updated_at, expires_at, length, id, metadata, tags, content, "
    "data, words"
)
_NUMBERS = "SELECT u.seq, u.version, u.created_at, u.updated_at FROM u"
_PURGED_AT_ONCE = 500


class Selection(NamedTuple):
    """Which records a call is about.

    Attributes:
        scope: Those of these owners.
        filters: Those whose metadata passes this filter.
        since: Those that were created at this time or later, in microseconds.
        until: Those that were created before this time.
    """

    scope: Scope = ANYWHERE
    filters: Mapping[str, Any] | None = None
    since: int | None = None
    until: int | None = None

    def condition(self, parameters: Parameters) -> str:
        """Return what holds of the rows `r`, but for their owners; rows that the filter refuses may be among them."""
        return all_of(
            _ALIVE,
            within("r.created_at", self.since, self.until, parameters),
            passing(self.filters, parameters),
        )

    def accept(self) -> Callable[[Columns], bool] | None:
        """Return what judges the rows by the filter; `None` where there is none."""
        filters = self.filters
        if not filters:
            return None
        return lambda columns: matches(read_metadata(columns["metadata"]), filters)


def changes_of(*, expires_at: datetime | None, **fields: Any) -> dict[str, Any]:
    """Return the fields of a row that an update changes: those that are not `OMITTED`."""
    changes = {name: value for name, value in fields.items() if value is not OMITTED}
    if expires_at is not OMITTED:
        changes["expires_at"] = microseconds_of(expires_at)
    return changes


class Records(Generic[R]):
    """The records of one kind.

    Args:
        database: The database.
        name: The table, and the noun for a record in errors.
        record: Returns the record of a row and its score.
    """

    def __init__(self, database: Database, name: str, record: Callable[[Row, float | None], R]) -> None:
        self._database = database
        self._name = name
        self._record = record
        self._schema = database.schema
        self._table = f"{database.schema}.{name}"
        self._numbers = f"'{self._table}_numbers'"
        self._owners = f"JOIN {database.schema}.owner o ON o.owner = r.owner"
        self._listing = Listing(name, COLUMNS, weight_of("content", values=("metadata", "data")), self._owners)

    async def add(self, items: Sequence[New]) -> list[R]:
        """Store records and return them in order; one that is there already, by its id, is returned as it is."""
        return [self._record(row, None) for row in (await self._store(items))[0]]

    async def restore(self, items: Sequence[New]) -> int:
        """Store records with the times that they have, and return how many were not there yet."""
        return (await self._store(items))[1]

    async def put(self, item: New, if_version: str | None) -> R:
        """Store a record, in the place of the one that has its id, if there is one.

        Raises:
            ConflictError: It does not have the version `if_version`.
        """
        words = (await self._words([item]))[0]
        parameters = Parameters()
        drop = await self._dropping()
        statement = (
            self._putting(item, words, parameters, drop)
            if if_version is None
            else self._replacing(item, words, version_number(if_version), parameters, drop)
        )
        rows = await self._database.change(statement, parameters.values)
        if not rows:
            raise ConflictError(self._name, item.id, reason="version")
        return self._record(stored(item, *rows[0]), None)

    async def get(self, record_id: str, scope: Scope) -> R:
        """Return one record."""
        parameters = Parameters()
        rows = await self._database.read(
            f"SELECT {COLUMNS} FROM {self._table} r {self._owners} "
            f"WHERE {self._named(record_id, scope, parameters)} LIMIT 2",
            parameters.values,
        )
        return self._record(read(only(rows, self._name, record_id)), None)

    async def page(self, selection: Selection, limit: int, cursor: str | None, *, newest: bool) -> Page[R]:
        """Return a page in the order of adding, or of the newest first."""
        name = f"{self._name}{'newest' if newest else ''}"
        part = await part_of(
            self._database,
            self._listing,
            selection.scope,
            limit,
            read_cursor(name, cursor),
            back=newest,
            condition=selection.condition,
            accept=selection.accept(),
        )
        records = [self._record(read(row), None) for row in part.rows]
        return Page(records, write_cursor(name, part.rows[-1]) if part.more and part.rows else None)

    async def search(self, query: str, selection: Selection, limit: int, find: Find) -> list[R]:
        """Return the best matches first, as `find` ranks them."""
        parameters = Parameters()
        search = Search(
            table=self._table,
            key="r.seq",
            columns=COLUMNS,
            joined=self._owners,
            span=owned_in(self._schema, selection.scope, parameters),
            pick=selection.condition(parameters),
            text="r.content",
            parameters=parameters,
            accept=selection.accept(),
            owners=owners_in(self._schema, selection.scope, parameters),
        )
        found = await find(search, query, limit)
        return [self._record(read(row), score) for row, score in found]

    async def count(self, selection: Selection) -> int:
        """Return how many records there are."""
        parameters = Parameters()
        span = owned_in(self._schema, selection.scope, parameters)
        accept = selection.accept()
        if accept is not None:
            where = all_of(span, selection.condition(parameters))
            return await self._database.count(
                f"SELECT r.metadata FROM {self._table} r WHERE {where}", parameters.values, accept
            )
        times = within("r.created_at", selection.since, selection.until, parameters)
        counted = f"SELECT count(*) FROM {self._table} r WHERE {all_of(span, times)}"
        # Few have a time of expiry, and an index finds those; all others are counted in an index alone.
        expired = f"{counted} AND r.expires_at <= {NOW}"
        ((number,),) = await self._database.read(f"SELECT ({counted}) - ({expired})", parameters.values)
        return int(number)

    async def owners(self, scope: Scope, limit: int, cursor: str | None) -> Page[Owner]:
        """Return a page of the owners that have records."""
        return await page_of_owners(self._database, self._name, scope, limit, cursor, condition=_ALIVE)

    async def update(self, record_id: str, changes: Mapping[str, Any], if_version: str | None, scope: Scope) -> R:
        """Change fields of a record, as `changes_of` returns them. A new time of expiry alone makes no new version.

        Raises:
            ConflictError: The record does not have the version `if_version`.
        """
        parameters = Parameters()
        found, condition = self._found(record_id, if_version, scope, parameters)
        sets = await self._sets(changes, parameters)
        drop = await self._dropping() if "content" in changes else ""
        rows = await self._database.change(
            f"WITH f AS ({found}), u AS (UPDATE {self._table} r SET {sets} FROM f "
            f"WHERE r.owner = f.owner AND r.key = f.key AND {condition} RETURNING r.*){drop} "
            f"SELECT {COLUMNS} FROM u r {self._owners} "
            "UNION ALL SELECT -(SELECT count(*) FROM f), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
            "NULL WHERE NOT EXISTS (SELECT 1 FROM u)",
            parameters.values,
        )
        self._check_found(record_id, -rows[0]["seq"])
        return self._record(read(rows[0]), None)

    async def delete(self, record_id: str, if_version: str | None, scope: Scope) -> None:
        """Delete one record.

        Raises:
            ConflictError: It does not have the version `if_version`.
        """
        parameters = Parameters()
        found, condition = self._found(record_id, if_version, scope, parameters)
        ((number, deleted),) = await self._database.change(
            f"WITH f AS ({found}), d AS (DELETE FROM {self._table} r USING f "
            f"WHERE r.owner = f.owner AND r.key = f.key AND {condition} RETURNING 1) "
            "SELECT (SELECT count(*) FROM f), (SELECT count(*) FROM d)",
            parameters.values,
        )
        if not deleted:
            self._check_found(record_id, number)

    async def delete_all(self, scope: Scope) -> None:
        """Delete every record in scope, expired ones as well."""
        parameters = Parameters()
        span = owned_in(self._schema, scope, parameters)
        await self._database.change(f"DELETE FROM {self._table} r WHERE {span}", parameters.values)

    async def purge(self) -> int:
        """Remove the records that have expired, and owners that have no record left; return how many records."""
        removed = 0
        while True:
            rows = await self._database.change(
                f"DELETE FROM {self._table} r USING (SELECT e.owner, e.key FROM {self._table} e "
                f"WHERE e.expires_at <= {NOW} LIMIT {_PURGED_AT_ONCE} FOR UPDATE SKIP LOCKED) x "
                f"WHERE r.owner = x.owner AND r.key = x.key AND r.expires_at <= {NOW} RETURNING 1"
            )
            if not rows:
                break
            removed += len(rows)
        await prune(self._database, ANYWHERE)
        return removed

    # Adding

    async def _store(self, items: Sequence[New]) -> tuple[list[Row], int]:
        """Return the rows of the items in order, and how many of them are new."""
        if not items:
            return [], 0
        keys = [item.key for item in items]
        distinct = self._distinct(zip(keys, items, strict=True))
        words = dict(zip(distinct, await self._words(distinct.values()), strict=True))
        whole = len([*parts_of(distinct, _characters)]) == 1
        rows = await self._insert(distinct, words) if whole else None
        added = len(distinct)
        if rows is None:
            rows, added = await self._settle(distinct, words)
        return [rows[key] for key in keys], added

    def _distinct(self, items: Iterable[tuple[Key, New]]) -> dict[Key, New]:
        """Return the items by their keys; the same one twice counts once, with the last time of expiry given."""
        distinct: dict[Key, New] = {}
        for key, item in items:
            other = distinct.get(key)
            if other is None:
                distinct[key] = item
            elif not is_same(other, item):
                raise ConflictError(self._name, item.id)
            elif item.expires_at is not None:
                distinct[key] = other._replace(expires_at=item.expires_at)
        return distinct

    async def _insert(self, items: Mapping[Key, New], words: Mapping[Key, Words]) -> dict[Key, Row] | None:
        """Store items that are not there yet, in one statement; where an id is taken, none, and return `None`."""
        parameters = Parameters()
        try:
            rows = await self._database.change(self._inserting(items, words, parameters, check=True), parameters.values)
        except Taken:  # by a transaction that the statement did not see yet
            return None
        return _stored(items, rows) if rows else None

    async def _settle(self, items: Mapping[Key, New], words: Mapping[Key, Words]) -> tuple[dict[Key, Row], int]:
        """Store items of which some may be there already, and return their rows, and how many are new."""

        async def work(connection: Connection) -> tuple[dict[Key, Row], int]:
            rows = await self._same(connection, items)
            missing = {key: item for key, item in items.items() if key not in rows}
            for part in parts_of(missing, _characters):
                parameters = Parameters()
                statement = self._inserting(part, words, parameters, check=False)
                rows |= _stored(part, await connection.fetch(statement, *parameters.values))
            return rows, len(missing)

        return await self._database.transact(work)

    async def _same(self, connection: Connection, items: Mapping[Key, New]) -> dict[Key, Row]:
        """Lock the records that have the ids of items, and return them; remove those that have expired.

        Raises:
            ConflictError: One differs from its item.
        """
        parameters = Parameters()
        wanted = parameters.rows(sorted(items), owner="bytea", key="bytea")
        found = await connection.fetch(
            f"SELECT {COLUMNS}, r.owner, r.key, {_ALIVE} AS alive FROM {self._table} r {self._owners} "
            f"WHERE (r.owner, r.key) IN (SELECT * FROM {wanted}) "
            "ORDER BY r.owner, r.key FOR UPDATE OF r",
            *parameters.values,
        )
        rows: dict[Key, Row] = {}
        expired: list[Key] = []
        expiry: dict[Key, int] = {}
        for columns in found:
            key = (columns["owner"], columns["key"])
            if not columns["alive"]:
                expired.append(key)
                continue
            item, row = items[key], read(columns)
            if not is_same(row, item):
                raise ConflictError(self._name, item.id)
            if item.expires_at is not None and item.expires_at != row.expires_at:
                expiry[key] = item.expires_at
                row = row._replace(expires_at=item.expires_at)
            rows[key] = row
        if expired:
            parameters = Parameters()
            gone = parameters.rows(expired, owner="bytea", key="bytea")
            await connection.execute(
                f"DELETE FROM {self._table} r USING {gone} WHERE r.owner = n.owner AND r.key = n.key",
                *parameters.values,
            )
        if expiry:
            parameters = Parameters()
            given = parameters.rows(
                [(*key, time) for key, time in expiry.items()], owner="bytea", key="bytea", expires_at="bigint"
            )
            await connection.execute(
                f"UPDATE {self._table} r SET expires_at = n.expires_at FROM {given} "
                "WHERE r.owner = n.owner AND r.key = n.key",
                *parameters.values,
            )
        return rows

    # Statements

    def _inserting(
        self, items: Mapping[Key, New], words: Mapping[Key, Words], parameters: Parameters, *, check: bool
    ) -> str:
        """Return the statement that stores items, in the order of their keys, with numbers in the order of the items.

        Args:
            items: The items.
            words: Their words.
            parameters: Gets the values.
            check: Whether it stores nothing where there is a record that has the id of one of them.
        """
        rows = [
            (
                place,
                *key,
                item.id,
                item.created_at,
                item.updated_at,
                item.expires_at,
                words[key].length,
                metadata_text(item.metadata),
                tags_of(item.metadata),
                item.content,
                data_text(item.data),
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
            id="text",
            created_at="bigint",
            updated_at="bigint",
            expires_at="bigint",
            length="integer",
            metadata="text",
            tags="text",
            content="text",
            data="text",
            words="text",
        )
        return (
            f"WITH o AS ({owners}) INSERT INTO {self._table} ({_STORED}) "
            "SELECT n.owner, n.key, s.numbers[n.place], s.numbers[n.place], s.numbers[n.place], "
            f"coalesce(n.created_at, {NOW}), coalesce(n.updated_at, n.created_at, {NOW}), n.expires_at, n.length, "
            f"n.id, n.metadata, n.tags::jsonb, n.content, n.data, n.words::tsvector FROM {given}, "
            f"(SELECT ARRAY(SELECT nextval({self._numbers}) FROM generate_series(1, {len(rows)})) AS numbers) s "
            f"{self._unless_taken(items, parameters) if check else ''} "
            "RETURNING owner, key, seq, version, created_at, updated_at"
        )

    def _unless_taken(self, items: Mapping[Key, New], parameters: Parameters) -> str:
        named = [key for key, item in items.items() if item.named]
        if not named:
            return ""
        return (
            f"WHERE NOT EXISTS (SELECT 1 FROM {self._table} r, {parameters.rows(named, owner='bytea', key='bytea')} "
            "WHERE r.owner = n.owner AND r.key = n.key)"
        )

    def _putting(self, item: New, words: Words, parameters: Parameters, drop: str) -> str:
        """Return the statement that stores a record, or replaces the one that has its id."""
        expired = f"r.expires_at <= {NOW}"
        values = self._values(item, words, parameters)
        return (
            f"WITH o AS ({adding(self._schema, [item.owner], parameters)}), "
            f"u AS (INSERT INTO {self._table} AS r ({_STORED}) "
            f"SELECT {', '.join(parameters(part) for part in item.key)}, n.number, n.number, n.number, {NOW}, {NOW}, "
            f"{values['expires_at']}, {values['length']}, {parameters(item.id)}, {values['metadata']}, "
            f"{values['tags']}, {values['content']}, {values['data']}, {values['words']} "
            f"FROM (SELECT nextval({self._numbers}) AS number) n ON CONFLICT (owner, key) DO UPDATE SET "
            f"seq = CASE WHEN {expired} THEN excluded.seq ELSE r.seq END, version = excluded.version, "
            f"text_seq = CASE WHEN {expired} OR r.content <> excluded.content THEN excluded.text_seq "
            "ELSE r.text_seq END, "
            f"created_at = CASE WHEN {expired} THEN excluded.created_at ELSE r.created_at END, "
            f"updated_at = CASE WHEN {expired} THEN excluded.updated_at "
            "ELSE greatest(excluded.updated_at, r.updated_at) END, "
            f"{', '.join(f'{name} = excluded.{name}' for name in values)} RETURNING r.*){drop} {_NUMBERS}"
        )

    def _replacing(self, item: New, words: Words, version: int, parameters: Parameters, drop: str) -> str:
        """Return the statement that replaces a record, if it has a version."""
        values = self._values(item, words, parameters)
        owner, key = (parameters(part) for part in item.key)
        sets = ", ".join(f"{name} = {value}" for name, value in values.items())
        return (
            f"WITH u AS (UPDATE {self._table} r SET {sets}, {self._renumbered(values['content'])}, "
            f"version = nextval({self._numbers}), updated_at = greatest({NOW}, r.updated_at) "
            f"WHERE r.owner = {owner} AND r.key = {key} AND r.version = {parameters(version)} AND {_ALIVE} "
            f"RETURNING r.*){drop} {_NUMBERS}"
        )

    def _values(self, item: New, words: Words, parameters: Parameters) -> dict[str, str]:
        """Return what `put` sets, by column, in SQL."""
        return {
            "expires_at": f"{parameters(item.expires_at)}::bigint",
            **self._content(item.content, words, parameters),
            **self._metadata(item.metadata, parameters),
            "data": f"{parameters(data_text(item.data))}::text",
        }

    def _content(self, content: str, words: Words, parameters: Parameters) -> dict[str, str]:
        return {
            "content": f"{parameters(content)}::text",
            "words": f"{parameters(words.vector)}::text::tsvector",
            "length": f"{parameters(words.length)}::integer",
        }

    def _metadata(self, metadata: dict[str, Any] | None, parameters: Parameters) -> dict[str, str]:
        return {
            "metadata": f"{parameters(metadata_text(metadata))}::text",
            "tags": f"{parameters(tags_of(metadata))}::text::jsonb",
        }

    async def _sets(self, changes: Mapping[str, Any], parameters: Parameters) -> str:
        """Return what an update sets, in SQL."""
        values: dict[str, str] = {}
        numbered: list[str] = []
        if "content" in changes:
            content = changes["content"]
            words = await computed(lambda: words_of(content), len(content))
            values |= self._content(content, words, parameters)
            numbered = [self._renumbered(values["content"])]
        if "metadata" in changes:
            values |= self._metadata(changes["metadata"], parameters)
        if "data" in changes:
            values["data"] = f"{parameters(data_text(changes['data']))}::text"
        if values:
            values["version"] = f"nextval({self._numbers})"
            values["updated_at"] = f"greatest({NOW}, r.updated_at)"
        if "expires_at" in changes:
            values["expires_at"] = f"{parameters(changes['expires_at'])}::bigint"
        return ", ".join([f"{name} = {value}" for name, value in values.items()] + numbered)

    def _renumbered(self, content: str) -> str:
        """Return what an update sets where it gives a record some content, in SQL: another text has another number."""
        return f"text_seq = CASE WHEN r.content = {content} THEN r.text_seq ELSE nextval({self._numbers}) END"

    async def _dropping(self) -> str:
        """Return the part of a statement that deletes the vectors of former texts of the records `u`."""
        if not await self._database.has_vectors():
            return ""
        return (
            f", v AS (DELETE FROM {self._table}_vector v USING u "
            "WHERE v.owner = u.owner AND v.key = u.key AND v.text_seq <> u.text_seq)"
        )

    def _named(self, record_id: str, scope: Scope, parameters: Parameters) -> str:
        """Return the condition for the records `r` of owners `o` that an id means; of several owners there are more."""
        conditions = [f"r.key = {parameters(key_of(record_id))}", _ALIVE]
        owner = scope.owner
        # The owner of `r`, not that of `o`, so that one partition is read.
        conditions.append(
            labels_in(scope, parameters) if owner is None else f"r.owner = {parameters(owner_key(owner))}"
        )
        return all_of(*conditions)

    def _found(self, record_id: str, if_version: str | None, scope: Scope, parameters: Parameters) -> tuple[str, str]:
        """Return the statement that locks the record that an id means, and what must hold of it to be changed."""
        found = (
            f"SELECT r.owner, r.key FROM {self._table} r {self._owners} "
            f"WHERE {self._named(record_id, scope, parameters)} LIMIT 2 FOR UPDATE OF r"
        )
        condition = "(SELECT count(*) FROM f) = 1"
        if if_version is not None:
            condition += f" AND r.version = {parameters(version_number(if_version))}"
        return found, condition

    def _check_found(self, record_id: str, number: int) -> None:
        """Raise where a change found no record, several, or one of another version.

        Args:
            record_id: The id.
            number: How many were found; negative where one was changed.
        """
        if number >= 0:
            only([None] * number, self._name, record_id)
            raise ConflictError(self._name, record_id, reason="version")

    async def _words(self, items: Collection[New]) -> list[Words]:
        texts = [item.content for item in items]
        return await computed(lambda: [*map(words_of, texts)], sum(map(len, texts)))


def _characters(item: New) -> int:
    # Metadata and data become JSON only in the statement; each of them is limited to what a content may have.
    return len(item.content) if item.data is None else len(item.content) + len(data_text(item.data) or "")


def _stored(items: Mapping[Key, New], rows: Iterable[Columns]) -> dict[Key, Row]:
    """Return the rows of items that were stored, given what the statement returned."""
    return {(owner, key): stored(items[owner, key], *numbers) for owner, key, *numbers in rows}
