"""Checks one store against one law."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from types import TracebackType
from typing import Any
from zlib import crc32

from memio.capabilities import Feature, Guarantee, Kind
from memio.kinds import supports
from memio_contract import once
from memio_contract.generated import over_values
from memio_contract.journal import Journal
from memio_contract.law import Law
from memio_contract.lawbook import laws
from memio_contract.machines import Stage, run_machine
from memio_contract.outcome import Hung, LawBroken, Outcome, SetUpFailed, Status
from memio_contract.profile import CI, Profile
from memio_contract.target import ContractTarget, Source
from memio_contract.traces import trace
from memio_contract.world import World, content_limit, stated_limit

_AGAIN = 6
"""By how much the time limit of a law shrinks once the calls of another law on the same store have hung."""
_MOST_HUNG = 3
"""How many laws may hang before the others of the store are not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a store declares.

    Attributes:
        provider: Its name.
        features: The features that it declares.
        guarantees: The guarantees that it declares.
        kinds: The kinds in the same namespace.
        batch: Whether it has a method `add_many`.
        max_content_bytes: The longest content, or part of a triple, that it takes, if it states a limit.
        content_bytes: The longest content that laws try.
        lowered: Whether the target lowers that number.
    """

    provider: str
    features: frozenset[str]
    guarantees: frozenset[str]
    kinds: tuple[Kind, ...]
    batch: bool
    max_content_bytes: int | None
    content_bytes: int
    lowered: bool


@dataclass(slots=True)
class _Health:
    """What the laws that ran have shown about a store as such.

    Attributes:
        unusable: Why no law can run.
        first: The law that reports it.
        hung: The laws whose calls did not end in time.
    """

    unusable: SetUpFailed | None = None
    first: str = ""
    hung: list[str] = field(default_factory=list[str])


@cache
def _health(target: ContractTarget, kind: Kind) -> _Health:
    del target, kind  # the key
    return _Health()


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
        world = _world(target, kind, CI, Journal())
        found = await world.__aenter__()
        try:
            facade, store = getattr(found.memio, kind), found.memio.stores[kind]
            tried, possible = content_limit(target, kind, store)
            return Declared(
                provider=target.provider or facade.provider,
                features=facade.features,
                guarantees=facade.guarantees,
                kinds=tuple(kind for kind in found.memio.kinds if kind in (target.kinds or found.memio.kinds)),
                batch=supports(store, "add_many"),
                max_content_bytes=stated_limit(kind, store),
                content_bytes=tried,
                lowered=tried < possible,
            )
        finally:
            # A store that cannot be closed unused breaks the law `close.twice`, which reports it.
            with suppress(Exception):
                await world.__aexit__(None, None, None)

    with asyncio.Runner() as runner:
        return runner.run(look())


def run_law(law: Law, target: ContractTarget, *, profile: Profile = CI, seed: int = 0) -> Outcome:
    """Check a store against a law.

    Args:
        law: The law.
        target: The store.
        profile: How much work to do.
        seed: Where generated values start; the same seed gives the same values.

    Returns:
        How it ended, with the target's expected failures taken into account.
    """
    health = _health(target, law.kind)
    if health.unusable is not None:
        return _not_run(law, f"{_line(health.unusable)}; {health.first} has the report")
    try:
        store = declared(target, law.kind)
    except SetUpFailed as failure:
        health.unusable, health.first = failure, law.id
        return _not_run(law, _line(failure), str(failure))
    if reason := not_applicable(law, store):
        return _judged(target, Outcome(law=law.id, status=Status.NOT_APPLICABLE, reason=reason))
    if reason := _cannot_run(law, target, store, health):
        return _not_run(law, reason)
    return _judged(target, _outcome(law, target, store, profile, seed))


def _cannot_run(law: Law, target: ContractTarget, store: Declared, health: _Health) -> str:
    """Return why a law that applies cannot be run, or nothing when it can."""
    if not target.alone and (law.alone or Feature.USER_SCOPE not in store.features):
        need = "the law is about everything in a store" if law.alone else "the store does not declare user_scope"
        return f"{need}, so it needs a target whose fresh() opens an empty namespace"
    if len(health.hung) >= _MOST_HUNG:
        return f"calls did not end in {', '.join(health.hung)}, so the other laws were not run"
    return ""


def _outcome(law: Law, target: ContractTarget, store: Declared, profile: Profile, seed: int) -> Outcome:
    """Run a law."""
    health = _health(target, law.kind)
    limit = profile if not health.hung else replace(profile, seconds=profile.seconds / _AGAIN)
    failed = _Example()
    try:
        _examine(law, target, limit, crc32(f"{seed} {law.id}".encode()), failed)
    except SetUpFailed as failure:
        return _not_run(law, _line(failure), str(failure))
    except Exception as error:  # noqa: BLE001  # whatever a store raises is the law's verdict
        cause = failed.error or error
        if isinstance(cause, Hung):
            health.hung.append(law.id)
        report = _report(law, store.provider, cause, failed.journal, profile, seed)
        calls = tuple(failed.journal.full()) if failed.journal is not None else ()
        return Outcome(law=law.id, status=Status.FAILED, reason=_line(cause), report=report, calls=calls)
    return Outcome(law=law.id, status=Status.PASSED, relaxed=_relaxed(law, target, store))


def _not_run(law: Law, reason: str, report: str = "") -> Outcome:
    return Outcome(law=law.id, status=Status.NOT_RUN, reason=reason, report=report)


def _relaxed(law: Law, target: ContractTarget, store: Declared) -> tuple[str, ...]:
    """Return what a law that passed did not insist on."""
    names = [name for name in law.relaxes if name not in store.guarantees]
    if target.settle is not None and Guarantee.READ_YOUR_WRITES not in store.guarantees:
        names.append(str(Guarantee.READ_YOUR_WRITES))
    if law.sized and store.lowered:
        names.append("content_bytes")
    return tuple(names)


def not_applicable(law: Law, store: Declared) -> str:
    """Return why a law does not apply to a store, or nothing when it does."""
    missing = [name for name in law.needs if name not in store.features | store.guarantees]
    if missing:
        return f"the store does not declare {' and '.join(missing)}"
    if law.batch and not store.batch:
        return "the store has no add_many"
    if law.together and len(store.kinds) == 1:
        return "the target has no other kind in its namespace"
    return ""


def _judged(target: ContractTarget, outcome: Outcome) -> Outcome:
    """Compare an outcome with the target's expected failures."""
    why = target.expected_failures.get(outcome.law)
    if why is None or outcome.status is Status.NOT_RUN:
        return outcome
    if outcome.status is Status.FAILED:
        return replace(outcome, status=Status.EXPECTED_FAILURE, reason=why)
    reason = f"it is in expected_failures ({why}) but is {outcome.status}: remove it there"
    return replace(outcome, status=Status.FAILED, reason=reason, report=f"{outcome.law}: {reason}")


