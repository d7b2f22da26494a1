"""One async client for the memory of AI agents, with backends as plugins.

    import asyncio

    from memio import Memio

    async def main() -> None:
        async with Memio.from_config({"facts": "sqlite"}) as memio:  # keeps them in ./memio.db
            await memio.facts.add("Alice likes coffee", user_id="alice")
            for fact in await memio.facts.search("coffee", user_id="alice"):
                print(fact.content)

    asyncio.run(main())

A client has up to four stores: `memio.facts`, `memio.history`, `memio.documents` and `memio.graph`;
`help("memio.facades")` shows their methods. Programs without async use the same client from
`memio.blocking`. `memio.errors` holds every error, `memio.config` describes how a configuration is written,
and `memio.protocols` what a backend implements.
"""

from pkgutil import extend_path as _extend_path
from typing import TYPE_CHECKING as _TYPE_CHECKING

# Other distributions add providers below `memio.providers`, wherever they are installed.
__path__ = _extend_path(__path__, __name__)

if _TYPE_CHECKING:
    from memio._config import MemioConfig as MemioConfig
    from memio.capabilities import Feature as Feature
    from memio.capabilities import Guarantee as Guarantee
    from memio.capabilities import Kind as Kind
    from memio.client import Memio as Memio
    from memio.client import ScopedMemio as ScopedMemio
    from memio.errors import AuthenticationError as AuthenticationError
    from memio.errors import ClosedError as ClosedError
    from memio.errors import ConfigError as ConfigError
    from memio.errors import ConflictError as ConflictError
    from memio.errors import CursorExpiredError as CursorExpiredError
    from memio.errors import ForgetError as ForgetError
    from memio.errors import InvalidInputError as InvalidInputError
    from memio.errors import MemioError as MemioError
    from memio.errors import NotFoundError as NotFoundError
    from memio.errors import NotSupportedError as NotSupportedError
    from memio.errors import OtherModelError as OtherModelError
    from memio.errors import PartialWriteError as PartialWriteError
    from memio.errors import PluginError as PluginError
    from memio.errors import ProviderError as ProviderError
    from memio.errors import ProviderTimeoutError as ProviderTimeoutError
    from memio.errors import RateLimitError as RateLimitError
    from memio.errors import StoreNotConfiguredError as StoreNotConfiguredError
    from memio.errors import UnavailableError as UnavailableError
    from memio.errors import UnknownProviderError as UnknownProviderError
    from memio.facades import Documents as Documents
    from memio.facades import Facts as Facts
    from memio.facades import Graph as Graph
    from memio.facades import History as History
    from memio.models import Document as Document
    from memio.models import Fact as Fact
    from memio.models import Message as Message
    from memio.models import Page as Page
    from memio.models import Record as Record
    from memio.models import Role as Role
    from memio.models import Session as Session
    from memio.models import Triple as Triple
    from memio.models import Turn as Turn
    from memio.owners import Owner as Owner
    from memio.plugins import Middleware as Middleware
    from memio.plugins import Operation as Operation
    from memio.receipts import ForgetReceipt as ForgetReceipt
    from memio.receipts import StoreReceipt as StoreReceipt

_HOMES = {
    "capabilities": ("Feature", "Guarantee", "Kind"),
    "client": ("Memio", "ScopedMemio"),
    "_config": ("MemioConfig",),
    "errors": (
        "AuthenticationError",
        "ClosedError",
        "ConfigError",
        "ConflictError",
        "CursorExpiredError",
        "ForgetError",
        "InvalidInputError",
        "MemioError",
        "NotFoundError",
        "NotSupportedError",
        "OtherModelError",
        "PartialWriteError",
        "PluginError",
        "ProviderError",
        "ProviderTimeoutError",
        "RateLimitError",
        "StoreNotConfiguredError",
        "UnavailableError",
        "UnknownProviderError",
    ),
    "facades": ("Documents", "Facts", "Graph", "History"),
    "models": ("Document", "Fact", "Message", "Page", "Record", "Role", "Session", "Triple", "Turn"),
    "owners": ("Owner",),
    "plugins": ("Middleware", "Operation"),
    "receipts": ("ForgetReceipt", "StoreReceipt"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: a program pays for what it touches."""
    if name not in _HOME:
        raise AttributeError(f"module 'memio' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"memio.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, also those that were not imported yet."""
    return sorted({*globals(), *__all__})
