"""Where an example happens: one namespace, the clients on it, and the labels that it may use."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from memio.capabilities import Feature, Guarantee, Kind
from memio.client import Memio
from memio.plugins import CallNext, Middleware, Operation
from memio_contract.expect import broken
from memio_contract.journal import Journal
from memio_contract.outcome import SetUpFailed
from memio_contract.profile import Profile
from memio_contract.target import ContractTarget, Source

if TYPE_CHECKING:
    from memio_contract.subjects import Subject
    from memio_contract.subjects.conversations import HistorySubject
    from memio_contract.subjects.records import RecordSubject
    from memio_contract.subjects.triples import GraphSubject

Owner = dict[str, str]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.25
"""Seconds between two questions whether a backend has settled: each pause is twice as long as the one before."""
_LONGEST = 256 * 1024
"""The longest content that a law tries, in bytes, where a store takes more."""
_USUAL = 64 * 1024


class Client(Memio):
    """A client whose stores the suite can reach, for the few rules that no call shows."""

    def __init__(self, *, middleware: Sequence[Middleware] = (), **stores: Any) -> None:
        super().__init__(middleware=middleware, **stores)
        self.stores: dict[Kind, Any] = {cast("Kind", kind): store for kind, store in stores.items()}


class World:
    """One example's surroundings.

    Attributes:
        kind: The kind of store that is held against a law.
        profile: How much work to do.
        journal: Where the calls are written down.
        memio: The first client.
        home: The owner of records whose owner does not matter: nobody, in a namespace that is empty.
    """

    memio: Client

    def __init__(self, target: ContractTarget, kind: Kind, source: Source, profile: Profile, journal: Journal) -> None:
        self.target = target
        self.kind: Kind = kind
        self.profile = profile
        self.journal = journal
        self.token = "" if target.alone else f"contract-{uuid4().hex[:8]}-"
        self.home: Owner = {}
        self.declared: frozenset[str] = frozenset()
        self._source = source
        self._clients: list[Client] = []
        self._owners: list[Owner] = []
        self._unsettled = False
        self._numbers = count(1)

    async def begin(self) -> None:
        """Open the first client."""
        self.memio = self._opened("memio")
        facade = self._facade()
        self.declared = facade.features | facade.guarantees
        if not self.target.alone and self.has(Feature.USER_SCOPE):
            self.home = self.user("home")
        if self.target.settle is None and not self.has(Guarantee.READ_YOUR_WRITES):
            raise SetUpFailed(
                "the store does not promise read_your_writes, so the target must say how to wait for it: "
                "pass ContractTarget(settle=…)"
            )

    def open(self) -> Client:
        """Open another client on the same namespace."""
        name = f"memio_{len(self._clients) + 1}"
        client = self._opened(name)
        self.journal.note(f"{name} = {self.journal.opening()}")
        return client

    async def close(self, client: Client) -> None:
        """Close a client, as an application does."""
        number = self._clients.index(client) + 1
        self.journal.note(f"await memio{'' if number == 1 else f'_{number}'}.aclose()")
        await client.aclose()

    async def end(self) -> None:
        """Remove what the example made, where nobody else does, and close what is open."""
        try:
            if not self.target.alone and self._owners:
                await self._remove()
        finally:
            for client in self._clients:
                await client.aclose()

    def has(self, *names: str) -> bool:
        """Tell whether the store declares all of these features and guarantees."""
        return self.declared.issuperset(names)

    def label(self, text: str) -> str:
        """Return a name that no other example uses: for owners, ids and sessions."""
        return self.token + text

    def number(self) -> int:
        """Return a number that this example has not used."""
        return next(self._numbers)

    def user(self, name: str) -> Owner:
        """Return a user of this example."""
        owner = {"user_id": self.label(name)}
        if owner not in self._owners:
            self._owners.append(owner)
        return owner

    def agent(self, name: str) -> Owner:
        """Return an agent of this example, beside the owner that its records have anyway."""
        return {**self.home, "agent_id": self.label(name)}

    def reading(self, owner: Owner) -> Owner:
        """Return the scope in which a record of an owner is read by a law that is not about scopes."""
        return {} if self.target.alone else owner

    @property
    def content_bytes(self) -> int:
        """The longest content that a law may try."""
        stated = self.target.limits.content_bytes or getattr(self.memio.stores[self.kind], "max_content_bytes", None)
        return min(stated or _USUAL, _LONGEST)

    @property
    def subject(self) -> Subject:
        """The store, as laws speak to it that hold for every kind."""
        return self.subject_of(self.memio)

    def subject_of(self, client: Client) -> Subject:
        """The store of another client."""
        from memio_contract.subjects import SUBJECTS

        return cast("Subject", SUBJECTS[self.kind](self, client))

    def beside(self, kind: Kind) -> Subject:
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

    def _facade(self) -> Any:
        return getattr(self.memio, self.kind)

    def _opened(self, name: str) -> Client:
        middleware = [self.journal.middleware(name)]
        if self.target.settle is not None:
            middleware.append(self._settling)
        client = _client(self._source, self.kind, middleware)
        self._clients.append(client)
        self.journal.configured = not callable(self._source)
        for kind, store in client.stores.items():
            facade = getattr(client, kind)
            self.journal.stores[kind] = facade.provider if self.journal.configured else type(store).__name__
        return client

    async def _settling(self, operation: Operation, call_next: CallNext) -> Any:
        if self._unsettled and operation.method != "add":
            await self._settle()
        try:
            return await call_next(operation)
        finally:
            self._unsettled = self._unsettled or operation.writes

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
        # A client of its own: the first one may be closed, and the story is over.
        async with _client(self._source, self.kind, []) as client:
            for owner in self._owners:
                for kind in client.kinds:
                    if Feature.USER_SCOPE in getattr(client, kind).features:
                        await getattr(client, kind).delete_all(**owner)


def _client(source: Source, kind: Kind, middleware: list[Middleware]) -> Client:
    """Open a client: from a configuration, or with what a function makes."""
    if not callable(source):
        return Client.from_config(source, middleware=middleware)
    made = source()
    stores = cast("dict[str, Any]", made) if isinstance(made, dict) else {kind: made}
    return Client(middleware=middleware, **{str(name): store for name, store in stores.items()})
