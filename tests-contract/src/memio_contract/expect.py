"""Comparisons that end a law when a store breaks it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from itertools import zip_longest
from typing import Any, NoReturn, TypeVar, cast

from memio.errors import MemioError
from memio_contract.outcome import LawBroken
from memio_contract.source import code, shortened

E = TypeVar("E", bound=MemioError)


def broken(what: str) -> NoReturn:
    """End the law: the store breaks it."""
    raise LawBroken(what)


def equal(actual: Any, expected: Any, what: str) -> None:
    """Expect a value, compared as JSON is: `True` is not a number, and 1 is 1.0."""
    if same(actual, expected):
        return
    if isinstance(actual, list) and isinstance(expected, list):
        broken(f"{what}: {_difference(cast('list[Any]', actual), cast('list[Any]', expected))}")
    broken(f"{what}\n  is         {shortened(code(actual))}\n  instead of {shortened(code(expected))}")


def _difference(actual: list[Any], expected: list[Any]) -> str:
    """Describe the first place at which two lists differ."""
    rest = f"instead of {len(expected)}" if len(actual) != len(expected) else "as expected"
    pairs = zip_longest(actual, expected, fillvalue=_NOTHING)
    place, (left, right) = next((n, pair) for n, pair in enumerate(pairs) if not same(*pair))
    return (
        f"there are {len(actual)}, {rest}\n  number {place + 1} is {_shown(left)}\n  instead of {_shown(right)}"
        f"\n  all are {shortened(code(actual))}\n  instead of {shortened(code(expected))}"
    )


_NOTHING = object()


def _shown(item: object) -> str:
    return "not there" if item is _NOTHING else shortened(code(item))


def that(condition: object, what: str) -> None:
    """Expect something to hold."""
    if not condition:
        broken(what)


def same(left: Any, right: Any) -> bool:
    """Compare two values as JSON: booleans, numbers and strings are different things, numbers go by value."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))  # pyright: ignore[reportUnknownArgumentType]
    return bool(left == right)


async def refused(call: Awaitable[Any], error: type[E], what: str) -> E:
    """Expect a call to raise an error of a class, and return the error."""
    try:
        answer = await call
    except error as raised:
        return raised
    except MemioError as other:
        broken(f"{what} must raise {error.__name__}, it raised {type(other).__name__}: {other}")
    broken(f"{what} must raise {error.__name__}, it returned {shortened(code(answer))}")


def about(error: Any, resource: str, resource_id: str) -> None:
    """Expect an error to name what it is about."""
    equal(error.resource, resource, f"the `resource` of the {type(error).__name__}")
    equal(error.resource_id, resource_id, f"the `resource_id` of the {type(error).__name__}")


def once_each(items: Iterable[Any], what: str) -> None:
    """Expect no item twice."""
    seen: set[Any] = set()
    for item in items:
        if item in seen:
            broken(f"{what} holds {code(item)} twice")
        seen.add(item)


async def all_pages(
    page: Callable[[str | None], Awaitable[Any]],
    *,
    limit: int,
    most: int,
    between: Callable[[list[Any]], Awaitable[None]] | None = None,
) -> list[Any]:
    """Follow a listing to its end.

    Args:
        page: Asks for the page at a cursor.
        limit: What `page` asks for as its limit; no page may be longer.
        most: More pages or records than this mean that the listing does not end.
        between: Called with each page before the next one is asked for.
    """
    found: list[Any] = []
    cursor: str | None = None
    followed: set[str] = set()
    for _ in range(most):
        records = await page(cursor)
        that(len(records) <= limit, f"a page of limit={limit} holds {len(records)} records")
        found += records
        if between is not None:
            await between(list(records))
        cursor = records.next_cursor
        if cursor is None:
            return found
        that(cursor not in followed, f"the listing does not end: the cursor {code(cursor)} came a second time")
        followed.add(cursor)
        if len(found) > most:
            break
    broken(f"the listing does not end: pages of limit={limit} gave {len(found)} records, and more would follow")
