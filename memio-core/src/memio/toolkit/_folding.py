"""Folding: the same form for characters that readers, keyboards and files use for the same letter.

The tables come from Unicode 3.2, which every Python has and no version changes, because what was indexed once must be
computed in the same way for ever. Younger characters that matter are listed here by their codes.
"""

from __future__ import annotations

import re
import unicodedata
from unicodedata import ucd_3_2_0 as ucd

_MARKS = (
    *range(0x0300, 0x0370),  # accents of Latin, Greek and Cyrillic
    *range(0x0483, 0x048A),  # Old Cyrillic
    *(*range(0x0591, 0x05BE), 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7),  # Hebrew points and accents
    *(*range(0x0610, 0x061B), *range(0x064B, 0x0660), 0x0670),  # Arabic vowels
    *(*range(0x06D6, 0x06DD), *range(0x06DF, 0x06E5), 0x06E7, 0x06E8, *range(0x06EA, 0x06EE)),  # of the Quran
    *(0x0711, *range(0x0730, 0x074B)),  # Syriac vowels
    0x093C,  # the dot below Devanagari letters, which is often left out
    *range(0x1DC0, 0x1E00),  # more accents
    *range(0x20D0, 0x20DD),  # marks of symbols
    *range(0xFE20, 0xFE30),  # halves of accents
)
_INVISIBLE = (
    0x00AD,  # a place to hyphenate
    0x034F,
    0x061C,
    0x0640,  # the Arabic line that makes a word longer
    0x200C,  # after Arabic letters it is white space, see `_BETWEEN_ARABIC`
    0x200D,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0x180B, 0x180F),  # forms of Mongolian letters
    *range(0xFE00, 0xFE10),  # variants
    0xFEFF,
    *range(0x1F3FB, 0x1F400),  # tones of skin
    *range(0xE0100, 0xE01F0),  # variants of ideographs
)
_OWN_LETTERS = "\u0439\u0457\u045e\u0453\u045c"
"""Cyrillic letters that have a mark and are not written without it."""

_APOSTROPHES = "\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\ua78b\ua78c"
"""Letters that are written like an apostrophe, and often with one."""

_REPLACED = """
ß>ss ẞ>ss æ>ae œ>oe ø>o ł>l đ>d ð>d þ>th ı>i ħ>h ŧ>t ŋ>n ĸ>k ƒ>f ə>e ǝ>e ɛ>e ɔ>o ɓ>b ɗ>d ɖ>d ƙ>k ɣ>g ɲ>n ƴ>y
ƀ>b ɨ>i ʉ>u ς>σ ѐ>е ё>е ѝ>и ך>כ ם>מ ן>נ ף>פ ץ>צ װ>וו ױ>וי ײ>יי
"""  # noqa: RUF001  # look-alikes are what this is about

_LETTERS = {
    **{pair[0]: pair[2:] for pair in _REPLACED.split()},
    # Arabic, Persian and Urdu: alef and its forms, letters that carry a hamza, ya, ta marbuta, and letters that only
    # one of these languages writes in another way.
    **dict.fromkeys("\u0649\u06cc", "\u064a"),
    **dict.fromkeys("\u0629\u06be\u06c0\u06c1\u06c2\u06c3", "\u0647"),
    "\u0671": "\u0627",
    "\u06a9": "\u0643",
    # Two signs for nasal vowels in Devanagari.
    "\u0901": "\u0902",
    # Final consonants of Bengali and Malayalam, which were written as a letter and a virama before.
    "\u09ce": "\u09a4\u09cd",
    **{chr(0x0D7A + number): f"{letter}\u0d4d" for number, letter in enumerate("\u0d23\u0d28\u0d30\u0d32\u0d33\u0d15")},
    **dict.fromkeys(_APOSTROPHES, "'"),
}

_YOUNGER_CASED = (
    *((0x10A0, 0x10C6), (0x13A0, 0x13F6), (0x1C90, 0x1CC0), (0x2C00, 0x2C2F), (0x2C60, 0x2CE4), (0xA640, 0xA69C)),
    *((0xA722, 0xA7CA), (0x104B0, 0x104D4), (0x10570, 0x10596), (0x10C80, 0x10CB3), (0x118A0, 0x118C0)),
    *((0x16E40, 0x16E60), (0x1E900, 0x1E922)),
)
"""Letters with two cases in Unicode 14, the oldest that a supported Python has, but not yet in 3.2."""

_YOUNGER_COMPOSED = (
    *((0x1B06, 0x1B44), (0x1109A, 0x110AC), (0x1112E, 0x11130), (0x1134B, 0x1134D), (0x114BB, 0x114BF)),
    *((0x115BA, 0x115BC), (0x11938, 0x11939), (0x2ADC, 0x2ADD), (0xFA2E, 0xFA30), (0xFA6B, 0xFADA)),
    *((code, code + 1) for code in (0x2F868, 0x2F874, 0x2F91F, 0x2F95F, 0x2F9BF)),
)
"""Characters added between Unicode 3.2 and 14 that are equal to others, and five of which 3.2 names a wrong one."""

_SPECIAL = re.compile("[\u0300-\u1fff\u2c00-\U0010ffff]")
"""Text without such characters has no marks that could be composed or be in another order."""
_HALF_WIDTH = re.compile("[\uff65-\uffdc]+")
_YOUNGER = re.compile(f"[{''.join(f'{chr(first)}-{chr(end - 1)}' for first, end in _YOUNGER_COMPOSED)}]")
_BETWEEN_ARABIC = re.compile("(?<=[\u0600-\u08ff])\u200c")


class _Folded(dict[int, str | None]):
    """What each character is folded to, computed when it first occurs; a table for `str.translate`."""

    def __missing__(self, code: int) -> str | None:
        found = self[code] = _fold_character(chr(code))
        return found


def _fold_character(char: str) -> str | None:
    if ord(char) in _DROPPED:
        return None
    lower = char.lower() if ucd.category(char) != "Cn" or _is_in(ord(char), _YOUNGER_CASED) else char
    if lower in _OWN_LETTERS:
        return lower
    digit = ucd.decimal(char, None)
    if digit is not None:
        return str(int(digit))
    parts = ucd.normalize("NFKD" if _stands_for_letters(char) else "NFD", _LETTERS.get(lower, lower))
    if parts == char:
        return parts
    return ucd.normalize("NFC", "".join(_FOLDED[ord(part)] or "" for part in parts))


def _stands_for_letters(char: str) -> bool:
    """Return whether a character is another form of letters or digits: of another width, a ligature, an index."""
    plain = ucd.normalize("NFKD", char)
    return plain != char and ucd.category(char)[0] in "LN" and all(ucd.category(part)[0] in "LMN" for part in plain)


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code < end for first, end in ranges)


_DROPPED = frozenset((*_MARKS, *_INVISIBLE))
_FOLDED = _Folded()


def fold(text: str) -> str:
    """Return a text with one form for each letter: of one case, width and spelling, and without optional marks.

    Canonically equal texts give equal results.
    """
    if _SPECIAL.search(text):
        text = _BETWEEN_ARABIC.sub(" ", text)
        text = _HALF_WIDTH.sub(lambda found: ucd.normalize("NFKC", found[0]), text)
        text = _YOUNGER.sub(lambda found: unicodedata.normalize("NFD", found[0]), text)
        text = ucd.normalize("NFC", text)
    return text.translate(_FOLDED)
