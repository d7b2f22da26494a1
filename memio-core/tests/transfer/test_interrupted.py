"""A transfer that is killed and repeated stores everything, in order, and nothing twice."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lacking import Lacking
from somewhat import open_client

from memio import Memio, Message, ProviderError
from memio.errors import InvalidInputError, MemioError
from memio.transfer import copy, export, import_
from memio.transfer._journal import APPLICATION_ID

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")

IDS = ("client_ids",)
LOSSES = ["ids", "created_at"]

PROGRAM = """
import asyncio, sys
from lacking import Lacking, dying_at
from memio import Memio
from memio.transfer import import_

kind, file, path, when, number, *without = sys.argv[1:]

async def main():
    store = Lacking(kind, path, tuple(without), **{when: dying_at(int(number))})
    async with Memio(**{kind: store}) as new:
        done = await import_(new, file, kinds=[kind], accept=["ids", "created_at"])
        assert done.differences == (), done.differences

asyncio.run(main())
"""


def import_and_die(kind: str, file: Path, path: Path, when: str, number: int, *without: str) -> int:
    """Import in a process of its own, which is killed at that add; return how it ended."""
    command = [sys.executable, "-c", PROGRAM, kind, str(file), str(path), when, str(number), *without]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export with equal records, so that only their number shows a lost or doubled one."""
    folder = tmp_path_factory.mktemp("alike")

    async def main() -> None:
        async with open_client(folder / "old.db") as old:
            await old.facts.add_many([f"fact {number % 4}" for number in range(12)], user_id="alice")
            for number in range(12):
                message = Message(role=("user", "assistant")[number % 2], content=f"said {number % 3}")
                await old.history.add(session_id=f"s{number // 6}", messages=[message], user_id="alice")
            await export(old, folder / "alike.jsonl")

    asyncio.run(main())
    return folder / "alike.jsonl"


def kept(kind: str, path: Path) -> list[Any]:
    """Return what the target has, without what it chooses by itself."""

    async def main() -> list[Any]:
        async with open_client(path, kind) as memio:
            if kind == "facts":
                return [(fact.user_id, fact.content) async for fact in memio.facts.iter_all()]
            return [
                (session.id, message.user_id, message.role, message.content)
                async for session in memio.history.iter_all()
                async for message in memio.history.iter_messages(session.id, owner=session.owner)
            ]

    return asyncio.run(main())


@pytest.mark.parametrize("kind", ["facts", "history"])
@pytest.mark.parametrize("ids", [True, False], ids=["client ids", "journal"])
def test_what_is_killed_half_way_can_be_repeated(kind: str, ids: bool, file: Path, tmp_path: Path) -> None:
    # defect: a retry doubles; a crash between the write and the note of it loses or doubles
    own = tmp_path / "mine.jsonl"
    own.write_bytes(file.read_bytes())
    new = tmp_path / "new.db"
    without = () if ids else IDS
    # Twelve messages of two sessions are two calls; twelve facts are twelve.
    steps = [("after", 1), ("before", 1)] if kind == "history" else [("before", 2), ("after", 2)]
    for when, number in steps:
        assert import_and_die(kind, own, new, when, number, *without) == -signal.SIGKILL
    assert import_and_die(kind, own, new, "before", 10**6, *without) == 0
    assert kept(kind, new) == kept(kind, file.parent / "old.db")
    assert own.with_name("mine.jsonl.journal").exists() == (not ids)
    if not ids:  # when all is done, nothing is sent that could be killed
        assert import_and_die(kind, own, new, "before", 1, *without) == 0
        assert kept(kind, new) == kept(kind, file.parent / "old.db")


