"""The surroundings of one example: its namespace, and the clients on it."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import uuid4

from memio.capabilities import Feature, Guarantee, Kind
from memio.config import load
from memio.kinds import EMBEDDABLE
from memio.plugins import CallNext, Middleware, Operation
from memio_contract.expect import broken
from memio_contract.journal import Journal
from memio_contract.kinds import CHECKABLE
from memio_contract.outcome import SetUpFailed
from memio_contract.place import Client, Confined, Place
from memio_contract.profile import Profile
from memio_contract.subjects import Subject
from memio_contract.subjects.conversations import HistorySubject
from memio_contract.subjects.records import RecordSubject
from memio_contract.subjects.triples import GraphSubject
from memio_contract.target import ContractTarget, Source

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.25
"""Seconds between two calls of `settle`: each pause is twice as long as the one before."""
_LONGEST = 1024 * 1024
"""The longest content that a law tries, in bytes, where a store takes more."""
_USUAL = 64 * 1024
"""The longest content that a law tries, in bytes, where a store states no limit; no part of a triple is longer."""


class World(Place):
    """The surroundings of one example: its namespace, the clients on it, and the store that a law is about.

    Attributes:
        target: What is checked.
        journal: Records the calls.
        memio: The first client.
        settled: Whether reads had to wait for the backend, because it does not declare `read_your_writes`.
    """

    memio: Client

    def __init__(self, target: ContractTarget, kind: Kind, source: Source, profile: Profile, journal: Journal) -> None:
        token = "" if target.alone else f"contract-{uuid4().hex[:8]}-"
        super().__init__(kind, profile, alone=target.alone, token=token, home={})
        self.target = target
        self.journal = journal
        self.settled = False
        self._source = source
        self._clients: list[Client] = []
        self._unsettled = False

    async def begin(self) -> None:
        """Open the first client."""
        self.memio = self._opened("memio")
        facade = self._facade()
        self.declared = facade.features | facade.guarantees
        if not self.target.alone and self.has(Feature.USER_SCOPE):
            self.home = self.user("home")
        self.settled = not self.has(Guarantee.READ_YOUR_WRITES)
        if self.target.settle is None and self.settled:
            raise SetUpFailed(
                "the store does not promise read_your_writes, so the target must define how to wait for it: "
                "pass ContractTarget(settle=…)"
            )

    def open(self) -> Client:
        """Open another client on the same namespace."""
        name = f"memio_{len(self._clients) + 1}"
        client = self._opened(name)
        self.journal.note(f"{name} = {self.journal.opening()}")
        return client

    @property
    def newest(self) -> Client:
        """The client that was opened last."""
        return self._clients[-1]

    async def close(self, client: Client) -> None:
        """Close a client, as an application does."""
        number = self._clients.index(client) + 1
        self.journal.note(f"await memio{'' if number == 1 else f'_{number}'}.aclose()")
        await client.aclose()

    async def end(self) -> None:
        """Remove what the example made in a shared namespace, and close every client."""
        try:
            if not self.target.alone and self.owners:
                await self._remove()
        finally:
            for client in self._clients:
                await client.aclose()

    def listing_bound(self) -> int:
        """Return how many records the namespace can hold at most: more means that a listing does not end."""
        # A backend that answers messages, or gives an updated record a new id, adds records that no law added.
        return 50 + 4 * self.journal.written

    @property
    def content_limit(self) -> tuple[int, int]:
        """The longest content that the laws try, and the longest that they could try, in bytes."""
        return content_limit(self.target, self.kind, self.memio.stores[self.kind])

    @property
    def content_bytes(self) -> int:
        """The longest content that a law may try."""
        return self.content_limit[0]

    def fits(self, text: str) -> bool:
        """Return whether a text is within the limit of the store."""
        return len(text.encode()) <= self.content_bytes

    @property
    def subject(self) -> Subject:
        """The store, with the methods that every kind has."""
        return self.subject_of(self.memio)

    def subject_of(self, client: Client | Confined) -> Subject:
        """The store of another client."""
        return cast("Subject", CHECKABLE[self.kind].subject(self, client))

    def other_kind(self, kind: Kind) -> Subject:
        """Another kind in the same namespace."""
        other = World(self.target, kind, self._source, self.profile, self.journal)
        other.memio, other.home, other.token = self.memio, self.home, self.token
        facade = getattr(self.memio, kind)
        other.declared = facade.features | facade.guarantees
        return other.subject

    @property
    def records(self) -> RecordSubject:
        """The store of facts or documents."""
        return cast("RecordSubject", self.subject)

    @property
    def history(self) -> HistorySubject:
        """The store of conversations."""
        return cast("HistorySubject", self.subject)

    @property
    def graph(self) -> GraphSubject:
        """The store of triples."""
        return cast("GraphSubject", self.subject)

    async def embedded(self) -> None:
        """Wait until what was stored is found by its meaning."""
        if not self.memio.embeds:
            return
        self.journal.note("await memio.wait_embedded()")
        pending, failed = await self.memio.wait_embedded(timeout=self.target.limits.settle_seconds)
        if pending or failed:
            broken(f"{pending} texts are not embedded, and the embedder refused {failed}")

    def most_hits(self, limit: int, added: int) -> int:
        """Return how many hits a search may have: where a backend answers, more are asked for than the limit."""
        return limit if self.kind != "history" or self.has(Guarantee.SILENT_APPEND) else added

    def _facade(self) -> Any:
        return getattr(self.memio, self.kind)

    def _opened(self, name: str) -> Client:
        promised: set[str] = set()
        middleware = [self.journal.middleware(name)]
        if self.target.settle is not None:
            middleware.append(self._settling(promised))
        client = _client(self.target, self._source, self.kind, middleware)
        self._clients.append(client)
        self.journal.configured = not callable(self._source)
        for kind, store in client.stores.items():
            facade = getattr(client, kind)
            if Guarantee.READ_YOUR_WRITES in facade.guarantees:
                promised.add(kind)
            self.journal.stores[kind] = facade.provider if self.journal.configured else type(store).__name__
        return client

    def _settling(self, promised: set[str]) -> Middleware:
        """Return middleware that waits for the backend before reads of kinds that do not promise `read_your_writes`."""

        async def settling(operation: Operation, call_next: CallNext) -> Any:
            if operation.kind in promised:
                return await call_next(operation)
            if self._unsettled and operation.method != "add":
                await self._settle()
            try:
                return await call_next(operation)
            finally:
                self._unsettled = self._unsettled or operation.writes

        return settling

    async def _settle(self) -> None:
        settle, most = self.target.settle, self.target.limits.settle_seconds
        clock = asyncio.get_running_loop().time
        begun, pause = clock(), _FIRST_PAUSE
        while settle is not None and await settle() is False:
            if clock() - begun > most:
                broken(f"the backend did not settle within {most:g} seconds")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        self._unsettled = False

    async def _remove(self) -> None:
        # Another client, because the first one may be closed, and the journal is complete.
        async with _client(self.target, self._source, self.kind, []) as client:
            for owner in self.owners:
                for kind in client.kinds:
                    if Feature.USER_SCOPE in getattr(client, kind).features:
                        await getattr(client, kind).delete_all(**owner)


def stated_limit(kind: Kind, store: Any) -> int | None:
    """Return the longest text that a store states it takes, in bytes: content, or each part of a triple."""
    limit: int | None = getattr(store, "max_part_bytes" if kind == "graph" else "max_content_bytes", None)
    return limit


def content_limit(target: ContractTarget, kind: Kind, store: Any) -> tuple[int, int]:
    """Return the longest text that the laws try, and the longest that they could try, in bytes."""
    possible = min(stated_limit(kind, store) or _USUAL, _USUAL if kind == "graph" else _LONGEST)
    return min(target.limits.content_bytes or possible, possible), possible


def _client(target: ContractTarget, source: Source, kind: Kind, middleware: list[Middleware]) -> Client:
    """Open a client: from a configuration, or with what a function makes."""
    embedder = None if target.embedder is None or kind not in EMBEDDABLE else target.embedder()
    if not callable(source):
        return Client.from_config(load(source), middleware=middleware, embedder=embedder)
    made = source()
    stores = cast("dict[str, Any]", made) if isinstance(made, dict) else {kind: made}
    return Client(middleware=middleware, embedder=embedder, **{str(name): store for name, store in stores.items()})
