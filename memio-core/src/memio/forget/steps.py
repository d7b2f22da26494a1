"""Forgetting an owner: delete everything in every store, erase it where a store can, then check that nothing is left.

Every step can be repeated: deleting what is gone deletes nothing, and erasing looks at the whole store, not
at what this run deleted. So after a failure, the same call again finishes what is left.
"""

from __future__ import annotations

from asyncio import gather
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter

from memio._call.features import asked_by_scope
from memio._call.store import CheckedStore, destination_of
from memio._values.text import shown
from memio.capabilities import Guarantee, Kind
from memio.errors import ForgetError, InvalidInputError, NotSupportedError
from memio.forget.absence import Found, list_all, look_for
from memio.kinds import supports
from memio.owners import Scope
from memio.receipts import ForgetReceipt, StoreReceipt

UNKNOWN = "{} does not report what it keeps of what was deleted, such as backups or free space"
SENT = "texts were sent to {}, which embeds them: memio does not know what it keeps of them"
LATE = "{} does not promise that a read sees what was written just before: look again later"
SKIPPED = "the caller skipped it"


async def forget(stores: Mapping[Kind, CheckedStore], scope: Scope, skip: Collection[Kind]) -> ForgetReceipt:
    """Delete everything of an owner, and verify that it is gone.

    Args:
        stores: The stores of the client.
        scope: Whose records.
        skip: The kinds to leave as they are.
    """
    _check_skip(stores, skip)
    emptied: dict[Kind, CheckedStore] = {kind: store for kind, store in stores.items() if kind not in skip}
    for store in emptied.values():
        store.check()
    _check_scope(emptied, scope)
    started_at, started = datetime.now(UTC), perf_counter()
    erasures = [_Erasure(store, scope, skipped=kind in skip) for kind, store in stores.items()]
    at_work = [erasure for erasure in erasures if not erasure.skipped]
    for erasure in at_work:
        await erasure.delete()
    # At the same time: stores that share a file erase once for all of them.
    await gather(*(erasure.erase() for erasure in at_work))
    for erasure in at_work:
        await erasure.verify()
    receipt = ForgetReceipt(
        labels=scope.labels,
        stores=tuple(erasure.receipt() for erasure in erasures),
        started_at=started_at,
        seconds=perf_counter() - started,
    )
    errors = [error for erasure in at_work for error in erasure.errors]
    if not all(store.complete for store in receipt.stores if store.skipped is None):
        raise ForgetError(receipt, errors) from (ExceptionGroup("what failed", errors) if errors else None)
    return receipt


class _Erasure:
    """The steps for one store, and what is known after them. A step that fails ends the steps of this store only."""

    def __init__(self, store: CheckedStore, scope: Scope, *, skipped: bool) -> None:
        self.errors: list[Exception] = []
        self.skipped = skipped
        self._store = store
        self._scope = scope
        self._found: Found | None = None
        self._deleted = False
        self._after: int | None = None
        self._left = ""
        self._verified: tuple[str, ...] = ()
        self._remains: list[str] = []
        self._seconds = 0.0

    async def delete(self) -> None:
        """Count the records of the owner, and delete them."""
        with self._step():
            self._found = await list_all(self._store, self._scope)
        # Also when the listing failed.
        with self._step():
            await self._store.call("delete_all", {}, self._scope)
            self._deleted = True

    async def erase(self) -> None:
        """Make the store erase what it deleted, so that it cannot be recovered."""
        if not self._deleted:
            return
        if not supports(self._store.store, "erase"):
            self._remains.append(UNKNOWN.format(self._store.provider))
            return
        with self._step():
            self._remains += await self._store.call("erase", {}, self._scope)

    async def verify(self) -> None:
        """Read again, and keep what is still shown."""
        with self._step():
            self._after, self._left, self._verified = await look_for(self._store, self._scope, self._found)
        destination = destination_of(self._store)
        if destination is not None:
            self._remains.append(SENT.format(destination))
        if Guarantee.READ_YOUR_WRITES not in self._store.guarantees:
            self._remains.append(LATE.format(self._store.provider))

    def receipt(self) -> StoreReceipt:
        """Return the receipt of this store."""
        failed = [str(error) for error in self.errors]
        return StoreReceipt(
            kind=self._store.kind,
            provider=self._store.provider,
            before=self._found.count if self._found else None,
            after=self._after,
            verified=self._verified,
            remains=tuple(self._remains),
            seconds=self._seconds,
            skipped=SKIPPED if self.skipped else None,
            error="; ".join([*failed, *filter(None, [self._left])]) or None,
        )

    @contextmanager
    def _step(self) -> Generator[None]:
        started = perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001  # kept, and raised after the steps of the other stores
            self.errors.append(error)
        finally:
            self._seconds += perf_counter() - started


def _check_skip(stores: Mapping[Kind, CheckedStore], skip: Collection[Kind]) -> None:
    has = " and ".join(stores)
    if isinstance(skip, str) or not isinstance(skip, Collection):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidInputError(f"skip is {shown(skip)}: pass a list of kinds, as in skip=['graph']", argument="skip")
    for kind in skip:
        if not isinstance(kind, str) or kind not in stores:  # pyright: ignore[reportUnnecessaryIsInstance]  # likewise
            raise InvalidInputError(f"skip names {shown(kind)}, but this client has {has}", argument="skip")
    if set(skip) >= stores.keys():
        raise InvalidInputError(f"skip names all that this client has, {has}: nothing would be done", argument="skip")


def _check_scope(stores: Mapping[Kind, CheckedStore], scope: Scope) -> None:
    """Refuse an owner that a store cannot keep apart from others, before anything is deleted."""
    lacking: dict[Kind, str] = {}
    for kind, store in stores.items():
        for feature, _ in asked_by_scope(store.spec.methods["delete_all"], scope, store.features):
            if feature not in store.features:
                advice = f" ({store.hints[feature]})" if feature in store.hints else ""
                lacking[kind] = f"the {kind} of {store.provider} lack the feature '{feature}'{advice}"
    if lacking:
        kinds = list(lacking)
        options = " ".join(f"--skip {kind}" for kind in kinds)
        raise NotSupportedError(
            "nothing was deleted, because not every store can separate this owner's records from others': "
            f"{'; '.join(lacking.values())}",
            hint=f"pass skip={kinds!r} ({options}) to forget what the other stores hold, and handle these yourself",
        ).locate(operation="forget", provider=stores[kinds[0]].provider)
