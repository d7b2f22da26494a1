"""What is forgotten is gone from the bytes of the file, its log and its indexes, and nothing else is."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memio import ForgetError, Memio, Message, Triple, UnavailableError
from memio.providers.sqlite import SqliteDocumentAdapter, SqliteFactAdapter
from memio.providers.sqlite._db.erase import Eraser
from memio.providers.sqlite._db.files import Files
from memio.providers.sqlite._db.location import Location
from memio.providers.sqlite._rows.reindex import reindex_all

Opened = Callable[..., Any]
Run = Callable[..., Any]

# Looked for without their beginnings, because the index stores a word as what distinguishes it from the one before.
# The texts hold "zmurglings" and "zmurgling", which the stemmer cuts to "zmurgl".
SECRETS = (
    b"rtemisia-owner",
    b"murgl",
    b"qwxold",
    b"jkearlier",
    b"vbdeleted",
    b"ctid",
    b"kmetakey",
    b"kmetavalue",
    b"fspeaker",
    b"wsession",
    b"gentlabel",
    b"ntsubject",
    b"rbject",
    "璃色".encode(),
)
OWNER = "artemisia-owner"


READ = "import sys; [sys.stdout.buffer.write(open(name, 'rb').read()) for name in sys.argv[1:]]"


def found(path: Path, *secrets: bytes) -> set[bytes]:
    """Return which secrets are in the file or in one beside it."""
    files = sorted(path.parent.glob(f"{path.name}*"))
    assert files
    # In another process: when this one closes a file, the system drops the locks that SQLite has on it here.
    everything = subprocess.run([sys.executable, "-c", READ, *files], check=True, capture_output=True).stdout
    return {secret for secret in secrets or SECRETS if secret in everything}


def size_of_log(path: Path) -> int:
    return Path(f"{path}-wal").stat().st_size


async def fill(memio: Memio, user: str = OWNER, count: int = 60) -> None:
    """Give a user records of all kinds, with earlier versions and earlier deletions, among those of others."""
    await asyncio.gather(*(_fill(memio, user, number) for number in range(count)))


async def _fill(memio: Memio, user: str, number: int) -> None:
    secret = f"zmurglings and one zmurgling {number} on 瑠璃色の猫 " * (1 + number % 40)
    kept = {"pkmetakey": f"pkmetavalue {number}", "topic": "x"}
    one = f"actid-{number}"
    old = f"xqwxold version {number} " * (1 + number % 50)
    await memio.facts.add(content=old, fact_id=one, user_id=user, agent_id="hagentlabel")
    await memio.facts.add(content=f"Bob walks by the river, {number}", user_id="bob", metadata={"turn": number})
    await memio.facts.update(fact_id=one, content=f"ujkearlier {number}", metadata=kept, user_id=user)
    await memio.facts.update(fact_id=one, content=secret, user_id=user)
    gone = await memio.documents.add(content=f"avbdeleted {number} " * 30, user_id=user)
    await memio.documents.delete(doc_id=gone.id)
    await memio.documents.add(content=secret, user_id=user, metadata=kept)
    await memio.documents.add(content=f"The river is long, {number}", user_id="bob")
    said = Message(role="user", content=secret, name="lfspeaker", metadata=kept)
    await memio.history.add(session_id=f"twsession-{number % 7}", messages=[said], user_id=user)
    said = Message(role="user", content=f"Shall we walk {number}?", name="Bob")
    await memio.history.add(session_id=f"evening-{number % 7}", messages=[said], user_id="bob")
    edge = Triple(subject=f"entsubject {number}", predicate="zmurgling", object="wrbject", metadata=kept)
    await memio.graph.add(triples=[edge], user_id=user)
    await memio.graph.add(triples=[Triple(subject="Bob", predicate="walks", object=f"river {number}")])


async def of_others(memio: Memio) -> list[Any]:
    """Return what the others have, read in every way; what is found as a set, since the rest decides on the order."""
    found = [
        await memio.facts.search(query="walking by rivers", user_id="bob", limit=1000),
        await memio.facts.search(query="river", filters={"turn": 1}),
        await memio.documents.search(query="long river", limit=1000, user_id="bob"),
        await memio.history.search(query="shall we walk", user_id="bob", limit=1000),
        await memio.graph.search(query="Bob river", limit=1000),
    ]
    assert all(found)
    return [
        await memio.facts.get_all(limit=1000, user_id="bob"),
        await memio.documents.get_all(limit=1000, user_id="bob"),
        *[await memio.history.get(session_id=f"evening-{turn}", limit=1000) for turn in range(7)],
        [triple async for triple in memio.graph.iter_all() if triple.user_id is None],
        *[sorted(records, key=lambda record: str(record.id)) for records in found],
    ]


NEIGHBOUR = """
import asyncio, sys
from memio import Memio
async def main():
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": sys.argv[1]}}) as memio:
        print(len(await memio.facts.get_all(limit=1000)), flush=True)
        sys.stdin.readline()
        print(len(await memio.facts.get_all(limit=1000)), flush=True)
        await memio.facts.add(content="the neighbour was here", user_id="carol")
