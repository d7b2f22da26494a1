"""Ranking of a session's messages by a query. Letta cannot search a conversation, so memio does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import log

from memio.models import Message

_WORD = re.compile(r"\w+")

INSIDE = 0.5
"""The weight of a word of the query that is found inside a longer one, as in scripts without spaces."""


def rank(messages: Sequence[Message], query: str, limit: int) -> list[Message]:
    """Return the messages that hold a word of the query, best first; of equal ones the newest first.

    Rare words count more than common ones, and a message that holds the whole query comes first.

    Args:
        messages: Oldest first.
        query: Words. A query without any is searched as one text.
        limit: How many to return at most.
    """
    wanted = query.casefold()
    words = set(_WORD.findall(wanted))
    texts = [message.content.casefold() for message in messages]
    bags = [set(_WORD.findall(text)) for text in texts]
    spread = Counter(word for bag in bags for word in words & bag)
    weight = {word: 1 + log((1 + len(texts)) / (1 + spread[word])) for word in words}
    scored: list[tuple[bool, float, int]] = []
    for index, (text, bag) in enumerate(zip(texts, bags, strict=True)):
        score = sum(weight[word] * (1 if word in bag else INSIDE) for word in words if word in text)
        if score or wanted in text:
            scored.append((wanted in text, score, index))
    return [messages[index] for _, _, index in sorted(scored, reverse=True)[:limit]]
