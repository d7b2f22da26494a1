"""Values as Python source, short enough for a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast
from unicodedata import is_normalized

from memio.owners import Scope

ANSWER = 110
"""How many characters of an answer a report shows."""
_LONG = 120
_LEFT_OUT: tuple[object, ...] = (None, {}, ())
"""The defaults of fields of records."""


def shortened(text: str) -> str:
    """Return a text that fits into the line of a call, with a mark where it was cut."""
    return text if len(text) <= ANSWER else f"{text[:ANSWER]}… ({len(text) - ANSWER} more characters)"


def code(value: Any) -> str:
    """Return a value as Python source; defaults of records are left out, and repeated text is a product."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Scope):
        named = {**value.fixed, **({"prefix": value.prefix} if value.prefix else {})}
        return f"Scope({', '.join(f'{name}={code(label)}' for name, label in named.items())})"
    if is_dataclass(value) and not isinstance(value, type):
        shown = [
            f"{item.name}={code(getattr(value, item.name))}"
            for item in fields(value)
            if getattr(value, item.name) not in _LEFT_OUT
        ]
        return f"{type(value).__name__}({', '.join(shown)})"
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return "{" + ", ".join(f"{code(key)}: {code(item)}" for key, item in items) + "}"
    if isinstance(value, (list, tuple)):
        inside = [code(item) for item in cast("Iterable[Any]", value)]
        both = "[]" if isinstance(value, list) else "()"
        return f"{both[0]}{', '.join(inside)}{',' * (both == '()' and len(inside) == 1)}{both[1]}"
    return repr(value).replace("datetime.datetime(", "datetime(").replace("datetime.timezone.utc", "timezone.utc")


def _text(value: str) -> str:
    if len(value) > _LONG:
        for period in range(1, 41):
            times, rest = divmod(len(value), period)
            if not rest and value == value[:period] * times:
                return f"{ascii_safe(value[:period])} * {times}"
    return ascii_safe(value)


def ascii_safe(value: str) -> str:
    """Return a text as Python source in which what cannot be seen, or looks like something else, is escaped."""
    shown = repr(value)
    return shown if shown.isascii() or (value.isalpha() and is_normalized("NFKC", value)) else ascii(value)
