"""How long and how often a call is tried: the settings of `resilience` for one provider."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from memio.settings import Settings

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Policy(Settings):
    """How patient a caller is.

    Attributes:
        timeout: Seconds that one attempt may take.
        attempts: How often a call is made at most.
        budget: Seconds that all attempts of a call, and the pauses between them, may take together.
        pause: Seconds that the first pause takes at most. Each later one may take twice as long as the one
            before; how much of it is taken is left to chance, so that many callers do not come back together.
        longest_pause: Seconds that any pause takes at most, unless the backend asks for a longer one.
    """

    timeout: Seconds = 10.0
    attempts: Annotated[int, Field(ge=1)] = 3
    budget: Seconds = 30.0
    pause: Seconds = 0.2
    longest_pause: Seconds = 5.0
