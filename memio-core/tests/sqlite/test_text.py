"""Search of any text in any script, with any string as the query."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from memio import Memio, Message, Triple
from memio.providers.sqlite._db.schema import create
from memio.providers.sqlite._search.entry import any_form
from memio.toolkit import index_text, query_terms

Run = Callable[..., Any]


def found_by(texts: list[str], *queries: str, limit: int = 10) -> list[list[str]]:
    """Return what each query finds among facts with these texts, best first."""

    async def body() -> list[list[str]]:
        async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            await memio.facts.add_many(texts)
            return [[fact.content for fact in await memio.facts.search(query=query, limit=limit)] for query in queries]

    return asyncio.run(body())


def test_words_are_found_in_other_forms_and_cases_and_without_accents() -> None:
    text = "She was running through Zürich's cafés"
    for found in found_by([text, "nothing"], "runs", "RUNNING", "zurich", "Cafe", "café", "zürich"):
        assert found == [text]


def test_any_word_of_the_query_may_match_and_more_matches_are_better() -> None:
    texts = ["red apple", "green pear", "green apple", "a stone", "a tree", "a house"]
    (found,) = found_by(texts, "is there a green apple or a banana?")
    assert found[0] == "green apple"
    assert set(found) == {"green apple", "red apple", "green pear"}


def test_the_query_is_not_ignored() -> None:
    # defect: search without an index ignores the query
    assert found_by(["tea", "coffee"], "milk") == [[]]


def test_stop_words_are_dropped_unless_nothing_is_left() -> None:
    texts = ["to be or not to be", "the tea of the house"]
    assert found_by(texts, "what about the tea?") == [["the tea of the house"]]
    assert found_by(texts, "to be or not") == [["to be or not to be"]]


def test_possessives_find_the_name() -> None:
    assert found_by(["Caroline sings"], "Caroline's song", "Caroline\u2019s song") == [["Caroline sings"]] * 2


def test_of_equal_matches_the_newest_is_first_and_scores_fall() -> None:
    async def body() -> None:
        async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            await memio.facts.add_many(["tea 1", "tea 2", "tea tea tea", "milk", "milk", "milk", "milk"])
            found = await memio.facts.search(query="tea")
            scores = [fact.score for fact in found if fact.score is not None]
            assert len(scores) == 3
            assert scores == sorted(scores, reverse=True)
            assert [fact.content for fact in found if fact.content != "tea tea tea"] == ["tea 2", "tea 1"]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我昨天在北京大学的图书馆看书", ["北京", "大学", "图书馆", "书", "昨天在北京"]),
        ("東京都の天気はとても良いです", ["東京", "天気", "とても", "良い", "都"]),
        ("カタカナのコーヒー", ["コーヒー", "カタカナ", "ヒー"]),
        ("ฉันชอบดื่มกาแฟเย็นทุกวัน", ["กาแฟ", "ดื่ม", "ทุกวัน", "ชอบ"]),
        ("ຂ້ອຍມັກດື່ມກາເຟ", ["ກາເຟ", "ດື່ມ"]),
        ("ខ្ញុំចូលចិត្តផឹកកាហ្វេ", ["កាហ្វេ", "ចូលចិត្ត"]),
        ("ကျွန်တော်ကော်ဖီကြိုက်တယ်", ["ကော်ဖီ"]),
        ("저는서울에서커피를마십니다", ["서울", "커피", "피"]),
        ("मुझे दिल्ली की चाय पसंद है", ["दिल्ली", "चाय"]),
        ("я люблю московский чай", ["чай", "МОСКОВСКИЙ"]),
        ("أحب القهوة في الصباح", ["القهوة"]),
        ("iPhoneを買った2024年モデル", ["iphone", "買った", "2024", "モデル"]),
        ("party 🎉🎊 tonight", ["🎉", "🎊", "🎉🎊", "party"]),
        ("I ❤️ you", ["❤", "❤️"]),
        ("𠀀𠀁𠀂 rare", ["𠀁", "𠀁𠀂"]),
        ("price: 5€ (50 % off) ½", ["5€", "€", "½"]),
        ("ℵ₀ ≤ ℵ₁", ["≤", "ℵ₀"]),
    ],
)
def test_a_word_is_found_inside_of_any_script(text: str, words: list[str]) -> None:
    for word, found in zip(words, found_by([text, "другое anderes 其他"], *words), strict=True):
        assert found[:1] == [text], word


TEA, MILK = "tea", "u1 milk NEAR {}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"', []),
        ('"tea', [TEA]),
        ("tea AND", [TEA]),
        ("NEAR(tea coffee, 5)", [TEA, MILK]),
        ("tea OR NOT", [TEA]),
        ("NOT tea", [TEA]),
        ("body:tea", [TEA]),
        ("tags:u1", [MILK]),
        ("{body tags}: tea", [TEA]),
        ("-tea", [TEA]),
        ("^tea", [TEA]),
        ("te*", []),
        ("tea + milk", [TEA, MILK]),
        ("tea'; DROP TABLE fact; --", [TEA]),
        ("(((((tea", [TEA]),
        ("tea \\", [TEA]),
        ("%", []),
        ("{}", [MILK]),
        ("tea\r\n\t\x01", [TEA]),
        ("🎉" * 50, []),
        ("tea " * 25_000, [TEA]),
    ],
)
def test_a_query_is_data_and_never_syntax(query: str, expected: list[str]) -> None:
    (found,) = found_by([TEA, MILK], query)
    assert sorted(found) == expected


def test_a_query_of_a_hundred_thousand_bytes_of_different_words_is_answered_exactly() -> None:
    words = [f"w{number}" for number in range(17_000)]
    query = " ".join(words)
    assert len(query) > 100_000
    texts = [words[0], words[-1], " ".join(words[5_000:5_010]), query, "other"]
    (found,) = found_by(texts, query)
    assert found[0] == query
    assert set(found) == {*texts} - {"other"}


def test_long_queries_rank_as_short_ones_do() -> None:
    chance = random.Random(1)  # noqa: S311  # the same texts in every run
    texts = [" ".join(chance.choices([f"w{n}" for n in range(400)], k=8)) for _ in range(300)]
    words = [f"w{number}" for number in range(100)]
    # Words that occur nowhere change nothing but the length of the query, and so the way that it is asked.
    short, long = found_by(texts, " ".join(words), " ".join([*words, *(f"q{number}" for number in range(500))]))
    assert short == long


@given(st.lists(st.text(min_size=1, max_size=30).filter(lambda text: "\0" not in text), min_size=1, max_size=4))
@example([" "])
@example(["!!!", "—", "…"])
@example(["\u3000", "\u200b", "\ufe0f"])
@example(["the", "The the"])
@example(["\u0301", "a\u0301", "\u0e31"])
@example(["\U000110000"[:1], "\uffff", "\ue000", "\u20dd"])
@settings(max_examples=150, deadline=None)
def test_a_text_finds_itself(texts: list[str]) -> None:
    for text, found in zip(texts, found_by(texts, *texts, limit=100), strict=True):
        assert text in found


def test_text_without_words_is_found_as_a_part_of_the_content_within_the_scope(both: Run) -> None:
    async def body(memio: Memio) -> None:
        await memio.facts.add(content="wow!!!", user_id="ann", agent_id="bot", metadata={"a": 1})
        await memio.facts.add(content="!!!", user_id="bob")
        found = await memio.facts.search(query="!!!")
        assert [(fact.content, fact.score) for fact in found] == [("!!!", 1.0), ("wow!!!", 0.5)]
        for scope in ({"user_id": "ann"}, {"agent_id": "bot"}, {"filters": {"a": 1}}):
            assert [fact.content for fact in await memio.facts.search(query="!!", **scope)] == ["wow!!!"]
        assert await memio.facts.search(query="!!!", user_id="eve") == []
        assert await memio.facts.search(query="???") == []

        for session, user in (("s", "ann"), ("t", "ann"), ("s", "bob")):
            message = Message(role="user", content=f"{user} {session}!!!")
            await memio.history.add(session_id=session, messages=[message], user_id=user)
        for scope, expected in (
            ({}, ["bob s!!!", "ann t!!!", "ann s!!!"]),
            ({"user_id": "ann"}, ["ann t!!!", "ann s!!!"]),
            ({"session_id": "t"}, ["ann t!!!"]),
            ({"session_id": "s", "user_id": "ann"}, ["ann s!!!"]),
            ({"session_id": "no"}, []),
        ):
            assert [each.content for each in await memio.history.search(query="!!!", **scope)] == expected

        for user in ("ann", "bob"):
            await memio.graph.add(triples=[Triple(subject=user, predicate="says", object="!!!")], user_id=user)
        assert [triple.subject for triple in await memio.graph.search(query="!")] == ["bob", "ann"]
        assert [triple.subject for triple in await memio.graph.search(query="!", user_id="ann")] == ["ann"]

    both(body)


def test_a_word_longer_than_the_index_keeps_is_found() -> None:
    word = "x" * 40_000
    assert found_by([word, "other"], word) == [[word]]


@pytest.fixture
def index() -> Any:
    with closing(sqlite3.connect(":memory:")) as db:
        create(db)
        db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (fact_text, 'instance')")
        yield db


@pytest.mark.slow
def test_every_character_is_one_word_to_sqlite_or_is_made_one(index: sqlite3.Connection) -> None:
    characters = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    words = [character for character in characters if query_terms(character)]
    as_they_are = [character for character in words if not query_terms(character)[0].text.startswith("x")]
    assert len(as_they_are) > 90_000
    # Those that are made words are all alike; every hundredth of them will do.
    asked = [*as_they_are, *sorted(set(words) - set(as_they_are))[::100]]
    index.executemany(
        "INSERT INTO fact_text (rowid, words) VALUES (?, ?)",
        ((ord(character), index_text(character)) for character in asked),
    )
    # A letter that is canonically two, such as U+0F81, is a pair and its second half.
    expected = {ord(each): len(index_text(each).split()) for each in asked}
    assert sum(number > 1 for number in expected.values()) < 50
    assert dict(index.execute("SELECT doc, count(*) FROM terms GROUP BY doc")) == expected
    find = "SELECT 1 FROM fact_text WHERE fact_text MATCH ? AND rowid = ?"
    lost = [
        hex(ord(character))
        for character in asked
        if not index.execute(find, (any_form(query_terms(character)), ord(character))).fetchone()
    ]
    assert lost == []


def test_what_is_indexed_never_depends_on_the_version_of_python() -> None:
    # Letters that Unicode has had since 3.2 only, and the same text in two versions of Python, give these.
    assert index_text("plain ASCII, as it is!") == "plain ASCII, as it is!"
    assert index_text("a\x1ab") == "a b"
    assert index_text("naïve Zürich\u2019s ё") == "naive zurich s е"  # noqa: RUF001  # a Cyrillic letter
    assert index_text("東京都 x") == "東京 京都 都 x"
    assert index_text("猫") == "猫"
    assert index_text("🎉🎊!") == "x1f389zx1f38az x1f38az"
    assert index_text("❤️") == "x2764z"
    assert index_text("\u0560\U00010d50") == "x560zx10d50z x10d50z"  # both are younger than Unicode 3.2


def test_characters_that_mark_words_in_the_index_are_not_taken_from_a_text() -> None:
    for marks in ("\x1a\ue001\ue002", "\x1a\ue001\ue002é"):
        texts = [f"{marks[0]}u1 {marks[1]}tea {marks[2:]}tea", "tea"]
        assert found_by(texts, "tea", "u1", "\x1a") == [["tea", texts[0]], [texts[0]], [texts[0]]]