def test_an_import_that_is_killed_by_the_clock_of_another_process_can_be_repeated(tmp_path: Path) -> None:
    async def main() -> None:
        async with open_client(tmp_path / "old.db", "facts") as old:
            await old.facts.add_many([f"fact {number}" for number in range(3000)])
            await export(old, tmp_path / "all.jsonl")

    asyncio.run(main())
    program = (
        "import asyncio, sys\nfrom memio import Memio\nfrom memio.transfer import import_\n"
        "def show(state):\n    print(state.stage, state.done, flush=True)\n    sys.stdin.readline()\n"
        "async def main():\n"
        "    async with Memio.from_config({'facts': {'provider': 'sqlite', 'path': sys.argv[1]}}) as new:\n"
        "        await import_(new, sys.argv[2], progress=show)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "new.db"), str(tmp_path / "all.jsonl")]
    # It waits for a line after each batch, so that it cannot be done before it is killed.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("writing 1000"):
                process.kill()
                break
            process.stdin.write("go on\n")
            process.stdin.flush()
    assert process.returncode == -signal.SIGKILL

    async def again() -> None:
        async with open_client(tmp_path / "new.db", "facts") as new:
            assert 1000 <= len([fact async for fact in new.facts.iter_all()]) <= 3000
            assert (await import_(new, tmp_path / "all.jsonl")).differences == ()
            await export(new, tmp_path / "two.jsonl")

    asyncio.run(again())
    assert (tmp_path / "all.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_what_the_target_had_before_is_not_taken_for_a_copy(file: Path, tmp_path: Path) -> None:
    async def add() -> None:
        async with open_client(tmp_path / "new.db", "facts") as new:
            for number in range(4):  # the same as some of those that will come
                await new.facts.add(content=f"fact {number}", user_id="alice")

    asyncio.run(add())
    own = tmp_path / "mine.jsonl"
    own.write_bytes(file.read_bytes())
    assert import_and_die("facts", own, tmp_path / "new.db", "after", 3, *IDS) == -signal.SIGKILL
    assert import_and_die("facts", own, tmp_path / "new.db", "before", 10**6, *IDS) == 0
    contents = [content for _, content in kept("facts", tmp_path / "new.db")]
    assert contents == [f"fact {number % 4}" for number in range(16)]


def test_a_record_whose_outcome_is_unknown_is_looked_for(file: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        def lose_the_answer(add: int) -> None:
            if add == 3:
                raise ProviderError("the answer was lost", outcome="unknown")

        def refuse(add: int) -> None:
            if add == 2:
                raise ProviderError("it is full", outcome="not_applied")

        arguments = {"kinds": ["facts"], "accept": LOSSES, "journal": tmp_path / "j"}
        for failure in ({"after": lose_the_answer}, {"before": refuse}):
            async with Memio(facts=Lacking("facts", tmp_path / "new.db", IDS, **failure)) as new:
                with pytest.raises(ProviderError) as caught:
                    await import_(new, file, **arguments)
                assert "repeat the call, and it continues where it stopped" in caught.value.__notes__[0]
        async with Memio(facts=Lacking("facts", tmp_path / "new.db", IDS)) as new:
            done = await import_(new, file, **arguments)
            assert (done.differences, done.kinds[0].stored, done.kinds[0].known) == ((), 8, 4)

    run(main())


def test_a_comparison_that_fails_can_be_repeated(file: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        broken = True

        async def fail(operation: Any, call_next: Any) -> Any:
            if broken and operation.method == "get_all":
                raise ProviderError("the server is down", outcome="not_applied")
            return await call_next(operation)

        arguments: Any = {"kinds": ["history"], "accept": LOSSES}
        async with Memio(history=Lacking("history", tmp_path / "new.db"), middleware=[fail]) as new:
            with pytest.raises(ProviderError) as caught:
                await import_(new, file, **arguments)
            assert caught.value.__notes__ == [
                "all records were stored before the error; repeat the call to compare both sides"
            ]
            broken = False
            assert (await import_(new, file, **arguments)).differences == ()

    run(main())


def test_the_recovered_are_counted(file: Path, tmp_path: Path, run: Any) -> None:
    own = tmp_path / "mine.jsonl"
    own.write_bytes(file.read_bytes())
    assert import_and_die("facts", own, tmp_path / "new.db", "after", 3, *IDS) == -signal.SIGKILL

    async def main() -> None:
        async with Memio(facts=Lacking("facts", tmp_path / "new.db", IDS)) as new:
            done = await import_(new, own, kinds=["facts"], accept=LOSSES)
            assert (done.recovered, done.kinds[0].known, done.kinds[0].stored) == (1, 3, 9)
            assert done.journal == f"{own}.journal"

    run(main())


def test_a_journal_is_needed_where_the_target_chooses_ids(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        async with open_client(tmp_path / "old.db") as old:
            await old.facts.add(content="x")
            async with Memio(facts=Lacking("facts", tmp_path / "new.db", IDS)) as new:
                with pytest.raises(InvalidInputError, match="lacking chooses the ids of facts, so a journal"):
                    await copy(old, new, accept=LOSSES)

    run(main())


def test_a_journal_is_for_one_target(file: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        arguments = {"kinds": ["facts"], "accept": LOSSES, "journal": tmp_path / "j"}
        async with Memio(facts=Lacking("facts", tmp_path / "one.db", IDS)) as one:
            await import_(one, file, **arguments)
            assert (tmp_path / "j").stat().st_mode & 0o777 == 0o600  # a test
        async with Memio(facts=Lacking("facts", tmp_path / "two.db", IDS)) as two:
            with pytest.raises(InvalidInputError, match=r"the journal .* is for importing to the facts of lacking"):
                await import_(two, file, **arguments)
            assert await two.facts.get_all() == []

    run(main())


@pytest.mark.parametrize("content", [b"no journal at all, but long enough to be one" * 10, b"x"])
def test_a_file_that_is_no_journal_is_left_alone(content: bytes, file: Path, tmp_path: Path, run: Any) -> None:
    (tmp_path / "j").write_bytes(content)

    async def main() -> None:
        async with Memio(facts=Lacking("facts", tmp_path / "one.db", IDS)) as one:
            with pytest.raises(InvalidInputError, match="is not a journal"):
                await import_(one, file, kinds=["facts"], accept=LOSSES, journal=tmp_path / "j")
            with pytest.raises(InvalidInputError, match=r"the journal .* cannot be created: No such file"):
                await import_(one, file, kinds=["facts"], accept=LOSSES, journal=tmp_path / "no" / "j")

    run(main())
    assert (tmp_path / "j").read_bytes() == content


def test_a_journal_of_another_version_is_left_alone(file: Path, tmp_path: Path, run: Any) -> None:
    # defect: its rows are not found, and every record is stored again
    path = tmp_path / "j"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.execute("CREATE TABLE sent (seq INTEGER PRIMARY KEY)")
    before = path.read_bytes()

    async def main() -> None:
        async with Memio(facts=Lacking("facts", tmp_path / "one.db", IDS)) as one:
            with pytest.raises(InvalidInputError, match="not a journal of this version of memio: finish that transfer"):
                await import_(one, file, kinds=["facts"], accept=LOSSES, journal=path)
            assert await one.facts.get_all() == []

    run(main())
    assert path.read_bytes() == before


def test_two_transfers_do_not_share_a_journal_at_once(file: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def wait(operation: Any, call_next: Any) -> Any:
            if operation.writes:
                entered.set()
                await leave.wait()
            return await call_next(operation)

        arguments = {"kinds": ["facts"], "accept": LOSSES, "journal": tmp_path / "j"}
        store = Lacking("facts", tmp_path / "one.db", IDS)
        async with Memio(facts=store, middleware=[wait]) as one:
            first = asyncio.create_task(import_(one, file, **arguments))
            await entered.wait()
            with pytest.raises(MemioError, match="is another transfer using it"):
                await import_(one, file, **arguments)
            leave.set()
            assert (await first).differences == ()

    run(main())


def test_a_transfer_that_is_cancelled_can_be_repeated(file: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        task: asyncio.Task[Any] | None = None

        def cancel(add: int) -> None:
            if add == 5 and task is not None:
                task.cancel()

        arguments = {"kinds": ["facts"], "accept": LOSSES, "journal": tmp_path / "j"}
        async with Memio(facts=Lacking("facts", tmp_path / "new.db", IDS, before=cancel)) as new:
            task = asyncio.create_task(import_(new, file, **arguments))
            with pytest.raises(asyncio.CancelledError):
                await task
            task = None
            assert (await import_(new, file, **arguments)).differences == ()
            assert len(await new.facts.get_all()) == 12

    run(main())


def test_what_one_user_left_under_way_is_found_after_another_user_was_moved(tmp_path: Path) -> None:
    async def make() -> None:
        async with open_client(tmp_path / "old.db", "facts") as old:
            for user in ("alice", "bob", "bob"):
                metadata = {"k": 1} if user == "bob" else None
                await old.facts.add(content="tea", user_id=user, metadata=metadata)
            await export(old, tmp_path / "facts.jsonl")

    asyncio.run(make())
    new, file = tmp_path / "new.db", tmp_path / "facts.jsonl"
    without = (*IDS, "metadata")

    async def move(user: str | None, **failure: Any) -> Any:
        async with Memio(facts=Lacking("facts", new, without, **failure)) as target:
            return await import_(target, file, **({"user_id": user} if user else {}), accept=[*LOSSES, "metadata"])

    def lose_the_answer(add: int) -> None:
        raise ProviderError(f"the answer {add} was lost", outcome="unknown")

    with pytest.raises(ProviderError):
        asyncio.run(move("alice", after=lose_the_answer))
    done = asyncio.run(move("bob"))
    assert (done.differences, done.recovered) == ((), 1)
    done = asyncio.run(move(None))
    assert (done.differences, done.kinds[0].known, done.kinds[0].stored) == ((), 3, 0)
    assert kept("facts", new) == [("alice", "tea"), ("bob", "tea"), ("bob", "tea")]
