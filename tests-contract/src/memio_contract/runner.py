"""Holds one store against one law."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import cache
from types import TracebackType
from typing import Any
from zlib import crc32

from memio.capabilities import Feature, Kind
from memio_contract.journal import Journal
from memio_contract.law import Law
from memio_contract.outcome import LawBroken, Outcome, SetUpFailed, Status
from memio_contract.profile import CI, Profile
from memio_contract.target import ContractTarget, Source
from memio_contract.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a store says about itself.

    Attributes:
        provider: Its name.
        features: The features that it declares.
        guarantees: The guarantees that it declares.
        kinds: The kinds in the same namespace.
        batch: Whether it has an `add_many` of its own.
    """

    provider: str
    features: frozenset[str]
    guarantees: frozenset[str]
    kinds: tuple[Kind, ...]
    batch: bool


@dataclass(slots=True)
class _Example:
    """The last example that failed, which is the smallest one."""

    error: BaseException | None = None
    journal: Journal | None = None


@cache
def declared(target: ContractTarget, kind: Kind) -> Declared:
    """Open the store once, without a call, and return what it declares.

    Raises:
        SetUpFailed: It cannot be opened.
    """

    async def look() -> Declared:
        async with _world(target, kind, CI, Journal()) as world:
            facade = getattr(world.memio, kind)
            return Declared(
                provider=target.provider or facade.provider,
                features=facade.features,
                guarantees=facade.guarantees,
                kinds=tuple(kind for kind in world.memio.kinds if kind in (target.kinds or world.memio.kinds)),
                batch=hasattr(world.memio.stores[kind], "add_many"),
            )

    with asyncio.Runner() as runner:
        return runner.run(look())


def run_law(law: Law, target: ContractTarget, *, profile: Profile = CI, seed: int = 0) -> Outcome:
    """Hold a store against a law.

    Args:
        law: The law.
        target: The store.
        profile: How much work to do.
        seed: Where generated values start; the same seed gives the same values.

    Returns:
        How it ended, with the target's expected failures taken into account.
    """
    try:
        store = declared(target, law.kind)
    except SetUpFailed as failure:
        return Outcome(law=law.id, status=Status.NOT_RUN, reason=_line(failure), report=str(failure))
    if reason := not_applicable(law, store):
        return _judged(target, Outcome(law=law.id, status=Status.NOT_APPLICABLE, reason=reason))
    if not target.alone and (law.alone or Feature.USER_SCOPE not in store.features):
        need = "the law is about everything in a store" if law.alone else "the store does not declare user_scope"
        reason = f"{need}, so it needs a target whose fresh() opens an empty namespace"
        return Outcome(law=law.id, status=Status.NOT_RUN, reason=reason, report=reason)
    failed = _Example()
    relaxed = tuple(name for name in law.relaxes if name not in store.guarantees)
    try:
        _examine(law, target, profile, crc32(f"{seed} {law.id}".encode()), failed)
    except SetUpFailed as failure:
        return Outcome(law=law.id, status=Status.NOT_RUN, reason=_line(failure), report=str(failure))
    except Exception as error:  # noqa: BLE001  # whatever a store raises is the law's verdict
        cause = failed.error or error
        report = _report(law, store.provider, cause, failed.journal, profile, seed)
        calls = tuple(failed.journal.full()) if failed.journal is not None else ()
        outcome = Outcome(law=law.id, status=Status.FAILED, reason=_line(cause), report=report, calls=calls)
        return _judged(target, outcome)
    return _judged(target, Outcome(law=law.id, status=Status.PASSED, relaxed=relaxed))


def not_applicable(law: Law, store: Declared) -> str:
    """Return why a law does not apply to a store, or nothing when it does."""
    missing = [name for name in law.needs if name not in store.features | store.guarantees]
    if missing:
        return f"the store does not declare {' and '.join(missing)}"
    if law.batch and not store.batch:
        return "the store has no add_many of its own"
    if law.together and len(store.kinds) == 1:
        return "the target has no other kind in its namespace"
    return ""


def _judged(target: ContractTarget, outcome: Outcome) -> Outcome:
    """Weigh an outcome against what the target says it expects."""
    why = target.expected_failures.get(outcome.law)
    if why is None or outcome.status is Status.NOT_RUN:
        return outcome
    if outcome.status is Status.FAILED:
        return replace(outcome, status=Status.EXPECTED_FAILURE, reason=why)
    reason = f"it is in expected_failures ({why}) but is {outcome.status}: take it out"
    return replace(outcome, status=Status.FAILED, reason=reason, report=f"{outcome.law}: {reason}")


