"""The client: one object for an application's memory."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

# Tools that freeze an application follow this import.
from memio import _bundled  # noqa: F401  # pyright: ignore[reportUnusedImport]
from memio._call.conformance import faults_of, faults_of_embedder, faults_of_embedding
from memio._call.features import EMBEDDER_HINT, asked_by_scope
from memio._call.labels import narrowed
from memio._call.resources import OpenedStore
from memio._call.state import ClientState
from memio._call.store import CheckedStore
from memio._loops.belonging import ANY_LOOP, StoreLoop, StoreLoops
from memio._loops.closing import Closer, Closing
from memio._loops.running import get_running_loop
from memio._values.omitted import OMITTED
from memio.capabilities import KINDS, Feature, Kind
from memio.errors import ConfigError, Fault, InvalidInputError, NotSupportedError, StoreNotConfiguredError
from memio.facades import Documents, Facts, Graph, History
from memio.kinds import EMBEDDABLE, supports
from memio.owners import ANYWHERE, Owner, Scope
from memio.plugins import Closable, Middleware
from memio.protocols import (
    DocumentStore,
    Embedder,
    EmbeddingCount,
    FactStore,
    GraphStore,
    HistoryStore,
    Store,
)

if TYPE_CHECKING:
    from memio._config import MemioConfig
    from memio.config import Config
    from memio.embedders.embedding import Embedding
    from memio.embedders.shared import SharedEmbedder
    from memio.receipts import ForgetReceipt


class Stores:
    """The stores of a client, by kind: what `Memio` and `ScopedMemio` have in common."""

    def __init__(self, stores: Mapping[Kind, CheckedStore], scope: Scope, embedding: Embedding | None = None) -> None:
        self._stores = stores
        self._scope = scope
        self._embedding = embedding

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of memory that this client was given stores for."""
        return tuple(self._stores)

    @cached_property
    def facts(self) -> Facts:
        """Short statements that an agent remembers."""
        return Facts(self._store("facts"), self._scope)

    @cached_property
    def history(self) -> History:
        """Conversations: sessions of messages."""
        return History(self._store("history"), self._scope)

    @cached_property
    def documents(self) -> Documents:
        """Longer texts that are looked up by search."""
        return Documents(self._store("documents"), self._scope)

    @cached_property
    def graph(self) -> Graph:
        """Relations between entities. Provisional."""
        return Graph(self._store("graph"), self._scope)

    def require(self, needed: Mapping[Kind, Collection[str]], *, by: str = "this application") -> None:
        """Raise, before anything is read or written, where a store lacks something that will be needed.

        A call raises the same errors when it asks for what its store lacks; this is for the start of an application, or
        of a library on top of memio. A client that is confined to labels also raises where a store does not keep them.

        Args:
            needed: For each kind that is needed, the features and guarantees that its store must have.
            by: What needs them, for the error.

        Raises:
            StoreNotConfiguredError: The client has no store of one of the kinds.
            NotSupportedError: A store lacks features or guarantees; every one is listed.
            InvalidInputError: There is no such kind, feature or guarantee.

        Example:
            >>> from memio import Memio
            >>> memio = Memio.from_config({"facts": "sqlite"})
            >>> memio.require({"facts": ["update", "filters", "verbatim"]})
        """
        from memio._call.needs import check_needs

        check_needs(self._stores, needed, by)
        for kind in needed:
            self._store(kind)  # raises where a label is not kept

    async def forget(
        self,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
        skip: Collection[Kind] = (),
    ) -> ForgetReceipt:
        """Delete everything of an owner in every store, erase it where a store can, and verify that it is gone.

        A store that fails does not keep the others from being emptied; then the error carries the receipt, and
        the same call again finishes. Several labels together mean the records that have all of them.

        Args:
            user_id: The user to forget. A client that is confined to labels forgets those.
            agent_id: The agent to forget.
            namespace: The namespace to forget, without those below it.
            owner: Exactly this owner, in place of the labels.
            namespace_prefix: The namespace to forget with all below it.
            skip: Kinds to leave as they are, such as those of a store that cannot keep owners apart.

        Returns:
            What was there and what is left, store by store, and what stays beyond memio's reach. Where nothing
            was skipped, its `complete` is true.

        Raises:
            ForgetError: Something is left, or could not be verified. What was deleted stays deleted.
            NotSupportedError: A store that is not skipped cannot keep owners apart. Nothing was deleted.
            InvalidInputError: There is no owner, or `skip` names a kind that this client does not have.

        Example:
            >>> import asyncio
            >>> from memio import Memio
            >>> async def main():
            ...     async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         await memio.facts.add("likes coffee", user_id="alice")
            ...         return await memio.forget(user_id="alice")
            >>> receipt = asyncio.run(main())
            >>> receipt.complete, [(store.kind, store.before, store.after) for store in receipt.stores]
            (True, [('facts', 1, 0)])
        """
        from memio.forget.steps import forget

        scope = narrowed(self._scope, user_id, agent_id, namespace, owner, namespace_prefix)
        if scope is ANYWHERE:
            raise InvalidInputError("forget() needs an owner: pass user_id, agent_id, namespace or owner")
        return await forget(self._stores, scope, skip)

    async def wait_embedded(self, *, timeout: float | None = None) -> EmbeddingCount:  # noqa: ASYNC109  # it returns then
        """Wait until what was stored before this call is embedded, so that it is found by its meaning.

        A client that is confined to labels waits for what is theirs. Without an embedder it returns at once. What is
        stored meanwhile does not count.

        Args:
            timeout: Seconds after which it returns, also when texts are still pending; with `None`, it returns when
                nothing was embedded for a minute and a half.

        Returns:
            How many texts are still pending, and how many the embedder refused.

        Raises:
            OtherModelError: Nothing is embedded, because the stored vectors are of another model: `reindex` them.

        Example:
            >>> import asyncio
            >>> from memio import Memio
            >>> async def main():
            ...     async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         await memio.facts.add("likes coffee")
            ...         return await memio.wait_embedded()
            >>> asyncio.run(main())
            EmbeddingCount(pending=0, failed=0)
        """
        seconds: object = timeout  # callers may be untyped
        if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 0):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidInputError(f"timeout must be seconds, 0 or more, not {timeout!r}", argument="timeout")
        self._check_open()
        if self._embedding is None:
            return EmbeddingCount(0, 0)
        return await self._embedding.wait(self._scope, timeout)

    def _check_open(self) -> None:
        next(iter(self._stores.values())).state.check()

    def _store(self, kind: Kind) -> CheckedStore:
        try:
            return self._stores[kind]
        except KeyError:
            raise StoreNotConfiguredError(
                f"this client has no {kind} store, it was given {' and '.join(self._stores)}: "
                f"add one, as in Memio.from_config({{{kind!r}: 'sqlite', …}}) or Memio({kind}=…, …)"
            ) from None

    def __repr__(self) -> str:
        if not hasattr(self, "_stores"):  # in the traceback of a constructor that failed
            return f"<{type(self).__name__}, incomplete>"
        stores = [f"{kind}={store.provider!r}" for kind, store in self._stores.items()]
        confined = [self._scope.words] if self._scope is not ANYWHERE else []
        return f"<{type(self).__name__} {' '.join(stores + confined)}>"


