"""State machines: a store and a plain list go through the same calls, and must agree after each.

A model is as simple as it can be and shares no code with any store: it is the specification, written as a list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, run_state_machine_as_test

from memio.capabilities import Feature, Guarantee
from memio.kinds import RECORDED_BY, SCOPED_BY
from memio.owners import Owner
from memio_contract.expect import equal
from memio_contract.generated import quiet_settings
from memio_contract.outcome import Hung, SetUpFailed
from memio_contract.place import Labels
from memio_contract.profile import Profile
from memio_contract.world import World

_OWNERS: tuple[Labels, ...] = (
    *({}, {}, {"user_id": "u1"}, {"user_id": "u1"}, {"user_id": "U1"}, {"user_id": "u1 "}),
    *({"user_id": "u1", "agent_id": "a1"}, {"user_id": "u1", "agent_id": "a2"}, {"agent_id": "a1"}),
    *({"namespace": ("n",)}, {"namespace": ("n", "m")}, {"user_id": "u1", "namespace": ("n",)}),
)
_EXACT: tuple[Labels, ...] = ({"namespace": ()}, {"owner": {}}, {"owner": {"user_id": "u1"}})

ADDING = st.sampled_from(_OWNERS)
"""The owners of what generated calls add."""

SPANS = st.sampled_from(
    (*_OWNERS, *_EXACT, {"namespace_prefix": ("n",)}, {"user_id": "u1", "namespace_prefix": ("n",)})
)
"""The scopes of generated calls about many records."""

SCOPES = st.sampled_from((*_OWNERS, *_EXACT))
"""The scopes of generated calls that take no prefix."""

OWN = "own"
GUARDS = st.sampled_from((*[OWN] * 12, *_OWNERS, *_EXACT))
"""The scopes of generated calls about one record; `own` is the owner that it belongs to."""


def within(owner: Owner, labels: Labels) -> bool:
    """Return whether the records of an owner are in the scope that a call names."""
    given = dict(labels)
    if "owner" in given:
        return bool(owner == given["owner"])
    prefix = given.pop("namespace_prefix", ())
    same = all(getattr(owner, name) == label for name, label in given.items())
    return same and owner.namespace[: len(prefix)] == prefix


WHICH = st.integers(0, 9)
"""Which record a generated call is about."""
_LIVING = 8
_BATCH = 10

SELDOM = st.sampled_from((False, False, False, False, False, True))


Step = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Stage:
    """How a state machine opens its namespace, and what it found.

    Attributes:
        begun: Opens a namespace with a client, as an async context manager.
        failed: Gets each failure and its world.
        steps: The rules of the last failure, with their arguments.
        hung: A failure of calls that did not end: every further sequence ends with it at once.
    """

    begun: Callable[[], AbstractAsyncContextManager[World]]
    failed: Callable[[BaseException, World], None]
    steps: list[Step] = field(default_factory=list["Step"])
    hung: list[Hung] = field(default_factory=list[Hung])


def where(*needed: Feature | Guarantee) -> Callable[[Any], Any]:
    """Return a decorator for a rule of stores that declare all of these; others spend no step on it."""
    return precondition(lambda machine: machine.world.has(*needed))


class Machine(RuleBasedStateMachine):
    """A state machine with an event loop, a namespace and a client."""

    stage: ClassVar[Stage]
    """How it opens its namespace; set by `run_machine`."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[Step] = []
        self._runner = asyncio.Runner()
        self._scene = self.stage.begun()
        try:
            self.world: World = self._runner.run(_entered(self._scene))
        except BaseException:
            self._runner.close()
            raise

    def run(self, rule: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Carry out one rule."""
        if self.stage.hung:
            raise self.stage.hung[0]  # trying fewer calls would cost another time limit for each
        self._steps.append((rule.__name__, arguments))

        async def bounded() -> None:
            try:
                async with asyncio.timeout(self.world.profile.seconds):
                    await rule(*arguments)
                    so_far = len(self.world.journal.calls)
                    await self.agrees()
                    # A comparison that found nothing does not belong into a report.
                    del self.world.journal.calls[so_far:]
            except TimeoutError as error:
                if error.args:
                    raise
                raise Hung(f"a call did not end within {self.world.profile.seconds:g} seconds") from error

        try:
            self._runner.run(bounded())
        except Exception as error:
            if isinstance(error, Hung):
                self.stage.hung.append(error)
            self.stage.failed(error, self.world)
            self.stage.steps[:] = self._steps
            raise

    async def agrees(self) -> None:
        """Compare everything that is stored with the model; called after every rule."""
        raise NotImplementedError

    def scopes(self, owners: Iterable[Owner]) -> list[Labels]:
        """Return the scope of each owner, as narrow as the store can make it."""
        scopes = [self.world.exactly(owner.labels) for owner in dict.fromkeys(owners)]
        return [scope for number, scope in enumerate(scopes) if scope not in scopes[:number]]

    def meant(self, which: int, living: list[str], ever: list[str]) -> str:
        """Return the id that a call is about: mostly of a record that is there, else one that was, or never was."""
        ids = living if which < _LIVING and living else ever
        return ids[which % len(ids)] if ids else self.world.label("never-used")

    def adding(self, whose: Labels) -> Labels:
        """Return the labels of an addition: those that the store records."""
        return self._named({name: label for name, label in whose.items() if self.world.has(RECORDED_BY[name])})

    def scope(self, whose: Labels) -> Labels:
        """Return the keywords of any other call: those for which the store declares the feature."""
        if "owner" in whose:
            named = self._named(whose["owner"])
            return self.world.exactly(named) if named or self.world.alone else named
        needed = {**SCOPED_BY, "namespace_prefix": Feature.NAMESPACES}
        return self._named({name: label for name, label in whose.items() if self.world.has(needed[name])})

    def guard(self, whose: Labels | str, belonging: Sequence[Owner]) -> Labels:
        """Return the scope of a call about one record, which belongs to one of some owners."""
        if not isinstance(whose, str):
            return self.scope(whose)
        return self.world.exactly(belonging[0].labels) if belonging else self.world.home

    def _named(self, labels: Labels) -> Labels:
        """Return labels as this example names them, with the user of its home where they name none."""
        world = self.world
        named = dict(world.home)
        for name, label in labels.items():
            if name == "user_id":
                named |= world.user(label)
            else:
                named[name] = world.label(label) if isinstance(label, str) else world.path(*label)
        return named

    async def counted(self, owners: Sequence[Owner], scope: Labels, **pick: Any) -> None:
        """Expect the number and the owners of what is in a scope."""
        w = self.world
        if w.has(Feature.COUNT):
            equal(await w.subject.count(owner=scope, **pick), len(owners), f"the count for {scope!r} with {pick!r}")
        if w.has(Feature.OWNERS) and not pick:
            found = sorted(map(repr, await w.subject.owners(owner=scope, limit=2)))
            equal(found, sorted(set(map(repr, owners))), f"the owners that are listed for {scope!r}")

    def teardown(self) -> None:
        """Remove the namespace."""
        try:
            self._runner.run(_left(self._scene))
        finally:
            self._runner.close()


async def _entered(scene: AbstractAsyncContextManager[World]) -> World:
    return await scene.__aenter__()


async def _left(scene: AbstractAsyncContextManager[World]) -> None:
    await scene.__aexit__(None, None, None)


def run_machine(machine: type[Machine], stage: Stage, profile: Profile, start: int) -> None:
    """Run a state machine until a sequence of calls fails; the last one that failed is the smallest.

    Args:
        machine: The machine.
        stage: How it opens its namespaces, and where it leaves what it found.
        profile: How many sequences, and how long.
        start: The seed.
    """
    bound = type(machine.__name__, (machine,), {"stage": stage})
    # Hypothesis repeats parts of earlier sequences after the first ten. Many short runs find more here.
    for first in range(0, profile.runs, _BATCH):
        settings = quiet_settings(profile, max_examples=min(_BATCH, profile.runs - first), steps=profile.steps)
        try:
            run_state_machine_as_test(seed(start + first)(bound), settings=settings)
        except SetUpFailed:
            raise
        except Exception:
            if profile.shrink and not stage.hung:
                _shorten(bound, stage)
            raise


def _shorten(machine: type[Machine], stage: Stage) -> None:
    """Leave out every step without which the rest still fails, and fail once more with those that are needed.

    Hypothesis makes values small, and keeps steps that have no part in the failure.
    """
    steps = list(stage.steps)
    place = len(steps) - 2
    while place >= 0:
        if _fails(machine, [*steps[:place], *steps[place + 1 :]]):
            steps = list(stage.steps)
        place = min(place, len(steps) - 1) - 1
    _fails(machine, steps)


def _fails(machine: type[Machine], steps: list[Step]) -> bool:
    again = machine()
    try:
        for name, arguments in steps:
            again.run(getattr(again, name), *arguments)
    except Exception:  # noqa: BLE001  # the stage keeps it
        return True
    finally:
        again.teardown()
    return False
