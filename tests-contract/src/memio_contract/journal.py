"""The calls of an example, written down as the lines of a bug report.

A journal is middleware of every client that an example opens. It sees each call as the caller
wrote it, and can tell the story afterwards in the words of the public API.
"""

from __future__ import annotations

import inspect
import re
from asyncio import CancelledError
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, cast

from memio import facades
from memio.models import Document, Fact, Message, Page, Turn
from memio.plugins import CallNext, Middleware, Operation
from memio_contract.folding import AT_ONCE, folded

SHOWN = 40
"""How many calls a report shows; a longer story is told from its end."""
ANSWER = 110
"""How many characters of an answer a report shows beside a call."""
_LONG = 120
_TIMES = re.compile(r", (?:created_at|updated_at)=datetime\([^)]*\)")
_IDS = ("fact_id", "doc_id", "triple_id", "cursor")
_FACADES = {
    "facts": facades.Facts,
    "history": facades.History,
    "documents": facades.Documents,
    "graph": facades.Graph,
}


@dataclass(slots=True)
class Call:
    """One call, and how it ended."""

    client: str
    kind: str
    method: str
    arguments: dict[str, Any]
    beside: int
    answer: Any = None
    error: BaseException | None = None
    done: bool = False


@dataclass(slots=True)
class Journal:
    """What an example did."""

    calls: list[Call | str] = field(default_factory=list["Call | str"])
    stores: dict[str, str] = field(default_factory=dict[str, str])
    configured: bool = False
    running: int = 0

    def clear(self) -> None:
        """Forget what was done before: the namespace is empty again, and it is no part of the story."""
        self.calls.clear()

    def opening(self) -> str:
        """Return how a client is opened, with the stores that the story is about."""
        kinds = {call.kind for call in self.calls if isinstance(call, Call)} or set(self.stores)
        stores = {kind: store for kind, store in self.stores.items() if kind in kinds}
        if self.configured:
            return f"Memio.from_config({code(stores)})  # with the settings of the target"
        return f"Memio({', '.join(f'{kind}={store}(...)' for kind, store in stores.items())})  # as the target makes it"

    def note(self, text: str) -> None:
        """Write down something that is no call, such as opening a second client."""
        self.calls.append(text)

    def middleware(self, client: str) -> Middleware:
        """Return the middleware of a client.

        Args:
            client: The name of its variable in the story.
        """

        async def write_down(operation: Operation, call_next: CallNext) -> Any:
            owners = {"user_id": operation.user_id, "agent_id": operation.agent_id}
            arguments = {**operation.arguments, **{name: value for name, value in owners.items() if value is not None}}
            call = Call(client, operation.kind, operation.method, arguments, self.running)
            self.calls.append(call)
            self.running += 1
            try:
                call.answer = await call_next(operation)
            except BaseException as error:
                call.error = error
                raise
            finally:
                call.done = True
                self.running -= 1
            return call.answer

        return write_down

    def script(self) -> str:
        """Return the story as Python that a reader can paste into an `async def`."""
        story = list(folded(self._lines()))
        left_out = len(story) - SHOWN
        if left_out > 0:
            story = [f"# {left_out} earlier calls are left out here, the JSON report has them all", *story[-SHOWN:]]
        at_once = ["import asyncio"] if any("asyncio.gather(" in line for line in story) else []
        return "\n".join([*at_once, *self._imports(), "", f"memio = {self.opening()}", *story])

    def full(self) -> list[str]:
        """Return every line of the story."""
        return [
            *self._imports(),
            f"memio = {self.opening()}",
            *(f"{line}  # {comment}" for line, comment in self._lines()),
        ]

    def _imports(self) -> list[str]:
        text = "".join(repr(call.arguments) for call in self.calls if isinstance(call, Call))
        names = ["Memio", *(name for name in ("Message", "Triple") if f"{name}(" in text)]
        dated = ["from datetime import datetime, timezone"] if "datetime" in text else []
        return [*dated, f"from memio import {', '.join(names)}"]

    def _lines(self) -> Iterator[tuple[str, str]]:
        named, known = self._names()
        for index, call in enumerate(self.calls):
            if isinstance(call, str):
                yield call, ""
                continue
            given = _given(call, {value: name for value, (name, at) in known.items() if at < index})
            line = f"await {call.client}.{call.kind}.{call.method}({given})"
            if index in named:
                line = f"{named[index]} = {line}"
            yield line, _ending(call)

    def _names(self) -> tuple[dict[int, str], dict[str, tuple[str, int]]]:
        """Return the calls whose answer needs a name, and the ids and cursors that come from it."""
        known: dict[str, tuple[str, int]] = {}
        used: set[str] = set()
        chosen = {name for call in self.calls if isinstance(call, Call) for name in _chosen(call)}
        for index, call in enumerate(self.calls):
            if isinstance(call, str):
                continue
            for name in _IDS:
                value = call.arguments.get(name)
                if value in known:
                    used.add(known[value][0].partition(".")[0].partition("[")[0])
            variable = f"{_NOUNS.get(call.method, 'answer')}_{index + 1}"
            for value, expression in _identities(call, variable):
                if value not in chosen:
                    known.setdefault(value, (expression, index))
        named = {
            index: variable
            for index, call in enumerate(self.calls)
            if isinstance(call, Call) and (variable := f"{_NOUNS.get(call.method, 'answer')}_{index + 1}") in used
        }
        return named, known


