"""Adding many records: the items as callers write them, and the calls to stores without a batch call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from memio._call.labels import narrowed
from memio._values.json import is_empty_object
from memio._values.text import shown, type_name
from memio.errors import InvalidInputError, MemioError, PartialWriteError, ProviderError
from memio.owners import OWNERS, Owner, Scope

CONCURRENCY = 8
"""How many records are added at once to a store without a batch call."""


_LABELS = (*OWNERS, "owner")
"""The keys of an item that name its owner."""


def item_arguments(items: object, known: Iterable[str], scope: Scope) -> Iterator[tuple[dict[str, Any], Scope]]:
    """Yield, for each item, the arguments of its `add` and its scope.

    Args:
        items: Texts, or dicts with the arguments of `add`.
        known: The names of those arguments.
        scope: What all items are confined to.
    """
    if isinstance(items, (str, Mapping)) or not isinstance(items, Iterable):
        raise InvalidInputError(
            f"items must be a list of texts or dicts, not {type_name(cast('object', items))}", argument="items"
        )
    labels: dict[str, Any] = {}
    labelled = scope
    for index, item in enumerate(cast("Iterable[object]", items)):
        if isinstance(item, str):
            yield {"content": item}, scope
            continue
        if not isinstance(item, Mapping):
            raise InvalidInputError(
                f"items[{index}] must be a text or a dict such as {{'content': …}}, not {type_name(item)}",
                argument="items",
            )
        arguments, given = _split(cast("Mapping[str, Any]", item), index, known)
        if not given:
            yield arguments, scope
            continue
        if not _same_labels(given, labels):  # most batches are of one owner, whose labels are checked once
            try:
                labelled = narrowed(scope, **given)
            except InvalidInputError as error:
                raise InvalidInputError(f"items[{index}]: {error.message}", argument="items") from None
            labels = given
        yield arguments, labelled


def _split(item: Mapping[str, Any], index: int, known: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of an item, and its labels, which are not checked yet."""
    arguments: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    for name, value in item.items():
        if name in _LABELS:
            labels[name] = value
        elif name not in known:
            raise InvalidInputError(
                f"items[{index}] has the unknown key {shown(name)}; known are: {', '.join(sorted((*known, *_LABELS)))}",
                argument="items",
            )
        elif value is not None and not (name == "metadata" and is_empty_object(value)):
            arguments[name] = value
    if "content" not in arguments:
        raise InvalidInputError(f"items[{index}] has no content", argument="items")
    return arguments, labels


def _same_labels(given: Mapping[str, Any], checked: Mapping[str, Any]) -> bool:
    """Return whether labels are certainly the same as those of the item before; false where it takes a closer look."""
    if given.keys() != checked.keys():
        return False
    for name, label in given.items():
        known = checked[name]
        if label is known:
            if type(label) in (str, Owner):
                continue
            return False  # a list may have been changed since
        if type(label) is not str or label != known:
            return False
    return True


async def add_each(store: Any, *, items: Sequence[dict[str, Any]]) -> list[Any]:
    """Add records one by one, some at once, and return them in order.

    Raises:
        PartialWriteError: Some records were added, or may have been, before one failed. Calls under way at that
            moment were waited for.
    """
    from asyncio import gather

    results: dict[int, Any] = {}
    failures: dict[int, Exception] = {}
    waiting = iter(enumerate(items))

    async def work() -> None:
        for index, item in waiting:
            if failures:  # this item was taken, but is not sent
                return
            try:
                results[index] = await store.add(**item)
            except Exception as error:  # noqa: BLE001  # kept, and raised below
                failures[index] = error

    await gather(*(work() for _ in range(min(CONCURRENCY, len(items)))))
    added = [results[index] for index in sorted(results)]
    if not failures:
        return added
    unknown = {index for index, error in failures.items() if not changed_nothing(error)}
    if not added and len(unknown) in (0, len(items)):
        raise next(iter(failures.values()))  # what it states holds for every item
    first = next(iter(failures.values()))
    raise PartialWriteError(
        added,
        not_added=[item for index, item in enumerate(items) if index not in results and index not in unknown],
        unknown=[items[index] for index in sorted(unknown)],
        cause=first,
        retryable=all(getattr(failures[index], "retryable", False) for index in failures.keys() - unknown),
    ) from first


def changed_nothing(error: Exception) -> bool:
    """Return whether a failed `add` certainly stored nothing."""
    if isinstance(error, ProviderError):
        return error.outcome == "not_applied"
    # Every other error of memio is raised before the write; anything else is a store's defect, at any point.
    return isinstance(error, MemioError)
