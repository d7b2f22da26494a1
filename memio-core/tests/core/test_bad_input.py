"""Bad input is refused with a clear error before the store is called."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from memio import InvalidInputError, Memio, Message, Triple
from memio.kinds import SPECS
from memio.owners import NO_OWNER

CYCLE: dict[str, Any] = {}
CYCLE["self"] = CYCLE
DEEP: dict[str, Any] = {}
for _ in range(200):
    DEEP = {"deeper": DEEP}

TEXT = [None, 3, b"bytes", "", "nul \0", "surrogate \ud800"]
METADATA = [
    3,
    ["k"],
    {1: "v"},
    {"k": object()},
    {"k": (1, 2)},
    {"k": {1, 2}},
    {"k": float("nan")},
    {"k": float("inf")},
    {"k": [{"deep": b"bytes"}]},
    {"k": "nul \0"},
    {"nul \0": 1},
    {"k": "\udfff"},
    {"k": datetime.now(UTC)},
    {"k": 10**5000},
    CYCLE,
    DEEP,
]
NAME = [*TEXT, "x" * 1001]
NAIVE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
BEFORE_UTC = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))
TIMES = ["2026-01-01", 0, date(2026, 1, 1), NAIVE, BEFORE_UTC]
BAD: dict[str, list[Any]] = {
    "content": TEXT,
    "query": [*TEXT, "x" * 1_000_001],
    "fact_id": NAME,
    "doc_id": NAME,
    "triple_id": NAME,
    "entity": TEXT,
    "session_id": NAME,
    "user_id": [value for value in NAME if value is not None],
    "agent_id": [value for value in NAME if value is not None],
    "limit": [0, -1, 1001, 10**30, 1.0, "10", None, True],
    "cursor": ["", "no cursor", "0123.x", 5, "\0"],
    "start": ["newest", "", None, 1],
    "order": ["latest", "", None, 1, ["newest"]],
    "mode": ["words", "", None, 1, ["auto"], "Keyword"],
    "since": TIMES,
    "until": TIMES,
    "expires_at": TIMES,
    "if_version": ["", 5, b"v", "nul \0", "x" * 1001],
    "last": [0, -1, 1001, 10**5000, 1.0, "1", True],
    "message_ids": ["m1", 5, [], [""], [5], ["a", "a"], ["x" * 1001], {"m1": 1}, [str(n) for n in range(1001)]],
    "data": [
        b"bytes",
        object(),
        (1, 2),
        {1, 2},
        {1: "v"},
        {"k": float("nan")},
        [float("inf")],
        {"k": datetime.now(UTC)},
        10**5000,
        CYCLE,
        DEEP,
    ],
    "metadata": METADATA,
    "filters": [*METADATA, {"k": [1]}, {"k": {}}],
    "messages": [
        None,
        [],
        "hello",
        Message(role="user", content="not in a list"),
        {"role": "user", "content": "hello"},
        [{"content": "hello"}],
        [{"role": "user", "content": 5}],
        [{"role": "user", "content": "nul \0"}],
        [{"role": "user", "content": ""}],
        [{"role": "user", "content": [object()], "id": object()}],
        [Message(role="user", content="")],
        [Message(role="user")],
        [Message(role="user", content="nul \0")],
        [Message(role="user", content="x", name="")],
        [Message(role="user", content="x", id="\ud800")],
        [Message(role="user", content="x", id="x" * 1001)],
        [Message(role="user", content="x", score=1.0)],
        [Message(role="user", content="x", session_id="another")],
        [Message(role="user", content="x", user_id="another")],
        [Message(role="user", content="x", agent_id="another")],
        [Message(role="user", content="x", namespace=("another",))],
        [Message(role="user", content="x", id="m1"), Message(role="user", content="y", id="m1")],
    ],
    "triples": [
        None,
        [],
        Triple(subject="a", predicate="b", object="c"),
        [("a", "b", "c")],
        [Triple(subject="", predicate="b", object="c")],
        [Triple(subject="a", predicate="nul \0", object="c")],
        [Triple(subject="a", predicate="b", object="c", user_id="another")],
        [Triple(subject="a", predicate="b", object="c", agent_id="another")],
        [Triple(subject="a", predicate="b", object="c", namespace=("another",))],
        [Triple(subject="a", predicate="b", object="c", score=0.5)],
    ],
    "items": [None, 5, "text", {"content": "x"}, [3], [{}], [{"content": ""}], [{"content": "x", "colour": "red"}]],
}
GOOD: dict[str, Any] = {
    "content": "text",
    "fact_id": "f1",
    "doc_id": "d1",
    "query": "words",
    "session_id": "s1",
    "messages": [Message(role="user", content="hello")],
    "triples": [Triple(subject="a", predicate="b", object="c")],
    "entity": "a",
    "triple_id": "t1",
}
CASES = [
    pytest.param(kind, method, name, value, id=f"{kind}.{method}-{name}-{index}")
    for kind, described in SPECS.items()
    for method, spec in described.methods.items()
    if not spec.internal
    for name in spec.keywords
    for index, value in enumerate(BAD[name])
    # Left out, these are None.
    if not (value is None and name in (*spec.features, *spec.given) and name not in ("order", "mode", "content"))
]


@pytest.mark.parametrize(("kind", "method", "name", "value"), CASES)
def test_bad_input_is_refused_before_the_store_is_called(kind, method, name, value, recorder, call):
    store = recorder(kind)
    arguments = {core: GOOD[core] for core in SPECS[kind].methods[method].core if core in GOOD}
    if name not in ("content", "data") and method == "update":
        arguments["content"] = "text"
    with pytest.raises(InvalidInputError) as caught:
        call(store, method, **arguments | {name: value})
    assert store.calls == []
    assert caught.value.operation == f"{kind}.{method}"
    assert caught.value.argument == name


def test_errors_state_what_and_where_and_what_to_do():
    with pytest.raises(
        InvalidInputError, match=r"metadata\.a\[1\]\.b has the type tuple, which JSON cannot hold: pass a list"
    ):
        asyncio.run(_add(metadata={"a": [0, {"b": (1,)}]}))
    with pytest.raises(InvalidInputError, match=r"content holds a lone surrogate \(U\+D83D\) at position 3"):
        asyncio.run(_add(content="abc\ud83d"))
    with pytest.raises(InvalidInputError, match=r"metadata nests deeper than 100 levels, or refers to itself"):
        asyncio.run(_add(metadata=CYCLE))


async def _add(**arguments: Any) -> None:
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
        await memio.facts.add(**{"content": "text"} | arguments)


@pytest.mark.parametrize(
    "value",
    [
        {"role": "robot"},
        {"timestamp": datetime.now(UTC).replace(tzinfo=None)},
        {"timestamp": "today"},
        {"metadata": {"k": {1}}},
    ],
)
def test_an_invalid_message_is_refused_when_it_is_made(value):
    with pytest.raises(InvalidInputError):
        Message(**{"role": "user", "content": "x"} | value)


def test_a_time_that_is_outside_of_utc_is_refused():
    edge = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3)))
    with pytest.raises(InvalidInputError, match="years 1 to 9999"):
        Message(role="user", content="x", timestamp=edge)


def test_metadata_that_became_invalid_after_the_message_was_made_is_refused(recorder, call):
    store = recorder("history")
    message = Message(role="user", content="x", metadata={"k": 1})
    message.metadata["k"] = object()
    with pytest.raises(InvalidInputError, match=r"messages\[0\].metadata.k"):
        call(store, "add", session_id="s1", messages=[message])
    assert store.calls == []


@pytest.mark.parametrize(("size", "refused"), [(8, False), (9, True)])
@pytest.mark.parametrize("kind", ["facts", "documents", "history"])
def test_content_over_the_backends_limit_is_refused_with_the_figures(kind, size, refused, recorder, call):
    store = recorder(kind)
    store.max_content_bytes = 8
    text = "é" * 4 + "x" * (size - 8)
    arguments: dict[str, Any] = {"content": text}
    if kind == "history":
        arguments = {"session_id": "s", "messages": [Message(role="user", content=text)]}
    if refused:
        with pytest.raises(InvalidInputError, match="9 bytes in UTF-8, Recorder takes at most 8"):
            call(store, "add", **arguments)
        assert store.calls == []
    else:
        call(store, "add", **arguments)
        assert len(store.calls) == 1


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "\n\t",
        "é",
        "e\u0301",
        "日本語",
        "🎉👩‍👩‍👧",
        "'; DROP TABLE fact; --",
        "\u202e",
        "\x01",
        "\uffff",
        "\U0010ffff",
    ],
)
def test_any_other_text_is_content(text, recorder, call):
    store = recorder("facts")
    call(store, "add", content=text)
    assert store.calls == [("add", {"content": text, "owner": NO_OWNER})]
