"""Records the calls of an example, and prints them as code for a report.

A journal is middleware of every client that an example opens. It sees each call as the caller
wrote it, in the names of the public API.
"""

from __future__ import annotations

import inspect
import re
from asyncio import CancelledError
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from memio.capabilities import Kind
from memio.models import Document, Fact, Message, Page, Turn
from memio.owners import Scope
from memio.plugins import CallNext, Middleware, Operation
from memio_contract.kinds import CHECKABLE, ID_ARGUMENTS
from memio_contract.source import code, shortened

SHOWN = 40
"""How many lines of calls a report shows: the last ones."""
_ALIKE = 6
"""How many calls in a row that differ only in a number are shown; of more, the first and the last."""
_NUMBER = re.compile(r"\d+")
_TIMES = re.compile(r", (?:created_at|updated_at)=datetime\([^)]*\)|, version='[^']*'")
_IDS = (*ID_ARGUMENTS, "cursor", "if_version")


@dataclass(slots=True)
class Call:
    """One call, and how it ended.

    Attributes:
        running: How many other calls were running when it began.
    """

    client: str
    kind: str
    method: str
    arguments: dict[str, Any]
    running: int
    answer: Any = None
    error: BaseException | None = None
    done: bool = False


@dataclass(slots=True)
class Journal:
    """The calls of an example.

    Attributes:
        calls: The calls, and lines that are not calls.
        stores: The name of the store of each kind.
        configured: Whether the client is opened from a configuration.
        running: How many calls are running.
        written: How many records were passed to `add` and `add_many`; a listing cannot hold many more.
    """

    calls: list[Call | str] = field(default_factory=list["Call | str"])
    stores: dict[str, str] = field(default_factory=dict[str, str])
    configured: bool = False
    running: int = 0
    written: int = 0

    def clear(self) -> None:
        """Remove the calls so far: the namespace is empty again, and they do not matter for a later failure."""
        self.calls.clear()

    def opening(self) -> str:
        """Return how a client is opened, with the stores that the calls are about."""
        kinds = {call.kind for call in self.calls if isinstance(call, Call)} or set(self.stores)
        stores = {kind: store for kind, store in self.stores.items() if kind in kinds}
        if self.configured:
            return f"Memio.from_config({code(stores)})  # with the settings of the target"
        return f"Memio({', '.join(f'{kind}={store}(...)' for kind, store in stores.items())})  # as the target makes it"

    def note(self, text: str) -> None:
        """Add a line that is not a call, such as opening a second client."""
        self.calls.append(text)

    def middleware(self, client: str) -> Middleware:
        """Return the middleware of a client.

        Args:
            client: The name of its variable in the printed calls.
        """

        async def write_down(operation: Operation, call_next: CallNext) -> Any:
            arguments = {**operation.arguments, **_labels(operation.scope)}
            call = Call(client, operation.kind, operation.method, arguments, self.running)
            self.calls.append(call)
            self.running += 1
            self.written += _size(call)
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
        """Return the last calls as Python that a reader can paste into an `async def`."""
        lines = list(_thinned(list(self._lines())))
        left_out = len(lines) - SHOWN
        if left_out > 0:
            lines = [f"# {left_out} earlier lines are left out; the JSON report has them", *lines[-SHOWN:]]
        return "\n".join([*self._imports(), "", f"memio = {self.opening()}", *lines])

    def full(self) -> list[str]:
        """Return every call as a line of code with its answer."""
        return [
            *self._imports(),
            f"memio = {self.opening()}",
            *(f"{line}  # {comment}" for line, comment in self._lines()),
        ]

    def _imports(self) -> list[str]:
        text = "".join(repr(call.arguments) for call in self.calls if isinstance(call, Call))
        names = ["Memio", *(name for name in ("Message", "Owner", "Triple") if f"{name}(" in text)]
        dated = ["from datetime import datetime, timezone"] if "datetime" in text else []
        return [*dated, f"from memio import {', '.join(names)}"]

    def _lines(self) -> Iterator[tuple[str, str]]:
        named, known = self._names()
        for index, call in enumerate(self.calls):
            if isinstance(call, str):
                yield call, ""
                continue
            if call.method == "purge":  # it belongs to the client, which asks every kind
                yield f"await {call.client}.purge()", _ending(call)
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


_NOUNS = {
    "add": "added",
    "add_many": "added",
    "get_all": "page",
    "get_owners": "page",
    "get": "got",
    "put": "put",
    "search": "hits",
    "update": "updated",
}


def _labels(scope: Scope) -> dict[str, Any]:
    """Return the keywords by which a caller names a scope.

    Records without a user or an agent, whatever their other labels are, no caller can name: such a scope stays one.
    """
    if scope.owner is not None:
        return {"owner": scope.owner}
    labels = scope.labels
    return {"scope": scope} if None in labels.values() else labels


def _size(call: Call) -> int:
    """Return how many records a call adds."""
    if call.method == "add":
        return max(len(call.arguments.get("messages", ())), len(call.arguments.get("triples", ())), 1)
    return len(call.arguments.get("items", ())) if call.method == "add_many" else int(call.method in ("put", "update"))


def _thinned(lines: list[tuple[str, str]]) -> Iterator[str]:
    """Yield lines of code with their comments; of many calls that differ only in a number, the first and the last."""
    begin = 0
    while begin < len(lines):
        end = begin + 1
        while end < len(lines) and _alike(lines[begin], lines[end]):
            end += 1
        run = [f"{line}  # {comment}" if comment else line for line, comment in lines[begin:end]]
        if len(run) > _ALIKE:
            run = [run[0], f"# {len(run) - 2} more calls like this one", run[-1]]
        yield from run
        begin = end


def _alike(left: tuple[str, str], right: tuple[str, str]) -> bool:
    # A line without a comment is not a call, and a name that is assigned is used later.
    awaited = left[0].startswith("await ") and bool(left[1]) and bool(right[1])
    return awaited and _NUMBER.split(left[0]) == _NUMBER.split(right[0])


def _identities(call: Call, variable: str) -> Iterator[tuple[str, str]]:
    answer: Any = call.answer
    if isinstance(answer, (Fact, Document)):
        yield answer.id, f"{variable}.id"
        if answer.version is not None:
            yield answer.version, f"{variable}.version"
    if isinstance(answer, Page) and answer.next_cursor is not None:
        yield answer.next_cursor, f"{variable}.next_cursor"
    if isinstance(answer, list):
        for index, record in enumerate(cast("list[Any]", answer)):
            if isinstance(getattr(record, "id", None), str) and not isinstance(record, Message):
                yield record.id, f"{variable}[{index}].id"


def _chosen(call: Call) -> Iterator[str]:
    """Yield the ids that a caller chose."""
    if call.method in ("add", "put"):
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
    signature = inspect.signature(getattr(CHECKABLE[cast("Kind", kind)].facade, method))
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
    others = f" (while {call.running} other calls were running)" if call.running else ""
    return end.replace("\n", " ") + others


def _answer(answer: Any) -> str:
    if isinstance(answer, Turn):
        replies = f", replies={code(answer.replies)}" if answer.replies else ""
        return f"stored={code(answer.stored)}{replies}"
    if isinstance(answer, Page):
        more = ", and more" if answer.next_cursor is not None else ""
        return f"{len(cast('Page[Any]', answer))} records: {code(list(cast('Page[Any]', answer)))}{more}"
    return code(answer)
