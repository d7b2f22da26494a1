"""The hook by which a provider offers targets to the suite."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from memio.hookspecs import PROJECT
from memio_contract.target import ContractTarget

hookspec = pluggy.HookspecMarker(PROJECT)


@hookspec
def memio_contract_targets(config: str | None) -> Iterable[ContractTarget]:  # type: ignore[empty-body]
    """Return the targets that the suite checks for this provider.

    Implement it in the plugin module that has `memio_stores`, marked `optionalhook`, so that the provider
    loads where the suite is not installed. Import `memio_contract` inside the function.

    Args:
        config: The configuration file that `--memio-config` named, or `None`. An implementation may
            leave the argument out; then it is asked only when no file was named, and a file that was
            named is checked as it is.

    Example:
        >>> from memio.hookspecs import hookimpl
        >>> @hookimpl(optionalhook=True)
        ... def memio_contract_targets(config):
        ...     from contextlib import asynccontextmanager
        ...     from memio_contract import ContractTarget
        ...     @asynccontextmanager
        ...     async def fresh():
        ...         yield {"facts": {"provider": "acme", "url": "http://localhost:9000"}}
        ...     return [ContractTarget(fresh=fresh, provider="acme", kinds=("facts",))]
        >>> [target.provider for target in memio_contract_targets(config=None)]
        ['acme']
    """
