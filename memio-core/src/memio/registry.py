"""What is installed: the providers, middleware and embedders that distributions offer.

All of them are found through entry points. Listing them imports none of them; loading
one imports that one. A broken plugin fails only where it is named.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from memio._distributions import UNKNOWN, normal, offers, version_of
from memio._values.suggest import did_you_mean
from memio.capabilities import KINDS, Kind
from memio.errors import Fault, PluginError, UnknownProviderError
from memio.plugins import API, SPOKEN, EmbedderSpec, MiddlewareSpec, StoreSpec

if TYPE_CHECKING:
    import pluggy

NAMESAKE = "memio"
"""Another project of the package index, whose import package has the same name."""

MIDDLEWARE = "middleware"
"""The group of middleware; each of the four kinds is a group too."""

EMBEDDERS = "embedders"
"""The group of embedders."""

FORMER_MIDDLEWARE = "plugins"
"""The former name of that group. It is only read to explain why a middleware is not found."""


class Published(NamedTuple):
    """A provider that is published, and may not be installed."""

    distribution: str
    kinds: tuple[Kind, ...]


PUBLISHED = {
    "letta": Published("memio-letta", ("facts", "history", "documents")),
    "postgres": Published("memio-postgres", ("facts", "history", "documents", "graph")),
}
"""The published providers, by name."""

S = TypeVar("S", StoreSpec, MiddlewareSpec, EmbedderSpec)


@dataclass(frozen=True)
class Entry:
    """One installed entry point.

    Attributes:
        group: One of the four kinds, `middleware` or `embedders`.
        name: The name that configurations use.
        module: The plugin module that it names.
        distribution: The name of the distribution that installed it.
        version: The version of that distribution.
    """

    group: str
    name: str
    module: str
    distribution: str
    version: str

    def describe(self) -> str:
        """Return distribution and version, as errors show them. Both were read when the entry point was found."""
        return f"{self.distribution} {self.version}"

    @property
    def point(self) -> str:
        """The entry point as it is declared, as errors show it."""
        return f"memio.{self.group}: {self.name} = {self.module}"

    def error(self, message: str) -> PluginError:
        """Return an error that names this entry point."""
        return PluginError(message, plugin=self.point, distribution=self.describe())


@cache
def _entries() -> tuple[Entry, ...]:
    _warn_of_namesake()
    return tuple(Entry(*offer) for offer in offers())


def _warn_of_namesake() -> None:
    version = version_of(NAMESAKE)
    if version in (None, UNKNOWN):
        return
    warnings.warn(
        f"another project called {NAMESAKE!r} ({version}) is installed along with memio-core and owns the same import "
        f"name, so each may import the other's files: pip uninstall {NAMESAKE}, then "
        "pip install --force-reinstall memio-core",
        stacklevel=3,
    )


@cache
def installed(group: str) -> tuple[Entry, ...]:
    """Return the entry points of a group, by name. Nothing of them is imported.

    The answer is kept for the life of the process. A distribution that is on the path twice counts
    once: the one that Python would import.

    Warns:
        UserWarning: A distribution was skipped because its metadata is damaged; the warning names the file.
    """
    entries = (entry for entry in _entries() if entry.group == group)
    return tuple(sorted(entries, key=lambda entry: (entry.name, entry.distribution)))


def find(group: str, reference: str, path: str = "") -> Entry:
    """Return the entry point of a provider, middleware or embedder.

    Args:
        group: One of the four kinds, `middleware` or `embedders`.
        reference: A name such as `letta`, or `distribution:name` where two offer the same name.
        path: Where the name was given, for the error.

    Raises:
        UnknownProviderError: There is none, or there are several.
    """
    found = look_up(group, reference)
    if isinstance(found, str):
        raise UnknownProviderError([Fault(path, found)])
    return found


def look_up(group: str, reference: str, written: str | None = None) -> Entry | str:
    """Return the entry point of a provider, middleware or embedder, or what is wrong with the reference.

    Args:
        group: One of the four kinds, `middleware` or `embedders`.
        reference: A name such as `letta`, or `distribution:name` where two offer the same name.
        written: What the message shows in place of the name, where the name came from an environment variable.
    """
    distribution, colon, name = reference.rpartition(":")
    entries = [
        entry
        for entry in installed(group)
        if entry.name == name and (not colon or normal(entry.distribution) == normal(distribution))
    ]
    if len(entries) == 1:
        return entries[0]
    return _ambiguous(entries) if entries else _unknown(group, reference, written)


def kinds_of(provider: str) -> list[Kind]:
    """Return the kinds of memory that an installed provider has stores for."""
    return [kind for kind in KINDS if any(entry.name == provider for entry in installed(kind))]


def load_store(entry: Entry) -> StoreSpec:
    """Import the plugin of an entry point and return the spec that the entry point promises.

    Raises:
        PluginError: The plugin is broken; the error names the distribution and the cause.
    """
    specs = _specs(entry, "memio_stores", StoreSpec)
    return _promised(entry, [(spec, spec.kind, spec.provider) for spec in specs], (entry.group, entry.name))


def load_middleware(entry: Entry) -> MiddlewareSpec:
    """Import the plugin of an entry point and return the middleware that the entry point promises.

    Raises:
        PluginError: The plugin is broken; the error names the distribution and the cause.
    """
    specs = _specs(entry, "memio_middleware", MiddlewareSpec)
    return _promised(entry, [(spec, MIDDLEWARE, spec.name) for spec in specs], (MIDDLEWARE, entry.name))


def load_embedder(entry: Entry) -> EmbedderSpec:
    """Import the plugin of an entry point and return the embedder that the entry point promises.

    Raises:
        PluginError: The plugin is broken; the error names the distribution and the cause.
    """
    specs = _specs(entry, "memio_embedders", EmbedderSpec)
    return _promised(entry, [(spec, EMBEDDERS, spec.name) for spec in specs], (EMBEDDERS, entry.name))


def manager() -> pluggy.PluginManager:
    """Return a plugin manager that knows memio's hooks and no plugin.

    Each plugin gets a new one, so that one which fails does not affect the next.
    """
    # Listing what is installed needs neither of them.
    import pluggy

    from memio import hookspecs

    made = pluggy.PluginManager(hookspecs.PROJECT)
    made.add_hookspecs(hookspecs)
    return made


def load_module(entry: Entry) -> ModuleType:
    """Import the module that an entry point names."""
    name = re.split(r"[:\[ ]", entry.module)[0]
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        raise entry.error(f"the plugin fails on import: {type(error).__name__}: {error}") from error


def _specs(entry: Entry, hook: str, kind: type[S]) -> list[S]:
    import pluggy

    plugins = manager()
    module = load_module(entry)
    try:
        plugins.register(module)
        plugins.check_pending()
        answers = cast("list[Any]", getattr(plugins.hook, hook)())
        items = [item for answer in answers for item in answer]
    except pluggy.PluginValidationError as error:
        hooks = ", ".join(sorted(name for name, caller in vars(plugins.hook).items() if caller.has_spec()))
        raise entry.error(f"a hook of the plugin does not fit: {error}; the hooks are {hooks}") from error
    except (Exception, SystemExit) as error:
        raise entry.error(f"the plugin's {hook} fails: {type(error).__name__}: {error}") from error
    for item in items:
        if not isinstance(item, kind):
            raise entry.error(f"the plugin's {hook} yields a {type(item).__name__}, not a {kind.__name__}")
    return cast("list[S]", items)


def _promised(entry: Entry, specs: Sequence[tuple[S, str, str]], promise: tuple[str, str]) -> S:
    """Return the spec that an entry point promises."""
    found = [spec for spec, group, name in specs if (group, name) == promise]
    if len(found) != 1:
        yielded = ", ".join(f"{group} {name}" for _, group, name in specs) or "nothing"
        fault = "more than one" if found else "no"
        raise entry.error(
            f"the plugin has {fault} spec for {' '.join(promise)}, which its entry point promises; it yields: {yielded}"
        )
    spec = found[0]
    if spec.api not in SPOKEN:
        newer = isinstance(spec.api, int) and spec.api > API  # pyright: ignore[reportUnnecessaryIsInstance]  # the plugin may be untyped
        advice = "a newer memio-core" if newer else f"a newer {entry.distribution}"
        spoken = " and ".join(str(version) for version in sorted(SPOKEN))
        raise entry.error(
            f"the plugin speaks version {spec.api!r} of the plugin interface, this memio {spoken}: install {advice}"
        )
    from memio.settings import Settings

    if not (isinstance(spec.settings, type) and issubclass(spec.settings, Settings)):  # pyright: ignore[reportUnnecessaryIsInstance]  # the plugin may be untyped
        raise entry.error("the plugin's settings are not a subclass of memio.settings.Settings")
    return spec


def _ambiguous(entries: list[Entry]) -> str:
    choices = " or ".join(repr(f"{entry.distribution}:{entry.name}") for entry in entries)
    return f"{entries[0].name!r} is offered by {len(entries)} distributions, name one of them: {choices}"


def _unknown(group: str, reference: str, written: str | None) -> str:
    what = {MIDDLEWARE: MIDDLEWARE, EMBEDDERS: "embedder"}.get(group, f"{group} provider")
    names = sorted({entry.name for entry in installed(group)})
    there = f"installed are: {', '.join(names)}" if names else "none is installed"
    name = reference.rpartition(":")[2]
    if written is not None:
        return f"no {what} is installed under the name that {written!r} is replaced with; {there}"
    if place := _place_as_name(group, reference):
        return f"{place}; {there}"
    published = PUBLISHED.get(name)
    offered = kinds_of(name) or (published.kinds if published else ())
    if offered and group in KINDS and group not in offered:
        return f"{name!r} has no {group} store, only {', '.join(offered)}; {there}"
    former = next((entry for entry in installed(FORMER_MIDDLEWARE) if entry.name == name), None)
    if former and group == MIDDLEWARE:
        return (
            f"{former.describe()} offers {name!r} in the entry-point group memio.{FORMER_MIDDLEWARE}, which is "
            f"named memio.{MIDDLEWARE} now: install a newer {former.distribution}; {there}"
        )
    if published and group in KINDS:
        return f"no {what} {name!r} is installed: pip install {published.distribution}; {there}"
    known = [*names, *(other for other, offer in PUBLISHED.items() if group in offer.kinds)]
    return f"no {what} {reference!r} is installed{did_you_mean(name, known)}; {there}"


def _place_as_name(group: str, reference: str) -> str | None:
    """Return what is wrong with a name that is an address or a path, or `None` if it is neither."""
    if "://" in reference:
        what = "an address"  # not repeated: it may hold a password
    elif re.search(r"[/\\]|\.(db3?|sqlite3?)$", reference):
        what = f"{reference!r}, a path,"
    else:
        return None
    of_server = "://" in reference and not reference.startswith("sqlite")
    example = '{ provider = "postgres", dsn = "…" }' if of_server else '{ provider = "sqlite", path = "…" }'
    advice = f", with the place as a setting: {example}" if group in KINDS else ""
    return f"{what} stands where the name of a plugin belongs: write the name{advice}"
