"""What is stored and looked for: the same in every run and for every peer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

VOCABULARY = 50_000
WORDS = 12
DIMENSIONS = 384
"""Of the vectors that are given to vector databases: those of a small model for sentences."""


def word(rank: int) -> str:
    """Return the word of a rank; number 0 is the most common."""
    return f"w{rank}x"


def own_word(number: int) -> str:
    """Return the word that only one text has."""
    return f"unique{number}"


def texts(count: int, *, first: int = 0) -> Iterator[str]:
    """Yield texts of 13 words; the word of rank n occurs about 1/n as often as the first, as in real languages."""
    chance = random.Random(first)  # noqa: S311  # the same texts in every run
    words = [word(rank) for rank in range(VOCABULARY)]
    totals = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))
    for number in range(first, first + count):
        yield " ".join([*chance.choices(words, cum_weights=totals, k=WORDS), own_word(number)])


def vector(seed: int) -> list[float]:
    """Return the vector that a vector database is given for a text, or for a query."""
    chance = random.Random(seed)  # noqa: S311  # as above
    return [chance.random() - 0.5 for _ in range(DIMENSIONS)]
