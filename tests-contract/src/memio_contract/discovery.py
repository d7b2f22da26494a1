"""Finds the targets of a provider that was named, with zero code."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any, cast

from memio import registry
from memio.capabilities import KINDS, Kind
from memio.config import load
from memio.errors import ConfigError, Fault, MemioError
from memio.protocols import Embedder
from memio_contract.embedder import MeaningEmbedder
from memio_contract.target import ContractTarget, Source


def targets_of(provider: str, config: str | None = None, kinds: Sequence[Kind] = ()) -> list[ContractTarget]:
    """Return what the suite checks when a provider is named.

    The provider's own targets, where its plugin has the hook `memio_contract_targets`, and that can honour the
    configuration, if one was named. Without one, for `sqlite` a new file per example; for others the configuration,
    or the provider's default settings, with owners and ids with a random token.

    Args:
        provider: Its name, or `distribution:name`.
        config: The path of a configuration file.
        kinds: Only these kinds; all that the provider has when empty.

    Raises:
        ConfigError: The provider is not installed, lacks a kind, or the configuration cannot be used.
        PluginError: Its plugin is broken.
    """
    name = provider.rpartition(":")[2]
    offered = registry.kinds_of(name)
    if not offered:
        registry.find((*kinds, "facts")[0], provider)
    for kind in kinds:
        registry.find(kind, provider)
    found = _offered_by_hook(provider, offered, config)
    if not found:
        if name == "sqlite" and config is None:
            found = [ContractTarget(fresh=_new_file, provider=name, kinds=KINDS, embedder=_embedder())]
        else:
            found = [_configured(provider, name, offered, config)]
    named = [
        replace(target, provider=target.provider or name, kinds=target.kinds or tuple(offered)) for target in found
    ]
    useful = [target for target in named if chosen(target, kinds)]
    if not useful:
        raise ConfigError([Fault(provider, f"it has no target for {' or '.join(kinds)}")], "what was asked for")
    return useful


def distribution_of(provider: str) -> str:
    """Return the distribution that offers a provider, with its version."""
    kind = registry.kinds_of(provider.rpartition(":")[2])[0]
    return registry.find(kind, provider).describe()


def chosen(target: ContractTarget, kinds: Sequence[Kind] = ()) -> list[Kind]:
    """Return the kinds of a target that were asked for, in the usual order."""
    return [kind for kind in KINDS if kind in target.kinds and (not kinds or kind in kinds)]


def labels(targets: Sequence[ContractTarget]) -> list[str]:
    """Return the name of each target in the result: its provider, with a number where two have the same."""
    names = [target.provider for target in targets]
    return [
        name if names.count(name) == 1 else f"{name} {names[: index + 1].count(name)}"
        for index, name in enumerate(names)
    ]


def _offered_by_hook(provider: str, offered: Iterable[Kind], config: str | None) -> list[ContractTarget]:
    from memio_contract import hookspecs

    modules: dict[str, registry.Entry] = {}
    for kind in offered:
        entry = registry.find(kind, provider)
        modules.setdefault(entry.module, entry)
    found: list[ContractTarget] = []
    for entry in modules.values():
        plugins = registry.manager()
        plugins.add_hookspecs(hookspecs)
        plugins.register(registry.load_module(entry))
        hook = plugins.hook.memio_contract_targets
        if config is not None and not any("config" in each.argnames for each in hook.get_hookimpls()):
            continue  # its own targets would not be what the configuration describes
        try:
            answers = cast("list[Any]", hook(config=config))
            targets = [target for answer in answers for target in answer]
        except MemioError:
            raise
        except Exception as error:
            raise entry.error(f"the plugin's memio_contract_targets fails: {type(error).__name__}: {error}") from error
        for target in targets:
            if not isinstance(target, ContractTarget):
                raise entry.error(
                    f"the plugin's memio_contract_targets yields a {type(target).__name__}, not a ContractTarget"
                )
        found += targets
    return found


@asynccontextmanager
async def _new_file() -> AsyncGenerator[Source, None]:
    with TemporaryDirectory(prefix="memio-contract-") as folder:
        # What differs under "full" is only what a power cut leaves, which no law can show.
        store = {"provider": "sqlite", "path": f"{folder}/memio.db", "durability": "normal"}
        yield dict.fromkeys(KINDS, store)


def _configured(provider: str, name: str, offered: Sequence[Kind], config: str | None) -> ContractTarget:
    if config is None:
        source: dict[str, Any] = dict.fromkeys(offered, provider)
        load(source)
        return ContractTarget(fresh=_always(source), provider=name, kinds=tuple(offered), alone=False)
    configured: dict[Kind, str] = {store.kind: store.entry.name for store in load(config).stores}
    kinds: tuple[Kind, ...] = tuple(kind for kind in KINDS if configured.get(kind) == name)
    if not kinds:
        there = ", ".join(f"{kind} on {entry}" for kind, entry in configured.items())
        raise ConfigError([Fault("", f"no kind is on {name!r}, only: {there}")], config)
    return ContractTarget(fresh=_always(config), provider=name, kinds=kinds, alone=False)


def _always(source: Source) -> Callable[[], AbstractAsyncContextManager[Source]]:
    @asynccontextmanager
    async def fresh() -> AsyncGenerator[Source, None]:
        yield source

    return fresh


def _embedder() -> Callable[[], Embedder] | None:
    """Return what makes the embedder of the embedded provider, where it can use one: it needs numpy."""
    return MeaningEmbedder if find_spec("numpy") is not None else None
