"""The middleware that measures, and the one that redacts."""

from __future__ import annotations

import asyncio
import re

import pytest

from memio import Memio, Message, NotFoundError, Triple

CARD = "4111 1111 1111 1111"
IN_MEMORY = {"provider": "sqlite", "path": ":memory:"}


def test_the_measured_calls_are_counted(run):
    out = run("measure.py")
    assert re.search(r"facts\.add +100 +0 +[\d.]+ +[\d.]+\n", out)
    assert re.search(r"facts\.search +20 +0 +", out)
    assert re.search(r"facts\.get +1 +1 +", out)


def test_every_way_a_call_can_end_is_measured(example):
    stopwatch = example("measure").Stopwatch()

    async def main() -> None:
        async with Memio.from_config({"facts": IN_MEMORY}, middleware=[stopwatch]) as memio:
            await asyncio.gather(*(memio.facts.add(content=str(n)) for n in range(10)))
            with pytest.raises(NotFoundError):
                await memio.facts.get(fact_id="x")
            cancelled = asyncio.create_task(memio.facts.get_all())
            await asyncio.sleep(0)
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled

    asyncio.run(main())
    counted = {name: (len(calls.seconds), calls.failed) for name, calls in stopwatch.operations.items()}
    assert counted == {"facts.add": (10, 0), "facts.get": (1, 1), "facts.get_all": (1, 1)}


def test_the_redacted_program_keeps_no_address_and_no_card(run):
    out = run("redact.py")
    assert out == "Write to [e-mail], order 1234567890123\nMy card is [card], it expires in May\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail a.b+c@sub.example.org.", "mail [e-mail]."),
        (f"{CARD}", "[card]"),
        ("4111-1111-1111-1111 and 378282246310005", "[card] and [card]"),
        (f"5 {CARD} 123", "5 [card] 123"),
        (f"1234 {CARD}", "1234 [card]"),
        ("order 1234567890123, phone 0123 456789", "order 1234567890123, phone 0123 456789"),
        ("12", "12"),
    ],
)
def test_addresses_and_cards_are_found_in_text(text, kept, example):
    assert example("redact").redacted(text) == kept


def test_a_long_text_is_redacted_in_time_that_grows_with_its_length(example):
    for text in ("a" * 1_000_000, "1 " * 10_000, "1" * 1_000_000):
        assert example("redact").redacted(text) == text


def test_nothing_that_is_redacted_reaches_the_file(example, tmp_path):
    redact = example("redact").redact
    kinds = ("facts", "history", "documents", "graph")
    config = {**dict.fromkeys(kinds, "sqlite"), "providers": {"sqlite": {"path": str(tmp_path / "memory.db")}}}
    secret = f"secret@example.com {CARD}"

    async def main() -> None:
        async with Memio.from_config(config, middleware=[redact]) as memio:
            fact = await memio.facts.add(content=secret, metadata={"from": [secret, 1, None, {"deep": secret}]})
            await memio.facts.update(fact_id=fact.id, content=f"new {secret}")
            await memio.facts.add_many([secret, {"content": secret, "metadata": {"from": secret}}])
            await memio.documents.add_many(text for text in (secret, "plain"))
            message = Message(role="user", content=secret, name="secret@example.com", metadata={"from": secret})
            await memio.history.add(session_id="s", messages=iter([message]))
            call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"arguments": secret}}]}
            result = Message(role="tool", data={secret: [secret]})
            await memio.history.add(session_id="s", messages=[call, result, {"role": "user", "content": secret}])
            await memio.documents.put("d", secret, metadata={secret: 1}, data=[{"deep": secret}])
            await memio.documents.update(doc_id="d", data={"again": secret})
            await memio.graph.add(triples=[Triple(subject=secret, predicate="knows", object="Bob")])
            assert len(await memio.graph.get(entity=secret)) == 1
            assert len(await memio.facts.get_all(filters={"from": secret})) == 1
            assert await memio.facts.search(query="secret@example.com")

    asyncio.run(main())
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"[card]" in content
    assert b"secret@example" not in content
    assert b"4111" not in content