asyncio.run(main())
"""


def test_nothing_is_left_in_the_bytes_of_any_file_while_another_process_has_it_open(
    opened: Opened, path: Path, program: Callable[..., Any], assert_consistent: Callable[[], None]
) -> None:
    async def main() -> None:
        async with opened() as memio:
            await fill(memio)
            assert found(path) == set(SECRETS)  # the needles are such as can be found
            before = await of_others(memio)
            neighbour = program(NEIGHBOUR, path)
            assert int(neighbour.stdout.readline()) == 120

            receipt = await memio.forget(user_id=OWNER)

            assert receipt.complete
            assert [store.remains for store in receipt.stores] == [()] * 4
            assert found(path) == set()
            assert size_of_log(path) == 0
            assert await of_others(memio) == before
            answer, errors = neighbour.communicate("go on\n", timeout=60)
            assert (int(answer), errors) == (60, "")
            assert len(await memio.facts.search(query="neighbour", user_id="carol")) == 1
        assert found(path) == set()

    asyncio.run(main())
    assert_consistent()


def test_what_was_deleted_before_is_erased_although_there_is_nothing_to_delete_any_more(
    opened: Opened, path: Path
) -> None:
    async def main() -> None:
        async with opened() as memio:
            await fill(memio, count=30)
            for kind in memio.kinds:
                await getattr(memio, kind).delete_all(user_id=OWNER)
        assert found(path) - {OWNER[1:].encode()}
        async with opened() as memio:
            receipt = await memio.forget(user_id=OWNER)
            assert [store.before for store in receipt.stores] == [0] * 4
        assert found(path) == set()

    asyncio.run(main())


def test_records_of_the_owner_in_kinds_that_the_client_does_not_have_are_named(opened: Opened, path: Path) -> None:
    async def main() -> None:
        async with opened() as memio:
            await fill(memio, count=3)
        async with Memio.from_config({"facts": {"provider": "sqlite", "path": str(path)}}) as memio:
            [store] = (await memio.forget(user_id=OWNER)).stores
            assert store.remains == (
                "the file still has records of this owner (history, documents, graph), which were not to be deleted",
            )
            assert b"qwxold" not in found(path)

    asyncio.run(main())


def test_a_database_in_memory_can_forget(opened: Opened) -> None:
    async def main() -> None:
        async with opened(":memory:") as memio:
            await fill(memio, count=3)
            before = await of_others(memio)
            assert (await memio.forget(user_id=OWNER)).complete
            assert await of_others(memio) == before

    asyncio.run(main())


def test_a_reader_that_is_in_the_way_makes_it_fail_loudly_and_afterwards_it_can_be_repeated(
    opened: Opened, path: Path
) -> None:
    async def main() -> None:
        async with opened(busy_timeout=0.1) as memio:
            await fill(memio, count=5)
            with closing(sqlite3.connect(path, isolation_level=None)) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM fact").fetchone()
                with pytest.raises(ForgetError, match=r"its bytes are still in .*End that read") as caught:
                    await memio.forget(user_id=OWNER)
                assert [store.after for store in caught.value.receipt.stores] == [0] * 4
                assert not caught.value.receipt.complete
                for error in caught.value.errors:
                    assert isinstance(error, UnavailableError)
                    assert (error.retryable, error.outcome) == (True, "partial")
                assert found(path)
                await memio.facts.add(content="writing goes on", user_id="bob")
            assert (await memio.forget(user_id=OWNER)).complete
            assert found(path) == set()

    asyncio.run(main())


def test_a_writer_that_is_in_the_way_makes_it_fail_loudly(opened: Opened, path: Path) -> None:
    async def main() -> None:
        async with opened(busy_timeout=0.1) as memio:
            await fill(memio, count=5)
            with closing(sqlite3.connect(path, isolation_level=None)) as writer:
                writer.execute("BEGIN IMMEDIATE")
                with pytest.raises(ForgetError, match="locked"):
                    await memio.forget(user_id=OWNER)
                writer.execute("ROLLBACK")
            assert (await memio.forget(user_id=OWNER)).complete
            assert found(path) == set()

    asyncio.run(main())


FORGETTING = """
import asyncio, sys
from memio import Memio

