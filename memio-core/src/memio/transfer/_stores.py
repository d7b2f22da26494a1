"""The stores of a client as a source of records, and the checks of arguments before a transfer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from typing import TYPE_CHECKING, cast

from memio._call.labels import OMITTED, add_label, as_argument
from memio._values.text import type_name
from memio.capabilities import KINDS, Feature, Kind
from memio.errors import InvalidInputError, StoreNotConfiguredError
from memio.facades import Documents, Facts, Graph
from memio.models import Message, Record
from memio.transfer._losses import mixed
from memio.transfer._records import RECORDS_PER_CALL, key_of
from memio.transfer._seen import Seen

if TYPE_CHECKING:
    from memio._call.store import CheckedStore
    from memio.client import Memio


class StoreSource:
    """The records of a client's stores.

    Args:
        client: The client.
        kinds: Only records of these kinds.
        user_id: Only records of this user.
    """

    def __init__(self, client: Memio, kinds: tuple[Kind, ...], user_id: str | None) -> None:
        self._client = client
        self._kinds = kinds
        self._user_id = user_id

    async def records(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield every record, kind after kind, each kind in the order of its listing."""
        for kind in self._kinds:
            async for record in listing(self._client, kind, self._user_id):
                yield kind, record
                del record  # before the next one is read


async def listing(client: Memio, kind: Kind, user_id: str | None) -> AsyncIterator[Record]:
    """Yield every record of a kind: of history, session after session, each with its oldest message first."""
    if kind != "history":
        store = cast("Facts | Documents | Graph", getattr(client, kind))
        async for record in store.iter_all(page_size=RECORDS_PER_CALL, user_id=as_argument(user_id)):
            yield record
            del record  # before the next one is read
        return
    history = client.history
    with Seen() as seen:  # a session that is deleted and begun again meanwhile may be listed twice
        async for session_id in history.iter_all(page_size=RECORDS_PER_CALL, user_id=as_argument(user_id)):
            if not seen.add(key_of(kind, Message(role="user", content="-", session_id=session_id))):
                continue
            async for message in history.iter_messages(
                session_id=session_id, page_size=RECORDS_PER_CALL, user_id=as_argument(user_id)
            ):
                yield message
                del message


def target_of(client: Memio, kind: Kind) -> CheckedStore:
    """Return a store of a client, with what it declares."""
    return client._store(kind)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # of the same distribution


def check_client(client: object, name: str) -> None:
    """Refuse what is not a client, and a client that is confined to an owner: records are moved with their owners.

    Args:
        client: What was passed.
        name: The name of the argument.

    Raises:
        InvalidInputError: It is not a `memio.Memio`.
    """
    from memio.client import Memio, ScopedMemio

    if isinstance(client, ScopedMemio):
        raise InvalidInputError(
            f"{name} is confined to an owner: pass the client that it was made from, and user_id", argument=name
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


def checked_user(user_id: str) -> str | None:
    """Return the user whose records are moved, or `None` where the argument was left out.

    Raises:
        InvalidInputError: The user id is not valid.
    """
    owner: dict[str, str] = {}
    if user_id is not OMITTED:
        add_label(owner, "user_id", user_id)
    return owner.get("user_id")


def check_source(client: Memio, kinds: tuple[Kind, ...], user_id: str | None) -> None:
    """Refuse records that a source cannot distinguish, before anything is read.

    Raises:
        NotSupportedError: It cannot list the records of one user.
        InvalidInputError: Its facts and documents are the same records.
    """
    stores = [target_of(client, kind) for kind in kinds]
    if user_id is not None:
        for store in stores:
            store.require(Feature.USER_SCOPE, "moving the records of one user", "get_all")
    if mixed(stores):
        raise InvalidInputError(
            f"as configured, the facts and documents of {stores[0].provider} are the same records, and would be moved "
            "twice: choose one of the kinds, or configure the provider to keep them apart",
            argument="kinds",
        )
