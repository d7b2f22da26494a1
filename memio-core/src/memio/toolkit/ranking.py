"""Ranking by membership: which words of a query a text has, and how rare these are where one searches.

It needs no more than an index of words returns: for each word the texts that have it. So it counts only texts within
the span of a search, and scores do not depend on what others stored. How often a text has a word does not count, which
is what ranks short statements and long answers fairly among each other.

The score of a text is the sum of the weights of the words that it has, divided by a measure of its length:

    weight of a word = 1 + ln((texts in the span + 1) / (texts with the word + 0.5))
    measure of the length = 1 + words / 187

In a conversation a text also has context, the beginnings of its neighbours. A word found only there counts 0.57 times,
and one found in both 1.24 times. The constants were chosen on short chats, long chats and facts together.

Weights are integers, so that sums do not depend on the order of the words, and equal scores are exactly equal.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

ONE = 1 << 20
"""By what weights are multiplied to become integers."""
CONTEXT, BOTH = 0.57, 1.24
"""By what the weight of a word is multiplied that only the context of a message has, or the context as well."""
_LENGTH = 187

LENGTH_BITS = 6
"""How many bits a class of lengths takes."""

NAMED_SPEAKER = 1.5
"""How much more a message counts whose speaker is named in the query, as in "What did Ann think of …?"."""


class Weights(NamedTuple):
    """What a word of a query adds to the sum of a text; integers.

    Attributes:
        own: Where the text has the word.
        context: Where only its context has the word.
        both: Where both have it.
    """

    own: int
    context: int
    both: int


def weights(size: int, matches: int) -> Weights:
    """Return what a word adds to the sum of a text.

    Args:
        size: How many texts there are in the span of the search.
        matches: How many of them have the word, themselves or in their context.
    """
    weight = ONE * (1 + log((size + 1) / (matches + 0.5)))
    return Weights(round(weight), round(CONTEXT * weight), round(BOTH * weight))


def length_class(words: int) -> int:
    """Return the class of a length, from 0 to 63: exact below 16 words, then eight classes for each doubling.

    Example:
        >>> from memio.toolkit import length_class
        >>> [length_class(words) for words in (3, 15, 16, 17, 18, 100, 10**6)]
        [3, 15, 16, 16, 17, 36, 63]
    """
    if words < 16:  # noqa: PLR2004  # as the docstring states
        return words
    shift = words.bit_length() - 4
    return min(8 * shift + (words >> shift), (1 << LENGTH_BITS) - 1)


def _least(length: int) -> int:
    """Return how many words the shortest text of a class has."""
    return length if length < 16 else (8 + length % 8) << (length // 8 - 1)  # noqa: PLR2004  # as in `length_class`


LENGTHS = tuple(ONE * (1 + _least(length) / _LENGTH) for length in range(1 << LENGTH_BITS))
"""For each class of lengths, by what a sum of weights is divided to get a score."""