async def tell(operation, call_next):
    print(operation.method, flush=True)
    return await call_next(operation)

async def main():
    store = {"provider": "sqlite", "path": sys.argv[1]}
    kinds = dict.fromkeys(("facts", "history", "documents", "graph"), store)
    async with Memio.from_config(kinds, middleware=[tell]) as memio:
        await memio.forget(user_id=sys.argv[2])
        sys.stdin.readline()
asyncio.run(main())
"""


@pytest.mark.parametrize(("method", "times"), [("delete_all", 1), ("delete_all", 3), ("erase", 1), ("erase", 4)])
def test_a_process_that_is_killed_in_the_middle_leaves_what_the_next_one_finishes(
    method: str,
    times: int,
    opened: Opened,
    path: Path,
    program: Callable[..., Any],
    assert_consistent: Callable[[], None],
) -> None:
    async def main() -> None:
        async with opened() as memio:
            await fill(memio, count=25)
            before = await of_others(memio)
        process = program(FORGETTING, path, OWNER)
        for _ in range(times):
            while process.stdout.readline().strip() != method:
                assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        async with opened() as memio:
            assert await of_others(memio) == before
            assert (await memio.forget(user_id=OWNER)).complete
            assert found(path) == set()
            assert await of_others(memio) == before

    asyncio.run(main())
    assert_consistent()


CROWDED = """
import asyncio, resource, signal, sys
from memio import ForgetError, Memio

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def leave_room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main():
    store = {"provider": "sqlite", "path": sys.argv[1]}
    async with Memio.from_config(dict.fromkeys(("facts", "history", "documents", "graph"), store)) as memio:
        for kind in memio.kinds:
            await getattr(memio, kind).delete_all(user_id=sys.argv[2])
        for size in (30_000, 100_000, 200_000):
            leave_room(size)
            try:
                await memio.forget(user_id=sys.argv[2])
            except ForgetError as error:
                print([type(each).__name__ for each in error.errors][:1], flush=True)
        leave_room(resource.RLIM_INFINITY)
        await memio.facts.add(content="there is room again", user_id="bob")
        print((await memio.forget(user_id=sys.argv[2])).complete, flush=True)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits of this kind")
def test_a_full_disk_makes_it_fail_loudly_and_with_room_it_can_be_repeated_by_the_same_client(
    opened: Opened, path: Path, program: Callable[..., Any], assert_consistent: Callable[[], None]
) -> None:
    async def prepare() -> list[Any]:
        async with opened() as memio:
            await fill(memio, count=40)
            return await of_others(memio)

    before = asyncio.run(prepare())
    output, errors = program(CROWDED, path, OWNER).communicate(timeout=120)
    *failed, finished = output.splitlines()
    assert (errors, finished) == ("", "True")
    assert failed
    assert set(failed) == {"['ProviderError']"}
    assert found(path) == set()

    async def compare() -> None:
        async with opened() as memio:
            assert len(await memio.facts.search(query="room again", user_id="bob")) == 1
            for fact in await memio.facts.search(query="room again", user_id="bob"):
                await memio.facts.delete(fact_id=fact.id)
            assert await of_others(memio) == before

    asyncio.run(compare())
    assert_consistent()


