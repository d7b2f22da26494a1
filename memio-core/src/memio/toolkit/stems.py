"""Porter's stemmer for English, as databases that have one apply it, for backends that have none, or one that changes.

It follows M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980), as the `porter` tokenizer of SQLite
does: words of fewer than three or more than 64 bytes stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_LEAST, _MOST = 3, 64
_VOWELS = "aeiou"

_STEP_2 = {
    "ational": "ate",
    "tional": "tion",
    "enci": "ence",
    "anci": "ance",
    "izer": "ize",
    "logi": "log",
    "bli": "ble",
    "alli": "al",
    "entli": "ent",
    "eli": "e",
    "ousli": "ous",
    "ization": "ize",
    "ation": "ate",
    "ator": "ate",
    "alism": "al",
    "iveness": "ive",
    "fulness": "ful",
    "ousness": "ous",
    "aliti": "al",
    "iviti": "ive",
    "biliti": "ble",
}
_STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_STEP_4 = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism"),
    *("ate", "iti", "ous", "ive", "ize"),
)


def _ends_with(suffixes: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the longest of some suffixes that a word has, with something before it."""
    return re.compile(rf"(?<!^)(?:{'|'.join(suffixes)})\Z")


_HAS_STEP_2, _HAS_STEP_3, _HAS_STEP_4 = map(_ends_with, (_STEP_2, _STEP_3, _STEP_4))
_LAST_LETTERS = frozenset("cdegilmnrstuy")
"""With which letters the endings end that any step takes."""
_ENDS_TWICE = re.compile(r"([^aeioulsz])\1\Z")


def stem(word: str) -> str:
    """Return the stem of a word in lower case: the same for most of its regular forms.

    Example:
        >>> from memio.toolkit.stems import stem
        >>> [stem(word) for word in ("likes", "liked", "liking", "hiking", "relational", "ponies", "go")]
        ['like', 'like', 'like', 'hike', 'relat', 'poni', 'go']
    """
    if not _LEAST <= len(word.encode()) <= _MOST or word[-1] not in _LAST_LETTERS:
        return word
    word = _without_past(_without_plural(word))
    if word.endswith("y") and "v" in _shape(word[:-1]):
        word = f"{word[:-1]}i"
    word = _replaced(word, _HAS_STEP_2, _STEP_2)
    word = _replaced(word, _HAS_STEP_3, _STEP_3)
    return _without_last(_without_suffix(word))


def _shape(text: str) -> str:
    """Return the text with a `v` for each vowel and a `c` for each consonant."""
    shape = ""
    for letter in text:
        shape += "v" if letter in _VOWELS or (letter == "y" and shape.endswith("c")) else "c"
    return shape


def _measure(text: str) -> int:
    """Return how often consonants follow vowels."""
    return _shape(text).count("vc")


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")) and word not in ("sses", "ies"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_past(word: str) -> str:
    """Remove `-ed` and `-ing`."""
    if word.endswith("eed") and word != "eed":
        return word[:-1] if _measure(word[:-3]) else word
    start = word[: -2 if word.endswith("ed") else -3]
    if not word.endswith(("ed", "ing")) or "v" not in _shape(start):
        return word
    if start.endswith(("at", "bl", "iz")) and len(start) > len("at"):
        return f"{start}e"
    if _ENDS_TWICE.search(start):
        return start[:-1]
    return f"{start}e" if _measure(start) == 1 and _is_short(start) else start


def _is_short(text: str) -> bool:
    """Return whether a text ends with a consonant, a vowel and a consonant other than w, x and y."""
    return _shape(text).endswith("cvc") and text[-1] not in "wxy"


def _replaced(word: str, suffix: re.Pattern[str], replacements: Mapping[str, str]) -> str:
    found = suffix.search(word)
    if not found or not _measure(word[: found.start()]):
        return word
    return word[: found.start()] + replacements[found[0]]


def _without_suffix(word: str) -> str:
    found = _HAS_STEP_4.search(word)
    if not found:
        return word
    start = word[: found.start()]
    if found[0] == "ion" and not start.endswith(("s", "t")):
        return word
    return start if _measure(start) > 1 else word


def _without_last(word: str) -> str:
    """Remove a last `e`, and one of two `l`."""
    if word.endswith("e"):
        start = word[:-1]
        if (measure := _measure(start)) > 1 or (measure == 1 and not _is_short(start)):
            word = start
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
