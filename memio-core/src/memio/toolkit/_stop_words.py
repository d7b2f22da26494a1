"""English words that are too common to search for, unless a query has no others."""

from __future__ import annotations

_ARTICLES_AND_PRONOUNS = """
a an the this that these those i me my mine myself we us our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves one ones
who whom whose which what where when why how some any each every both all either neither such own same other
"""
_VERBS = """
am is are was were be been being have has had having do does did doing done
can could shall should will would might must
"""
_PREPOSITIONS_CONJUNCTIONS_ADVERBS = """
of at by for with about against between into through during before after above below to from up down in out on
off over under again further then once here there and but or nor if because as until while than so too very
not no only just also more most few ever
"""
_LEFT_BY_APOSTROPHES = """
s t d ll m re ve don didn doesn isn wasn aren weren hasn haven hadn couldn shouldn wouldn won ain
"""

STOP_WORDS = frozenset(
    (_ARTICLES_AND_PRONOUNS + _VERBS + _PREPOSITIONS_CONJUNCTIONS_ADVERBS + _LEFT_BY_APOSTROPHES).split()
)