def test_writes_and_reads_beside_an_erasure_are_all_answered(
    opened: Opened, path: Path, assert_consistent: Callable[[], None]
) -> None:
    async def main() -> None:
        async with opened() as memio:
            await fill(memio, count=20)
            adding = [memio.facts.add(content=f"written meanwhile {n}", user_id="bob") for n in range(50)]
            reading = [memio.facts.search(query="river", user_id="bob") for _ in range(20)]
            receipt, *rest = await asyncio.gather(memio.forget(user_id=OWNER), *adding, *reading)
            assert receipt.complete
            assert len(await memio.facts.search(query="meanwhile", limit=1000)) == 50
            assert all(rest)
        assert found(path) == set()

    asyncio.run(main())
    assert_consistent()


def test_two_processes_that_forget_at_the_same_time_both_finish(
    opened: Opened, path: Path, program: Callable[..., Any], assert_consistent: Callable[[], None]
) -> None:
    async def main() -> None:
        async with opened() as memio:
            await fill(memio, count=20)
            await fill(memio, user="dora", count=5)
            other = program(FORGETTING, path, "dora")
            assert (await memio.forget(user_id=OWNER)).complete
            _, errors = other.communicate("\n", timeout=60)
            assert (other.returncode, errors) == (0, "")
            assert found(path) == set()
            assert found(path, b"dora") == set()

    asyncio.run(main())
    assert_consistent()


def test_stores_that_do_not_share_a_connection_to_one_file_do_not_get_in_each_others_way(path: Path) -> None:
    async def main() -> None:
        async with Memio(facts=SqliteFactAdapter(path=path), documents=SqliteDocumentAdapter(path=path)) as memio:
            for number in range(20):
                await memio.facts.add(content=f"zmurgling {number}", user_id=OWNER)
                await memio.documents.add(content=f"zmurgling {number}", user_id=OWNER)
            for _ in range(5):
                assert (await memio.forget(user_id=OWNER)).complete
                assert found(path) == set()

    asyncio.run(main())


def test_those_who_ask_before_a_rewrite_begins_share_it(path: Path) -> None:
    eraser = Eraser(str(path), 0.05, reindex_all)
    with closing(Files(Location(str(path), "full", 5.0, chosen=True), reindex_all).open(writes=True)) as db:
        said: list[str] = []
        db.set_trace_callback(said.append)
        waiting = [eraser.job() for _ in range(4)]
        for job in waiting:
            job(db)
        assert said.count("VACUUM") == 1
        eraser.job()(db)
        assert said.count("VACUUM") == 2


def test_a_rewrite_that_failed_has_no_effect(path: Path) -> None:
    eraser = Eraser(str(path), 0.05, reindex_all)
    with closing(Files(Location(str(path), "full", 0.05, chosen=True), reindex_all).open(writes=True)) as db:
        first, second = eraser.job(), eraser.job()
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            with pytest.raises(UnavailableError):
                first(db)
        said: list[str] = []
        db.set_trace_callback(said.append)
        second(db)
        assert said.count("VACUUM") == 1
        assert db.execute("PRAGMA temp_store").fetchone() == (2,)


def test_words_that_a_merge_of_the_index_would_keep_are_gone(opened: Opened, path: Path) -> None:
    # Added and deleted in one transaction, in an index that is small: FTS5's optimize does not always drop these.
    async def main() -> None:
        async with opened() as memio:
            for number in range(30):
                adding = memio.facts.add(content=f"xqwxold{number} zmurgling", fact_id=f"actid{number}", user_id=OWNER)
                await asyncio.gather(adding, memio.facts.delete_all(user_id=OWNER))
                await memio.facts.add(content=f"Bob {number}", user_id="bob")
            assert (await memio.forget(user_id=OWNER)).complete
            assert found(path) == set()

    asyncio.run(main())
