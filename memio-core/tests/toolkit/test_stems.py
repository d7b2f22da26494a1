"""Stems are those of SQLite's tokenizer, so that providers find the same words."""

import re
import sqlite3
import string
import sysconfig
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from memio.toolkit.stems import stem

WORDS = 20_000


def stems_of_sqlite(words):
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE texts USING fts5 (text, tokenize = 'porter unicode61')")
        database.execute("CREATE VIRTUAL TABLE stems USING fts5vocab (texts, 'instance')")
        database.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", enumerate(words))
        return {words[row]: term for term, row in database.execute("SELECT term, doc FROM stems")}


def test_stems_of_the_words_of_the_standard_library_are_those_of_sqlite():
    words = set()
    for file in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        words.update(re.findall(r"[0-9a-z]+", file.read_text(encoding="utf-8", errors="ignore").lower()))
        if len(words) > WORDS:
            break
    expected = stems_of_sqlite(sorted(words))
    assert {word: stem(word) for word in expected} == expected
    assert len(expected) > WORDS / 4


SUFFIXES = (
    *("s", "es", "ed", "eed", "ing", "ational", "izer", "bli", "logi", "ization", "iveness", "icate", "ness", "al"),
    *("ement", "ion", "ous", "ize", "e", "ll", "y", "ies"),
)
BEGINNINGS = st.text(string.ascii_lowercase, max_size=6)


@given(BEGINNINGS, st.lists(st.sampled_from(SUFFIXES), max_size=3).map("".join))
def test_stems_of_words_made_of_suffixes_are_those_of_sqlite(beginning, end):
    word = beginning + end
    if word:
        assert {word: stem(word)} == stems_of_sqlite([word])


def test_long_and_short_words_stay_as_they_are():
    for word in ("as", "a" * 62 + "ing", "東京", "día"):
        assert stem(word) == word
