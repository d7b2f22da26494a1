"""Good stores that lack one feature or guarantee: honest ones, and ones that declare it all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid4

from memio.capabilities import REQUIRES, Feature, Guarantee
from memio.models import Message, Page
from memio.owners import ANY, ANYWHERE, Owner
from memio_contract import ContractTarget
from proof.dict_stores import STORES, backends
from proof.faults_shelf import CountsEverybody
from proof.shelf import Backend
from proof.targets import on_dict

RECORDS = ("facts", "documents")
ALL = tuple(STORES)


class NoAttribution:
    """Drops owners on add."""

    def keep(self, row):
        return replace(super().keep(row), owner=Owner(namespace=row.owner.namespace))


class NoUserScope:
    """Sees every user's records."""

    def matches_owner(self, row, scope):
        return super().matches_owner(row, replace(scope, user_id=ANY))


class NoAgentScope:
    """Sees every agent's records."""

    def matches_owner(self, row, scope):
        return super().matches_owner(row, replace(scope, agent_id=ANY))


class NoNamespaces:
    """Keeps everything in the root."""

    def keep(self, row):
        return replace(super().keep(row), owner=replace(row.owner, namespace=()))


class NoOwners:
    """Lists the first owner only."""

    async def get_owners(self, **given):
        return Page(list(await super().get_owners(**given))[:1])


class NoMetadata:
    """Drops metadata."""

    def keep(self, row):
        return replace(super().keep(row), metadata={})


class NoFilters:
    """Ignores filters."""

    def passes(self, metadata, filters):
        return True


class NoOperators:
    """Compares with operators as with values."""

    def passes(self, metadata, filters):
        plain = {k: v for k, v in (filters or {}).items() if not k.startswith("$") and not isinstance(v, dict)}
        return super().passes(metadata, plain)


class NoTimeRange:
    """Ignores times."""

    def in_time(self, time, since, until):
        return True


class OldestFirst:
    """Lists in the order of adding, whatever was asked for."""

    async def get_all(self, *, order="oldest", **given):
        return await super().get_all(**given)


class NoCount:
    """Counts nothing."""

    async def count(self, **given):
        return 0


class NoPut:
    """A put answers, and stores nothing."""

    def stored(self, given, if_version):
        return replace(given, version="v")


class NoVersions:
    """Versions are accepted, and not compared."""

    def check_version(self, row, if_version):
        pass


class NoExpiry:
    """Nothing expires."""

    def expired(self, row):
        return False


class NoData:
    """Drops data."""

    def keep(self, row):
        return replace(super().keep(row), data=None)


class NoDeletedMessages:
    """Deleting messages answers, and deletes nothing."""

    async def delete_messages(self, *, session_id, last, message_ids, scope=ANYWHERE):
        found = self.the_session(session_id, scope)
        return [self.as_record(row) for _, row in (found[-last:] if last else self.by_ids(found, message_ids))]


class NoClientIds:
    """Chooses every id itself."""

    def place(self, row):
        return super().place(replace(row, id=uuid4().hex))


class NoUpdate:
    """An update answers, and changes nothing."""

    def changed(self, number, row, changes):
        return replace(row, **changes)


class NoNames:
    """Drops names."""

    def row(self, session_id, message, owner):
        made = super().row(session_id, message, owner)
        return replace(made, more={**made.more, "name": None})


class NoTimestamps:
    """Takes the time of storing."""

    def row(self, session_id, message, owner):
        return replace(super().row(session_id, message, owner), created_at=self.now())


class UserAndAssistantOnly:
    """Keeps messages of every other role as the user's."""

    def row(self, session_id, message, owner):
        role = message.role if message.role in ("user", "assistant") else "user"
        return super().row(session_id, replace(message, role=role), owner)


class OneSessionSearch:
    """A search without a session finds nothing."""

    async def search(self, *, session_id, **given):
        return [] if session_id is None else await super().search(session_id=session_id, **given)


class NotVerbatim:
    """Rewrites the text that it stores."""

    def keep(self, row):
        return replace(super().keep(row), text=" ".join(row.text.split()) or row.text)


class NewIds:
    """An update makes a new record and deletes the old one."""

    def changed(self, number, row, changes):
        new = super().changed(number, replace(row, id=uuid4().hex), changes)
        self.remove(number)
        return self.place(new)


class Late:
    """What was written is seen once the backend has settled."""

    def scoped(self, scope, keep=lambda row: True):
        late = self.backend.notes.setdefault("late", set())
        return [(n, row) for n, row in super().scoped(scope, keep) if n not in late]

    def place(self, row):
        kept = super().place(row)
        self.backend.notes.setdefault("late", set()).add(self.backend.last)
        return kept


class Forgetful:
    """Everything is gone with the client."""

    async def aclose(self):
        self.backend.rows.clear()


class NoScores:
    """Hits have no scores."""

    async def search(self, **given):
        return [replace(hit, score=None) for hit in await super().search(**given)]


class NoWords:
    """Every search goes by meaning."""

    async def search(self, *, mode="auto", **given):
        return await super().search(mode="auto" if mode == "keyword" else mode, **given)


class NoMeaning:
    """Every search goes by words."""

    async def search(self, *, mode="auto", **given):
        return await super().search(mode="keyword", **given)


