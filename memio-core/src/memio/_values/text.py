"""The check of text: any Unicode that every backend can keep."""

from __future__ import annotations

from typing import TypeGuard

from memio.errors import InvalidInputError


def type_name(value: object) -> str:
    """Return the name of a value's type, for messages."""
    return type(value).__name__


_IDS = ("UUID", "int", "ObjectId", "ULID")
"""Types of which ids are often made, by name, so that none of them is imported."""

_LONGEST_SHOWN = 100
"""Characters of a refused value that an error shows."""


def shown(value: object, most: int = _LONGEST_SHOWN) -> str:
    """Return the repr of a value that a caller passed, for messages; shortened, and it never fails.

    Args:
        value: What is shown.
        most: Characters of the repr, at most; where it has more, it is cut, and ends with `…`.
    """
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # a huge integer has none, and the repr of a foreign class may raise anything
        return f"a {type_name(value)}"
    return text if len(text) <= most else f"{text[:most]}…"


def is_plain(value: object) -> TypeGuard[str]:
    """Return true for most texts that `check_text` accepts, quickly; false where it has to be called."""
    return type(value) is str and value.isascii() and "\0" not in value


def legal_text(text: str) -> str:
    """Return text that every backend can keep, as near to `text` as can be; most texts are returned as they are.

    NUL and lone surrogates become U+FFFD, and a pair of surrogates becomes the character that it means.

    Args:
        text: Any string, such as one that was decoded from JSON.
    """
    if is_plain(text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def check_text(value: object, where: str) -> str:
    """Return `value` when it is text that can be stored and sent; it may be empty.

    A subclass of `str`, such as a member of a `StrEnum`, becomes plain text.

    Args:
        value: What the caller passed.
        where: The name of the value in errors.

    Raises:
        InvalidInputError: It is not a string, or holds a NUL character or a lone surrogate.
    """
    if not isinstance(value, str):
        raise InvalidInputError(
            f"{where} must be a string, not {type_name(value)}{_advice(value, where)}", argument=where
        )
    if "\0" in value:
        raise InvalidInputError(
            f"{where} holds a NUL character at position {value.index(chr(0))}: remove it, backends cannot keep it",
            argument=where,
        )
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InvalidInputError(
                f"{where} holds a lone surrogate (U+{ord(value[error.start]):04X}) at position {error.start}: "
                "it is not a character, decode the text again or replace it",
                argument=where,
            ) from None
    return value if type(value) is str else str.__str__(value)


def _advice(value: object, where: str) -> str:
    """Return how to make text of a value that is often used as an id."""
    return f": pass str({where})" if type_name(value) in _IDS else ""


def check_name(value: object, where: str) -> str:
    """Return `value` when it is text that names something: as `check_text`, and not empty."""
    text = check_text(value, where)
    if not text:
        raise InvalidInputError(f"{where} must not be empty", argument=where)
    return text


MAX_NAME = 1000
"""Characters of an id, a label or a session: names, which backends index and errors show."""


def check_label(value: object, where: str) -> str:
    """Return `value` when it is a name that backends can index: as `check_name`, and of at most 1000 characters."""
    if type(value) is str and 0 < len(value) <= MAX_NAME and is_plain(value):
        return value
    text = check_name(value, where)
    check_length(text, where, MAX_NAME)
    return text


def check_length(text: str, where: str, most: float) -> None:
    """Refuse a text that is longer than `most` characters."""
    if len(text) > most:
        raise InvalidInputError(
            f"{where} has {len(text):,} characters, of at most {most:,}: shorten it", argument=where
        )
