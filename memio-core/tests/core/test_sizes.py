"""What is too large is refused before a store is called, whatever the kind and the method."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from memio import InvalidInputError, Memio, Message, Triple

MIB = 1024 * 1024
EMPTY = len('{"k":""}')
PART = 64 * 1024
LARGE = {"k": "x" * MIB}


def triple(**fields: Any) -> Triple:
    return Triple(**{"subject": "a", "predicate": "b", "object": "c"} | fields)


@pytest.mark.parametrize(
    ("kind", "method", "keywords"),
    [
        ("facts", "add", {"content": "x", "metadata": LARGE}),
        ("facts", "add_many", {"items": ["y", {"content": "x", "metadata": LARGE}]}),
        ("facts", "update", {"fact_id": "1", "content": "x", "metadata": LARGE}),
        ("documents", "add", {"content": "x", "metadata": LARGE}),
        ("documents", "put", {"doc_id": "1", "content": "x", "metadata": LARGE}),
        ("facts", "update", {"fact_id": "1", "metadata": LARGE}),
        ("history", "add", {"session_id": "s", "messages": [Message(role="user", content="x", metadata=LARGE)]}),
        ("graph", "add", {"triples": [triple(metadata=LARGE)]}),
    ],
)
def test_metadata_of_more_than_a_mebibyte_is_refused_everywhere(kind, method, keywords, recorder, call):
    store = recorder(kind)
    with pytest.raises(InvalidInputError, match=r"metadata has 1,048,584 bytes as ASCII JSON, .* at most 1,048,576"):
        call(store, method, **keywords)
    assert store.calls == []


@pytest.mark.parametrize("letter", ["x", "é", "😀", "\x01", '"'])
def test_metadata_is_measured_as_ascii_json(letter, recorder, call):
    store = recorder("facts")
    width = {"x": 1, "é": 6, "😀": 12, "\x01": 6, '"': 2}[letter]
    fits = (MIB - EMPTY) // width
    call(store, "add", content="x", metadata={"k": letter * fits})
    with pytest.raises(InvalidInputError, match="metadata"):
        call(store, "add", content="x", metadata={"k": letter * (fits + 1)})
    assert len(store.calls) == 1


@pytest.mark.parametrize("part", ["subject", "predicate", "object"])
def test_a_part_of_a_triple_has_at_most_64_kib(part, recorder, call):
    store = recorder("graph")
    call(store, "add", triples=[triple(**{part: "é" * (PART // 2)})])
    with pytest.raises(InvalidInputError, match=rf"triples\[1\]\.{part} has 65,538 bytes in UTF-8, .* at most 65,536"):
        call(store, "add", triples=[triple(), triple(**{part: "é" * (PART // 2 + 1)})])
    assert len(store.calls) == 1


@pytest.mark.parametrize("kind", ["documents", "history"])
@pytest.mark.parametrize(
    ("content", "data", "size"),
    [
        ("", "x" * 30, 32),
        ("é" * 5, "x" * 20, 32),
        ("", {"k": "é"}, 14),
        ("", "😀", 14),
        ("", "\0\ud800", 14),
        ("x" * 30, {}, 32),
        ("", [1, None, True], 13),
    ],
)
def test_data_and_content_together_are_limited_by_what_the_store_takes(kind, content, data, size, recorder, call):
    def add(store: Any) -> None:
        if kind == "documents":
            call(store, "add", content=content, data=data)
        else:
            message = Message(role="user", content=content, data=data)
            call(store, "add", session_id="s", messages=[Message(role="user", content="y"), message])

    fits, small = recorder(kind), recorder(kind)
    fits.max_content_bytes, small.max_content_bytes = size, size - 1
    add(fits)
    assert len(fits.calls) == 1
    own = size - len(content.encode())
    with pytest.raises(
        InvalidInputError, match=rf"data has {own} bytes as ASCII JSON.*, Recorder takes at most {size - 1}"
    ):
        add(small)
    assert small.calls == []


def test_data_of_an_update_is_limited_too(recorder, call):
    store = recorder("documents")
    store.max_content_bytes = 100
    call(store, "update", doc_id="1", data={"k": "x" * 80})
    for given in ({"data": {"k": "x" * 100}}, {"data": {"k": "x" * 80}, "content": "y" * 20}):
        with pytest.raises(InvalidInputError, match="data has"):
            call(store, "update", doc_id="1", **given)
    assert len(store.calls) == 1


def test_a_store_that_states_no_limit_takes_any_data(recorder, call):
    store = recorder("documents")
    call(store, "put", doc_id="1", content="", data="x" * 2 * MIB)
    assert len(store.calls) == 1


def test_a_store_may_take_less(recorder, call):
    facts, graph = recorder("facts"), recorder("graph")
    facts.max_metadata_bytes, graph.max_part_bytes = 100, 10
    with pytest.raises(InvalidInputError, match="at most 100"):
        call(facts, "add", content="x", metadata={"k": "x" * 100})
    with pytest.raises(InvalidInputError, match="at most 10"):
        call(graph, "add", triples=[triple(subject="x" * 11)])


def test_a_record_from_before_the_limits_can_be_read(recorder, call):
    from memio import Fact

    store = recorder("facts")
    store.answers["get"] = Fact(id="1", content="x", metadata=LARGE)
    assert call(store, "get", fact_id="1").metadata == LARGE


def test_a_page_that_a_store_ended_early_is_filled_for_a_caller_and_not_for_an_iteration(recorder):
    from memio import Page

    store = recorder("facts")

    async def short(*, limit: int, cursor: str | None, **_: Any) -> Page[str]:
        first = int(cursor or 0)
        last = min(first + min(limit, 3), 10)
        return Page([str(number) for number in range(first, last)], None if last == 10 else str(last))

    store.answers["get_all"] = short

    async def main() -> None:
        async with Memio(facts=store) as memio:
            page = await memio.facts.get_all(limit=7)
            assert page == [str(number) for number in range(7)]
            rest = await memio.facts.get_all(limit=7, cursor=page.next_cursor)
            assert (rest, rest.next_cursor) == (["7", "8", "9"], None)
            store.calls.clear()
            assert [each async for each in memio.facts.iter_all()] == [str(number) for number in range(10)]
            assert [keywords["limit"] for _, keywords in store.calls] == [100] * 4

    asyncio.run(main())


def test_filling_a_page_of_the_latest_messages_keeps_their_order(recorder):
    from memio import Page

    store = recorder("history")

    async def short(*, cursor: str | None, **_: Any) -> Page[int]:
        last = int(cursor or 9)
        return Page([last - 1, last], str(last - 2) if last > 1 else None)

    store.answers["get"] = short

    async def main() -> None:
        async with Memio(history=store) as memio:
            assert await memio.history.get(session_id="s", limit=6) == [4, 5, 6, 7, 8, 9]

    asyncio.run(main())


def test_a_store_that_repeats_its_cursor_is_refused_when_its_page_is_filled(recorder, call):
    from memio import MemioError, Page

    store = recorder("facts")
    store.answers["get_all"] = Page(["x"], "again")
    with pytest.raises(MemioError, match="repeats its cursor"):
        call(store, "get_all", limit=5)
