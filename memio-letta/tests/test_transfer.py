"""Facts and documents from sqlite to a real server and back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from letta_proxy import Act, Proxy, answer, lose_answer

from memio import Memio, Message, Owner
from memio.errors import InvalidInputError, PartialWriteError
from memio.transfer import LossError, copy, export, import_

Run = Callable[[Coroutine[Any, Any, Any]], Any]
LOSSES = ["ids", "created_at"]
EVERY = {"user_scope": True, "agent_scope": True, "namespaces": True}


def letta(server: Any, agent: str, *kinds: str, **more: Any) -> Memio:
    settings = {"provider": "letta", "base_url": server.url, "agent_id": agent, **more}
    return Memio.from_config(dict.fromkeys(kinds, settings))


def sqlite(path: Path, *kinds: str) -> Memio:
    return Memio.from_config({kind: {"provider": "sqlite", "path": str(path)} for kind in kinds})


async def contents(memio: Memio) -> list[Any]:
    facts = [(fact.content, fact.owner, fact.metadata) async for fact in memio.facts.iter_all()]
    return [facts, [(doc.content, doc.owner, doc.metadata) async for doc in memio.documents.iter_all()]]


async def fill(memio: Memio) -> None:
    for number in range(5):
        metadata = {"n": number, "deep": {"list": [True, None, "é"]}} if number % 2 else None
        user = ("alice", "bob")[number % 2] if number else None
        owner = Owner(user, "bot" if number == 3 else None, ("app", "no/tes") if number > 2 else ())
        text = f"fact {number % 3} ☕\r\n\t"
        await memio.facts.add(text, metadata=metadata, owner=owner)
        await memio.documents.add(f"document {number % 2} 日本", metadata=metadata, owner=owner)


def test_facts_and_documents_go_to_letta_and_back(run: Run, server: Any, agent: str, tmp_path: Path) -> None:
    async def main() -> None:
        both = ("facts", "documents")
        async with (
            sqlite(tmp_path / "old.db", *both) as old,
            letta(server, agent, *both, collection="moved", **EVERY) as there,
            sqlite(tmp_path / "back.db", *both) as back,
        ):
            await fill(old)
            with pytest.raises(LossError) as caught:
                await copy(old, there, journal=tmp_path / "j")
            assert {str(finding.loss) for finding in caught.value.findings} == set(LOSSES)
            assert server.passages(agent) == []
            done = await copy(old, there, accept=LOSSES, journal=tmp_path / "j")
            assert done.differences == ()
            again = await copy(old, there, accept=LOSSES, journal=tmp_path / "j")
            assert (again.differences, [moved.stored for moved in again.kinds]) == ((), [0, 0])
            assert len(server.passages(agent)) == 10
            assert await contents(there) == await contents(old)
            assert (await copy(there, back)).differences == ()  # with the ids and times that Letta gave
            assert await contents(back) == await contents(old)
            one = await export(there, tmp_path / "there.jsonl", user_id="alice")
            two = await export(back, tmp_path / "back.jsonl", user_id="alice")
            assert one.counts == two.counts == {"facts": 2, "documents": 2}

    run(main())


def test_without_a_collection_the_two_kinds_are_not_moved_twice(
    run: Run, server: Any, agent: str, tmp_path: Path
) -> None:
    async def main() -> None:
        both = ("facts", "documents")
        async with sqlite(tmp_path / "old.db", *both) as old, letta(server, agent, *both) as there:
            await fill(old)
            with pytest.raises(LossError, match="kinds: facts, 5 records, to letta"):
                await copy(old, there, accept=LOSSES, journal=tmp_path / "j")
            with pytest.raises(InvalidInputError, match="the facts and documents of letta are the same records"):
                await export(there, tmp_path / "x.jsonl")
            assert server.passages(agent) == []

    run(main())


def test_history_is_refused_unless_replies_are_accepted(run: Run, server: Any, agent: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with sqlite(tmp_path / "old.db", "history") as old, letta(server, agent, "history") as there:
            messages = [Message(role="user", content="hello", name="Ann"), Message(role="assistant", content="hi")]
            owner = Owner("alice", "bot", ("app", "notes"))
            await old.history.add(session_id="s", messages=messages, owner=owner)
            losses = ["ids", "timestamps"]
            with pytest.raises(LossError, match="replies: history, 2 records, to letta: its agent answers"):
                await copy(old, there, accept=losses, journal=tmp_path / "j")
            assert server.conversations(agent) == []
            done = await copy(old, there, accept=[*losses, "replies"], journal=tmp_path / "j")
            assert (done.differences, done.kinds[0].others) == ((), 1)  # the answer
            assert [session.owner for session in await there.history.get_all()] == [owner]
            again = await copy(old, there, accept=[*losses, "replies"], journal=tmp_path / "j")
            assert (again.differences, again.kinds[0].stored) == ((), 0)

    run(main())


PROGRAM = """
import asyncio, os, signal, sys
from memio import Memio
from memio.transfer import import_

async def main():
    async def die(operation, call_next):
        answer = await call_next(operation)
        if operation.method == "add_many":
            os.kill(os.getpid(), signal.SIGKILL)  # after the write, before the note of it
        return answer

    url, agent, file = sys.argv[1:]
    config = {"facts": {"provider": "letta", "base_url": url, "agent_id": agent}}
    async with Memio.from_config(config, middleware=[die]) as there:
        await import_(there, file, accept=["ids", "created_at"])

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_an_import_that_is_killed_and_repeated_doubles_nothing(
    run: Run, server: Any, agent: str, tmp_path: Path
) -> None:
    # defect: a retry after a lost answer makes a duplicate
    async def make() -> None:
        async with sqlite(tmp_path / "old.db", "facts") as old:
            await old.facts.add_many([f"fact {number % 2}" for number in range(6)], user_id="alice")
            await export(old, tmp_path / "facts.jsonl")

    run(make())
    command = [sys.executable, "-c", PROGRAM, server.url, agent, str(tmp_path / "facts.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL, done.stderr
    for _ in range(2):
        assert server.texts(agent) == [f"fact {number % 2}" for number in range(6)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ))
        assert done.returncode == 0, done.stderr
    assert len(server.texts(agent)) == 6


@pytest.mark.parametrize("act", [lose_answer, answer(401), answer(500)])
def test_an_import_whose_batch_stops_half_way_goes_on_without_doubling(
    run: Run, server: Any, agent: str, tmp_path: Path, act: Act
) -> None:
    # The first record of an agent is sent alone, so that a batch can stop after it.
    async def main() -> None:
        async with sqlite(tmp_path / "old.db", "facts") as old:
            await old.facts.add_many([f"fact {number % 2}" for number in range(6)], user_id="alice")
            await export(old, tmp_path / "facts.jsonl")
        async with Proxy(server.url) as proxy:
            settings = {"provider": "letta", "base_url": proxy.url, "agent_id": agent}
            async with Memio.from_config({"facts": settings}) as there:
                proxy.on(r"POST .*/passages/batch", act)
                with pytest.raises(PartialWriteError):
                    await import_(there, tmp_path / "facts.jsonl", accept=LOSSES)
                for _ in range(2):
                    await import_(there, tmp_path / "facts.jsonl", accept=LOSSES)

    run(main())
    assert server.texts(agent) == [f"fact {number % 2}" for number in range(6)]
