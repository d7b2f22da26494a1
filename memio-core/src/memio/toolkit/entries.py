"""What an index of words holds for a row: one text, whose words are of several kinds.

A mark before a word, a character that is never part of a word itself (see `memio.toolkit.index_text`), tells the kinds
apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from memio.toolkit.words import index_text, index_words

CONTEXT = "\ue001"
NAME = "\ue002"

_WORD = re.compile(r"[^\x00-/:-@\[-`{-\x7f]+")
"""Where a text has characters that are not ASCII, `index_text` has left no other separators in it."""


class Entry(NamedTuple):
    """What the index holds for a row.

    Attributes:
        text: Its words, with marks.
        words: About how many of them count for its length.
    """

    text: str
    words: int

    def marked_words(self) -> list[str]:
        """Return the words of the text one by one, each with its mark."""
        return _WORD.findall(self.text)


def entry_of(text: str, tags: str = "", *, day: str = "", name: str | None = None, context: str = "") -> Entry:
    """Return the entry of a row.

    Args:
        text: Its text.
        tags: Words of its own of a provider, which do not count for its length.
        day: The words of its day.
        name: Who wrote it. The words of the name also count as words of the text.
        context: From `context_of`.
    """
    return in_context(own_words(text, day=day, name=name), tags, context)


def own_words(text: str, *, day: str = "", name: str | None = None) -> Entry:
    """Return the part of an entry that does not depend on the neighbours of the row; the arguments as above."""
    own = index_text(text)
    words = _words(own)
    if not day and name is None:
        return Entry(own, words)
    parts = [own]
    if day:
        parts.append(day)
        words += _words(day)
    if name is not None:
        names = index_words(name)
        parts += [*names, *marked(NAME, names)]
        words += len(names)
    return Entry(" ".join(parts), words)


def in_context(own: Entry, tags: str, context: str = "") -> Entry:
    """Return the entry of a row, given its own words."""
    if not context:
        return Entry(f"{own.text} {tags}", own.words)
    return Entry(f"{own.text} {context} {tags}", own.words + _words(context))


@lru_cache(maxsize=256)  # a message is context of three others, and of each until its next neighbour is there
def context_of(text: str) -> str:
    """Return a text as context of another."""
    # Joined by the mark, which takes a quarter of the time of marking each word.
    return f"{CONTEXT}{f' {CONTEXT}'.join(words)}" if (words := index_words(text)) else ""


def marked(mark: str, words: Iterable[str]) -> list[str]:
    """Return words with a mark before each."""
    return [f"{mark}{word}" for word in words]


def _words(text: str) -> int:
    # Not `split`, because a long text would take many times its memory.
    return 1 + text.count(" ") + text.count("\n")
