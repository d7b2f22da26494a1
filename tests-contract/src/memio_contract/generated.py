"""Tries a law with values: specimens first, then generated ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from memio_contract.outcome import Hung, SetUpFailed
from memio_contract.profile import Profile
from memio_contract.values import Values

Example = Callable[[list[Any]], None]


def over_values(values: Values, example: Example, profile: Profile, start: int) -> None:
    """Run examples until one fails; the last one that failed is the smallest.

    Args:
        values: What to try.
        example: Checks the law with several values in one namespace.
        profile: How many generated examples.
        start: The seed of the generated ones.
    """
    specimens = values.tried(profile)
    failure = _failure(example, list(specimens))
    if isinstance(failure, Hung):
        raise failure  # looking for the fewest values would cost a time limit for each
    if failure is not None:
        for specimen in specimens:
            example([specimen])
        raise _fewest(example, list(specimens)) or failure

    @seed(start)
    @quiet_settings(profile, max_examples=profile.examples)
    @given(st.lists(values.strategy, min_size=1, max_size=values.most))
    def generated(items: list[Any]) -> None:
        example(items)

    generated()


def _failure(example: Example, items: list[Any]) -> Exception | None:
    try:
        example(items)
    except SetUpFailed:
        raise
    except Exception as error:  # noqa: BLE001  # returned
        return error
    return None


def _fewest(example: Example, items: list[Any]) -> Exception | None:
    """Leave out every specimen without which the rest still fails, and fail once more with those that are needed."""
    kept = list(items)
    for item in items:
        without = [other for other in kept if other is not item]
        if without and _failure(example, without):
            kept = without
    return _failure(example, kept)


def quiet_settings(profile: Profile, *, max_examples: int, steps: int = 1) -> settings:
    """Return Hypothesis settings that use no database and no profile of the adopter."""
    phases = [Phase.generate, *([Phase.shrink] if profile.shrink else [])]
    return settings(
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]  # its metaclass hides the items
        verbosity=Verbosity.quiet,
        print_blob=False,
        phases=phases,
        max_examples=max_examples,
        stateful_step_count=steps,
    )
