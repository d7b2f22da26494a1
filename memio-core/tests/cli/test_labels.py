"""How the labels of an owner are written on the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memio import InvalidInputError
from memio.cli.io.labels import namespace, words, written

PATHS = [
    ("/", ()),
    ("[]", ()),
    ("app", ("app",)),
    ("app/notes", ("app", "notes")),
    ('["a/b"]', ("a/b",)),
    ('["a/b", "c"]', ("a/b", "c")),
    ('["[x"]', ("[x",)),
    ("a[0]", ("a[0]",)),
    (" a / b ", (" a ", " b ")),
    ("Größe/日本", ("Größe", "日本")),
]


@pytest.mark.parametrize(("text", "path"), PATHS)
def test_how_a_namespace_is_read(text: str, path: tuple[str, ...]) -> None:
    assert namespace(text, "--namespace") == path


ELEMENTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5)


@given(st.lists(ELEMENTS | st.sampled_from(["/", "[", "[]", '"', "a/b"]), max_size=4))
def test_a_namespace_is_read_as_it_was_written(path: list[str]) -> None:
    assert namespace(written(path), "--namespace") == tuple(path)


@pytest.mark.parametrize(
    "text", ["", "//", "/app", "app/", "a//b", "[", "[1]", '[""]', "[null]", '["a", ["b"]]', '["a"']
)
def test_what_is_no_namespace_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^--namespace"):
        namespace(text, "--namespace")


def test_a_namespace_has_a_limited_length() -> None:
    with pytest.raises(InvalidInputError, match=r"^--namespace has 17 elements, of at most 16"):
        namespace("/".join("abcdefghijklmnopq"), "--namespace")


def test_labels_are_put_into_words() -> None:
    assert words({}) == ""
    assert words({"user_id": "alice", "namespace": ("app", "notes")}) == "user 'alice' and namespace app/notes"
    assert words({"user_id": None, "agent_id": "bot", "namespace": ()}) == "no user, agent 'bot' and no namespace"
    assert words({"namespace_prefix": ("a/b",)}) == 'namespace ["a/b"] and all below it'
