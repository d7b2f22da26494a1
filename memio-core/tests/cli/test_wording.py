"""Errors of the client, in the words of the command line."""

from __future__ import annotations

import pytest

from memio import errors
from memio.cli.io.wording import in_options

WORDS = [
    (errors.InvalidInputError("user_id must not be empty", argument="user_id"), "--user must not be empty"),
    (errors.InvalidInputError("filters.a is a list", argument="filters"), "--filter: filters.a is a list"),
    (errors.InvalidInputError("--user must not be empty"), "--user must not be empty"),
    (errors.InvalidInputError("user_id is wrong"), "user_id is wrong"),
    (errors.InvalidInputError("messages[1].role is 'x'", argument="messages"), "message 2: role is 'x'"),
    (errors.InvalidInputError("messages[0] has no role", argument="messages"), "message 1 has no role"),
    (
        errors.NotSupportedError("order needs the feature 'newest_first'", hint="x"),
        "--newest needs the feature 'newest_first'",
    ),
    (
        errors.NotSupportedError("messages[0].data needs the feature 'data'", hint="x"),
        "message 1: data needs the feature",
    ),
    (errors.NotSupportedError("x needs the feature 'y'", hint="leave user_id out"), "leave --user out"),
    (errors.NotSupportedError("a filter, {'user_id': 1} needs it", hint="x"), "a filter, {'user_id': 1} needs it"),
    (
        errors.NotSupportedError("a search without session_id needs it", hint="pass session_id"),
        "pass --session SESSION",
    ),
    (errors.ConflictError("fact", "1", reason="owners"), "pass --user, --agent or --namespace; with --exact"),
    (errors.ConflictError("fact", "user_id"), "fact 'user_id' is in conflict"),
    (errors.NotFoundError("fact", "user_id"), "no fact 'user_id' here"),
]


@pytest.mark.parametrize(("error", "words"), WORDS, ids=lambda value: type(value).__name__)
def test_an_error_names_the_options(error: errors.MemioError, words: str) -> None:
    assert words in in_options(error)
