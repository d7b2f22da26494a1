"""Adding many records: the items as callers write them, and the way for stores without a batch call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from memio._values.text import type_name
from memio.errors import InvalidInputError, PartialWriteError

CONCURRENCY = 8
"""How many records are on their way at once to a store without a batch call."""


def item_arguments(
    items: object, known: Iterable[str], owners: Mapping[str, str]
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Yield, for each item, the arguments of its `add` and its owner.

    Args:
        items: Texts, or dicts with the arguments of `add`.
        known: The names of those arguments.
        owners: The owner of all items, where the call names one.
    """
    if isinstance(items, (str, Mapping)) or not isinstance(items, Iterable):
        raise InvalidInputError(
            f"items must be a list of texts or dicts, not {type_name(cast('object', items))}", argument="items"
        )
    for index, item in enumerate(cast("Iterable[object]", items)):
        if isinstance(item, str):
            yield {"content": item}, dict(owners)
            continue
        if not isinstance(item, Mapping):
            raise InvalidInputError(
                f"items[{index}] must be a text or a dict such as {{'content': …}}, not {type_name(item)}",
                argument="items",
            )
        yield _split(cast("Mapping[str, Any]", item), index, known, owners)


def _split(
    item: Mapping[str, Any], index: int, known: Iterable[str], owners: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    arguments: dict[str, Any] = {}
    owner: dict[str, Any] = dict(owners)
    for name, value in item.items():
        if value is None or (name == "metadata" and value == {}):
            continue
        if name not in known:
            raise InvalidInputError(
                f"items[{index}] has the unknown key {name!r}; known are: {', '.join(sorted(known))}", argument="items"
            )
        if name not in ("user_id", "agent_id"):
            arguments[name] = value
        elif owner.setdefault(name, value) != value:
            raise InvalidInputError(f"items[{index}].{name} is not the {name} of the call", argument="items")
    if "content" not in arguments:
        raise InvalidInputError(f"items[{index}] has no content", argument="items")
    return arguments, owner


async def add_each(store: Any, *, items: Sequence[dict[str, Any]]) -> list[Any]:
    """Add records one by one, some at once, and return them in order.

    Raises:
        PartialWriteError: One failed after others were added. Those already on their way were waited for.
    """
    from asyncio import gather

    results: dict[int, Any] = {}
    failures: list[Exception] = []
    waiting = iter(enumerate(items))

    async def work() -> None:
        for index, item in waiting:
            if failures:
                return
            try:
                results[index] = await store.add(**item)
            except Exception as error:  # noqa: BLE001  # kept, and raised below
                failures.append(error)

    await gather(*(work() for _ in range(min(CONCURRENCY, len(items)))))
    added = [results[index] for index in sorted(results)]
    if failures and added:
        raise PartialWriteError(added, total=len(items), cause=failures[0]) from failures[0]
    if failures:
        raise failures[0]
    return added
