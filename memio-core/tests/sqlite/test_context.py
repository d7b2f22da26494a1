"""What the index holds for the messages of a conversation, and what of it changes with the conversation."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from memio.providers.sqlite._connection.deferred import Database, apply_deferred, drop_deferred
from memio.providers.sqlite._db.schema import create
from memio.providers.sqlite._search.entry import Entry, entry_of
from memio.providers.sqlite._search.index import Span, TextIndex
from memio.toolkit import query_terms
from memio.toolkit.conversation import SHORT, Utterance, changes, entries

INDEX = TextIndex("message_text", conversation=True)


def utterance(seq: int, *, cut: bool = False) -> Utterance:
    """Return a message with a word of its own; every fifth is long."""
    content = f"word{seq}" + " x" * (SHORT if seq % 5 == 0 else 1)
    return Utterance(seq, None, content[: SHORT + 1] if cut else content, lambda: ("1 May 2026", "\x1as1"))


def whole(seqs: list[int]) -> dict[int, Entry]:
    return dict(entries([utterance(seq) for seq in seqs]))


def part(seqs: list[int], first: int, last: int) -> list[Utterance]:
    return [utterance(seq) for seq in seqs if first <= seq <= last]


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:", factory=Database)) as connection:
        create(connection)
        yield connection


def terms(db: sqlite3.Connection) -> set[tuple[int, str]]:
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5vocab (message_text, 'instance')")
    return {*db.execute("SELECT doc, term FROM terms")}


def expected(found: dict[int, Entry]) -> set[tuple[int, str]]:
    with closing(sqlite3.connect(":memory:", factory=Database)) as fresh:
        create(fresh)
        INDEX.rebuild(fresh, sorted(found.items()))
        return terms(fresh)


def test_a_short_message_has_the_two_before_it_and_the_one_after_it() -> None:
    entry = whole([1, 2, 3, 4, 6])[3]
    context = ["\ue001word1", "\ue001x", "\ue001word2", "\ue001x", "\ue001word4", "\ue001x"]
    assert entry.text.split() == ["word3", "x", "1", "May", "2026", *context, "\x1as1"]
    assert entry.words == 11


def test_a_long_message_has_no_context_and_gives_its_beginning() -> None:
    found = whole([4, 5, 6])
    assert "\ue001" not in found[5].text
    assert found[4].text.count("\ue001x") == (400 - len("word5")) // 2


@pytest.mark.parametrize("seed", range(8))
def test_changes_of_any_part_leave_what_a_new_index_holds(db: sqlite3.Connection, seed: int) -> None:
    # defect: a deleted message is still found by its neighbours
    chance = random.Random(seed)  # noqa: S311  # the same steps in every run
    stored: list[int] = []
    last = 0
    for _ in range(40):
        if chance.random() < 0.6:
            new = list(range(last + 1, last + 1 + chance.randrange(1, 5)))
            last = new[-1]
            before = [utterance(seq, cut=True) for seq in stored[-3:]]
            for change in changes(before, [*before, *map(utterance, new)]):
                INDEX.change(db, *change)
            stored += new
        elif stored:
            # Of the messages around those that go, three on each side; long ones among them are cut.
            gone = set(chance.sample(stored, min(len(stored), chance.randrange(1, 4))))
            first, end = stored.index(min(gone)), stored.index(max(gone))
            window = stored[max(0, first - 3) : end + 4]
            old = [utterance(seq, cut=seq not in gone) for seq in window]
            for change in changes(old, [each for each in old if each.seq not in gone]):
                INDEX.change(db, *change)
            stored = [seq for seq in stored if seq not in gone]
        if chance.random() < 0.3:
            apply_deferred(db)
            assert terms(db) == expected(whole(stored))
    apply_deferred(db)
    assert terms(db) == expected(whole(stored))
    db.execute("INSERT INTO message_text (message_text) VALUES ('integrity-check')")


def test_a_search_sees_what_waits_for_the_end_of_the_transaction(db: sqlite3.Connection) -> None:
    INDEX.change(db, 1, None, entry_of("tea", ""))
    found = INDEX.best(db, query_terms("tea"), Span("", 1), 5)
    assert [seq for seq, _ in found] == [1]
    INDEX.change(db, 2, None, entry_of("tea", ""))
    drop_deferred(db)
    assert [seq for seq, _ in INDEX.best(db, query_terms("tea"), Span("", 1), 5)] == [1]


def test_rows_that_are_not_accepted_leave_room_for_the_next(db: sqlite3.Connection) -> None:
    for seq in range(1, 40):
        INDEX.change(db, seq, None, entry_of("tea" + " x" * (seq % 7), "\x1au1" if seq % 2 else "\x1au2"))
    span = Span("", 39)
    everything = INDEX.best(db, query_terms("tea"), span, 100)
    assert len(everything) == 39
    third = INDEX.best(db, query_terms("tea"), span, 5, accept=lambda seqs: {seq for seq in seqs if seq % 3 == 0})
    assert third == [hit for hit in everything if hit[0] % 3 == 0][:5]
    filtered = INDEX.best(db, query_terms("tea"), span, 100, filters="\x1au2")
    assert filtered == [hit for hit in everything if hit[0] % 2 == 0]


def test_a_connection_of_others_is_refused() -> None:
    with closing(sqlite3.connect(":memory:")) as other, pytest.raises(TypeError, match="no deferred work"):
        INDEX.change(other, 1, None, entry_of("tea", ""))
