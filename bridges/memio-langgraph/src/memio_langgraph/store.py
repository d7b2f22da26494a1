"""`MemioStore`: LangGraph's store over `memio.documents`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from langgraph.store.base import BaseStore, Op, Result, TTLConfig

from memio import Feature, InvalidInputError, Memio, NotSupportedError, blocking
from memio.protocols import OMITTED
from memio_langgraph._faces import at_once, one_by_one, run, together
from memio_langgraph._items import WHOLE, checked_paths, expiry
from memio_langgraph._operations import REFRESH, Operations

if TYPE_CHECKING:
    from memio import MemioConfig
    from memio.config import Config

NEEDED = (
    Feature.ATTRIBUTION,
    Feature.AGENT_SCOPE,
    Feature.NAMESPACES,
    Feature.OWNERS,
    Feature.METADATA,
    Feature.NEWEST_FIRST,
    Feature.PUT,
    Feature.DATA,
)
"""What the documents must support."""

_TTL_KEYS = ("refresh_on_read", "default_ttl", "omit_expired", "sweep_interval_minutes")


class MemioStore(BaseStore):
    """A store of LangGraph whose items are documents of memio.

    An item is one document: its namespace is the document's namespace, its key the document's id, its value the
    document's `data`, and the texts of the indexed fields are the content, which searches find. Scalars at the top
    level of the value are copied to the metadata, so that the backend can filter by them.

    - A search without a query lists items, the newest added first.
    - A search with a query returns the items that match first, best first, with a score; where these are fewer than
      `limit`, the other indexed items follow, the newest added first, without a score.
    - A batch reads first, then writes. All operations are checked before the first one is carried out.
    - An item with a time to live is gone when it has expired; there is nothing to sweep.

    Args:
        memio: A client with documents, which stays open, or a configuration: a dict, or the path of a TOML or JSON
            file. A client of a configuration belongs to the store, which closes it.
        agent_id: The label that keeps the items of this store apart from other documents.
        user_id: A user that all items belong to; then the store sees the items of this user only.
        fields: The paths of a value that are searched, as LangGraph's `index` has them; `$` is the whole value.
        ttl: LangGraph's settings for the time to live: `default_ttl` in minutes, and `refresh_on_read`.

    Raises:
        NotSupportedError: The documents lack something that the store needs; it lists what.
        InvalidInputError: A label or a setting cannot be honoured.

    Example:
        >>> from memio_langgraph import MemioStore
        >>> with MemioStore({"documents": {"provider": "sqlite", "path": ":memory:"}}) as store:
        ...     store.put(("alice", "preferences"), "coffee", {"text": "likes it black", "strength": 3})
        ...     [item.key for item in store.search(("alice",), query="black", filter={"strength": {"$gte": 2}})]
        ['coffee']
    """

    def __init__(
        self,
        memio: Memio | str | os.PathLike[str] | MemioConfig | Config,
        *,
        agent_id: str = "langgraph",
        user_id: str = OMITTED,
        fields: Sequence[str] = (WHOLE,),
        ttl: TTLConfig | None = None,
    ) -> None:
        self._owned = not isinstance(memio, Memio)
        self._memio = memio if isinstance(memio, Memio) else Memio.from_config(memio, own_loop=True)
        labels: dict[str, Any] = {"agent_id": agent_id}
        if user_id is not OMITTED:
            labels["user_id"] = user_id
        self._labels = labels
        self._paths = checked_paths(fields, "fields")
        self._memio.scoped(**labels).require({"documents": NEEDED}, by=type(self).__name__)
        self.supports_ttl = self._memio.documents.features >= REFRESH
        self.ttl_config = _checked_ttl(ttl, supported=self.supports_ttl, provider=self._memio.documents.provider)

    @cached_property
    def _waiting(self) -> Operations:
        return Operations(self._memio.documents, together, self._labels, self._paths, refreshes=self.supports_ttl)

    @cached_property
    def _blocking(self) -> Operations:
        documents = blocking.Memio.over(self._memio).documents
        return Operations(at_once(documents), one_by_one, self._labels, self._paths, refreshes=self.supports_ttl)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations: first those that read, concurrently, then the last write of each key."""
        return await self._waiting.run(ops)

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations: first those that read, then the last write of each key.

        Raises:
            RuntimeError: The client belongs to one event loop: make it with `own_loop=True`, or use the async methods.
        """
        return run(self._blocking.run(ops))

    async def aclose(self) -> None:
        """Close the client, if it was made from a configuration."""
        if self._owned:
            await self._memio.aclose()

    def close(self) -> None:
        """Close the client, if it was made from a configuration."""
        if self._owned:
            # In a thread, because an event loop may be running in this one.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, self._memio.aclose()).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<MemioStore over {self._memio.documents.provider}: {self._labels}>"


def _checked_ttl(ttl: TTLConfig | None, *, supported: bool, provider: str) -> TTLConfig | None:
    if ttl is None:
        return None
    for name in ttl:
        if name not in _TTL_KEYS:
            raise InvalidInputError(
                f"ttl has the unknown key {name!r}; known are {', '.join(_TTL_KEYS)}", argument="ttl"
            )
    if ttl.get("sweep_interval_minutes") is not None:
        raise InvalidInputError(
            "ttl.sweep_interval_minutes: nothing has to be swept, because expired items are gone at once; leave it "
            "out, and call memio.purge() to free their space",
            argument="ttl",
        )
    if (default := ttl.get("default_ttl")) is not None:
        expiry(default, "ttl.default_ttl")
        if not supported:
            raise NotSupportedError(
                f"ttl.default_ttl needs documents that expire, and those of {provider} do not",
                hint="leave default_ttl out, or use a backend with the features expiry, update and versions",
            )
    return ttl
