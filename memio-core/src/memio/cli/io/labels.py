"""The labels of an owner on the command line: how they are read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from memio._values.json_text import parse_json
from memio._values.text import shown
from memio.errors import InvalidInputError
from memio.owners import check_namespace, is_none

NAMESPACE_HELP = "such as app/notes, or / for the root; where an element contains a slash, a JSON list: '[\"a/b\"]'"
"""How a namespace is written, for the help of options."""

_SEPARATOR = "/"
_ROOT = "/"
LABEL_WORDS = {"user_id": "user", "agent_id": "agent", "namespace": "namespace"}
"""What the labels are called."""


def namespace(text: str, option: str) -> tuple[str, ...]:
    """Return a namespace that was passed as text.

    Args:
        text: The elements with slashes between them, `/` for the root, or a JSON list of the elements.
        option: The name of the option, for errors.

    Raises:
        InvalidInputError: It is none of these, or an element is not legal.
    """
    if text == _ROOT:
        return ()
    if text.startswith("["):
        try:
            listed = parse_json(text)
        except ValueError as error:
            raise InvalidInputError(f"{option} {shown(text)} is not valid JSON: {error}") from None
        return check_namespace(listed, option)
    elements = text.split(_SEPARATOR)
    if "" in elements:
        raise InvalidInputError(f"{option} {shown(text)} has an empty element: pass a path {NAMESPACE_HELP}")
    return check_namespace(elements, option)


def written(path: Sequence[str]) -> str:
    """Return a namespace as `namespace` reads it."""
    text = _SEPARATOR.join(path)
    if any(_SEPARATOR in element for element in path) or text.startswith("["):
        return json.dumps(list(path), ensure_ascii=False)
    return text or _ROOT


def words(labels: Mapping[str, Any]) -> str:
    """Return the labels of a scope or receipt in words, as in `user 'alice', no agent and namespace app/notes`.

    Args:
        labels: The labels that are fixed, by name; `None` or `()` where it must have none. `namespace_prefix` is where
            everything below it counts, too.
    """
    named: list[str] = []
    for name, label in labels.items():
        if name == "namespace_prefix":
            named.append(f"namespace {written(label)} and all below it")
        elif is_none(label):
            named.append(f"no {LABEL_WORDS[name]}")
        else:
            named.append(f"{LABEL_WORDS[name]} {written(label) if name == 'namespace' else repr(label)}")
    return " and ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))