_NOUNS = {"add": "added", "add_many": "added", "get_all": "page", "get": "got", "search": "hits", "update": "updated"}


def _identities(call: Call, variable: str) -> Iterator[tuple[str, str]]:
    answer: Any = call.answer
    if isinstance(answer, (Fact, Document)):
        yield answer.id, f"{variable}.id"
    if isinstance(answer, Page) and answer.next_cursor is not None:
        yield answer.next_cursor, f"{variable}.next_cursor"
    if isinstance(answer, list):
        for index, record in enumerate(cast("list[Any]", answer)):
            if isinstance(getattr(record, "id", None), str) and not isinstance(record, Message):
                yield record.id, f"{variable}[{index}].id"


def _chosen(call: Call) -> Iterator[str]:
    """Yield the ids that a caller chose."""
    if call.method == "add":
        yield from (str(call.arguments[name]) for name in _IDS if name in call.arguments)
        yield from (str(triple.id) for triple in call.arguments.get("triples", ()))


def _given(call: Call, known: Mapping[str, str]) -> str:
    usual = _defaults(call.kind, call.method)
    parts: list[str] = []
    for name, value in call.arguments.items():
        if name in usual and value == usual[name]:
            continue
        if name in _IDS and value in known:
            parts.append(f"{name}={known[value]}")
        elif name == "items":
            parts.append(code(value))  # the one argument that is given by its place
        else:
            parts.append(f"{name}={code(value)}")
    return ", ".join(parts)


@cache
def _defaults(kind: str, method: str) -> dict[str, Any]:
    signature = inspect.signature(getattr(_FACADES[kind], method))
    return {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if parameter.default is not parameter.empty
    }


def _ending(call: Call) -> str:
    if not call.done:
        end = "did not end"
    elif isinstance(call.error, CancelledError):
        end = "was cancelled"
    elif call.error is not None:
        end = shortened(f"{type(call.error).__name__}: {call.error}")
    else:
        end = shortened(_TIMES.sub("", _answer(call.answer)))
    beside = f" (while {call.beside} {AT_ONCE})" if call.beside else ""
    return end.replace("\n", " ") + beside


def _answer(answer: Any) -> str:
    if isinstance(answer, Turn):
        replies = f", replies={code(answer.replies)}" if answer.replies else ""
        return f"stored={code(answer.stored)}{replies}"
    if isinstance(answer, Page):
        more = ", and more" if answer.next_cursor is not None else ""
        return f"{len(cast('Page[Any]', answer))} records: {code(list(cast('Page[Any]', answer)))}{more}"
    return code(answer)


def shortened(text: str) -> str:
    """Return a text that fits beside a call, and says so when it was cut."""
    return text if len(text) <= ANSWER else f"{text[:ANSWER]}… ({len(text) - ANSWER} more characters)"


def code(value: Any) -> str:
    """Return a value as Python source; defaults of records are left out, and repeated text is a product."""
    if isinstance(value, str):
        return _text(value)
    if is_dataclass(value) and not isinstance(value, type):
        shown = [
            f"{item.name}={code(getattr(value, item.name))}"
            for item in fields(value)
            if getattr(value, item.name) not in (None, {})
        ]
        return f"{type(value).__name__}({', '.join(shown)})"
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return "{" + ", ".join(f"{code(key)}: {code(item)}" for key, item in items) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(code(item) for item in cast("Iterable[Any]", value)) + "]"
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
    return shown if shown.isascii() or (value.isalpha() and _composed(value)) else ascii(value)


def _composed(value: str) -> bool:
    from unicodedata import is_normalized

    return is_normalized("NFKC", value)
