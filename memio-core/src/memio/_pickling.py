"""How an error of memio is pickled: foreign objects in it are replaced by their text."""

from __future__ import annotations

from typing import Any, cast

_PLAIN = (str, int, float, bool, type(None))


class CauseText(Exception):  # noqa: N818  # it holds the text of an error
    """The class and the message of an error that was not pickled.

    The error itself may hold requests with keys in them, and the classes of many clients cannot be unpickled.
    """


def portable(value: Any, own: type[BaseException]) -> Any:
    """Return a value of an error's state in a form that can be pickled here and unpickled anywhere.

    Args:
        value: Anything. Errors of other packages become their text, and so does what cannot be pickled.
        own: The class of the errors that are pickled as they are.
    """
    if type(value) in _PLAIN or isinstance(value, (own, CauseText)):
        return value
    if isinstance(value, BaseException):
        return CauseText(_text_of(value))
    if type(value) in (list, tuple):
        items = cast("list[Any]", value)
        if any(isinstance(item, BaseException) for item in items):
            return type(value)([portable(item, own) for item in items])
    return value if _can_be_pickled(value) else _text_of(value)


def _can_be_pickled(value: object) -> bool:
    from pickle import dumps, loads

    try:
        loads(dumps(value))  # noqa: S301  # what was pickled just now
    except Exception:  # noqa: BLE001  # a class may raise anything
        return False
    return True


def _text_of(value: object) -> str:
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    try:
        return f"{name}: {value}"
    except Exception:  # noqa: BLE001  # likewise
        return name
