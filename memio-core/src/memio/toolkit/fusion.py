"""Joining what was found by words with what was found by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest

FUSED = 100
"""How many of the best by words, and of the best by meaning, are joined at least."""


def fused(
    by_words: Sequence[tuple[int, float]], by_meaning: Sequence[tuple[int, float]], weight: float, limit: int
) -> list[tuple[int, float]]:
    """Return the best of two rankings together; of equal ones, those of the greatest number first.

    Scores by words are divided by the best one. Those by meaning, which are never far apart, are spread from 0 for the
    last one to 1 for the first. What is in one ranking only has 0 in the other.

    Args:
        by_words: Numbers of records and their scores, the best first: at least `FUSED`, where there are so many.
        by_meaning: The same by meaning.
        weight: The weight of the meaning, from 0 to 1.
        limit: How many are returned at most.

    Example:
        >>> from memio.toolkit import fused
        >>> fused([(1, 4.0), (2, 3.0)], [(2, 0.9), (3, 0.8)], 0.5, 2)
        [(2, 0.875), (1, 0.5)]
    """
    scores: dict[int, float] = {}
    if by_words:
        best = by_words[0][1]
        for number, score in by_words:
            scores[number] = (1 - weight) * (score / best)
    if by_meaning:
        high, low = by_meaning[0][1], by_meaning[-1][1]
        for number, score in by_meaning:
            share = (score - low) / (high - low) if high > low else 1.0
            scores[number] = scores.get(number, 0.0) + weight * share
    ranked = nlargest(limit, ((score, number) for number, score in scores.items()))
    return [(number, score) for score, number in ranked]
