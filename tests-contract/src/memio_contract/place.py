"""One namespace of one kind of store: what it declares, and the names that an example may use in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Any, cast

from memio._call.resources import OpenedStore
from memio._call.store import CheckedStore
from memio.capabilities import Feature, Kind
from memio.client import Memio, ScopedMemio
from memio.kinds import SCOPED_BY
from memio.owners import Owner, Scope
from memio.plugins import Middleware
from memio.protocols import Embedder
from memio_contract.profile import Profile

Labels = dict[str, Any]
"""The keywords of a call that name whose records it is about: labels, an `owner`, or a `namespace_prefix`."""


class Client(Memio):
    """A client that keeps its stores reachable, for the few rules that no call of the client shows."""

    def __init__(
        self,
        *,
        middleware: Sequence[Middleware] = (),
        embedder: Embedder | None = None,
        embed: Collection[Kind] | None = None,
        own_loop: bool = False,
        **stores: Any,
    ) -> None:
        super().__init__(middleware=middleware, embedder=embedder, embed=embed, own_loop=own_loop, **stores)
        # A configuration hands over each store together with what closes it.
        self.stores: dict[Kind, Any] = {
            cast("Kind", kind): store.store if isinstance(store, OpenedStore) else store
            for kind, store in stores.items()
        }

    @property
    def embeds(self) -> bool:
        """Whether its texts are embedded in the background."""
        return self._embedding is not None

    def confined(self, scope: Scope) -> Confined:
        """Return a client whose every call has a scope, also one that callers cannot name."""
        return Confined(self._stores, scope, self.stores)


class Confined(ScopedMemio):
    """A client that is confined to any scope, such as to the records without a user, of every agent."""

    def __init__(self, checked: Mapping[Kind, CheckedStore], scope: Scope, stores: dict[Kind, Any]) -> None:
        super().__init__(checked, scope)
        self.stores = stores


class Place:
    """What calls on one kind of store need to know.

    Attributes:
        kind: The kind of store.
        profile: How much work to do.
        alone: Whether the namespace holds nothing else.
        token: Begins every name of this example, where the namespace is shared.
        home: The owner of records whose owner does not matter; empty in a namespace of the example's own.
        declared: The features and guarantees of the store.
        owners: The owners that the example used.
    """

    def __init__(self, kind: Kind, profile: Profile, *, alone: bool, token: str, home: Labels) -> None:
        self.kind: Kind = kind
        self.profile = profile
        self.alone = alone
        self.token = token
        self.home = home
        self.declared: frozenset[str] = frozenset()
        self.owners: list[Labels] = []
        self._numbers = count(1)

    def has(self, *names: str) -> bool:
        """Return whether the store declares all of these features and guarantees."""
        return self.declared.issuperset(names)

    def label(self, text: str) -> str:
        """Return a name that no other example uses: for owners, ids and sessions."""
        return self.token + text

    def number(self) -> int:
        """Return a number that this example has not used."""
        return next(self._numbers)

    def user(self, name: str) -> Labels:
        """Return a user of this example."""
        owner = {"user_id": self.label(name)}
        if owner not in self.owners:
            self.owners.append(owner)
        return owner

    def agent(self, name: str) -> Labels:
        """Return an agent of this example, with the home's user where there is one."""
        return {**self.home, "agent_id": self.label(name)}

    def namespace(self, *path: str) -> Labels:
        """Return a namespace of this example, with the home's user where there is one."""
        return {**self.home, "namespace": self.path(*path)}

    def path(self, *path: str) -> tuple[str, ...]:
        """Return the namespace of a path of names; no other example uses it."""
        return (self.label(path[0]), *path[1:]) if path else ()

    def exactly(self, labels: Labels) -> Labels:
        """Return the keywords for exactly the owner that has some labels and no others.

        A store that does not scope every label gets the labels alone.
        """
        if self.has(Feature.USER_SCOPE, Feature.AGENT_SCOPE, Feature.NAMESPACES):
            return {"owner": Owner(**labels)}
        return {name: label for name, label in labels.items() if self.has(SCOPED_BY[name])}

    def reading(self, owner: Labels) -> Labels:
        """Return the scope in which a law that is not about scopes reads a record of an owner."""
        return {} if self.alone else owner

    def listing_bound(self) -> int:
        """Return how many records the namespace can hold at most: more means that a listing does not end."""
        raise NotImplementedError
