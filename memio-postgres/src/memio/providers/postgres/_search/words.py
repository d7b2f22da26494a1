"""What a row holds to be found by: a `tsvector` made in Python, so that every version of the server has the same words.

A `tsvector` has limits. Words have 2,046 bytes at most, so a digest stands for a long one. All words of a row together
have about a megabyte, so a row with more has a short digest of each word instead: all of its words find it, and rarely
does another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from memio.toolkit import length_class
from memio.toolkit.conversation import Utterance
from memio.toolkit.entries import CONTEXT, NAME, Entry, entry_of
from memio.toolkit.stems import stem

_WEIGHTS = {CONTEXT: "3C", NAME: "2B"}
_OWN = "1A"
_LONG = 200
"""How many bytes a word has at most that is stored as it is."""
_SHORT, _KEPT = 32, 1 << 15
"""How many characters the words have whose lexemes are kept, and how many of them."""
_MOST = 900_000
"""How many bytes of words a row has at most, of the 1,048,575 that a `tsvector` may have."""
DIGESTED = "#"
"""What a row has that holds digests, so that a search looks at it."""

_PAIR = 2
_SIGNS = "".join(sign for sign in map(chr, range(0x21, 0x7F)) if sign not in "'\\")
"""The printable characters of ASCII that mean nothing in the text of a `tsvector`."""


class Words(NamedTuple):
    """What a row holds to be found by: the text of the `tsvector` in `words`, and the number in `length`.

    The length is the class of `memio.toolkit.length_class`. Where the words are digests, it is below zero: -1 for the
    class 0, -2 for 1, and so on.
    """

    vector: str
    length: int


class Spoken(NamedTuple):
    """A message in a conversation.

    Attributes:
        content: Its text; of a long message that is only context of others, its first 1,001 characters are enough.
        name: Who wrote it, where that is known.
        day: The words of the day on which it was sent, from `memio.toolkit.date_words`.
    """

    content: str
    name: str | None
    day: str


def words_of(text: str) -> Words:
    """Return what a row with this text holds to be found by."""
    entry = entry_of(text)
    return _words(dict.fromkeys(map(lexeme_of, entry.marked_words()), ""), entry)


def conversation_words(before: Sequence[Spoken], messages: Sequence[Spoken], after: Sequence[Spoken]) -> list[Words]:
    """Return what each of some messages of a session, one after the other, holds to be found by.

    Args:
        before: The two messages before the first of them, in order; fewer where there are fewer.
        messages: The messages.
        after: The message after the last of them, where there is one.
    """
    every = [Utterance(0, each.name, each.content, partial(_day, each.day)) for each in (*before, *messages, *after)]
    near: list[Utterance | None] = [None, None, *every, None]
    places = range(len(before), len(before) + len(messages))
    return [_words_in_context(every[at].entry((near[at], near[at + 1], near[at + 3]))) for at in places]


def _day(day: str) -> tuple[str, str]:
    return day, ""


def _words_in_context(entry: Entry) -> Words:
    weights: dict[str, str] = {}
    for word in entry.marked_words():
        weight = _WEIGHTS.get(word[0])
        lexeme = lexeme_of(word if weight is None else word[1:])
        known = weights.get(lexeme, "")
        if (weight or _OWN) not in known:
            weights[lexeme] = f"{known},{weight or _OWN}" if known else f":{weight or _OWN}"
    return _words(weights, entry)


def _words(weights: Mapping[str, str], entry: Entry) -> Words:
    length = length_class(entry.words)
    if len(entry.text) * 4 > _MOST and _bytes_of(weights) > _MOST:
        weights = {DIGESTED: "", **_digested(weights)}
        length = -1 - length
    return Words(" ".join([f"'{lexeme}'{weight}" for lexeme, weight in weights.items()]), length)


def _digested(weights: Mapping[str, str]) -> Mapping[str, str]:
    found: Mapping[str, str] = {}
    for digest in (wide_digest, narrow_digest):
        found = {
            # A query of one character of a script without spaces looks for the words that begin with it.
            **{
                lexeme[0]: weight for lexeme, weight in weights.items() if len(lexeme) <= _PAIR and not lexeme.isascii()
            },
            **{digest(lexeme): weight for lexeme, weight in weights.items()},
        }
        if _bytes_of(found) <= _MOST:
            break
    return found


def _bytes_of(weights: Mapping[str, str]) -> int:
    return sum(len(lexeme.encode()) + len(weight) + (1 if weight else 0) for lexeme, weight in weights.items())


class _Lexemes(dict[str, str]):
    """Words as the index has them, each kept for the texts that follow where it is short."""

    def __missing__(self, word: str) -> str:
        # Words with other characters have been folded already, in the same way on every version of Python.
        lexeme = stem(word.lower() if word.isascii() else word)
        if len(lexeme) * 4 > _LONG and len(lexeme.encode()) > _LONG:
            lexeme = f"~{_hash(lexeme):032x}"
        if len(word) <= _SHORT:
            if len(self) >= _KEPT:
                self.clear()
            self[word] = lexeme
        return lexeme


lexeme_of: Callable[[str], str] = _Lexemes().__getitem__
"""Returns a word as the index has it: its stem, or the digest of a long word."""


def wide_digest(lexeme: str) -> str:
    """Return a digest of five characters; about 180,000 of them fit into a row, and 71 million are different."""
    number = _hash(lexeme)
    return "#" + "".join([_SIGNS[number // 92**place % 92] for place in range(4)])


def narrow_digest(lexeme: str) -> str:
    """Return a digest of four characters; all of them fit into a row."""
    number = _hash(lexeme)
    return "$" + "".join([_SIGNS[number // 48**place % 48] for place in range(3)])


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=16).digest())