def _examine(law: Law, target: ContractTarget, profile: Profile, seed: int, failed: _Example) -> None:
    if isinstance(law.check, type):
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
    over_values(law.over, lambda values: _run_example(check, (values,), law, target, profile, failed), profile, seed)


def _run_example(
    check: Callable[..., Awaitable[None]],
    arguments: tuple[Any, ...],
    law: Law,
    target: ContractTarget,
    profile: Profile,
    failed: _Example,
) -> None:
    if isinstance(failed.error, Hung):
        raise failed.error  # trying fewer values would cost another time limit for each
    journal = Journal()

    async def example() -> None:
        async with _world(target, law.kind, profile, journal) as world:
            try:
                async with asyncio.timeout(profile.seconds):
                    await check(world, *arguments)
            except TimeoutError as error:
                if error.args:
                    raise
                raise Hung(f"the calls did not end within {profile.seconds:g} seconds") from error

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
        once.enter(self._target)
        try:
            self._namespace = self._target.fresh()
            source = await self._namespace.__aenter__()
        except Exception as error:
            raise SetUpFailed(f"fresh() failed: {type(error).__name__}: {error}\n{trace(error)}") from error
        self._world = self._make(source)
        try:
            await self._world.begin()
        except BaseException as error:
            await self._leave(error)
            if isinstance(error, SetUpFailed) or not isinstance(error, Exception):
                raise
            raise SetUpFailed(f"the store did not open: {type(error).__name__}: {error}\n{trace(error)}") from error
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


def _report(law: Law, provider: str, error: BaseException, journal: Journal | None, profile: Profile, seed: int) -> str:
    parts = [f"The law {law.id} is broken by {provider}.", "", f"  {law.means}", ""]
    if isinstance(error, LawBroken):
        parts += ["What happened:", _indented(str(error)), ""]
    else:
        parts += ["What happened: a call raised what it must not raise.", _indented(trace(error)), ""]
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
    """Return the ids in `expected_failures` that no law has."""
    known = {law.id for law in laws()}
    return sorted(set(expected) - known)
