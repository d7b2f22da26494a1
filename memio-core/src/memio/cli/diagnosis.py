"""The check of one configured store by `memio doctor`."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import SecretBytes, SecretStr

from memio.cli.io.exit import code_of
from memio.cli.sources import without_new_files
from memio.client import Memio
from memio.config import Config, ConfiguredEmbedder, ConfiguredStore
from memio.errors import MemioError, ProviderTimeoutError
from memio.kinds import EMBEDDABLE
from memio.owners import ANYWHERE
from memio.settings import Origin, Settings, environment_variable, located

if TYPE_CHECKING:
    from memio.facades.facade import Facade

# A provider should declare its secrets as such. These names are hidden for providers that do not.
_SECRET_NAME = re.compile(r"key|secret|token|password|passphrase|credential|dsn", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of a store, as it is shown.

    Attributes:
        name: The name of the setting.
        value: Its value, or that it is set, for a secret.
        origin: `given`, `environment` or `default`.
        variable: The environment variable that it can come from, or `None`.
    """

    name: str
    value: str
    origin: Origin
    variable: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderState:
    """The embedder of a store, and how far its texts are embedded.

    Attributes:
        model: What makes the vectors.
        destination: Where the texts are sent; `None` where they stay on this machine.
        pending: How many texts have no vector yet.
        failed: How many texts the embedder refused.
        other_model: Why no text is embedded, where the stored vectors are of another model.
    """

    model: str
    destination: str | None
    pending: int
    failed: int
    other_model: str | None


@dataclass(slots=True, kw_only=True)
class Diagnosis:
    """The result of the check of one configured store.

    Attributes:
        kind: The kind of memory.
        provider: The name of the provider.
        distribution: Its distribution.
        version: That distribution's version.
        settings: The settings, and where each comes from.
        features: What the store declares; empty where it could not be opened.
        guarantees: What it promises; empty in the same case.
        milliseconds: The duration of opening it, reading and closing.
        embedder: The embedder that the store uses, or `None`.
        error: What went wrong, or `None`.
        code: The exit code for that error; 0 without one.
    """

    kind: str
    provider: str
    distribution: str
    version: str
    settings: list[Setting]
    features: list[str] = field(default_factory=list[str])
    guarantees: list[str] = field(default_factory=list[str])
    milliseconds: float = 0.0
    embedder: EmbedderState | None = None
    error: str | None = None
    code: int = 0


def diagnose(config: Config, store: ConfiguredStore, timeout: float) -> Diagnosis:
    """Open a store, with the configuration's middleware, list one record, and close it.

    Args:
        config: The configuration that it is part of.
        store: The store.
        timeout: Seconds that all of it may take.
    """
    found = Diagnosis(
        kind=store.kind,
        provider=store.entry.name,
        distribution=store.entry.distribution,
        version=store.entry.version,
        settings=_shown(store.settings),
    )
    began = perf_counter()
    try:
        # A client for each store, so that one which fails does not affect the others.
        reading, _ = without_new_files(replace(config, stores=(store,), embedder=_embedder_for(config, store)))
        client = Memio.from_config(reading)
        facade: Facade = getattr(client, store.kind)
        found.features, found.guarantees = sorted(facade.features), sorted(facade.guarantees)
        found.embedder = asyncio.run(_read(client, facade, timeout))
    except MemioError as error:
        found.error, found.code = str(error), code_of(error)
    except ExceptionGroup as group:
        found.error, found.code = f"the store cannot be closed: {group.exceptions[0]!r}", code_of(group)
    found.milliseconds = round((perf_counter() - began) * 1000, 1)
    return found


def _embedder_for(config: Config, store: ConfiguredStore) -> ConfiguredEmbedder | None:
    """Return the embedder of the configuration, where it is for this store."""
    embedder = config.embedder
    return embedder if embedder is not None and store.kind in (embedder.kinds or EMBEDDABLE) else None


async def _read(
    client: Memio,
    facade: Any,
    timeout: float,  # noqa: ASYNC109  # an option of the command
) -> EmbedderState | None:
    """List one record, and return the state of the store's embedder, if it has one."""
    clock = asyncio.timeout(timeout)
    try:
        async with clock, client:
            await facade.get_all(limit=1)
            return await _embedder_state(client)
    except TimeoutError as error:
        # A time limit of the provider is a different error, with more details.
        if not clock.expired():
            raise
        raise ProviderTimeoutError(f"no answer within {timeout:g} s").locate(
            operation="get_all", provider=facade.provider
        ) from error


async def _embedder_state(client: Memio) -> EmbedderState | None:
    embedding = client._embedding  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # part of the library
    if embedding is None:
        return None
    (count,) = (await embedding.count(ANYWHERE)).values()
    return EmbedderState(
        model=embedding.embedder.model,
        destination=embedding.embedder.destination,
        pending=count.pending,
        failed=count.failed,
        other_model=await embedding.other_model(),
    )


def _shown(settings: Settings) -> list[Setting]:
    shown: list[Setting] = []
    for name, described in type(settings).model_fields.items():
        value: object = located(described, getattr(settings, name), _working_directory())
        shown.append(
            Setting(
                name=name,
                value=_without_secrets(name, value, settings.shown(name)),
                origin=settings.origin_of(name),
                variable=environment_variable(described),
            )
        )
    return shown


def _working_directory() -> Path | None:
    """Return the working directory, or `None` if it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def _without_secrets(name: str, value: object, part: str | None) -> str:
    if value is None:
        return "not set"
    if isinstance(value, (SecretStr, SecretBytes)) or _SECRET_NAME.search(name):
        return "set, not shown" if part is None else f"{part} (the rest is not shown)"
    if isinstance(value, (bool, int, float, str)):
        return _LOGIN.sub("…@", str(value))
    return "set"
