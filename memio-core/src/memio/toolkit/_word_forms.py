"""Forms of English words that a stemmer does not bring together, such as `go` and `went`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

_FORMS = """
beat beaten, become became, begin began begun, bend bent, bite bit bitten, bleed bled, blow blew blown,
break broke broken, bring brought, build built, burn burnt, buy bought, catch caught, choose chose chosen, come came,
creep crept, deal dealt, dig dug, draw drew drawn, dream dreamt, drink drank drunk, drive drove driven, eat ate eaten,
fall fell fallen, feed fed, feel felt, fight fought, find found, flee fled, fly flew flown, forbid forbade forbidden,
forget forgot forgotten, forgive forgave forgiven, freeze froze frozen, get got gotten, give gave given, go went gone,
grow grew grown, hang hung, hear heard, hide hid hidden, hold held, keep kept, kneel knelt, know knew known, lay laid,
lead led, lean leant, learn learnt, leave left, lend lent, lie lain, light lit, lose lost, make made, mean meant,
meet met, pay paid, ride rode ridden, ring rang rung, rise rose risen, run ran, say said, see saw seen, seek sought,
sell sold, send sent, sew sewn, shake shook shaken, shine shone, shoot shot, show shown, shrink shrank shrunk,
sing sang sung, sink sank sunk, sit sat, sleep slept, slide slid, speak spoke spoken, spend spent, spin spun,
stand stood, steal stole stolen, stick stuck, sting stung, strike struck, swear swore sworn, sweep swept,
swim swam swum, swing swung, take took taken, teach taught, tear tore torn, tell told, think thought,
throw threw thrown, understand understood, wake woke woken, wear wore worn, weave wove woven, weep wept, win won,
write wrote written,
child children, man men, woman women, foot feet, tooth teeth, mouse mice, goose geese, person people, life lives,
wife wives, knife knives, half halves, shelf shelves, wolf wolves, loaf loaves, good better best, bad worse worst
"""


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Return the forms that belong together, by each of them and by their regular forms."""
    groups: dict[str, tuple[str, ...]] = {}
    for line in _FORMS.split(","):
        forms = tuple(line.split())
        for form in forms:
            groups[form] = forms
        for regular in _regular(forms[0]):
            groups.setdefault(regular, forms)
    return groups


def _regular(word: str) -> Iterator[str]:
    """Yield what may be regular forms of a word. Some are not English, and nobody searches for them."""
    yield f"{word}s"
    yield f"{word}es"
    yield f"{word}ing"
    yield f"{word}{word[-1]}ing"
    if word.endswith("e"):
        yield f"{word[:-1]}ing"
    if word.endswith("ie"):
        yield f"{word[:-2]}ying"
    if word.endswith("y"):
        yield f"{word[:-1]}ies"


def other_forms(word: str) -> tuple[str, ...]:
    """Return the other forms of a word in lower case, without those that a stemmer finds; none for most words."""
    forms = _groups().get(word, ())
    return tuple(form for form in forms if form != word)
