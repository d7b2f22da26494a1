"""Moving data from SQLite to PostgreSQL and back: nothing is lost, and both sides have equal digests."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

from postgres_server import KINDS

from memio import Memio, Message, Owner, Triple
from memio.transfer import copy, export, import_

OWNERS = [Owner(), Owner("alice"), Owner("alice", "helper", ("app", "notes")), Owner(None, None, ("a'b", '"'))]
METADATA = {
    "number": 1e308,
    "small": 1e23,
    "zero": -0.0,
    "big": 2**70,
    "text": 'a \\ and a "',
    "deep": {"b": 1, "a": [None]},
}
TEXT = "Straße 東京 \U0001f600 it's <milk>"


async def fill(memio):
    later = datetime.now(UTC) + timedelta(days=400)
    for owner in OWNERS:
        await memio.facts.add(TEXT, fact_id="same", metadata=METADATA, owner=owner)
        await memio.facts.add_many([{"content": f"{n}", "expires_at": later} for n in range(20)], owner=owner)
        await memio.documents.add(
            TEXT, doc_id="same", data={"a": ["\0", "\ud800", 1.5]}, metadata=METADATA, owner=owner
        )
        moment = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-11)))
        messages = [
            Message(role="developer", content=TEXT, name="Ann Lee", timestamp=moment, metadata=METADATA),
            Message(
                role="tool", content="", data={"tool_calls": [{"id": "1"}]}, timestamp=datetime.max.replace(tzinfo=UTC)
            ),
            *(Message(role="user", content=f"{n}") for n in range(10)),
        ]
        await memio.history.add(session_id="same", messages=messages, owner=owner)
        triples = [Triple(subject=TEXT, predicate="is", object=f"{n}", metadata=METADATA) for n in range(5)]
        await memio.graph.add(triples=triples, owner=owner)


def test_data_go_to_postgres_and_back_unchanged(connect, tmp_path):
    def sqlite(name):
        place = {"provider": "sqlite", "path": str(tmp_path / name)}
        return Memio.from_config(dict.fromkeys(KINDS, place))

    async def scenario():
        async with sqlite("first.db") as first, connect() as postgres, sqlite("last.db") as last:
            await fill(first)
            for source, target in ((first, postgres), (postgres, last)):
                done = await copy(source, target)
                assert done.differences == ()
                assert [kind.source for kind in done.kinds] == [kind.target for kind in done.kinds]
            files = {"first": first, "postgres": postgres, "last": last}
            made = {name: await export(memio, tmp_path / f"{name}.jsonl") for name, memio in files.items()}
            assert made["first"].digests == made["postgres"].digests == made["last"].digests
            assert made["first"].counts == {"facts": 84, "history": 48, "documents": 4, "graph": 20}
            # A second copy finds everything there.
            again = await import_(postgres, tmp_path / "first.jsonl")
            assert again.differences == ()
            assert await postgres.facts.count() == 84

    asyncio.run(scenario())