def _examine(law: Law, target: ContractTarget, profile: Profile, seed: int, failed: _Example) -> None:
    if isinstance(law.check, type):
        from memio_contract.machines import Stage, run_machine

        stage = Stage(
            begun=lambda: _world(target, law.kind, profile, Journal()),
            failed=lambda error, world: _keep(failed, error, world.journal),
        )
        run_machine(law.check, stage, profile, seed)
        return
    check = law.check
    if law.over is None:
        _run_example(check, (), law, target, profile, failed)
        return
    from memio_contract.generated import over_values

    over_values(law.over, lambda values: _run_example(check, (values,), law, target, profile, failed), profile, seed)


def _run_example(
    check: Callable[..., Awaitable[None]],
    arguments: tuple[Any, ...],
    law: Law,
    target: ContractTarget,
    profile: Profile,
    failed: _Example,
) -> None:
    journal = Journal()

    async def example() -> None:
        async with _world(target, law.kind, profile, journal) as world:
            try:
                async with asyncio.timeout(profile.seconds):
                    await check(world, *arguments)
            except TimeoutError as error:
                if error.args:
                    raise
                raise LawBroken(f"the calls did not end within {profile.seconds:g} seconds") from error

    try:
        with asyncio.Runner() as runner:
            runner.run(example())
    except Exception as error:
        _keep(failed, error, journal)
        raise


class _world(AbstractAsyncContextManager[World]):  # noqa: N801  # used as a function
    """A namespace with a client on it: everything that can fail before a law begins fails as set-up."""

    def __init__(self, target: ContractTarget, kind: Kind, profile: Profile, journal: Journal) -> None:
        self._target = target
        self._make: Callable[[Source], World] = lambda source: World(target, kind, source, profile, journal)

    async def __aenter__(self) -> World:
        try:
            self._namespace = self._target.fresh()
            source = await self._namespace.__aenter__()
        except Exception as error:
            raise SetUpFailed(f"fresh() failed: {type(error).__name__}: {error}\n{_trace(error)}") from error
        self._world = self._make(source)
        try:
            await self._world.begin()
        except BaseException as error:
            await self._leave(error)
            if isinstance(error, SetUpFailed) or not isinstance(error, Exception):
                raise
            raise SetUpFailed(f"the store did not open: {type(error).__name__}: {error}\n{_trace(error)}") from error
        return self._world

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave(error)

    async def _leave(self, error: BaseException | None) -> None:
        trouble: Exception | None = None
        try:
            await self._world.end()
        except Exception as raised:  # noqa: BLE001  # raised below, after the namespace is removed
            trouble = raised
        await self._namespace.__aexit__(type(error) if error else None, error, error.__traceback__ if error else None)
        if trouble is not None and error is None:
            raise trouble


def _keep(failed: _Example, error: BaseException, journal: Journal) -> None:
    failed.error, failed.journal = error, journal


def _line(error: BaseException) -> str:
    text = str(error) if isinstance(error, (LawBroken, SetUpFailed)) else f"{type(error).__name__}: {error}"
    return text.partition("\n")[0]


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip()


def _report(law: Law, provider: str, error: BaseException, journal: Journal | None, profile: Profile, seed: int) -> str:
    parts = [f"The law {law.id} is broken by {provider}.", "", f"  {law.means}", ""]
    if isinstance(error, LawBroken):
        parts += ["What happened:", _indented(str(error)), ""]
    else:
        parts += ["What happened: a call raised what it must not raise.", _indented(_trace(error)), ""]
    if journal is not None:
        parts += ["The calls that show it:", "", _indented(journal.script(), 4), ""]
    parts += [
        "If this fails, look at:",
        _indented(law.look_at),
        "",
        f"Again: profile {profile.name}, seed {seed}. A known fault can be named on the target:",
        f'  expected_failures={{"{law.id}": "why, and a link"}}',
    ]
    return "\n".join(parts)


def _indented(text: str, by: int = 2) -> str:
    return "\n".join(" " * by + line if line else line for line in text.splitlines())


def unknown_expectations(expected: Mapping[str, str]) -> list[str]:
    """Return the ids in `expected_failures` that are no laws."""
    from memio_contract.law import laws

    known = {law.id for law in laws()}
    return sorted(set(expected) - known)
