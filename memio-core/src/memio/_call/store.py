"""How a call gets from a façade to the store: through middleware, the checks of arguments, features and sizes.

The rules that are the same for every provider are applied here, and only here:

1. middleware gets the operation, and cannot change whose records the call is confined to;
2. every argument is checked, and every feature that the call asks for;
3. the store is called with the arguments that were given and no others;
4. what the store raises becomes one of memio's errors, with the place filled in, before middleware sees it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from memio._call.arguments import CHECKS
from memio._call.batches import add_each, item_arguments
from memio._call.cursors import next_cursor, seal, unseal
from memio._call.features import EMBEDDER_HINT, HINTS, asked_by_scope, asked_for, confinable
from memio._call.middleware import as_list, check_change, wrapped
from memio._call.resources import OpenedStore
from memio._call.results import check_result
from memio._call.sizes import Limits, check_sizes
from memio._call.state import ClientState
from memio._call.together import check_belonging, check_together
from memio._call.tracebacks import shortened
from memio._loops.belonging import StoreLoop
from memio.capabilities import Feature, Kind
from memio.errors import (
    InvalidInputError,
    MemioError,
    NotSupportedError,
    ProviderError,
    ProviderTimeoutError,
    UnavailableError,
)
from memio.kinds import RESTORE, SPECS, TAKES, KindSpec, Method, supports
from memio.models import Page
from memio.owners import Owner, Scope
from memio.plugins import CallNext, Operation
from memio.protocols import Store


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CheckedStore:
    """One store of a client, and what was read from it when the client was made.

    Attributes:
        spec: The kind of memory that it holds.
        store: The store.
        provider: The name of its provider, for errors.
        state: What it shares with the client's other stores.
        loop: The event loop that it belongs to.
        features: What it declares.
        guarantees: What it promises.
        hints: What errors advise a caller who asks for a missing feature.
        identity: Distinguishes its data from another store's; cursors are bound to it.
        limits: The largest record that it takes.
        distribution: Returns name and version of its distribution, for errors.
        has_all: Whether it declares every feature of its kind, so that no call need be checked for missing ones, but
            for those that the value of a keyword asks for.
    """

    spec: KindSpec
    store: Any
    provider: str
    state: ClientState
    loop: StoreLoop
    features: frozenset[str]
    guarantees: frozenset[str]
    hints: Mapping[str, str]
    identity: str
    limits: Limits
    distribution: Callable[[], str | None]
    has_all: bool

    @classmethod
    def of(cls, kind: Kind, given: Store | OpenedStore, state: ClientState) -> CheckedStore:
        """Read what a store declares.

        Args:
            kind: The kind of memory.
            given: A store that was found to be one of this kind, or an `OpenedStore`.
            state: What it shares with the client's other stores.
        """
        opened = given if isinstance(given, OpenedStore) else None
        store: Store = given.store if isinstance(given, OpenedStore) else given
        spec = SPECS[kind]
        features, guarantees = frozenset(store.features), frozenset(store.guarantees)
        provider = opened.provider if opened else getattr(store, "provider", None) or type(store).__name__
        return cls(
            spec=spec,
            store=store,
            provider=provider,
            state=state,
            loop=state.loops.of(provider, guarantees, opened.shared if opened else id(store)),
            features=features,
            guarantees=guarantees,
            hints=_hints_of(store),
            identity=getattr(store, "identity", ""),
            limits=Limits.of(store),
            distribution=opened.distribution if opened else lambda: None,
            has_all=spec.features - spec.asked_by_value <= features,
        )

    @property
    def kind(self) -> Kind:
        """The name of the kind."""
        return self.spec.name

    def __repr__(self) -> str:
        # Without the store and the middleware: their reprs are foreign code, and may show secrets.
        return f"<CheckedStore {self.kind} of {self.provider}>"

    def check(self) -> None:
        """Refuse a call on a closed client, or from an event loop that the store does not belong to."""
        self.loop.check(self.state.check())

    def call(self, method: str, arguments: dict[str, Any], scope: Scope, *, fill: bool = True) -> Awaitable[Any]:
        """Call a method of the store, through the client's middleware.

        Args:
            method: The name of the store's method.
            arguments: What the caller gave, without the owner.
            scope: Whose records the call is about; what it adds gets the labels that are fixed.
            fill: Whether a page that the store ended early is filled up to its limit. Iterations take it as it is.
        """
        if self.state.middleware:
            return self._call_through_middleware(method, arguments, scope, fill=fill)
        return self._call_store(method, arguments, scope, fill=fill)

    async def _call_through_middleware(
        self, method: str, arguments: dict[str, Any], scope: Scope, *, fill: bool
    ) -> Any:
        self.check()
        described = self.spec.methods[method]
        for name in described.lists:
            arguments[name] = as_list(arguments[name])  # middleware may read it, and may call twice
        names = tuple(arguments)
        operation = Operation(
            kind=self.kind,
            method=method,
            provider=self.provider,
            arguments=arguments,
            scope=scope,
            writes=described.writes,
            features=self.features,
            guarantees=self.guarantees,
        )

        async def call_store(changed: Operation) -> Any:
            if changed is not operation or tuple(changed.arguments) != names:
                check_change(operation, changed)
            return await self._call_store(method, dict(changed.arguments), scope, fill=fill)

        call: CallNext = call_store
        for middleware in reversed(self.state.middleware):
            call = wrapped(middleware, call)
        return await call(operation)

    def require(self, feature: str, words: str, method: str) -> None:
        """Raise `NotSupportedError` when the store does not declare a feature."""
        if feature not in self.features:
            raise NotSupportedError(
                f"{words} needs the feature '{feature}', which the {self.kind} of {self.provider} do not have",
                hint=self.hints.get(feature) or HINTS[feature],
            ).locate(operation=f"{self.kind}.{method}" if method else self.kind, provider=self.provider)

    async def _call_store(self, method: str, arguments: dict[str, Any], scope: Scope, *, fill: bool) -> Any:
        self.check()
        try:
            keywords = self._checked(method, arguments, scope)
        except MemioError as error:
            raise shortened(error.locate(operation=f"{self.kind}.{method}", provider=self.provider))  # noqa: B904
        store = self.loop.calls_of(self.store)
        function = getattr(store, method, None)
        try:
            result: Any = await (function(**keywords) if function else add_each(store, **keywords))
            check_result(method, self.spec.methods[method], result)
            if fill and isinstance(result, Page) and "cursor" in keywords:
                result = await self._filled(method, keywords, cast("Page[Any]", result))
        except Exception as error:  # noqa: BLE001  # a store may raise anything: each becomes one of memio's errors
            raise self._located(error, method)  # noqa: B904  # it has its cause
        finally:
            if self.state.embeds is not None:  # also after a failure: a part may be stored
                self.state.embeds.called(self.kind, wrote=self.spec.methods[method].stores_texts)
        if isinstance(result, Page):
            page = cast("Page[Any]", result)
            if page.next_cursor is not None:
                return Page(page, seal(page.next_cursor, self._listing(method, keywords)))
        return cast("Any", result)

    def confined(self, method: str, scope: Scope) -> dict[str, Any]:
        """Return the keyword that confines a call to a scope, as `delete_all` gets it, or none.

        Raises:
            NotSupportedError: The store does not keep such owners apart.
        """
        keywords: dict[str, Any] = {}
        self._confine(self.spec.methods["delete_all"], keywords, scope, method, None)
        return keywords

    async def call_directly(self, method: str, **keywords: Any) -> Any:
        """Call a method of the store that no façade has, without middleware, in the loop of the store."""
        self.check()
        try:
            return await getattr(self.loop.calls_of(self.store), method)(**keywords)
        except Exception as error:  # noqa: BLE001  # a store may raise anything: each becomes one of memio's errors
            raise self._located(error, method)  # noqa: B904  # it has its cause

    async def _filled(self, method: str, keywords: Mapping[str, Any], page: Page[Any]) -> Page[Any]:
        """Return a page with as many records as were asked for, where the store ended it early and has more."""
        while page.next_cursor is not None and len(page) < keywords["limit"]:
            rest = {**keywords, "limit": keywords["limit"] - len(page), "cursor": page.next_cursor}
            more = await getattr(self.loop.calls_of(self.store), method)(**rest)
            check_result(method, self.spec.methods[method], more)
            # From the latest, a page goes back in time, and each reads oldest first.
            records = [*more, *page] if keywords.get("start") == "latest" else [*page, *more]
            page = Page(records, next_cursor(more, page.next_cursor))
        return page

    def _checked(
        self, method: str, arguments: dict[str, Any], scope: Scope, owner: Owner | None = None
    ) -> dict[str, Any]:
        """Return the keywords for the store, or raise before it is touched. The owner is that of what the call adds."""
        if method == "add_many":
            return {"items": self._checked_items(arguments["items"], scope)}
        described = self.spec.methods[method]
        keywords: dict[str, Any] = {}
        for name, value in arguments.items():
            keywords[name] = None if value is None and name in described.nullable else CHECKS[name](value)
        for name, asks in described.by_value.items():
            if name in keywords:
                self._check_value(method, name, asks, keywords)
        check_together(self.spec, method, keywords)
        records = described.records
        if records is not None and method != RESTORE:
            owner = scope.adds_for
            check_belonging(records, keywords, owner)
        if not self.has_all:
            for feature, words in asked_for(self.spec, method, keywords):
                self.require(feature, words, method)
        if described.takes is not None:
            self._confine(described, keywords, scope, method, owner)
        check_sizes(keywords, records, self.limits, self.provider)
        if keywords.get("cursor") is not None:
            keywords["cursor"] = unseal(keywords["cursor"], self._listing(method, keywords))
        return keywords

    def _check_value(self, method: str, name: str, asks: Mapping[str, Feature], keywords: dict[str, Any]) -> None:
        """Check the feature that the value of a keyword asks for; drop one that asks for nothing."""
        value = keywords[name]
        if value not in asks:
            del keywords[name]
        else:
            self.require(asks[value], f"{name}={value!r}", method)

    def _confine(
        self, described: Method, keywords: dict[str, Any], scope: Scope, method: str, owner: Owner | None
    ) -> None:
        """Add the owner or the scope to the keywords, where the store declares a feature of theirs."""
        if not self.has_all:
            for feature, words in asked_by_scope(described, scope, self.features):
                self.require(feature, words, method)
            if TAKES[described.whose].isdisjoint(self.features):
                return
        if described.takes == "owner":
            keywords["owner"] = owner or scope.adds_for
        else:
            # Left out are only labels that the store does not record: none was asked for, and no record has one.
            keywords["scope"] = scope if self.has_all else confinable(scope, self.features)

    def _checked_items(self, items: object, scope: Scope) -> list[dict[str, Any]]:
        checked: list[dict[str, Any]] = []
        known = self.spec.methods["add"].keywords
        before, owner = scope, scope.adds_for
        for index, (arguments, item_scope) in enumerate(item_arguments(items, known, scope)):
            if item_scope is not before:
                before, owner = item_scope, item_scope.adds_for
            try:
                checked.append(self._checked("add", arguments, item_scope, owner))
            except InvalidInputError as error:
                raise InvalidInputError(f"items[{index}]: {error.message}", argument="items") from None
        return checked

    def _listing(self, method: str, keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Return everything that chooses what a listing lists: its cursors are valid for that only."""
        chosen = {name: value for name, value in keywords.items() if name not in ("limit", "cursor")}
        # Under a name that no argument has: the store and the method. A store without scopes lists everything.
        return {**chosen, "": [self.kind, method, self.provider, self.identity]}

    def _located(self, error: Exception, method: str) -> MemioError:
        """Return an error as one of memio's, with the place filled in."""
        operation = f"{self.kind}.{method}"
        if isinstance(error, MemioError):
            distribution = self.distribution() if isinstance(error, ProviderError) else None
            return shortened(error.locate(operation=operation, provider=self.provider, distribution=distribution))
        error_class = ProviderError
        if isinstance(error, TimeoutError):
            error_class = ProviderTimeoutError
        elif isinstance(error, ConnectionError):
            error_class = UnavailableError
        made = error_class(
            cause=error,
            retryable=error_class is not ProviderError,
            outcome="unknown" if method in self.spec.methods and self.spec.methods[method].writes else "not_applied",
        ).locate(operation=operation, provider=self.provider, distribution=self.distribution())
        made.__cause__ = error
        return made


def _hints_of(store: Store) -> Mapping[str, str]:
    """Return what a store advises, by missing feature."""
    hints: Mapping[str, str] = getattr(store, "hints", {})
    return {Feature.SEMANTIC_SEARCH: EMBEDDER_HINT, **hints} if supports(store, "use_embedder") else hints


def destination_of(store: CheckedStore) -> str | None:
    """Return where the texts of a store are sent to be embedded; `None` where they stay on this machine."""
    return None if store.state.embeds is None else store.state.embeds.destination_of(store.kind)
