"""Groups of options: what a command takes as one argument, and typer as several options.

A command is written as `def get(*, fact_id: …, scope: Scope, common: Common)`; `grouped` makes a function of it that
has each option of the groups as an argument, which is what typer reads.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar, get_type_hints

from memio.cli import options
from memio.cli.io.filters import filters
from memio.cli.io.input import check_inputs, content, json_object, json_value, text_and_data
from memio.cli.io.labels import namespace
from memio.cli.io.times import expiry, past
from memio.errors import InvalidInputError
from memio.owners import Owner as ExactOwner

T = TypeVar("T")


def grouped(command: Callable[..., T]) -> Callable[..., T]:
    """Return a command with the options of its groups as arguments, in their places."""
    parameters: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        group = parameter.annotation
        if not is_dataclass(group):
            parameters.append(parameter)
            continue
        groups[name] = group
        types = get_type_hints(group, include_extras=True)
        parameters += [
            inspect.Parameter(
                option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=types[option.name]
            )
            for option in fields(group)
        ]

    @wraps(command)
    def run(**values: Any) -> T:
        made = {
            name: group(**{option.name: values.pop(option.name) for option in fields(group)})
            for name, group in groups.items()
        }
        return command(**values, **made)

    described: Any = run
    described.__signature__ = inspect.Signature(parameters)
    described.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command has that opens a store."""

    config: options.Config = None
    as_json: options.AsJson = False


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose a new record is."""

    user: options.User = None
    agent: options.Agent = None
    namespace: options.Namespace = None

    @property
    def labels(self) -> dict[str, Any]:
        """The arguments of a call."""
        return _labels(self.user, self.agent, self.namespace)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose record a command is about."""

    user: options.UserScope = None
    agent: options.AgentScope = None
    namespace: options.NamespaceScope = None
    exact: options.Exact = False

    @property
    def labels(self) -> dict[str, Any]:
        """The arguments of a call."""
        given = _labels(self.user, self.agent, self.namespace)
        return {"owner": ExactOwner(**given)} if self.exact else given


@dataclass(frozen=True, kw_only=True)
class Span(Scope):
    """Whose records a command is about."""

    namespace_prefix: options.NamespacePrefix = None

    @property
    def labels(self) -> dict[str, Any]:
        """The arguments of a call."""
        given = super().labels
        if self.namespace_prefix is None:
            return given
        if self.exact or self.namespace is not None:
            other = "--exact" if self.exact else "--namespace"
            raise InvalidInputError(f"{other} means one namespace: leave it or --namespace-prefix out")
        prefix = namespace(self.namespace_prefix, "--namespace-prefix")
        if not prefix:
            raise InvalidInputError(
                "--namespace-prefix / is every namespace: leave it out on purpose, or pass --namespace / for the root"
            )
        return {**given, "namespace_prefix": prefix}


@dataclass(frozen=True, kw_only=True)
class Times:
    """Which records a command is about, by their times."""

    since: options.Since = None
    until: options.Until = None

    @property
    def chosen(self) -> dict[str, Any]:
        """The arguments of a call."""
        now = datetime.now(UTC)
        given = {"since": self.since, "until": self.until}
        return {name: past(text, f"--{name}", now=now) for name, text in given.items() if text is not None}


@dataclass(frozen=True, kw_only=True)
class Pick(Times):
    """Which records a command is about, by their times and their metadata."""

    filter_: options.Filters = None

    @property
    def chosen(self) -> dict[str, Any]:
        """The arguments of a call."""
        return {**super().chosen, "filters": filters(self.filter_)}


@dataclass(frozen=True, kw_only=True)
class Found(Pick):
    """Which records a search returns."""

    limit: options.Hits = 10
    mode: options.SearchMode = "auto"

    @property
    def chosen(self) -> dict[str, Any]:
        """The arguments of a call."""
        return {**super().chosen, "limit": self.limit, "mode": self.mode}


@dataclass(frozen=True, kw_only=True)
class Version:
    """On which version of a record a command depends."""

    if_version: options.IfVersion = None

    @property
    def chosen(self) -> dict[str, Any]:
        """The argument of a call."""
        return {} if self.if_version is None else {"if_version": self.if_version}


@dataclass(frozen=True, kw_only=True)
class Paging:
    """Which part of a listing is printed."""

    limit: options.Limit = None
    cursor: options.Cursor = None
    everything: options.Everything = False


@dataclass(frozen=True, kw_only=True)
class Sorting(Paging):
    """Which part of a listing is printed, and in which order."""

    newest: options.Newest = False

    @property
    def order(self) -> dict[str, Any]:
        """The argument of a call."""
        return {"order": "newest"} if self.newest else {}


@dataclass(frozen=True, kw_only=True)
class Added:
    """What a new record holds."""

    text: options.Content = None
    file: options.File = None
    metadata: options.Metadata = None
    expires: options.Expires = None

    def read(self) -> dict[str, Any]:
        """Return the arguments of a call. Files and standard input are read."""
        return {"content": content(self.text, self.file), **self._kept()}

    def _kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = {"metadata": json_object(self.metadata, "--metadata")}
        if self.expires is not None:
            kept["expires_at"] = expiry(self.expires, "--expires", now=datetime.now(UTC))
        return kept


@dataclass(frozen=True, kw_only=True)
class AddedWithData(Added):
    """What a new record holds that may have data."""

    data: options.Data = None

    def read(self) -> dict[str, Any]:
        """Return the arguments of a call. Files and standard input are read."""
        return {**text_and_data(self.text, self.file, self.data), **self._kept()}


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What an update changes."""

    text: options.Content = None
    file: options.File = None
    metadata: options.NewMetadata = None
    expires: options.NewExpires = None

    def read(self) -> dict[str, Any]:
        """Return the arguments of a call: what was passed. Files and standard input are read."""
        return self._changes("TEXT, --file, --metadata or --expires")

    def _changes(self, known: str, **others: Any) -> dict[str, Any]:
        changes = dict(others)
        if self.text is not None or self.file is not None:
            changes["content"] = content(self.text, self.file)
        if self.metadata is not None:
            changes["metadata"] = json_object(self.metadata, "--metadata")
        if self.expires is not None:
            changes["expires_at"] = expiry(self.expires, "--expires", now=datetime.now(UTC))
        if not changes:
            raise InvalidInputError(f"there is nothing to change: pass {known}")
        return changes


@dataclass(frozen=True, kw_only=True)
class ChangedWithData(Changed):
    """What an update changes in a record that may have data."""

    data: options.NewData = None

    def read(self) -> dict[str, Any]:
        """Return the arguments of a call: what was passed. Files and standard input are read."""
        check_inputs(self.text, self.data)
        given = {} if self.data is None else {"data": json_value(self.data, "--data")}
        changes = self._changes("TEXT, --file, --metadata, --data or --expires", **given)
        if changes.get("data", ...) is None and not changes.get("content"):
            raise InvalidInputError("--data null removes the data: pass the text too, because one of them must stay")
        return changes


def _labels(user: str | None, agent: str | None, path: str | None) -> dict[str, Any]:
    """Return the labels that were passed, by the names of arguments."""
    given: dict[str, Any] = {"user_id": user, "agent_id": agent}
    if path is not None:
        given["namespace"] = namespace(path, "--namespace")
    return {name: label for name, label in given.items() if label is not None}
