"""Files of schema 2 get schema 3 completely, or stay as they were. `test_schema_2` has those of schema 1."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memio import Memio
from memio.owners import Owner, Scope
from memio.providers.sqlite import SqliteFactAdapter

Program = Callable[..., "subprocess.Popen[str]"]

FIXTURE = Path(__file__).parent / "schemas" / "schema_2.db.gz"

MIGRATING = """
import asyncio, os, signal, sys
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._db import migrations

class Killing(migrations.LoggedProgress):
    def __call__(self, what, done, total):
        if what == sys.argv[2]:
            os.kill(os.getpid(), signal.SIGKILL)

async def main():
    store = SqliteFactAdapter(path=sys.argv[1])
    print(len(await store.get_all(limit=1000)), flush=True)
    await store.aclose()

migrations.LoggedProgress = Killing
asyncio.run(main())
"""


@pytest.fixture
def old(path: Path) -> Path:
    """Return a file of schema 2."""
    path.write_bytes(gzip.decompress(FIXTURE.read_bytes()))
    return path


def dump(path: Path) -> list[str]:
    """Return all that a file holds, after what a killed process has left was recovered."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (version,) = db.execute("PRAGMA user_version").fetchone()
        return [f"schema {version}", *db.iterdump()]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("table", ["fact", "document", "message", "triple"])
def test_a_process_that_is_killed_while_it_fills_an_index_leaves_schema_2(
    table: str, old: Path, tmp_path: Path, program: Program, assert_consistent: Callable[[], None]
) -> None:
    before = dump(old)
    process = program(MIGRATING, old, f"{table} rows indexed")
    output, errors = process.communicate(timeout=60)
    assert (output, process.returncode) == ("", -signal.SIGKILL), errors
    recovered = shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-recovered"))
    assert dump(recovered / old.name) == before
    assert program(MIGRATING, old, "no step").communicate(timeout=60)[0].split() == ["200"]
    assert_consistent()


def test_the_tags_of_an_owner_are_those_that_its_records_get_afterwards(
    old: Path, run: Callable[..., Any], look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    assert old.exists()

    async def body(memio: Memio) -> None:
        owners = [*await memio.facts.get_owners(limit=1000)]
        before = {owner: await memio.facts.count(owner=owner) for owner in owners}
        for owner in owners:
            await memio.facts.add("a word of the new version: quokka", owner=owner)
        found = await memio.facts.search("quokka", limit=1000)
        assert {fact.owner for fact in found} == {*owners}
        for owner, number in before.items():
            (hit,) = await memio.facts.search("quokka", owner=owner)
            assert hit.owner == owner
            assert await memio.facts.count(owner=owner) == number + 1

    run(body)
    assert_consistent()
    for user, agent, path, tags in look("SELECT user, agent, path, tags FROM owner"):
        letters = [each[:2] for each in tags.split(" ")]
        assert {f"\x1a{letter}" for letter in "ouae"} | ({"\x1ap"} if path else set()) == {*letters}
        for letter, label in (("u", user), ("a", agent), ("e", path)):
            assert (f"\x1a{letter}0" in tags.split(" ")) == (not label)


def test_scopes_with_a_missing_label_and_many_owners_have_exactly_their_records(old: Path) -> None:
    async def main() -> None:
        store = SqliteFactAdapter(path=old)
        for number in range(20):
            for user in (None, f"new {number}"):
                owner = Owner(user_id=user, agent_id="bot", namespace=("app", str(number)))
                await store.add(content=f"quokka {number}", owner=owner)
                await store.add(content=f"quokka {number}", owner=Owner(user_id=user, agent_id=f"bot {number}"))
        everything = await store.get_all(limit=1000)
        for scope in (
            Scope(user_id=None),
            Scope(user_id=None, prefix=("app",)),
            Scope(user_id=None, namespace=()),
            Scope(agent_id="bot", user_id=None),
            Scope(agent_id=None, namespace=()),
        ):
            expected = [fact for fact in everything if scope.matches(fact.owner)]
            assert len({fact.owner for fact in expected}) != 1
            assert await store.get_all(limit=1000, scope=scope) == expected
            newest = await store.get_all(limit=1000, scope=scope, order="newest")
            assert newest == [*reversed(expected)]
            found = {fact.id for fact in await store.search(query="quokka", limit=1000, scope=scope)}
            assert found == {fact.id for fact in expected if "quokka" in fact.content}
        await store.aclose()

    asyncio.run(main())


def test_messages_of_schema_2_were_sent_in_utc(old: Path, run: Callable[..., Any], look: Callable[..., Any]) -> None:
    assert old.exists()
    run(lambda memio: memio.history.get_all())
    assert look("SELECT DISTINCT utc_offset FROM message") == [(0,)]
