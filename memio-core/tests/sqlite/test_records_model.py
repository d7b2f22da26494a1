"""Facts and documents against a model: a plain list of records, and the rules of `memio.protocols` in plain Python.

Every step does one call on the store and on the model, with labels, filters, times, versions and expiry by chance, and
compares what they return. The clock is the test's. The model shares no code with the store.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from memio import ConflictError, Document, Fact, NotFoundError
from memio.owners import ANY, Owner, Scope
from memio.providers.sqlite import SqliteDocumentAdapter, SqliteFactAdapter
from memio.providers.sqlite._rows import records

START = datetime(2030, 1, 1, tzinfo=UTC)
USERS = (None, "u", "U", 'it\'s "u" OR 1=1 --')
AGENTS = (None, "u", "b%_")
NAMESPACES = ((), ("a",), ("a", "b"), ("a/b",), ("ab",), ("a", "b", "c"), ("a\x01",), ("a\x01\x02", "b"), ("é", "日本"))
IDS = ("1", "2", "it's", "É", "1 ")
WORDS = ("tea", "milk", "寿司", "garden", "don't", "NEAR", "o1", "a1")
KEYS = ("k", "n", 'a"b', "a.b", "$.k", "", "\\", "é")
BIG = 2**63
NUMBERS = (0, 1, 2.5, -1, 1.0, BIG, BIG - 1, float(BIG), -BIG - 1, 10**30, 1e308, 0.1, 5e-324)
TEXTS = ("", "a", "A", "b", "1", "true", 'a"b', "é", "\U0001f375", "m1")
SCALARS = (None, True, False, *NUMBERS, *TEXTS)
VALUES = (*SCALARS, [], [1], {}, {"k": 1})

Record = dict[str, Any]


def passes(metadata: Record, filters: Record) -> bool:
    """Judge a filter, by the words of the specification."""
    for key, wanted in filters.items():
        if key == "$and":
            held = all(passes(metadata, part) for part in wanted)
        elif key == "$or":
            held = any(passes(metadata, part) for part in wanted)
        elif key == "$not":
            held = not passes(metadata, wanted)
        else:
            operators = wanted if isinstance(wanted, dict) else {"$eq": wanted}
            held = all(_holds(metadata, key, name, operand) for name, operand in operators.items())
        if not held:
            return False
    return True


def _holds(metadata: Record, key: str, operator: str, operand: Any) -> bool:
    if operator == "$exists":
        return (key in metadata) == operand
    if operator in ("$in", "$nin"):
        found = key in metadata and any(_typed(metadata[key]) == _typed(item) for item in operand)
        return found == (operator == "$in")
    if operator in ("$eq", "$ne"):
        found = key in metadata and _typed(metadata[key]) == _typed(operand)
        return found == (operator == "$eq")
    if key not in metadata:
        return False
    (kind, stored), (wanted, bound) = _typed(metadata[key]), _typed(operand)
    if kind != wanted or kind not in ("number", "text"):
        return False
    return {"$gt": stored > bound, "$gte": stored >= bound, "$lt": stored < bound, "$lte": stored <= bound}[operator]


def _typed(value: Any) -> tuple[str, Any]:
    """Return the type of a JSON value, and what is compared: numbers exactly, texts by code points."""
    if isinstance(value, (list, dict)):
        return "structure", object()  # equal to nothing
    if value is None or isinstance(value, bool):
        return "constant", value
    return ("number", Fraction(value)) if isinstance(value, (int, float)) else ("text", [*map(ord, value)])


@dataclass
class Model:
    """The records in the order of adding, and every version that an id ever had."""

    now: datetime = START
    records: list[Record] = field(default_factory=list)
    versions: set[tuple[str, Owner, str]] = field(default_factory=set)

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.expire()

    def expire(self) -> None:
        self.records = [r for r in self.records if r["expires_at"] is None or r["expires_at"] > self.now]

    def in_scope(self, scope: Scope) -> list[Record]:
        return [record for record in self.records if scope.matches(record["owner"])]

    def find(self, record_id: str, scope: Scope) -> Record:
        found = [record for record in self.in_scope(scope) if record["id"] == record_id]
        if not found:
            raise NotFoundError("record", record_id)
        if len(found) > 1:
            raise ConflictError("record", record_id, reason="owners")
        return found[0]

    def selected(self, scope: Scope, filters: Record | None, since: Any, until: Any) -> list[Record]:
        return [
            record
            for record in self.in_scope(scope)
            if passes(record["metadata"], filters or {})
            and (since is None or record["created_at"] >= since)
            and (until is None or record["created_at"] < until)
        ]


class Driver:
    """Does steps by chance on a store and on the model.

    Args:
        seed: Of the chance.
        kind: `fact` or `document`.
        path: The file.
        clock: Called with a time that becomes the store's.
    """

    def __init__(self, seed: int, kind: str, path: Path, clock: Callable[[datetime], None]) -> None:
        self.chance = random.Random(seed)  # noqa: S311  # a test that can be repeated
        self.kind = kind
        self.id = "fact_id" if kind == "fact" else "doc_id"
        self.path = path
        self.store: Any = self.open()
        self.clock = clock
        self.model = Model()
        clock(self.model.now)

    def open(self) -> Any:
        return (SqliteFactAdapter if self.kind == "fact" else SqliteDocumentAdapter)(path=self.path)

    # What a call is given.

    def owner(self) -> Owner:
        return Owner(*(self.chance.choice(labels) for labels in (USERS, AGENTS, NAMESPACES)))

    def scope(self) -> Scope:
        owner = self.chance.choice(self.model.records)["owner"] if self.model.records else self.owner()
        if self.chance.random() < 0.3:
            return Scope.of(owner)
        user, agent, namespace = (
            label if self.chance.random() < 0.4 else ANY for label in (owner.user_id, owner.agent_id, owner.namespace)
        )
        prefix = owner.namespace[: self.chance.randint(0, 3)] if self.chance.random() < 0.5 else ()
        return Scope(user, agent, namespace, prefix)

    def metadata(self) -> Record:
        return {
            key: self.chance.choice(VALUES) for key in self.chance.sample(KEYS, self.chance.choice((0, 1, 1, 2, 4)))
        }

    def filters(self, depth: int = 2) -> Record:
        chosen: Record = {}
        for _ in range(self.chance.choice((1, 1, 2))):
            word = self.chance.choice(("", "", "", "$and", "$or", "$not")) if depth else ""
            if word == "$not":
                chosen[word] = self.filters(depth - 1)
            elif word:
                chosen[word] = [self.filters(depth - 1) for _ in range(self.chance.randint(1, 3))]
            else:
                key = self.chance.choice([key for key in KEYS if not key.startswith("$")])
                chosen[key] = self.chance.choice(SCALARS) if self.chance.random() < 0.3 else self.operators()
        return chosen

    def operators(self) -> Record:
        names = self.chance.sample(
            ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists"), self.chance.choice((1, 1, 2))
        )
        return {name: self.operand(name) for name in names}

    def operand(self, name: str) -> Any:
        if name in ("$in", "$nin"):
            return [self.chance.choice(SCALARS) for _ in range(self.chance.choice((0, 1, 3, 40)))]
        if name == "$exists":
            return self.chance.random() < 0.5
        return self.chance.choice(SCALARS if name in ("$eq", "$ne") else (*NUMBERS, *TEXTS))

    def data(self) -> Any:
        return self.chance.choice((None, None, 1, "\x00\ud800", [None, {"a": "\udc00\ud800"}], {"k": 1.5}, False, 0))

    def content(self) -> str:
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, 6)))

    def expiry(self) -> datetime | None:
        if self.chance.random() < 0.7:
            return None
        return self.model.now + timedelta(seconds=self.chance.choice((-5, 0, 1, 10, 300)))

    def times(self) -> tuple[datetime | None, datetime | None]:
        if self.chance.random() < 0.7:
            return None, None
        moments = [self.model.now, START, *(record["created_at"] for record in self.model.records)]
        return self.chance.choice((None, self.chance.choice(moments))), self.chance.choice(moments)

    def a_version(self, record: Record | None) -> str | None:
        if self.chance.random() < 0.5:
            return None
        if record is not None and self.chance.random() < 0.6:
            return str(record["version"])
        return self.chance.choice(
            ("0", "", "none", *(version for _, _, version in sorted(self.model.versions, key=str)))
        )

    # The steps.

    async def step(self) -> None:
        steps = {
            self.add: 5,
            self.add_again: 2,
            self.add_many: 1,
            self.restore: 1,
            self.put: 3,
            self.update: 3,
            self.delete: 2,
            self.delete_all: 0.3,
            self.purge: 0.3,
            self.wait: 2,
            self.reopen: 0.1,
            self.get: 2,
            self.list: 4,
            self.search: 4,
            self.count: 3,
            self.owners: 1,
        }
        (chosen,) = self.chance.choices([*steps], [*steps.values()])
        await chosen()
        self.model.advance(0.001)
        self.clock(self.model.now)

    async def wait(self) -> None:
        self.model.advance(self.chance.choice((1, 5, 60)))

    async def reopen(self) -> None:
        await self.store.aclose()
        self.store = self.open()

    def item(self, record_id: str | None) -> Record:
        item: Record = {"content": self.content(), "owner": self.owner()}
        if record_id is not None:
            item[self.id] = record_id
        if self.chance.random() < 0.7:
            item["metadata"] = self.metadata()
        if (expires_at := self.expiry()) is not None:
            item["expires_at"] = expires_at
        if self.kind == "document" and (data := self.data()) is not None:
            item["data"] = data
        return item

    def model_add(self, item: Record, times: tuple[datetime, datetime] | None = None) -> Record:
        """Add to the model; the id and the version are filled in from what the store returns."""
        self.model.expire()  # also within a batch
        created, updated = times or (self.model.now, self.model.now)
        for record in self.model.in_scope(Scope.of(item["owner"])):
            if self.id in item and record["id"] == item[self.id]:
                same = all(
                    equal(record[name], item.get(name, default))
                    for name, default in (("content", ""), ("metadata", {}), ("data", None))
                )
                if not same:
                    raise ConflictError("record", record["id"])
                record["expires_at"] = item.get("expires_at") or record["expires_at"]
                return record
        record = {
            "id": item.get(self.id),
            "owner": item["owner"],
            "content": item["content"],
            "metadata": item.get("metadata", {}),
            "data": item.get("data"),
            "created_at": created,
            "updated_at": updated,
            "expires_at": item.get("expires_at"),
            "version": None,
        }
        self.model.records.append(record)
        return record

    async def both(self, call: Any, expected: Callable[[], Any]) -> tuple[Any, Any]:
        """Return what the store and the model return; where the model raises, the store must raise the same."""
        before = [dict(record) for record in self.model.records]
        wanted, refused = None, None
        try:
            wanted = expected()
        except (NotFoundError, ConflictError) as error:
            refused = error
        if refused is None:
            return await call, wanted
        self.model.records = before
        with pytest.raises(type(refused)) as caught:
            await call
        assert getattr(caught.value, "reason", None) == getattr(refused, "reason", None)
        return None, None

    def adopt(self, stored: Any, record: Record, *, changed: bool) -> None:
        """Take the id and the version that the store has chosen, and compare the rest."""
        if record["id"] is None:
            record["id"] = stored.id
        if changed:
            assert (record["id"], record["owner"], stored.version) not in self.model.versions
            record["version"] = stored.version
            self.model.versions.add((record["id"], record["owner"], stored.version))
        self.compare(stored, record)

    def compare(self, stored: Any, record: Record) -> None:
        for name, value in record.items():
            if name != "data" or self.kind == "document":
                assert equal(getattr(stored, name), value), (name, getattr(stored, name), value)

    async def add(self) -> None:
        item = self.item(self.chance.choice((None, *IDS)))
        stored, record = await self.both(self.store.add(**item), lambda: self.model_add(item))
        if record is not None:
            self.adopt(stored, record, changed=record["version"] is None)

    async def add_again(self) -> None:
        if not self.model.records:
            return
        record = self.chance.choice(self.model.records)
        item = {"content": record["content"], "owner": record["owner"], "metadata": record["metadata"]}
        item[self.id] = record["id"]
        if record["data"] is not None:
            item["data"] = record["data"]
        if (expires_at := self.expiry()) is not None:
            item["expires_at"] = expires_at
        stored, again = await self.both(self.store.add(**item), lambda: self.model_add(item))
        assert again is record
        self.adopt(stored, record, changed=False)

    async def add_many(self) -> None:
        items = [self.item(self.chance.choice((None, *IDS))) for _ in range(self.chance.randint(1, 6))]
        items += self.chance.choices(items, k=self.chance.randint(0, 2))

        def expected() -> list[tuple[Record, Record]]:
            """Return the records, each also as it was at its turn: a later item may change when it expires."""
            return [(record := self.model_add(item), dict(record)) for item in items]

        stored, added = await self.both(self.store.add_many(items=items), expected)
        for one, (record, returned) in zip(stored or (), added or (), strict=True):
            self.compare(one, {**returned, "id": one.id, "version": one.version})
            if record["version"] is None:
                self.adopt(one, {**record, "expires_at": one.expires_at}, changed=True)
                record.update(id=one.id, version=one.version)

    async def restore(self) -> None:
        made = Fact if self.kind == "fact" else Document
        items = [self.item(self.chance.choice(IDS)) for _ in range(2)]
        times = [START - timedelta(days=self.chance.randint(1, 9)), START - timedelta(hours=self.chance.randint(1, 9))]
        given = [
            made(
                id=item[self.id],
                content=item["content"],
                user_id=item["owner"].user_id,
                agent_id=item["owner"].agent_id,
                namespace=item["owner"].namespace,
                metadata=item.get("metadata", {}),
                expires_at=item.get("expires_at"),
                created_at=times[0],
                updated_at=times[1],
                **({"data": item.get("data")} if self.kind == "document" else {}),
            )
            for item in items
        ]
        number, added = await self.both(
            self.store.restore_records(records=given),
            lambda: [self.model_add(item, (times[0], times[1])) for item in items],
        )
        assert number is None or number == len({id(record) for record in added if record["version"] is None})
        for record in [record for record in self.model.records if record["version"] is None]:
            if record["expires_at"] is not None and record["expires_at"] <= self.model.now:
                continue
            stored = await self.store.get(**{self.id: record["id"]}, scope=Scope.of(record["owner"]))
            self.adopt(stored, record, changed=True)

    async def put(self) -> None:
        item = self.item(self.chance.choice(IDS))
        if self.model.records and self.chance.random() < 0.6:
            known = self.chance.choice(self.model.records)
            item["owner"], item[self.id] = known["owner"], known["id"]
        old = next((r for r in self.model.in_scope(Scope.of(item["owner"])) if r["id"] == item[self.id]), None)
        version = self.a_version(old)

        def expected() -> Record:
            if version is not None and (old is None or old["version"] != version):
                raise ConflictError("record", item[self.id], reason="version")
            if old is None:
                return self.model_add(item)
            old.update(
                content=item["content"],
                metadata=item.get("metadata", {}),
                data=item.get("data"),
                expires_at=item.get("expires_at"),
                updated_at=max(self.model.now, old["updated_at"]),
            )
            return old

        stored, record = await self.both(self.store.put(**item, **given(if_version=version)), expected)
        if record is not None:
            self.adopt(stored, record, changed=True)

    async def update(self) -> None:
        record_id = self.chance.choice((*IDS, *(record["id"] for record in self.model.records)))
        scope = self.scope()
        changes: Record = {}
        if self.chance.random() < 0.5:
            changes["content"] = self.content()
        if self.chance.random() < 0.5:
            changes["metadata"] = self.metadata()
        if self.kind == "document" and self.chance.random() < 0.3:
            changes["data"] = self.data()
        if not changes or self.chance.random() < 0.3:
            changes["expires_at"] = self.expiry()
        known = [record for record in self.model.in_scope(scope) if record["id"] == record_id]
        version = self.a_version(known[0] if len(known) == 1 else None)

        def expected() -> Record:
            record = self.model.find(record_id, scope)
            if version is not None and record["version"] != version:
                raise ConflictError("record", record_id, reason="version")
            record.update(changes)
            if changes.keys() != {"expires_at"}:
                record["updated_at"] = max(self.model.now, record["updated_at"])
            return record

        call = self.store.update(**{self.id: record_id}, **changes, scope=scope, **given(if_version=version))
        stored, record = await self.both(call, expected)
        if record is not None:
            self.adopt(stored, record, changed=changes.keys() != {"expires_at"})

    async def delete(self) -> None:
        record_id = self.chance.choice((*IDS, *(record["id"] for record in self.model.records)))
        scope = self.scope()
        known = [record for record in self.model.in_scope(scope) if record["id"] == record_id]
        version = self.a_version(known[0] if len(known) == 1 else None)

        def expected() -> None:
            record = self.model.find(record_id, scope)
            if version is not None and record["version"] != version:
                raise ConflictError("record", record_id, reason="version")
            self.model.records.remove(record)

        await self.both(self.store.delete(**{self.id: record_id}, scope=scope, **given(if_version=version)), expected)

    async def delete_all(self) -> None:
        scope = self.scope()
        await self.store.delete_all(scope=scope)
        self.model.records = [record for record in self.model.records if not scope.matches(record["owner"])]
        with closing(sqlite3.connect(self.path)) as db:  # expired ones are gone too
            rows = db.execute(
                f"SELECT o.user, o.agent FROM {self.kind} r JOIN owner o ON o.id = r.owner"  # noqa: S608  # the kinds from above
            ).fetchall()
        if scope == Scope():
            assert rows == []

    async def purge(self) -> None:
        assert await self.store.purge() >= 0
        with closing(sqlite3.connect(self.path)) as db:
            stored = db.execute(f"SELECT count(*) FROM {self.kind}").fetchone()[0]  # noqa: S608  # as above
        self.model.expire()
        assert stored == len(self.model.records)
        assert await self.store.purge() == 0

    async def get(self) -> None:
        record_id = self.chance.choice((*IDS, *(record["id"] for record in self.model.records)))
        scope = self.scope()
        stored, record = await self.both(
            self.store.get(**{self.id: record_id}, scope=scope), lambda: self.model.find(record_id, scope)
        )
        if record is not None:
            self.compare(stored, record)

    def selection(self) -> Record:
        since, until = self.times()
        filters = self.filters() if self.chance.random() < 0.5 else None
        return {"scope": self.scope(), "filters": filters, "since": since, "until": until}

    async def list(self) -> None:
        selection = self.selection()
        order = self.chance.choice(("oldest", "newest"))
        wanted = self.model.selected(**selection)
        limit, cursor, listed = self.chance.choice((1, 2, 7, 1000)), None, list[Any]()
        while True:
            page = await self.store.get_all(**given(**selection), limit=limit, cursor=cursor, order=order)
            assert len(page) <= limit
            listed += page
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(listed) == len(wanted), selection
        for stored, record in zip(listed, wanted if order == "oldest" else wanted[::-1], strict=True):
            self.compare(stored, record)

    async def search(self) -> None:
        selection = self.selection()
        word = self.chance.choice((*WORDS, "-", "'"))
        wanted = [
            (record["owner"], record["id"])
            for record in self.model.selected(**selection)
            if (word in record["content"].split() if word[0] not in "-'" else word in record["content"])
        ]
        found = await self.store.search(query=word, limit=1000, **given(**selection))
        assert {(one.owner, one.id) for one in found} == set(wanted), (word, selection)
        assert len(found) == len(wanted)
        # The best of those that pass a filter are the first of all that do.
        everything = await self.store.search(query=word, limit=1000, scope=selection["scope"])
        limit = self.chance.choice((1, 3))
        best = await self.store.search(query=word, limit=limit, **given(**selection))
        assert best == [one for one in everything if (one.owner, one.id) in wanted][:limit]

    async def count(self) -> None:
        selection = self.selection()
        assert await self.store.count(**given(**selection)) == len(self.model.selected(**selection)), selection

    async def owners(self) -> None:
        scope = self.scope()
        limit, cursor, listed = self.chance.choice((1, 3, 1000)), None, list[Owner]()
        while True:
            page = await self.store.get_owners(limit=limit, cursor=cursor, scope=scope)
            listed += page
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(listed) == len(set(listed))
        assert set(listed) == {record["owner"] for record in self.model.in_scope(scope)}


def given(**arguments: Any) -> Record:
    """Return the arguments that are not `None`, which a store does not get."""
    return {name: value for name, value in arguments.items() if value is not None}


def equal(first: Any, second: Any) -> bool:
    """Return whether two values of records are equal, as JSON where they are JSON."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(equal(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(equal, first, second))
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return what sets the clock of the store."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return lambda moment: monkeypatch.setattr(records, "now", lambda: (moment - epoch) // timedelta(microseconds=1))


async def run_steps(driver: Driver, steps: int) -> None:
    try:
        for _ in range(steps):
            await driver.step()
    finally:
        await driver.store.aclose()


@pytest.mark.parametrize("kind", ["fact", "document"])
@pytest.mark.parametrize("seed", range(6))
def test_calls_by_chance_do_what_the_model_does(
    seed: int,
    kind: str,
    path: Path,
    clock: Callable[[datetime], None],
    assert_consistent: Callable[[], None],
) -> None:
    asyncio.run(run_steps(Driver(seed, kind, path, clock), 200))
    assert_consistent()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fact", "document"])
@pytest.mark.parametrize("seed", range(100, 110))
def test_many_calls_by_chance_do_what_the_model_does(
    seed: int,
    kind: str,
    path: Path,
    clock: Callable[[datetime], None],
    assert_consistent: Callable[[], None],
) -> None:
    asyncio.run(run_steps(Driver(seed, kind, path, clock), 3000))
    assert_consistent()
