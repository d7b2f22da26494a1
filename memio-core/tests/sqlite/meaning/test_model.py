"""A store with an embedder against a plain dict: whatever is done in whatever order, every mode finds what is there."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from embedder_of_words import WordEmbedder, vector_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

np = pytest.importorskip("numpy", reason="the extra memio-core[semantic] is not installed here")

from memio import Owner, UnavailableError  # noqa: E402
from memio.embedders.shared import SharedEmbedder  # noqa: E402
from memio.owners import ANYWHERE, Scope  # noqa: E402
from memio.protocols import Embedded  # noqa: E402
from memio.providers.sqlite import SqliteFactAdapter  # noqa: E402

WORDS = st.lists(st.sampled_from(("coffee", "tea", "dog", "cat", "red", "blue")), min_size=1, max_size=4)
TEXTS = st.one_of(WORDS.map(" ".join), st.sampled_from(("", " ", "?!")))
IDS = st.sampled_from("abcdef")
OWNERS = st.sampled_from((Owner(user_id="ann"), Owner(user_id="bob", namespace=("x",)), Owner()))
SCOPES = st.sampled_from((ANYWHERE, Scope(user_id="ann"), Scope(prefix=("x",)), Scope(user_id=None)))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1000)


class Modes(RuleBasedStateMachine):
    """The embedder of the file is `words-1` at first; `reindex` goes to and fro between it and another one."""

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.stores = [self.store("words-1"), self.store("words-2")]
        self.current = 0
        self.texts: dict[tuple[Owner, str], str] = {}
        self.expired: set[tuple[Owner, str]] = set()
        self.embedded: dict[tuple[Owner, str], str] = {}

    def store(self, model: str) -> SqliteFactAdapter:
        store = SqliteFactAdapter(path=Path(self.folder.name) / "memio.db", durability="normal")
        embedder = WordEmbedder()
        embedder.model = model
        store.use_embedder(SharedEmbedder(embedder))
        return store

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            for store in self.stores:
                self.runner.run(store.aclose())
            self.runner.close()
            self.folder.cleanup()

    @rule(owner=OWNERS, name=IDS, text=TEXTS, expires=st.sampled_from((None, LATER, LONG_AGO)), which=st.integers(0, 1))
    def put(self, owner: Owner, name: str, text: str, expires: datetime | None, which: int) -> None:
        key = owner, name
        new = key not in self.texts or key in self.expired
        self.runner.run(self.stores[which].put(fact_id=name, content=text, owner=owner, expires_at=expires))
        if new or self.texts[key] != text:
            self.embedded.pop(key, None)
        self.texts[key] = text
        self.expired.discard(key)
        if expires is LONG_AGO:
            self.expired.add(key)
        self.forget_purged()

    @rule(owner=OWNERS, name=IDS)
    def delete(self, owner: Owner, name: str) -> None:
        key = owner, name
        if key in self.texts and key not in self.expired:
            self.runner.run(self.stores[0].delete(fact_id=name, scope=exactly(owner)))
            self.drop(key)

    @rule(owner=OWNERS)
    def delete_all(self, owner: Owner) -> None:
        self.runner.run(self.stores[1].delete_all(scope=exactly(owner)))
        for key in [key for key in self.texts if key[0] == owner]:
            self.drop(key)

    @rule()
    def purge(self) -> None:
        while self.runner.run(self.stores[0].purge()):
            pass
        self.forget_purged()

    @rule(limit=st.integers(1, 4))
    def embed(self, limit: int) -> None:
        done = self.runner.run(self.stores[self.current].embed_pending(limit=limit))
        pending = self.pending()
        assert done == Embedded(min(limit, len(self.left())), 0)
        assert pending == len(self.left()) - done.pending
        self.note_embedded()

    @rule(limit=st.integers(1, 100))
    def reindex(self, limit: int) -> None:
        """Embed with the other model, which is the current one when nothing is left."""
        if not self.runner.run(self.stores[1 - self.current].reindex(limit=limit)):
            self.current = 1 - self.current
            self.embedded = dict(self.texts)

    @invariant()
    def the_other_embedder_finds_nothing_by_meaning(self) -> None:
        if hasattr(self, "runner") and any(map(vector_text, self.embedded.values())):
            with pytest.raises(UnavailableError):
                self.runner.run(self.stores[1 - self.current].search(query="red", limit=1, mode="semantic"))

    @rule(query=WORDS.map(" ".join), scope=SCOPES, limit=st.integers(1, 20), mode=st.sampled_from(("auto", "semantic")))
    def search(self, query: str, scope: Scope, limit: int, mode: Any) -> None:
        found = self.runner.run(self.stores[self.current].search(query=query, limit=limit, scope=scope, mode=mode))
        keys = [(fact.owner, fact.id) for fact in found]
        assert len(keys) == len({*keys})
        there = {key for key in self.texts if key not in self.expired and scope.matches(key[0])}
        assert {*keys} <= there
        assert [fact.content for fact in found] == [self.texts[key] for key in keys]
        by_meaning = {key for key in there if key in self.embedded and vector_text(self.texts[key])}
        if mode == "semantic":
            span = [text for key, text in self.embedded.items() if scope.matches(key[0]) and vector_text(text)]
            scores = scores_of(query, [self.texts[key] for key in by_meaning], span)
            assert len(found) == min(limit, len(by_meaning))
            best = sorted(scores.values(), reverse=True)
            assert [fact.score for fact in found] == pytest.approx(best[: len(found)], abs=0.02)
            for fact in found:
                assert fact.score == pytest.approx(scores[fact.content], abs=0.02)
        else:
            words = {*query.split()}
            matching = by_meaning | {key for key in there if words & {*self.texts[key].split()}}
            assert len(found) == min(limit, len(matching))

    # What should be

    def left(self) -> set[tuple[Owner, str]]:
        return {key for key in self.texts if key not in self.embedded}

    def pending(self) -> int:
        return self.runner.run(self.stores[self.current].count_pending()).pending

    def note_embedded(self) -> None:
        """Note which texts were embedded, which is the choice of the store."""
        waiting = self.look(
            "SELECT o.user, f.id FROM fact f JOIN owner o ON o.id = f.owner WHERE f.seq > (SELECT upto FROM model "
            "WHERE current) OR f.seq IN (SELECT record FROM fact_queue q JOIN model m ON m.number = q.model "
            "WHERE m.current)"
        )
        self.embedded = {key: text for key, text in self.texts.items() if (key[0].user_id, key[1]) not in waiting}

    def drop(self, key: tuple[Owner, str]) -> None:
        self.texts.pop(key)
        self.embedded.pop(key, None)
        self.expired.discard(key)
        self.forget_purged()

    def forget_purged(self) -> None:
        """Forget what writes have purged: they purge what has expired, a few at a time."""
        there = self.look("SELECT o.user, f.id FROM fact f JOIN owner o ON o.id = f.owner")
        for key in [key for key in self.expired if (key[0].user_id, key[1]) not in there]:
            self.texts.pop(key)
            self.embedded.pop(key, None)
            self.expired.discard(key)

    def look(self, sql: str) -> set[tuple[str | None, str]]:
        with closing(sqlite3.connect(Path(self.folder.name) / "memio.db")) as db:
            return {(user or None, name) for user, name in db.execute(sql)}


def exactly(owner: Owner) -> Scope:
    return Scope(user_id=owner.user_id, agent_id=owner.agent_id, namespace=owner.namespace)


def vector_text(text: str) -> bool:
    """Return whether a text is embedded at all."""
    return bool(text.strip())


def scores_of(query: str, texts: list[str], span: list[str]) -> dict[str, float]:
    """Return the cosine of each text with a query as they are seen from the mean of the span, and of one more at 0."""
    directions = {text: direction_of(text) for text in (query, *texts, *span)}
    mean = sum(directions[text] for text in span) / (len(span) + 1)
    seen = {text: direction - mean for text, direction in directions.items()}
    lengths = {text: float(np.linalg.norm(vector)) for text, vector in seen.items()}
    return {text: float(seen[text] @ seen[query]) / (max(lengths[text], 0.1) * lengths[query]) for text in texts}


def direction_of(text: str) -> Any:
    vector = np.array(vector_of(text))
    return vector / np.linalg.norm(vector)


TestModes = Modes.TestCase
TestModes.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
