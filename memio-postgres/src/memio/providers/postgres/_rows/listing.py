"""Pages of rows: their order, their places, and how much memory they take.

Cursors name the kind of listing and the number of the last row that was delivered. Rows are found by their number, so a
page costs the same everywhere, and it makes no difference whether that row still exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from memio.errors import InvalidInputError
from memio.owners import ANYWHERE, Scope
from memio.providers.postgres._db.connection import Row
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.scopes import all_of, labels_in, owned_in

BYTES = 4_000_000
"""How much the rows of a page weigh at most, without the last one. Pages of small records weigh less."""
PARSED = 16
"""How much more memory a value takes than its JSON. Long texts take as much, nested lists 40 times."""
_MOST = 1_000
"""How many rows are read at once when a filter leaves out many."""

_CURSOR = re.compile(r"([a-z]+)-([0-9]{1,19})(?:-([mp][0-9]{1,19}))?")

Condition = Callable[[Parameters], str]
"""Returns a condition on the rows `r`, and adds its values."""


class Listing(NamedTuple):
    """How the rows of a table are listed.

    Attributes:
        table: The table, whose rows are `r`.
        columns: What is selected of the rows `r` and their owners `o`, in SQL; the first column is `r.seq`.
        weight: How much memory a row takes, as an expression on `r`.
        joined: What follows the rows in `FROM`, so that `columns` are there.
        order: The columns that order the rows, all ascending or all descending; the last one is `seq`.
    """

    table: str
    columns: str
    weight: str
    joined: str
    order: tuple[str, ...] = ("seq",)


class Part(NamedTuple):
    """Some rows of a listing, and whether there are more after them."""

    rows: list[Row]
    more: bool


async def part_of(
    database: Database,
    listing: Listing,
    scope: Scope,
    limit: int,
    place: tuple[int, ...] | None = None,
    *,
    back: bool = False,
    condition: Condition | None = None,
    accept: Callable[[Row], bool] | None = None,
) -> Part:
    """Return rows in the order of the listing: at most `limit`, and none after those that weigh `BYTES` together.

    Args:
        database: The database.
        listing: What is listed.
        scope: The owners whose rows are listed.
        limit: How many rows at most.
        place: The order of the row after which they begin; `None` to begin with the first.
        back: Whether the order is descending.
        condition: What holds of the rows, in SQL.
        accept: Judges the rows; those that it refuses are left out.
    """
    taken: list[Row] = []
    size, weight = limit, 0
    while True:
        parameters = Parameters()
        chosen = condition(parameters) if condition else "TRUE"
        sql = _page(database.schema, listing, scope, parameters, chosen, place, size, back=back)
        rows = await database.read(sql, parameters.values)
        more = bool(rows) and rows[0]["found"] > len(rows[:size])
        for number, row in enumerate(rows[:size]):
            if accept is None or accept(row):
                taken.append(row)
                weight += row["weight"]
                if len(taken) == limit or weight >= BYTES:
                    return Part(taken, more or number + 1 < len(rows[:size]))
        if not more or (accept is None):
            return Part(taken, more)
        place = tuple(rows[:size][-1][name] for name in listing.order)
        size = min(4 * size, _MOST)


def _page(
    schema: str,
    listing: Listing,
    scope: Scope,
    parameters: Parameters,
    condition: str,
    place: tuple[int, ...] | None,
    limit: int,
    *,
    back: bool,
) -> str:
    """Return the statement for a page: one row more than its limit is counted, and none is read beyond its weight."""
    beyond, direction = ("<", "DESC") if back else (">", "ASC")
    order = ", ".join(f"r.{name} {direction}" for name in listing.order)
    after = "TRUE"
    if place is not None:
        names = ", ".join(f"r.{name}" for name in listing.order)
        after = f"({names}) {beyond} ({', '.join(f'{parameters(value)}::bigint' for value in place)})"
    rows = f"SELECT r.* FROM {schema}.{listing.table} r WHERE "
    end = f" ORDER BY {order} LIMIT {limit + 1}"
    if scope.owner is not None or scope == ANYWHERE:
        found = f"{rows}{all_of(owned_in(schema, scope, parameters), condition, after)}{end}"
    else:
        # The rows of each owner lie in order in an index, so that no more of them are read than may be on the page.
        found = (
            f"SELECT r.* FROM {schema}.owner o CROSS JOIN LATERAL "
            f"({rows}{all_of('r.owner = o.owner', condition, after)}{end}) r WHERE {labels_in(scope, parameters)}{end}"
        )
    return (
        f"SELECT {listing.columns}, r.weight, r.found FROM (SELECT r.*, {listing.weight} AS weight, "
        f"count(*) OVER () AS found, sum({listing.weight}) OVER (ORDER BY {order} ROWS BETWEEN UNBOUNDED PRECEDING "
        f"AND 1 PRECEDING) AS before FROM ({found}) r) r {listing.joined} "
        f"WHERE coalesce(r.before, 0) < {BYTES} ORDER BY {order}"
    )


def weight_of(*columns: str, values: tuple[str, ...] = ()) -> str:
    """Return how much memory texts and JSON values take, the latter when they are parsed, as an expression."""
    texts = (f"octet_length(r.{name})" for name in columns)
    return " + ".join((*texts, *(f"{PARSED} * coalesce(octet_length(r.{name}), 0)" for name in values)))


def write_cursor(name: str, row: Row, order: tuple[str, ...] = ("seq",)) -> str:
    """Return the cursor after a row.

    Args:
        name: The kind of listing, in small letters.
        row: The row.
        order: The columns that order the listing; one may come before `seq`.
    """
    values = [row[column] for column in order]
    more = "".join(f"-{'m' if value < 0 else 'p'}{abs(value)}" for value in values[:-1])
    return f"{name}-{values[-1]}{more}"


def read_cursor(name: str, cursor: str | None, order: tuple[str, ...] = ("seq",)) -> tuple[int, ...] | None:
    """Return the order of the row after which a page begins.

    Raises:
        InvalidInputError: It is not a cursor, or it belongs to another listing.
    """
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if not match or match[1] != name or (match[3] is None) is (len(order) > 1):
        raise InvalidInputError(
            "cursor does not belong to this listing: pass the next_cursor of a page unchanged, or leave it out to "
            "begin anew",
            argument="cursor",
        )
    values = [int(match[2])]
    if match[3] is not None:
        values.insert(0, int(match[3][1:]) * (-1 if match[3][0] == "m" else 1))
    if any(abs(value) >= 2**63 for value in values):
        raise InvalidInputError("cursor is not one that a page of this listing returned", argument="cursor")
    return tuple(values)
