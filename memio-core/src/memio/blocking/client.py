"""The blocking client: one object for an application's memory, without async."""

# Written by tools/generate_blocking.py from client.py: change that, and run the script.

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self, TypeVar

from memio._values.omitted import OMITTED
from memio.blocking._runtime.runner import Runner, lent
from memio.blocking.documents import Documents
from memio.blocking.facts import Facts
from memio.blocking.graph import Graph
from memio.blocking.history import History
from memio.capabilities import Kind
from memio.client import Memio as AsyncMemio
from memio.client import ScopedMemio as AsyncScopedMemio
from memio.client import Stores as AsyncStores
from memio.owners import Owner
from memio.plugins import Middleware
from memio.protocols import DocumentStore, Embedder, EmbeddingCount, FactStore, GraphStore, HistoryStore

if TYPE_CHECKING:
    from memio._config import MemioConfig
    from memio.config import Config
    from memio.receipts import ForgetReceipt

A = TypeVar("A", bound=AsyncStores)


class Stores(Generic[A]):
    """The stores of a client, by kind: what `Memio` and `ScopedMemio` have in common."""

    def __init__(self, client: A, runner: Runner) -> None:
        self._runner = runner
        self._async = client

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of memory that this client was given stores for."""
        return self._async.kinds

    @cached_property
    def facts(self) -> Facts:
        """Short statements that an agent remembers."""
        return Facts(self._async.facts, self._runner)

    @cached_property
    def history(self) -> History:
        """Conversations: sessions of messages."""
        return History(self._async.history, self._runner)

    @cached_property
    def documents(self) -> Documents:
        """Longer texts that are looked up by search."""
        return Documents(self._async.documents, self._runner)

    @cached_property
    def graph(self) -> Graph:
        """Relations between entities. Provisional."""
        return Graph(self._async.graph, self._runner)

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
            >>> from memio.blocking import Memio
            >>> memio = Memio.from_config({"facts": "sqlite"})
            >>> memio.require({"facts": ["update", "filters", "verbatim"]})
        """
        return self._async.require(needed, by=by)

    def forget(
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
            >>> from memio.blocking import Memio
            >>> def main():
            ...     with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         memio.facts.add("likes coffee", user_id="alice")
            ...         return memio.forget(user_id="alice")
            >>> receipt = main()
            >>> receipt.complete, [(store.kind, store.before, store.after) for store in receipt.stores]
            (True, [('facts', 1, 0)])
        """
        return self._runner.call(
            self._async.forget,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
            namespace_prefix=namespace_prefix,
            skip=skip,
        )

    def wait_embedded(self, *, timeout: float | None = None) -> EmbeddingCount:
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
            >>> from memio.blocking import Memio
            >>> def main():
            ...     with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         memio.facts.add("likes coffee")
            ...         return memio.wait_embedded()
            >>> main()
            EmbeddingCount(pending=0, failed=0)
        """
        return self._runner.call(self._async.wait_embedded, timeout=timeout)

    def __repr__(self) -> str:
        if not hasattr(self, "_async"):  # the constructor failed, and a traceback shows the object
            return f"<{type(self).__name__}, incomplete>"
        return repr(self._async)


class ScopedMemio(Stores[AsyncScopedMemio]):
    """A client whose every call is confined to labels or an owner. Made by `Memio.scoped`; it owns nothing."""


class Memio(Stores[AsyncMemio]):
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

    The client owns its stores and closes them: with `with`, by `close`, or else at the end of the process.
    Any thread may call it; the calls run on one event loop in the background, which the clients of a
    process share. Middleware is async here, too.

    Raises:
        ConfigError: No store was given, or an object is not a store of its kind; every fault is listed.

    Example:
        >>> from memio.blocking import Memio
        >>> from memio.providers.sqlite import SqliteFactAdapter
        >>> def main():
        ...     with Memio(facts=SqliteFactAdapter(path=":memory:")) as memio:
        ...         memio.facts.add("likes coffee")
        ...         return [fact.content for fact in memio.facts.search("coffee")]
        >>> main()
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
    ) -> None:
        client = AsyncMemio(
            facts=facts,
            history=history,
            documents=documents,
            graph=graph,
            middleware=middleware,
            embedder=embedder,
            embed=embed,
        )
        super().__init__(client, Runner(client))

    @classmethod
    def from_config(
        cls,
        source: str | os.PathLike[str] | MemioConfig | Config,
        *,
        middleware: Iterable[Middleware] = (),
        embedder: Embedder | None = None,
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

        Raises:
            ConfigError: The configuration cannot be used; every fault is listed with its path.
            UnknownProviderError: It names a provider that is not installed.
            PluginError: A plugin that it names is broken.

        Example:
            >>> from memio.blocking import Memio
            >>> Memio.from_config({"facts": "sqlite", "history": "sqlite"}).kinds
            ('facts', 'history')
        """
        client = AsyncMemio.from_config(source, middleware=middleware, embedder=embedder)
        made = cls.__new__(cls)
        super(Memio, made).__init__(client, Runner(client))
        return made

    @classmethod
    def over(cls, client: AsyncMemio) -> Self:
        """Make the blocking face of an async client that others use too.

        The client must be usable from any event loop: all of its stores have the guarantee `any_loop`, or it was
        made with `own_loop=True`. Its middleware runs on the background loop for the calls that are made here.

        Args:
            client: The client. It stays open when this one is closed.

        Raises:
            RuntimeError: The client has stores that belong to one event loop.

        Example:
            >>> import asyncio, memio
            >>> from memio.blocking import Memio
            >>> async def main():
            ...     config = {"facts": {"provider": "sqlite", "path": ":memory:"}}
            ...     async with memio.Memio.from_config(config) as client:
            ...         with Memio.over(client) as blocking:
            ...             await asyncio.to_thread(blocking.facts.add, "likes coffee")
            ...         return [fact.content for fact in await client.facts.get_all()]
            >>> asyncio.run(main())
            ['likes coffee']
        """
        made = cls.__new__(cls)
        super(Memio, made).__init__(client, lent(client))
        return made

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
        return ScopedMemio(
            self._async.scoped(user_id=user_id, agent_id=agent_id, namespace=namespace, owner=owner), self._runner
        )

    def purge(self) -> dict[Kind, int]:
        """Remove what has expired for good, from every store whose records can expire.

        Expired records are gone for every read before that.

        Returns:
            How many records were removed, by kind, for the stores with the feature `expiry`.
        """
        return self._runner.call(self._async.purge)

    def embed(self) -> dict[Kind, int]:
        """Embed everything that is pending, now.

        What a client stores is embedded in the background; this is for what other clients stored, and for scripts.

        Returns:
            How many texts were embedded, by kind.

        Raises:
            NotSupportedError: The client has no embedder.
            UnavailableError: The embedder cannot be reached. What was embedded stays. An `OtherModelError` where the
                stored vectors are of another model: `reindex` them.
        """
        return self._runner.call(self._async.embed)

    def reindex(self, *, limit: int | None = None) -> dict[Kind, int]:
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
        return self._runner.call(self._async.reindex, limit=limit)

    def close(self) -> None:
        """Close the stores, each once, and what they share.

        Where there is an embedder, what is pending is embedded before, for up to five seconds.
        Every one is closed even when another fails. Closing again waits until the first
        close has ended, also when that was cancelled.

        Raises:
            BaseExceptionGroup: Some could not be closed; it holds their errors.
        """
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __aenter__(self) -> NoReturn:
        raise TypeError(
            "this client is blocking: open it with `with`, or use memio.Memio, which is opened with `async with`"
        )

    def __aexit__(self, *_: object) -> None:
        # Never called. Without it, Python refuses `async with` before __aenter__ can give the reason.
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
