"""One of the two faces of a store, so that each check is written once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from langgraph.store.base import BaseStore, Item, Op, Result, SearchItem


class Face:
    """Calls the sync methods of a store, or awaits the async ones in an event loop.

    Args:
        store: The store.
        runner: The event loop for the async methods; `None` for the sync ones.
    """

    def __init__(self, store: BaseStore, runner: asyncio.Runner | None) -> None:
        self.store = store
        self._runner = runner

    def _call(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        if self._runner is None:
            return getattr(self.store, name)(*arguments, **keywords)
        return self._runner.run(getattr(self.store, f"a{name}")(*arguments, **keywords))

    def put(self, namespace: Any, key: Any, value: Any, **keywords: Any) -> None:
        """Store an item."""
        self._call("put", namespace, key, value, **keywords)

    def get(self, namespace: Any, key: Any, **keywords: Any) -> Item | None:
        """Return an item, or `None`."""
        item: Item | None = self._call("get", namespace, key, **keywords)
        return item

    def value(self, namespace: Any, key: Any) -> Any:
        """Return the value of an item, which must be there."""
        item = self.get(namespace, key)
        assert item is not None, f"{key!r} is not in {namespace!r}"
        return item.value

    def delete(self, namespace: Any, key: Any) -> None:
        """Delete an item."""
        self._call("delete", namespace, key)

    def search(self, prefix: Any, **keywords: Any) -> list[SearchItem]:
        """Return items."""
        items: list[SearchItem] = self._call("search", prefix, **keywords)
        return items

    def keys(self, prefix: Any, **keywords: Any) -> list[str]:
        """Return the keys that a search finds, in its order."""
        return [item.key for item in self.search(prefix, **keywords)]

    def namespaces(self, **keywords: Any) -> list[tuple[str, ...]]:
        """Return namespaces."""
        found: list[tuple[str, ...]] = self._call("list_namespaces", **keywords)
        return found

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations."""
        results: list[Result] = self._call("batch", ops)
        return results

    def at_once(self, calls: list[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        """Make several calls at the same time: in threads, or as tasks.

        Args:
            calls: The name of a sync method and its arguments, for each.
        """
        if self._runner is None:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(8) as threads:
                running = [threads.submit(getattr(self.store, name), *arguments) for name, arguments in calls]
                return [each.result() for each in running]

        async def gather() -> list[Any]:
            return await asyncio.gather(*(getattr(self.store, f"a{name}")(*arguments) for name, arguments in calls))

        return self._runner.run(gather())
