"""What the suite checks: a backend, and how to get an empty namespace in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from memio.capabilities import Kind
from memio.protocols import Embedder

Source = Mapping[str, Any] | str | Callable[[], Any]
"""How a client is opened: a configuration or its path for `Memio.from_config`, or a function that makes a store.

The function takes nothing and returns a store, or a dict of stores by kind. It is called once per
client, so two calls must reach the same data: that is how the laws open a second client, and how
they close one and open the next.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a run, such as what a test server is given.

    Attributes:
        content_bytes: The longest content that laws try, in bytes of UTF-8. `None`, and anything above, takes
            the store's own `max_content_bytes`, at most 1 MiB, and 64 KiB where it states none; for the parts of
            triples, `max_part_bytes`, at most 64 KiB. A lower number hides what happens above it, so the result
            counts it as a relaxation.
        settle_seconds: How long `settle` may go on returning `False`, in seconds.
    """

    content_bytes: int | None = None
    settle_seconds: float = 30.0


@dataclass(frozen=True, kw_only=True, eq=False)
class ContractTarget:
    """A backend to check.

    Attributes:
        fresh: Opens an empty namespace, yields how clients are opened in it, and removes it afterwards.
            It is entered once per example, so it should be cheap.
        once: Sets up what all examples share, such as a server or a schema, and takes it down: a function that
            returns a context manager, entered before the first `fresh` of a run and left at its end. With
            pytest-xdist, each worker enters it once. It is synchronous, because every law has an event loop
            to itself: what belongs to a loop is made in `fresh`.
        provider: The name in the result; the store's own name when empty.
        kinds: The kinds that the namespace has stores for. A contract class checks its own kind only,
            and asks for the others where a law is about several.
        settle: For stores without the guarantee `read_your_writes`, and only for those: awaited after writes and
            before the next read. It returns `False` while the backend is still busy, and is called again, for at
            most `limits.settle_seconds`. The result names it as a relaxation.
        embedder: Makes the embedder that each client gets, for stores that can use one: `MeaningEmbedder` needs no
            package. Without it, and without one in the configuration, such a store is checked by words only.
        limits: Limits of the run.
        alone: Whether a namespace of `fresh` is empty. If not, the laws use owners and ids that contain a
            random token and remove them afterwards; laws about everything in a store are then not run, which
            makes the result incomplete.
        expected_failures: Known faults, by law id: a reason and a link. A law named here that passes
            fails the result, and so does an id that is not the id of a law.

    Example:
        >>> from contextlib import asynccontextmanager
        >>> from tempfile import TemporaryDirectory
        >>> from memio_contract import ContractTarget
        >>> @asynccontextmanager
        ... async def fresh():
        ...     with TemporaryDirectory() as folder:
        ...         yield {"facts": {"provider": "sqlite", "path": f"{folder}/memio.db"}}
        >>> target = ContractTarget(fresh=fresh, kinds=("facts",))
    """

    fresh: Callable[[], AbstractAsyncContextManager[Source]]
    once: Callable[[], AbstractContextManager[object]] | None = None
    provider: str = ""
    kinds: tuple[Kind, ...] = ()
    settle: Callable[[], Awaitable[object]] | None = None
    embedder: Callable[[], Embedder] | None = None
    limits: Limits = field(default_factory=Limits)
    alone: bool = True
    expected_failures: Mapping[str, str] = field(default_factory=dict[str, str])