class Answering:
    """Every addition is answered, and the answer is part of the session."""

    async def add(self, *, messages, **given):
        turn = await super().add(messages=messages, **given)
        answer = await super().add(messages=[Message(role="assistant", content="I have noted that.")], **given)
        return replace(turn, replies=answer.stored)


class OneLoop:
    """Calls wait for each other by a lock of asyncio, which belongs to the loop where one first waits."""

    async def pause(self):
        async with self.backend.notes.setdefault("turn", asyncio.Lock()):
            await super().pause()


LACKING: dict[str, tuple[type[Any], tuple[str, ...]]] = {
    Feature.ATTRIBUTION: (NoAttribution, ALL),
    Feature.USER_SCOPE: (NoUserScope, ALL),
    Feature.AGENT_SCOPE: (NoAgentScope, ALL),
    Feature.NAMESPACES: (NoNamespaces, ALL),
    Feature.OWNERS: (NoOwners, ALL),
    Feature.METADATA: (NoMetadata, ALL),
    Feature.FILTERS: (NoFilters, ("facts", "history", "documents")),
    Feature.FILTER_OPERATORS: (NoOperators, ("facts", "history", "documents")),
    Feature.TIME_RANGE: (NoTimeRange, ALL),
    Feature.NEWEST_FIRST: (OldestFirst, ALL),
    Feature.COUNT: (NoCount, ALL),
    Feature.CLIENT_IDS: (NoClientIds, ALL),
    Feature.UPDATE: (NoUpdate, RECORDS),
    Feature.PUT: (NoPut, RECORDS),
    Feature.VERSIONS: (NoVersions, RECORDS),
    Feature.EXPIRY: (NoExpiry, RECORDS),
    Feature.DATA: (NoData, ("history", "documents")),
    Feature.DELETE_MESSAGES: (NoDeletedMessages, ("history",)),
    Feature.MESSAGE_NAMES: (NoNames, ("history",)),
    Feature.MESSAGE_TIMESTAMPS: (NoTimestamps, ("history",)),
    Feature.ALL_ROLES: (UserAndAssistantOnly, ("history",)),
    Feature.SEARCH_ALL_SESSIONS: (OneSessionSearch, ("history",)),
    Feature.KEYWORD_SEARCH: (NoWords, ("facts", "history", "documents")),
    Feature.SEMANTIC_SEARCH: (NoMeaning, ("facts", "history", "documents")),
    Guarantee.VERBATIM: (NotVerbatim, ALL),
    Guarantee.STABLE_IDS: (NewIds, RECORDS),
    Guarantee.READ_YOUR_WRITES: (Late, ALL),
    Guarantee.DURABLE: (Forgetful, ALL),
    Guarantee.SCORES: (NoScores, ALL),
    Guarantee.ANY_LOOP: (OneLoop, ALL),
    Guarantee.PRIVATE_RANKING: (CountsEverybody, ALL),
    Guarantee.SILENT_APPEND: (Answering, ("history",)),
}
"""By feature or guarantee: what a store does that lacks it, and the kinds for which that can be seen."""


def without(name: str) -> set[str]:
    """Return a feature with those that make no sense without it."""
    gone = {str(name)}
    for dependent, needed in REQUIRES.items():
        if gone & set(map(str, needed)):
            gone |= without(dependent)
    return gone


def lacking(name: str, kind: str, *, declared: bool) -> ContractTarget:
    """Return a store that lacks something, and declares it or not."""
    mixin, _ = LACKING[name]
    good = STORES[kind]
    gone = set() if declared else without(name)
    body = {"features": good.features - gone, "guarantees": good.guarantees - gone}
    store = type(mixin.__name__, (mixin, good), body)
    if name == Guarantee.READ_YOUR_WRITES and not declared:
        return _settling(store, kind)
    return on_dict({**STORES, kind: store})


def _settling(store: type[Any], kind: str) -> ContractTarget:
    """Return a target whose backend settles when it is waited for, at the second time of asking."""
    now: dict[str, Backend] = {}
    asked = count()

    @asynccontextmanager
    async def fresh() -> AsyncIterator[Any]:
        now.clear()
        now.update(backends())
        yield lambda: {name: cls(now[name]) for name, cls in {**STORES, kind: store}.items()}

    async def settle() -> bool:
        await asyncio.sleep(0)
        if next(asked) % 2:
            return False
        for backend in now.values():
            backend.notes.pop("late", None)
        return True

    return ContractTarget(fresh=fresh, provider="dict", kinds=tuple(STORES), settle=settle)  # type: ignore[arg-type]


def shared_kinds(*, declared: bool) -> ContractTarget:
    """Return facts and documents that lie in one collection."""
    bodies = {
        kind: {"guarantees": good.guarantees - (set() if declared else {Guarantee.SEPARATE_KINDS})}
        for kind, good in STORES.items()
    }
    stores = {kind: type(good.__name__, (good,), bodies[kind]) for kind, good in STORES.items()}

    @asynccontextmanager
    async def fresh() -> AsyncIterator[Any]:
        made = backends()
        made["documents"] = made["facts"]
        yield lambda: {kind: store(made[kind]) for kind, store in stores.items()}

    return ContractTarget(fresh=fresh, provider="dict", kinds=tuple(STORES))
