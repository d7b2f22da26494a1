"""A query as `tsquery` values, one for each of its terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from memio.providers.postgres._search.words import lexeme_of, narrow_digest, wide_digest
from memio.toolkit import Term


class TermQuery(NamedTuple):
    """The queries of one term, as texts of `tsquery` values.

    Attributes:
        words: Its forms, for rows that hold words as they are.
        digests: The same, for rows that hold digests.
    """

    words: str
    digests: str


def term_queries(terms: Sequence[Term], weight: str = "") -> list[TermQuery]:
    """Return the queries of some terms.

    Args:
        terms: From `memio.toolkit.query_terms`.
        weight: The weight that a word must have: `A`, `B` or `C`; every weight when empty.
    """
    return [_term_query(term, weight) for term in terms]


def any_of(queries: Iterable[str]) -> str:
    """Return the query for rows that match any of some queries."""
    return " | ".join(queries)


def _term_query(term: Term, weight: str) -> TermQuery:
    if term.prefix:
        beginning = f"'{term.text}':*{weight}"
        return TermQuery(beginning, beginning)
    end = f":{weight}" if weight else ""
    lexemes = dict.fromkeys(map(lexeme_of, (term.text, *term.forms)))
    return TermQuery(
        any_of(f"'{lexeme}'{end}" for lexeme in lexemes),
        any_of(f"'{digest(lexeme)}'{end}" for lexeme in lexemes for digest in (wide_digest, narrow_digest)),
    )
