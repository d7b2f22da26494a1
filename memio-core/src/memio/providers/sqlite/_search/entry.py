"""How the kinds of words in the index are told apart, and expressions for rows that have words of one kind.

That of tags is ASCII, because most texts are: with any other one, each of their characters would take two bytes.
Marked words in one column take half of the room that columns take: with `detail=none` the index keeps for each word
only the rows that have it.
"""

from __future__ import annotations

from collections.abc import Iterable

from memio.toolkit import Term
from memio.toolkit.entries import CONTEXT, NAME, Entry, entry_of

__all__ = ["CONTEXT", "NAME", "OWN", "TAG", "Entry", "any_form", "entry_of"]

OWN = ""
TAG = "\x1a"
"""A character that FTS5 takes in expressions without quotes, and that `tokenchars` makes a part of words."""


def any_form(terms: Iterable[Term], mark: str = OWN) -> str:
    """Return the expression for the rows that have one of the terms, quoted, so that no term is syntax."""
    words = [
        f'"{mark}{text}" *' if term.prefix else f'"{mark}{text}"' for term in terms for text in (term.text, *term.forms)
    ]
    return words[0] if len(words) == 1 else f"({' OR '.join(words)})"
