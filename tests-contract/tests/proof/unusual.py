"""Correct stores that do something in an unusual way, and must pass every law."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.models import Page
from memio_contract import ContractTarget
from proof.dict_stores import STORES
from proof.lacking import Forgetful, NewIds, NoScores, NotVerbatim, without
from proof.targets import on_dict

ALL = tuple(STORES)
RECORDS = ("facts", "documents")


class FindsAllWords:
    """A search finds what has every word of the query."""

    def score(self, query, row):
        there = set(self.words(self.searched(row)))
        return super().score(query, row) + 1.0 if all(word in there for word in self.words(query)) else 0.0


class FindsPhrases:
    """A search finds what has the query as a phrase, and scores every hit the same."""

    def score(self, query, row):
        return 1.0 if query.casefold() in self.searched(row).casefold() else 0.0


class EverythingIsAHit:
    """A search ranks all records, as one by embeddings does; one by words alone finds those that have the words."""

    def score(self, query, row):
        return super().score(query, row) + 0.001

    def hits(self, found, query, limit, mode):
        return [hit for hit in super().hits(found, query, limit, mode) if mode != "keyword" or hit[0] > 0.001]


class ShortPages:
    """A page has at most three records, and may be empty though others follow."""

    def page(self, found, limit, cursor):
        if cursor is None and len(found) > 1:
            return Page([], "0")
        return super().page(found, min(limit, 3), cursor)

    def page_back(self, found, limit, cursor):
        return super().page_back(found, min(limit, 3), cursor)

    def page_newest(self, found, limit, cursor):
        return super().page_newest(found, min(limit, 3), cursor)

    def page_latest(self, found, limit, cursor):
        return super().page_latest(found, min(limit, 3), cursor)


class Slow:
    """Every step takes a millisecond or two."""

    async def pause(self):
        await asyncio.sleep(0.001)


class CoarseClock:
    """Times have whole seconds."""

    def now(self):
        return super().now().replace(microsecond=0)


class NoTimes:
    """Records have no times."""

    def as_record(self, row, score=None):
        record = super().as_record(row, score)
        return replace(record, created_at=None, updated_at=None)


class ShortTexts:
    """Content has at most 1,000 bytes."""

    max_content_bytes = 1000


class SmallParts:
    """Metadata and the parts of triples have small limits, which the store states."""

    max_metadata_bytes = 4000
    max_part_bytes = 5000


class NumbersOfJavaScript:
    """A number without a fraction is stored as a whole number, as a backend in JavaScript does."""

    def keep(self, row):
        return replace(super().keep(row), metadata=_whole(row.metadata))


def _whole(value):
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class LocksEverything:
    """One call runs at a time."""

    def __init__(self, backend):
        super().__init__(backend)
        self.lock = backend.notes.setdefault("lock", asyncio.Lock())


def _locked(method):
    async def call(self, *given, **named):
        async with self.lock:
            return await getattr(super(LocksEverything, self), method)(*given, **named)

    return call


_METHODS = ("add", "put", "get", "get_all", "search", "count", "update", "delete", "purge", "add_many")
for _method in (*_METHODS, "delete_all", "delete_entity", "get_owners", "count_messages", "delete_messages"):
    setattr(LocksEverything, _method, _locked(_method))


class Minimal(NotVerbatim, NoScores):
    """A store without features, that promises to show what was written and nothing else."""

    features: frozenset[str] = frozenset()
    guarantees: frozenset[str] = frozenset({Guarantee.READ_YOUR_WRITES})


class ForgetfulMinimal(Minimal, Forgetful):
    """The same, in the memory of the process."""


class PurgesWithWrites:
    """Every write removes what has expired."""

    def place(self, row):
        kept = super().place(row)
        for number in [n for n, other in self.backend.rows.items() if self.expired(other)]:
            self.remove(number)
        return kept


class NoSessionTimes:
    """Sessions are listed without times and numbers of messages, which only reading them shows."""

    def session(self, session_id, rows):
        return replace(super().session(session_id, rows), created_at=None, updated_at=None, message_count=None)


UNUSUAL: dict[type[Any], tuple[tuple[str, ...], frozenset[str]]] = {
    FindsAllWords: (ALL, frozenset()),
    FindsPhrases: (ALL, frozenset()),
    EverythingIsAHit: (ALL, frozenset()),
    ShortPages: (ALL, frozenset()),
    Slow: (ALL, frozenset()),
    CoarseClock: (RECORDS, frozenset()),
    NoTimes: (RECORDS, frozenset({Feature.TIME_RANGE})),
    PurgesWithWrites: (RECORDS, frozenset()),
    NoSessionTimes: (("history",), frozenset({Feature.TIME_RANGE, Feature.NEWEST_FIRST})),
    ShortTexts: (("facts", "history", "documents"), frozenset()),
    SmallParts: (ALL, frozenset()),
    NumbersOfJavaScript: (ALL, frozenset()),
    LocksEverything: (ALL, frozenset({Guarantee.ANY_LOOP})),
    NewIds: (RECORDS, frozenset({Guarantee.STABLE_IDS})),
    NotVerbatim: (ALL, frozenset({Guarantee.VERBATIM})),
    Minimal: (ALL, frozenset()),
    ForgetfulMinimal: (ALL, frozenset()),
}
"""By what is unusual: the kinds for which it can be, and what such a store does not declare."""


def unusual(mixin: type[Any], kind: str) -> ContractTarget:
    """Return an unusual store of one kind among usual ones of the others."""
    good = STORES[kind]
    body: dict[str, Any] = {}
    if not hasattr(mixin, "guarantees"):
        gone = {name for lacked in UNUSUAL[mixin][1] for name in without(lacked)}
        body = {"guarantees": good.guarantees - gone, "features": good.features - gone}
    store = type(mixin.__name__, (mixin, good), body)
    return on_dict({**STORES, kind: store})
