"""The stores of a client as a source of records, and the checks of arguments before a transfer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, cast

from memio._call.features import asked_by_scope, confinable
from memio._values.text import type_name
from memio.capabilities import KINDS, Kind
from memio.errors import InvalidInputError, StoreNotConfiguredError
from memio.facades import FACADES, Documents, Facts, Graph, History
from memio.models import Record
from memio.owners import Scope
from memio.transfer._losses import mixed
from memio.transfer._records import RECORDS_PER_CALL, digest_of
from memio.transfer._seen import Seen

if TYPE_CHECKING:
    from memio._call.store import CheckedStore
    from memio.client import Memio


class StoreSource:
    """The records of a client's stores.

    Args:
        client: The client.
        kinds: Only records of these kinds.
        scope: Only records of these owners.
    """

    expired: Mapping[Kind, int] = {}
    """Stores do not list what has expired."""

    def __init__(self, client: Memio, kinds: tuple[Kind, ...], scope: Scope) -> None:
        self._client = client
        self._kinds = kinds
        self._scope = scope

    async def records(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield every record, kind after kind, each kind in the order of its listing."""
        for kind in self._kinds:
            async for record in listing(target_of(self._client, kind), self._scope):
                yield kind, record
                del record  # before the next one is read


async def listing(store: CheckedStore, scope: Scope) -> AsyncIterator[Record]:
    """Yield every record in scope: of history, session after session, each with its oldest message first."""
    facade = FACADES[store.kind](store, scope)
    if not isinstance(facade, History):
        async for record in cast("Facts | Documents | Graph", facade).iter_all(page_size=RECORDS_PER_CALL):
            yield record
            del record  # before the next one is read
        return
    with Seen() as seen:  # a session that is deleted and begun again meanwhile may be listed twice
        async for session in facade.iter_all(page_size=RECORDS_PER_CALL):
            if not seen.add(digest_of([session.user_id, session.agent_id, session.namespace, session.id])):
                continue
            # Other owners in scope may have a session of the same id.
            of_owner = confinable(Scope.of(session.owner), store.features)
            async for message in History(store, of_owner).iter_messages(session.id, page_size=RECORDS_PER_CALL):
                yield message
                del message


def target_of(client: Memio, kind: Kind) -> CheckedStore:
    """Return a store of a client, with what it declares."""
    return client._store(kind)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # of the same distribution


def check_client(client: object, name: str) -> None:
    """Refuse what is not a client, and a client that is confined to labels: records are moved with their owners.

    Args:
        client: What was passed.
        name: The name of the argument.

    Raises:
        InvalidInputError: It is not a `memio.Memio`.
    """
    from memio.client import Memio, ScopedMemio

    if isinstance(client, ScopedMemio):
        raise InvalidInputError(
            f"{name} is confined to labels: pass the client that it was made from, and the labels as arguments",
            argument=name,
        )
    if not isinstance(client, Memio):
        raise InvalidInputError(
            f"{name} must be a memio.Memio, which is async, not a {type(client).__module__}.{type_name(client)}",
            argument=name,
        )


def chosen_kinds(kinds: Iterable[str] | None, available: Collection[Kind]) -> tuple[Kind, ...]:
    """Return the kinds that were named, in their usual order; all available ones when none was named.

    Raises:
        InvalidInputError: A name is not that of a kind.
        StoreNotConfiguredError: A kind has no store.
    """
    if kinds is None:
        return tuple(kind for kind in KINDS if kind in available)
    named = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in named:
        if kind not in KINDS:
            raise InvalidInputError(f"unknown kind {kind!r}: the kinds are {', '.join(KINDS)}", argument="kinds")
        if kind not in available:
            raise StoreNotConfiguredError(
                f"no {kind} store is configured; configured: {', '.join(available) or 'none'}"
            )
    if not named:
        raise InvalidInputError("kinds is empty: name one, or leave it out for all", argument="kinds")
    return tuple(kind for kind in KINDS if kind in named)


def check_source(client: Memio, kinds: tuple[Kind, ...], scope: Scope) -> None:
    """Refuse records that a source cannot distinguish, before anything is read.

    Raises:
        NotSupportedError: It cannot list the records of these owners alone.
        InvalidInputError: Its facts and documents are the same records.
    """
    stores = [target_of(client, kind) for kind in kinds]
    for store in stores:
        for feature, _ in asked_by_scope(store.spec.methods["get_all"], scope, store.features):
            store.require(feature, f"moving the records of {scope.words}", "get_all")
    if mixed(stores):
        raise InvalidInputError(
            f"as configured, the facts and documents of {stores[0].provider} are the same records, and would be moved "
            "twice: choose one of the kinds, or configure the provider to keep them apart",
            argument="kinds",
        )
