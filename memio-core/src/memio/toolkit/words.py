"""Text as a full-text index gets it, and queries made of the same pieces.

The tokenizers of databases split text into words by Unicode categories. That fails for scripts that write no spaces
between words, and their tables know fewer characters than texts have. So text is prepared: each letter gets one form,
whatever its case, accents, width and spelling are, and then three classes of characters are kept apart:

- letters, digits and marks stay as they are, and the database stems them;
- runs of scripts without spaces become overlapping pairs of characters, and the last character alone, so that any
  part of a run is found: a longer part by its pairs, a single character as the beginning of one;
- every other character with a meaning (emoji, symbols, letters younger than the table) becomes a word made
  of its code, in pairs likewise.

White space, punctuation, control characters and the symbols of ASCII separate. The classes come from Unicode 3.2, which
every Python has and no version changes: what was indexed once must be computed in the same way for ever, or it cannot
be deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import NamedTuple
from unicodedata import ucd_3_2_0

from memio.toolkit._stop_words import STOP_WORDS
from memio.toolkit._word_forms import other_forms

_WORD, _UNSPACED, _CODED, _SEPARATOR = "wux "

_UNSPACED_RANGES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # ideographic repetition, closing and zero
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3130, 0x318F),  # Hangul compatibility Jamo
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x4DBF),  # Han, extension A
    (0x4E00, 0x9FFF),  # Han
    (0xAC00, 0xD7AF),  # Hangul
    (0xF900, 0xFAFF),  # Han, compatibility
    (0xFF66, 0xFFDC),  # half-width Katakana and Hangul
    (0x20000, 0x2FFFF),  # Han, later extensions
)
_TYPOGRAPHY = re.compile("[\u00a0\u00ab\u00bb\u2010-\u2029\u2030-\u2043]+")
"""Separators in text that is ASCII otherwise."""
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+")
_JOINED_AT_ONCE = 4096
_RUN = re.compile(f"{_WORD}+|{_UNSPACED}+|{_CODED}+")


class _Classes(dict[int, str]):
    """The class of each character, computed when it first occurs; a table for `str.translate`."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _class_of(code)
        return found


def _class_of(code: int) -> str:
    category = ucd_3_2_0.category(chr(code))
    if category[0] in "LN" or category in ("Mn", "Mc"):
        return _UNSPACED if any(first <= code <= last for first, last in _UNSPACED_RANGES) else _WORD
    if category[0] in "ZP" or category in ("Cc", "Cf") or code < 0x80:  # noqa: PLR2004  # the end of ASCII
        return _SEPARATOR
    return _CODED


_CLASSES = _Classes()


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the runs of characters of one class, folded, each with its class."""
    from memio.toolkit._folding import fold  # its tables are made when a text needs them: a cold process rarely does

    text = fold(text)
    classes = text.translate(_CLASSES)
    for run in _RUN.finditer(classes):
        yield classes[run.start()], text[run.start() : run.end()]


def index_text(text: str) -> str:
    """Return what an index gets for a text, as words with spaces between them.

    Text of ASCII characters and typographic marks keeps its case and its punctuation: databases split it in the same
    way. The same text gives the same result on every version of Python, and so do canonically equal texts. No result
    has U+001A, with which a provider can mark words of its own.

    Example:
        >>> from memio.toolkit import index_text
        >>> index_text("Zoë, Straße")
        'zoe strasse'
    """
    text = _without_typography(text)
    if text.isascii():
        return text.replace("\x1a", " ")
    pieces = (piece for kind, run in _runs(text) for piece in _pieces(kind, run))
    # Some at a time: millions of short strings take many times the memory of the text.
    return " ".join(iter(lambda: " ".join(islice(pieces, _JOINED_AT_ONCE)), ""))


def index_words(text: str) -> list[str]:
    """Return the words of `index_text` one by one, for an index that marks each of them.

    Example:
        >>> from memio.toolkit import index_words
        >>> index_words("tea, 東京都")
        ['tea', '東京', '京都', '都']
    """
    text = index_text(text)
    return _ASCII_WORD.findall(text) if text.isascii() else text.split()


def _without_typography(text: str) -> str:
    return text if text.isascii() else _TYPOGRAPHY.sub(" ", text)


def _pieces(kind: str, run: str) -> Iterator[str]:
    if kind == _WORD:
        yield run
        return
    yield from map("".join, pairwise(_units(kind, run)))
    yield from _units(kind, run[-1])


def _units(kind: str, run: str) -> Iterator[str]:
    # The letters around a code keep the stemmer away from it, and one code from beginning like another.
    return (f"x{ord(char):x}z" for char in run) if kind == _CODED else iter(run)


class Term(NamedTuple):
    """One term of a query: letters and digits only, so nothing in it is syntax.

    Attributes:
        text: The word, or the pair of characters, that a row must have.
        prefix: Whether a word that only begins with the text matches as well.
        forms: Other forms of the word, of which each matches as well: `went` and `gone` for `go`.
    """

    text: str
    prefix: bool = False
    forms: tuple[str, ...] = ()


def query_terms(query: str) -> list[Term]:
    """Return the terms of a query, each once, without stop words; none when it has no word.

    Args:
        query: Any text.

    Example:
        >>> from memio.toolkit import query_terms
        >>> query_terms("What did they eat?")
        [Term(text='eat', prefix=False, forms=('ate', 'eaten'))]
    """
    query = _without_typography(query)
    if query.isascii():
        return _word_terms(_ASCII_WORD.findall(query))
    words: list[str] = []
    others: list[Term] = []
    for kind, run in _runs(query):
        if kind == _WORD:
            words.append(run)
            continue
        units = list(_units(kind, run))
        others.extend(Term("".join(pair)) for pair in pairwise(units))
        if len(units) == 1:
            others.append(Term(units[0], prefix=True))
    return [*_word_terms(words, required=not others), *dict.fromkeys(others)]


def _word_terms(words: Iterable[str], *, required: bool = True) -> list[Term]:
    """Return the terms of words, without stop words, unless nothing else is there and something is required."""
    distinct = {word.lower(): None for word in words}
    significant = [word for word in distinct if word not in STOP_WORDS]
    terms: list[Term] = []
    covered: set[str] = set()
    for word in significant if significant or not required else distinct:
        if word not in covered:
            forms = other_forms(word)
            covered.update(forms)
            terms.append(Term(word, forms=forms))
    return terms
