"""Errors of the client in the words of the command line: options in place of arguments."""

from __future__ import annotations

import re

from memio.errors import ConflictError, InvalidInputError, MemioError, NotSupportedError

_OPTIONS = {
    "user_id": "--user",
    "agent_id": "--agent",
    "namespace": "--namespace",
    "namespace_prefix": "--namespace-prefix",
    "order": "--newest",
    "mode": "--mode",
    "cursor": "--cursor",
    "start": "--start",
    "metadata": "--metadata",
    "data": "--data",
    "filters": "--filter",
    "since": "--since",
    "until": "--until",
    "expires_at": "--expires",
    "if_version": "--if-version",
    "message_ids": "--id",
    "session_id": "SESSION",
    "fact_id": "ID",
    "doc_id": "ID",
    "triple_id": "ID",
}
"""What an argument of the client is called on the command line."""

_ADVICE = (
    ("pass session_id", "pass --session SESSION"),
    ("Message(role=…, data=…)", "--role ROLE --data JSON"),
    ("Message.name", "--name"),
    ("Message.timestamp", "--time"),
)
"""Parts of messages that name a piece of Python, and what they are on the command line."""

_ITEM = re.compile(r"(message|triple)s\[([0-9]+)\](\.?)")
"""The place of a record in a call."""

_ASKED = re.compile(r"^(\w+) needs(?= the feature )")
"""An argument at the beginning of a message that asks for a feature."""

_NAMED = re.compile(r"(?<![\w.'\"-])(\w+_\w+)(?![\w.'\"(=])")
"""A name with an underscore, outside of quotes."""


def in_options(error: MemioError) -> str:
    """Return the message of an error with the options that it is about.

    Args:
        error: The error. Those of the command line itself are returned as they are.
    """
    text = str(error)
    if isinstance(error, ConflictError) and error.reason == "owners":
        advice = "pass --user, --agent or --namespace; with --exact, those that are left out mean none"
        return text.replace("pass the owner", advice)
    if isinstance(error, InvalidInputError) and error.argument is not None:
        return _with_advice(_about_option(text, error.argument))
    if isinstance(error, NotSupportedError):
        text = _NAMED.sub(lambda found: _OPTIONS.get(found[1], found[1]), _with_advice(_at_item(text)))
        return _ASKED.sub(lambda found: f"{_OPTIONS.get(found[1], found[1])} needs", text, count=1)
    return text


def _about_option(text: str, argument: str) -> str:
    """Return the message about an argument, which begins with its name, or with the place that is wrong in it."""
    if _ITEM.match(text):
        return _at_item(text)
    option = _OPTIONS.get(argument)
    if option is None or not text.startswith(argument):
        return text
    rest = text.removeprefix(argument)
    return f"{option}{rest}" if rest.startswith(" ") else f"{option}: {text}"


def _at_item(text: str) -> str:
    """Return a message that begins with a place such as `messages[0].content`, with the number of the record there."""
    item = _ITEM.match(text)
    if item is None:
        return text
    return f"{item[1]} {int(item[2]) + 1}{':' if item[3] else ''} {text[item.end() :].lstrip()}"


def _with_advice(text: str) -> str:
    for python, words in _ADVICE:
        text = text.replace(python, words)
    return text