class ScopedMemio(Stores):
    """A client whose every call is confined to labels or an owner. Made by `Memio.scoped`; it owns nothing."""

    def _store(self, kind: Kind) -> CheckedStore:
        store = super()._store(kind)
        for method in ("add", "get"):
            for feature, name in asked_by_scope(store.spec.methods[method], self._scope, store.features):
                store.require(feature, f"a client confined by {name}", "")
        return store


class Memio(Stores):
    """The memory of an application: up to four stores in one client.

    Args:
        facts: A store of facts.
        history: A store of conversations.
        documents: A store of documents.
        graph: A store of triples.
        middleware: Wraps every call, the first one outermost: `async def(operation, call_next)`.
        embedder: Turns texts into vectors, for searches by meaning; see `memio.protocols.Embedder`. Stores that can use
            it get it, and texts are embedded in the background.
        embed: The kinds whose texts are embedded; by default facts, history and documents.
        own_loop: Whether stores without the guarantee `any_loop` are called on a background loop of memio,
            so that the client can be used from any event loop and thread; default `False`.

    The client owns its stores and closes them, with `async with` or `aclose`, in any event loop. Each store
    with the guarantee `any_loop` can be called from any event loop and thread; without `own_loop`, every
    other store belongs to the event loop of its first call.

    Raises:
        ConfigError: No store was given, or an object is not a store of its kind; every fault is listed.

    Example:
        >>> import asyncio
        >>> from memio import Memio
        >>> from memio.providers.sqlite import SqliteFactAdapter
        >>> async def main():
        ...     async with Memio(facts=SqliteFactAdapter(path=":memory:")) as memio:
        ...         await memio.facts.add("likes coffee")
        ...         return [fact.content for fact in await memio.facts.search("coffee")]
        >>> asyncio.run(main())
        ['likes coffee']
    """

    def __init__(
        self,
        *,
        facts: FactStore | None = None,
        history: HistoryStore | None = None,
        documents: DocumentStore | None = None,
        graph: GraphStore | None = None,
        middleware: Iterable[Middleware] = (),
        embedder: Embedder | None = None,
        embed: Collection[Kind] | None = None,
        own_loop: bool = False,
    ) -> None:
        wrappers = _listed(middleware)
        every: dict[Kind, Any] = {"facts": facts, "history": history, "documents": documents, "graph": graph}
        # Compared with None: a store may have a length, and be empty.
        given: dict[Kind, Store | OpenedStore] = {kind: store for kind, store in every.items() if store is not None}
        faults = [
            Fault(kind, fault)
            for kind, store in given.items()
            if not isinstance(store, OpenedStore)  # which the configuration has checked
            for fault in faults_of(store, kind)
        ]
        faults += [
            Fault("middleware", f"{item!r} cannot be called: pass async functions (operation, call_next)")
            for item in wrappers
            if not callable(item)
        ]
        if not isinstance(own_loop, bool):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            faults.append(Fault("own_loop", f"must be True or False, got {own_loop!r}"))
        if not given:
            faults.append(Fault("", f"a client needs a store: pass at least one of {', '.join(KINDS)}"))
        if faults:
            raise ConfigError(faults, "the stores of this client")
        shared, embedded = _embedded(given, embedder, embed)
        self._state = ClientState(wrappers, StoreLoops(own=own_loop))
        stores: dict[Kind, CheckedStore] = {
            kind: CheckedStore.of(kind, store, self._state) for kind, store in given.items()
        }
        embedding: Embedding | None = None
        if shared is not None:
            from memio.embedders.embedding import Embedding

            embedding = Embedding(shared, {kind: stores[kind] for kind in embedded})
        self._state.embeds = embedding
        super().__init__(stores, ANYWHERE, embedding)
        self._resources = {store.resources for store in given.values() if isinstance(store, OpenedStore)}
        self._closing = Closing()

    @classmethod
    def from_config(
        cls,
        source: str | os.PathLike[str] | MemioConfig | Config,
        *,
        middleware: Iterable[Middleware] = (),
        embedder: Embedder | None = None,
        own_loop: bool = False,
    ) -> Self:
        """Make a client from a configuration: a dict, or the path of a TOML or JSON file.

        It does no I/O beyond reading the file: stores connect on first use.

        Args:
            source: The configuration. A provider is chosen by its name, as in `{"facts": "sqlite"}`. For type
                checkers, a dict is a `memio.MemioConfig`: annotate a variable with it, and pass a mapping of
                unknown origin through `memio.config.load`, whose result is accepted too.
            middleware: Wraps every call, outside of the middleware that the configuration names.
            embedder: An embedder that the configuration cannot name, such as one that the application made. The
                configuration must not name another.
            own_loop: Whether the client can be used from any event loop and thread, whatever its stores are; see
                `Memio`. Default `False`.

        Raises:
            ConfigError: The configuration cannot be used; every fault is listed with its path.
            UnknownProviderError: It names a provider that is not installed.
            PluginError: A plugin that it names is broken.

        Example:
            >>> from memio import Memio
            >>> Memio.from_config({"facts": "sqlite", "history": "sqlite"}).kinds
            ('facts', 'history')
        """
        from memio._embedded import open_embedded

        wrappers = _listed(middleware)
        embedded = open_embedded(source)
        if embedded is not None:
            return cls(**embedded, embedder=embedder, middleware=wrappers, own_loop=own_loop)
        from memio.config import Config, load
        from memio.settings import forget_locals

        try:
            config = source if isinstance(source, Config) else load(source)
            wrappers = (*wrappers, *config.open_middleware())
            if embedder is not None and config.embedder is not None:
                fault = "the configuration names an embedder, and another one was passed: leave one of them out"
                raise ConfigError([Fault("embedder", fault)], config.source)
            chosen: dict[str, Any] = config.open_embedder() if embedder is None else {"embedder": embedder}
            return cls(**config.open_stores(), **chosen, middleware=wrappers, own_loop=own_loop)
        except BaseException as error:
            del source  # it may hold secrets, and a traceback may be shown with its local variables
            forget_locals(error)
            raise

    def scoped(
        self,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> ScopedMemio:
        """Return a client whose every call, also by id, is confined to labels or to one owner.

        What it adds gets the labels. Calls may name further labels, which narrow them. It owns nothing and needs no
        closing. Touching a store that cannot keep owners apart raises `NotSupportedError`.

        Args:
            user_id: The user that it is confined to.
            agent_id: The agent that it is confined to.
            namespace: The namespace that it is confined to, exactly; `()` is the root.
            owner: Exactly this owner, in place of the labels.
        """
        scope = narrowed(ANYWHERE, user_id, agent_id, namespace, owner)
        if scope is ANYWHERE:
            raise InvalidInputError("scoped() needs an owner: pass user_id, agent_id, namespace or owner")
        return ScopedMemio(self._stores, scope, self._embedding)

    async def purge(self) -> dict[Kind, int]:
        """Remove what has expired for good, from every store whose records can expire.

        Expired records are gone for every read before that.

        Returns:
            How many records were removed, by kind, for the stores with the feature `expiry`.
        """
        return {
            kind: await store.call("purge", {}, ANYWHERE)
            for kind, store in self._stores.items()
            if Feature.EXPIRY in store.features & store.spec.features
        }

    async def embed(self) -> dict[Kind, int]:
        """Embed everything that is pending, now.

        What a client stores is embedded in the background; this is for what other clients stored, and for scripts.

        Returns:
            How many texts were embedded, by kind.

        Raises:
            NotSupportedError: The client has no embedder.
            UnavailableError: The embedder cannot be reached. What was embedded stays. An `OtherModelError` where the
                stored vectors are of another model: `reindex` them.
        """
        return await self._with_embedder("embed").embed()

    async def reindex(self, *, limit: int | None = None) -> dict[Kind, int]:
        """Embed all texts with the model of this client's embedder, and make it the current one of the stores.

        It is needed after the model has changed. Searches by meaning go by the model before until all texts are
        embedded. Repeating it goes on from where it stopped; texts that the embedder refused are tried again.

        Args:
            limit: Embed at most so many texts of each kind, 0 only to count; `None` for all.

        Returns:
            How many texts are left to be embedded, by kind.

        Raises:
            NotSupportedError: The client has no embedder.
            UnavailableError: The embedder cannot be reached. What was embedded stays.
        """
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            raise InvalidInputError(f"limit must be a whole number, 0 or more, not {limit!r}", argument="limit")
        return await self._with_embedder("reindex").reindex(limit)

    def _with_embedder(self, method: str) -> Embedding:
        self._check_open()
        if self._embedding is None:
            providers = ", ".join(dict.fromkeys(store.provider for store in self._stores.values()))
            raise NotSupportedError(
                f"{method}() needs an embedder, and this client has none", hint=EMBEDDER_HINT
            ).locate(operation=method, provider=providers)
        return self._embedding

    async def aclose(self) -> None:
        """Close the stores, each once, and what they share.

        Where there is an embedder, what is pending is embedded before, for up to five seconds.
        Every one is closed even when another fails. Closing again waits until the first
        close has ended, also when that was cancelled.

        Raises:
            BaseExceptionGroup: Some could not be closed; it holds their errors.
        """
        get_running_loop()
        self._state.closed = True
        await self._closing.wait(self._closers)

    def _closers(self) -> list[Closer]:
        """Return a function for each store, and for what they share, that closes it in the loop that it belongs to."""
        # A store may serve several kinds.
        stores = {id(checked.store): checked for checked in self._stores.values()}
        shared: list[tuple[StoreLoop, Closable]] = [
            (self._state.loops.of_shared((resources, provider)), resource)
            for resources in self._resources
            for provider, resource in resources.all()
        ]
        closables = [*((checked.loop, checked.store) for checked in stores.values()), *shared]
        if self._embedding is not None:
            closables = [*self._embedding.closers(), *closables, (ANY_LOOP, self._embedding.embedder)]
        return [partial(loop.close, closable) for loop, closable in closables]

    async def __aenter__(self) -> Self:
        get_running_loop()
        return self

    def __enter__(self) -> NoReturn:
        raise TypeError(
            "this client is async: open it with `async with`, or use memio.blocking.Memio, which is opened with `with`"
        )

    def __exit__(self, *_: object) -> None:
        # Never called. Without it, Python refuses `with` before __enter__ can give the reason.
        return None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def _listed(middleware: Iterable[Middleware]) -> tuple[Middleware, ...]:
    """Return middleware as a tuple; refuse one that is not in a list, a common mistake."""
    if not isinstance(middleware, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise ConfigError(
            [Fault("middleware", f"must be a list of async functions, got {middleware!r}")], "this client"
        )
    return tuple(middleware)


def _embedded(
    given: Mapping[Kind, Store | OpenedStore], embedder: Embedder | None, embed: Collection[Kind] | None
) -> tuple[SharedEmbedder | None, list[Kind]]:
    """Give the embedder to the stores that can use it, before their features are read.

    Returns:
        The embedder as stores see it, and the kinds of these stores.

    Raises:
        ConfigError: It is no embedder, or no store can use it.
    """
    if embedder is None:
        if embed is not None:
            raise ConfigError([Fault("embed", "it names kinds to embed, and there is no embedder")], _PLACE)
        return None, []
    faults = [Fault("embedder", fault) for fault in faults_of_embedder(embedder)]
    if embed is not None and (isinstance(embed, str) or not embed):
        faults.append(Fault("embed", f"must be a list of kinds, as ['facts'], not {embed!r}"))
    elif embed is not None:
        faults += [
            Fault("embed", f"{kind!r} cannot be embedded: what can be is {', '.join(EMBEDDABLE)}")
            for kind in embed
            if kind not in EMBEDDABLE
        ]
    if faults:
        raise ConfigError(faults, _PLACE)
    stores: dict[Kind, Any] = {
        kind: store.store if isinstance(store, OpenedStore) else store
        for kind, store in given.items()
        if kind in (EMBEDDABLE if embed is None else embed)
    }
    able: dict[Kind, Any] = {kind: store for kind, store in stores.items() if supports(store, "use_embedder")}
    if not able:
        fault = f"no store of this client can use an embedder: {' and '.join(stores or given)} cannot"
        raise ConfigError([Fault("embedder", fault)], _PLACE)
    from memio.embedders.shared import SharedEmbedder

    shared = SharedEmbedder(embedder)
    for store in {id(store): store for store in able.values()}.values():
        store.use_embedder(shared)
    for kind, store in able.items():
        faults += [Fault(kind, fault) for fault in (*faults_of_embedding(store), *faults_of(store, kind))]
    if faults:
        raise ConfigError(faults, _PLACE)
    return shared, list(able)


_PLACE = "the embedder of this client"
