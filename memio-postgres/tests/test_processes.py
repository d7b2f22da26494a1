"""Several processes on one schema."""

import asyncio
import json
import subprocess
import sys

import pytest

CREATE = """
import asyncio, sys
from memio import Memio

async def main():
    place = {"provider": "postgres", "dsn": sys.argv[1], "schema_name": sys.argv[2], "pool_size": 1}
    async with Memio.from_config({"facts": place}) as memio:
        print("ready", flush=True)
        sys.stdin.readline()
        await memio.facts.add(f"from {sys.argv[3]}", fact_id=sys.argv[3])

asyncio.run(main())
"""

WRITE = """
import asyncio, json, random, sys
from memio import ConflictError, Memio, Message, NotFoundError, Triple

dsn, schema, name, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
chance = random.Random(name)
done = {"facts": [], "documents": {}, "messages": [], "triples": [], "popped": []}

async def write(memio, number):
    kind = chance.randrange(7)
    key = f"{name} {number}"
    if kind == 0:
        done["facts"].append((await memio.facts.add(key, fact_id=key)).id)
    elif kind == 1:
        done["facts"] += [fact.id for fact in await memio.facts.add_many([f"{key} {n}" for n in range(3)])]
    elif kind == 2:
        shared = f"shared {chance.randrange(20)}"
        await memio.documents.put(doc_id=shared, content=key)
        done["documents"][shared] = key
    elif kind == 3:
        turn = await memio.history.add(session_id="shared", messages=[Message(role="user", content=key)] * 2)
        done["messages"] += [message.id for message in turn.stored]
    elif kind == 4:
        triple = Triple(subject=f"shared {chance.randrange(50)}", predicate="is", object="x")
        done["triples"] += [each.subject for each in await memio.graph.add(triples=[triple])]
    elif kind == 5:
        for message in await memio.history.delete_messages("shared", last=1):
            done["popped"].append(message.id)
    elif done["facts"]:
        fact_id = chance.choice(done["facts"])
        await memio.facts.update(fact_id=fact_id, content=f"{key} changed")

async def main():
    place = {"provider": "postgres", "dsn": dsn, "schema_name": schema, "pool_size": 3}
    async with Memio.from_config(dict.fromkeys(("facts", "history", "documents", "graph"), place)) as memio:
        numbers = iter(range(count))
        async def caller():
            for number in numbers:
                await write(memio, number)
        await asyncio.gather(*(caller() for _ in range(4)))
    print(json.dumps(done))

asyncio.run(main())
"""


NAMES = ("ann", "bob", "cid", "dan")


def start(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process, text=None):
    output, errors = process.communicate(text, timeout=300)
    assert process.returncode == 0, errors
    return output


@pytest.mark.parametrize("processes", [6, pytest.param(30, marks=pytest.mark.slow)])
def test_processes_that_make_one_schema_at_the_same_moment_all_succeed(connect, dsn, schema, processes):
    started = [start(CREATE, dsn, schema, number) for number in range(processes)]
    for process in started:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        ended(process)

    async def scenario():
        async with connect() as memio:
            return {fact.id async for fact in memio.facts.iter_all()}

    assert asyncio.run(scenario()) == {*map(str, range(processes))}


@pytest.mark.parametrize("writes", [100, pytest.param(1_000, marks=pytest.mark.slow)])
def test_four_processes_write_at_once_and_nothing_is_lost_or_doubled(connect, dsn, schema, writes):
    started = [start(WRITE, dsn, schema, name, writes) for name in NAMES]
    done = [json.loads(ended(process)) for process in started]

    async def scenario():
        async with connect() as memio:
            facts = [fact.id async for fact in memio.facts.iter_all()]
            assert sorted(facts) == sorted(fact_id for each in done for fact_id in each["facts"])
            documents = {document.id: document.content async for document in memio.documents.iter_all()}
            for key, content in documents.items():
                assert content in {each["documents"].get(key) for each in done}
            assert documents.keys() == {key for each in done for key in each["documents"]}
            messages = [message.id async for message in memio.history.iter_messages("shared")]
            popped = [message_id for each in done for message_id in each["popped"]]
            assert len(popped) == len(set(popped))
            assert sorted(messages + popped) == sorted(message_id for each in done for message_id in each["messages"])
            triples = [triple.subject async for triple in memio.graph.iter_all()]
            assert len(triples) == len(set(triples))
            assert set(triples) == {subject for each in done for subject in each["triples"]}
            # Each word index has what its table has.
            assert len(await memio.facts.search(" ".join(NAMES), limit=1000)) == min(1000, len(facts))

    asyncio.run(scenario())
