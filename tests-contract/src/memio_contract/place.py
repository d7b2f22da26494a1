"""One namespace of one kind of store: what it declares, and the names that an example may use in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any, cast

from memio._call.resources import OpenedStore
from memio.capabilities import Kind
from memio.client import Memio
from memio.plugins import Middleware
from memio_contract.profile import Profile

Owner = dict[str, str]
"""The keywords that name an owner: `user_id`, `agent_id`, both or neither."""


class Client(Memio):
    """A client that keeps its stores reachable, for the few rules that no call of the client shows."""

    def __init__(self, *, middleware: Sequence[Middleware] = (), own_loop: bool = False, **stores: Any) -> None:
        super().__init__(middleware=middleware, own_loop=own_loop, **stores)
        # A configuration hands over each store together with what closes it.
        self.stores: dict[Kind, Any] = {
            cast("Kind", kind): store.store if isinstance(store, OpenedStore) else store
            for kind, store in stores.items()
        }


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

    def __init__(self, kind: Kind, profile: Profile, *, alone: bool, token: str, home: Owner) -> None:
        self.kind: Kind = kind
        self.profile = profile
        self.alone = alone
        self.token = token
        self.home = home
        self.declared: frozenset[str] = frozenset()
        self.owners: list[Owner] = []
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

    def user(self, name: str) -> Owner:
        """Return a user of this example."""
        owner = {"user_id": self.label(name)}
        if owner not in self.owners:
            self.owners.append(owner)
        return owner

    def agent(self, name: str) -> Owner:
        """Return an agent of this example, with the home's user where there is one."""
        return {**self.home, "agent_id": self.label(name)}

    def reading(self, owner: Owner) -> Owner:
        """Return the scope in which a law that is not about scopes reads a record of an owner."""
        return {} if self.alone else owner

    def listing_bound(self) -> int:
        """Return how many records the namespace can hold at most: more means that a listing does not end."""
        raise NotImplementedError
