"""Single attempts of a request, and the pause before the next one."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from memio.errors import MemioError

if TYPE_CHECKING:
    from letta_client import AsyncLetta

    from memio.providers.letta._api.errors import Effect

T = TypeVar("T")

FIRST_PAUSE = 0.5
"""Seconds before the first repetition; doubled for each further one."""
LONGEST_PAUSE = 30.0
"""Seconds. When a server asks for a longer pause, the request is not repeated, and the error names the pause."""


async def attempt(letta: AsyncLetta, call: Callable[[AsyncLetta], Awaitable[Any]], parse: Callable[[Any], T]) -> T:
    """Make a call of letta-client once, and return what `parse` makes of the answer.

    Raises:
        UnexpectedAnswerError: The answer is not one of Letta's.
    """
    from memio.providers.letta._api.errors import UnexpectedAnswerError

    try:
        answer = await call(letta)
    except AttributeError as error:  # where letta-client expects a page, it reads attributes of any answer
        raise UnexpectedAnswerError(type(error).__name__) from None
    try:
        return parse(answer)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # letta-client returns any JSON that came with a 200, unchecked.
        raise UnexpectedAnswerError(type(error).__name__) from None


def pause_after(
    problem: MemioError, *, attempts: int, effect: Effect, requested: float | None, max_retries: int
) -> float | None:
    """Return the seconds to wait before the next attempt, or `None` when there is to be none.

    Args:
        problem: The failure of the last attempt.
        attempts: How many attempts were made.
        effect: What the request does.
        requested: The seconds that the server asked for, if it did.
        max_retries: How many repetitions are allowed.
    """
    if effect == "send" or not getattr(problem, "retryable", False) or attempts > max_retries:
        return None
    if requested is not None:
        return requested if requested <= LONGEST_PAUSE else None
    # Jitter, so that callers that failed together do not try again together.
    pause = FIRST_PAUSE * (1 << (attempts - 1))
    return min(pause, LONGEST_PAUSE) * random.uniform(0.75, 1.0)  # noqa: S311  # not a secret
