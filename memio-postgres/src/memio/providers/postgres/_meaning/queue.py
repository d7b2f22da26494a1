"""Which texts are still to be embedded.

A text is pending for a model as long as it has no row for it among the vectors, or one that is `due`. So writers do
nothing: a new text has a new number, for which there is no row. Whoever claims a text makes its row, and leases it for
a minute; several processes share the work.

Every function runs inside a transaction; `claim` after `lock_models`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from memio.protocols import Embedded
from memio.providers.postgres._db.connection import Connection
from memio.providers.postgres._db.schema import EMBEDDED
from memio.providers.postgres._meaning.models import NEVER, Model
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.scopes import all_of
from memio.providers.postgres._rows.values import NOW
from memio.toolkit import WINDOWS, windows

CLAIMED_FOR = 60_000_000
"""For how long what one process embeds is left to it, in microseconds."""
REFUSALS = 3
"""How often an embedder is asked for a text alone."""

_RECORDS_AT_ONCE = 64
_WINDOWS_AT_ONCE = 64
"""How many texts and how many windows an embedder gets in one call. The last text may have more windows."""


class Claimed(NamedTuple):
    """A text that is being embedded.

    Attributes:
        key: The key of its record.
        number: Its number.
        windows: What is embedded.
    """

    key: tuple[bytes, ...]
    number: int
    windows: list[str]


class Place:
    """The vectors of a table, in SQL: `r` is a record, `v` a vector, and `n` what is given.

    Args:
        schema: The schema.
        name: The table.
    """

    def __init__(self, schema: str, name: str) -> None:
        self.schema = schema
        self.name = name
        self.table = f"{schema}.{name}"
        self.vectors = f"{schema}.{name}_vector"
        self.identity, self.number = EMBEDDED[name]
        self.keys = ", ".join(self.identity)

    def columns(self, row: str) -> str:
        """Return the key of a row."""
        return ", ".join(f"{row}.{column}" for column in self.identity)

    def same(self, one: str, other: str) -> str:
        """Return the condition that two rows have the same key."""
        return " AND ".join(f"{one}.{column} = {other}.{column}" for column in self.identity)

    def given(self, parameters: Parameters, rows: Sequence[Sequence[Any]], **more: str) -> str:
        """Return rows that begin with a key and the number of a text, as `n`."""
        columns = dict.fromkeys(self.identity, "bytea") | {"text_seq": "bigint"} | more
        return parameters.rows(rows, **columns)

    def unclaimed(self, model: str) -> str:
        """Return the condition that a record was not claimed for a model since it has its text."""
        return (
            f"NOT EXISTS (SELECT 1 FROM {self.vectors} v WHERE {self.same('v', 'r')} AND v.model = {model} "
            f"AND v.part = 0 AND v.text_seq = r.{self.number})"
        )


async def claim(
    connection: Connection, place: Place, model: Model, limit: int, max_chars: int, settled: int
) -> list[Claimed]:
    """Claim texts that are pending, as many as an embedder gets in one call.

    Args:
        connection: A connection in a transaction.
        place: The table.
        model: The model.
        limit: How many at most.
        max_chars: How many characters a window has at most.
        settled: From `Horizon`.
    """
    limit = min(limit, _RECORDS_AT_ONCE)
    text = f"substr(r.content, 1, {WINDOWS * (max_chars + 1)})"  # and white space between the windows
    due = await connection.fetch(
        f"SELECT {place.columns('r')}, r.{place.number}, {text} FROM {place.vectors} v "
        f"JOIN {place.table} r ON {place.same('r', 'v')} AND r.{place.number} = v.text_seq "
        f"WHERE v.model = $1 AND v.part = 0 AND v.due <= {NOW} ORDER BY v.due, v.text_seq LIMIT $2 "
        "FOR UPDATE OF v SKIP LOCKED",
        model.number,
        limit,
    )
    new = await connection.fetch(
        f"SELECT {place.columns('r')}, r.{place.number}, {text} FROM {place.table} r "
        f"WHERE r.{place.number} > $1 AND {place.unclaimed('$2')} ORDER BY r.{place.number} LIMIT $3 "
        "FOR KEY SHARE OF r SKIP LOCKED",  # one that is being deleted can have no vector
        model.upto,
        model.number,
        limit,
    )
    found: list[Claimed] = []
    number = 0
    for *key, text_seq, content in (*due, *new):
        found.append(Claimed(tuple(key), text_seq, windows(content, max_chars)))
        number += len(found[-1].windows)
        if len(found) == limit or number >= _WINDOWS_AT_ONCE:
            break
    if found:
        await _lease(connection, place, model, found)
    if settled > model.upto:
        await connection.execute(
            f"UPDATE {place.schema}.model m SET upto = coalesce((SELECT min(r.{place.number}) - 1 "
            f"FROM {place.table} r WHERE r.{place.number} > $1 AND r.{place.number} <= $2 "
            f"AND {place.unclaimed('$3')}), $2) WHERE m.source = $4 AND m.number = $3",
            model.upto,
            settled,
            model.number,
            place.name,
        )
    return found


async def _lease(connection: Connection, place: Place, model: Model, texts: Iterable[Claimed]) -> None:
    """Make the rows of texts, in the place of those of their former texts."""
    parameters = Parameters()
    number = parameters(model.number)
    given = place.given(parameters, [(*text.key, text.number) for text in sorted(texts)])
    await connection.execute(
        f"WITH d AS (DELETE FROM {place.vectors} v USING {given} WHERE {place.same('v', 'n')} "
        f"AND v.model = {number}::integer AND v.part > 0) "
        f"INSERT INTO {place.vectors} AS v ({place.keys}, model, part, text_seq, due) "
        f"SELECT {place.columns('n')}, {number}::integer, 0, n.text_seq, {NOW} + {CLAIMED_FOR} FROM {given} "
        f"ON CONFLICT ({place.keys}, model, part) DO UPDATE SET text_seq = excluded.text_seq, due = excluded.due, "
        "vector = NULL, refused = CASE WHEN v.text_seq = excluded.text_seq THEN v.refused ELSE 0 END",
        *parameters.values,
    )


async def store(
    connection: Connection,
    place: Place,
    number: int,
    vector: str,
    texts: Sequence[tuple[Claimed, Sequence[str]]],
) -> int:
    """Store the vectors of texts that are still those of their records, and return of how many.

    Args:
        connection: A connection in a transaction that has locked the model.
        place: The table.
        number: The model.
        vector: The type of vectors.
        texts: Each text with the vectors of its windows. One without any is done too.
    """
    rows = [
        (*text.key, text.number, part, value) for text, values in texts for part, value in enumerate(values or (None,))
    ]
    parameters = Parameters()
    model = f"{parameters(number)}::integer"
    given = place.given(parameters, rows, part="smallint", value="text")
    # Records are locked before their vectors, as by those who delete them.
    return int(
        await connection.fetchval(
            f"WITH n AS MATERIALIZED (SELECT * FROM {given}), l AS MATERIALIZED ("
            f"SELECT {place.columns('r')} FROM {place.table} r JOIN n ON {place.same('r', 'n')} AND n.part = 0 "
            f"AND n.text_seq = r.{place.number} ORDER BY {place.columns('r')} FOR KEY SHARE OF r), "
            f"d AS (UPDATE {place.vectors} v SET vector = n.value::{vector}, due = NULL "
            f"FROM n JOIN l ON {place.same('l', 'n')} WHERE n.part = 0 AND {place.same('v', 'n')} "
            f"AND v.model = {model} AND v.part = 0 AND v.text_seq = n.text_seq AND v.due IS NOT NULL "
            f"RETURNING {place.columns('v')}), "
            f"m AS (INSERT INTO {place.vectors} ({place.keys}, model, part, text_seq, vector) "
            f"SELECT {place.columns('n')}, {model}, n.part, n.text_seq, n.value::{vector} "
            f"FROM n JOIN d ON {place.same('d', 'n')} WHERE n.part > 0 "
            f"ON CONFLICT ({place.keys}, model, part) DO UPDATE SET text_seq = excluded.text_seq, "
            "vector = excluded.vector) SELECT count(*) FROM d",
            *parameters.values,
        )
    )


async def release(connection: Connection, place: Place, number: int, texts: Sequence[Claimed]) -> None:
    """Let texts be claimed again at once."""
    parameters = Parameters()
    given = place.given(parameters, [(*text.key, text.number) for text in texts])
    await connection.execute(
        f"UPDATE {place.vectors} v SET due = 0 FROM {given} WHERE {place.same('v', 'n')} AND v.part = 0 "
        f"AND v.model = {parameters(number)}::integer AND v.text_seq = n.text_seq AND v.due < {NEVER}",
        *parameters.values,
    )


async def refuse(connection: Connection, place: Place, number: int, text: Claimed) -> None:
    """Note that a text was refused alone: a few times it is tried again, and then it has failed."""
    parameters = Parameters()
    given = place.given(parameters, [(*text.key, text.number)])
    await connection.execute(
        f"UPDATE {place.vectors} v SET refused = v.refused + 1, "
        f"due = CASE WHEN v.refused + 1 >= {REFUSALS} THEN {NEVER} ELSE 0 END "
        f"FROM {given} WHERE {place.same('v', 'n')} AND v.part = 0 AND v.model = {parameters(number)}::integer "
        "AND v.text_seq = n.text_seq AND v.due IS NOT NULL",
        *parameters.values,
    )


async def retry_failed(connection: Connection, place: Place, model: Model) -> None:
    """Let the texts that have failed be embedded again."""
    await connection.execute(
        f"UPDATE {place.vectors} v SET refused = 0, due = 0 WHERE v.model = $1 AND v.due = {NEVER}", model.number
    )


async def count(
    connection: Connection,
    place: Place,
    model: Model | None,
    span: str = "TRUE",
    before: int | None = None,
    parameters: Parameters | None = None,
) -> Embedded:
    """Return how many texts are pending for a model, and how many have failed.

    Args:
        connection: A connection.
        place: The table.
        model: The model; `None` where there is none yet, so that all texts are pending.
        span: Which records `r` count.
        before: The last number that counts; default all.
        parameters: The values of `span`.
    """
    value = Parameters() if parameters is None else parameters.copy()
    upto, number = (0, 0) if model is None else (model.upto, model.number)
    last = "TRUE" if before is None else f"r.{place.number} <= {value(before)}::bigint"
    where = all_of(span, last)
    model_number = f"{value(number)}::integer"
    rows = await connection.fetch(
        f"SELECT (SELECT count(*) FROM {place.table} r WHERE r.{place.number} > {value(upto)}::bigint "
        f"AND {where} AND {place.unclaimed(model_number)}), w.waiting, w.failed, "
        f"coalesce(pg_sequence_last_value('{place.table}_numbers'::regclass), 0) "
        f"FROM (SELECT count(*) FILTER (WHERE v.due < {NEVER}) AS waiting, "
        f"count(*) FILTER (WHERE v.due = {NEVER}) AS failed FROM {place.vectors} v "
        f"JOIN {place.table} r ON {place.same('r', 'v')} AND r.{place.number} = v.text_seq "
        f"WHERE v.model = {model_number} AND v.part = 0 AND v.due IS NOT NULL AND {where}) w",
        *value.values,
    )
    new, waiting, failed, mark = rows[0]
    return Embedded(new + waiting, failed, mark)
