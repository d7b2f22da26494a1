"""The check of a store when a client is made: its methods, their keywords, and what it declares."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, get_origin

from memio._values.text import type_name
from memio.capabilities import KINDS, REQUIRES, Feature, Kind
from memio.kinds import SPECS, TAKES, Method, supports

_OPTIONAL: dict[str, type] = {
    "provider": str,
    "identity": str,
    "max_content_bytes": int,
    "max_metadata_bytes": int,
    "max_part_bytes": int,
    "hints": Mapping,
}


def faults_of(store: object, kind: Kind) -> list[str]:
    """Return every reason why an object is not a store of a kind, in plain sentences.

    It looks at the methods, at the keywords that they take for the declared features, at whether
    calling them gives something to await, and at the declarations themselves.
    """
    if isinstance(store, type):
        return [f"{store.__name__} is a class: pass an instance, {store.__name__}(…)"]
    name = type_name(store)
    if isinstance(store, (str, Mapping)):
        # Not shown: it may be a secret that went to the wrong place.
        return [f"a {name} is not a store: Memio.from_config({{{kind!r}: …}}) opens one by its name"]
    faults = _faults_of(store, kind)
    if faults:
        for other in KINDS:
            if other != kind and not _faults_of(store, other):
                return [f"{name} is a store of {other}, not of {kind}"]
    return faults


def _faults_of(store: object, kind: Kind) -> list[str]:
    faults: list[str] = []
    features = _declared(store, "features", faults)
    guarantees = _declared(store, "guarantees", faults)
    for name, needed in REQUIRES.items():
        if name in features:
            faults += [
                f"it declares {str(name)!r}, which makes sense only together with {str(other)!r}"
                for other in needed
                if other not in features | guarantees
            ]
    for name, method in SPECS[kind].methods.items():
        if method.optional and not supports(store, name):
            continue
        if method.needs is None or method.needs in features:
            faults += _method_faults(store, name, method, features)
    faults += _method_faults(store, "aclose", Method((), whose="none"), features)
    for attribute, kinds in _OPTIONAL.items():
        value = getattr(store, attribute, None)
        if value is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
            faults.append(f"its `{attribute}` is a {type_name(value)}: make it a {kinds.__name__}, or leave it out")
    return faults


def _declared(store: object, attribute: str, faults: list[str]) -> frozenset[str]:
    try:
        value = getattr(store, attribute)
    except AttributeError:
        faults.append(
            f"it has no attribute `{attribute}`: a frozenset of strings, empty when there is nothing to declare"
        )
        return frozenset()
    if isinstance(value, str) or not isinstance(value, (AbstractSet, list, tuple)):
        faults.append(f"its `{attribute}` is a {type_name(value)}: make it a frozenset of strings")
        return frozenset()
    wrong = [item for item in value if not isinstance(item, str)]  # pyright: ignore[reportUnknownVariableType]
    if wrong:
        faults.append(f"its `{attribute}` holds {wrong[0]!r}, which is not a string")
    return frozenset(str(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _method_faults(store: object, name: str, method: Method, features: frozenset[str]) -> list[str]:
    function = getattr(store, name, None)
    if function is None:
        because = f", which the feature {method.needs.value!r} promises" if method.needs else ""
        return [f"it has no method `{name}`{because}"]
    if not callable(function):
        return [f"its `{name}` is not a method but a {type_name(function)}"]
    faults = [] if _awaitable(function) else [f"its `{name}` is not async: declare it with `async def`"]
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return faults  # a callable of an extension module without a signature
    optional = {
        keyword: f"the feature {feature.value!r} promises"
        for keyword, feature in method.optional_keywords
        if feature in features
    }
    optional |= dict.fromkeys(method.given, "memio passes when the caller gave it")
    declared = sorted(TAKES[method.whose] & features)
    if method.takes and declared:
        optional[method.takes] = f"the feature {str(declared[0])!r} promises"
    return faults + _keyword_faults(name, signature, method.core, optional)


_EMBEDDING = {
    "embed_pending": Method(("limit",), whose="none"),
    "count_pending": Method((), given=("before",), whose="span"),
    "reindex": Method(("limit",), whose="none"),
}
"""The methods of a store that can take an embedder, besides `use_embedder`."""


def faults_of_embedding(store: object) -> list[str]:
    """Return every reason why a store that took an embedder is no `SupportsEmbedding`."""
    faults: list[str] = []
    features = _declared(store, "features", faults)
    for name, method in _EMBEDDING.items():
        faults += _method_faults(store, name, method, features)
    if Feature.SEMANTIC_SEARCH not in features:
        faults.append(f"it took an embedder and does not declare {Feature.SEMANTIC_SEARCH.value!r}")
    return faults


def _keyword_faults(
    name: str, signature: inspect.Signature, core: tuple[str, ...], optional: dict[str, str]
) -> list[str]:
    parameters = signature.parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    named = {
        keyword: parameter
        for keyword, parameter in parameters.items()
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    }
    faults: list[str] = []
    if not takes_any:
        faults += [f"its `{name}` takes no keyword `{keyword}`" for keyword in core if keyword not in named]
        faults += [
            f"its `{name}` takes no keyword `{keyword}`, which {because}"
            for keyword, because in optional.items()
            if keyword not in named
        ]
    for keyword, parameter in parameters.items():
        if parameter.default is not parameter.empty or parameter.kind in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        ):
            continue
        if keyword in optional:
            faults.append(
                f"its `{name}` takes `{keyword}` without a default: it is passed only when the caller gave it"
            )
        elif keyword not in core or parameter.kind is parameter.POSITIONAL_ONLY:
            faults.append(f"its `{name}` requires `{keyword}`, which memio does not pass")
    return faults


def _awaitable(function: Callable[..., Any]) -> bool:
    for candidate in (function, inspect.unwrap(function), getattr(type(function), "__call__", None)):  # noqa: B004  # the method itself is wanted
        if inspect.iscoroutinefunction(candidate):
            return True
    returned = getattr(inspect.unwrap(function), "__annotations__", {}).get("return")
    if isinstance(returned, str):
        return returned.rpartition(".")[2].startswith(("Awaitable[", "Coroutine[")) or "Awaitable[" in returned
    return get_origin(returned) in (Awaitable, Coroutine)


_ATTRIBUTES: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "dimensions": (int,),
    "max_chars": (int,),
    "destination": (str, type(None)),
}
"""What an embedder states about itself."""


def faults_of_embedder(embedder: object) -> list[str]:
    """Return every reason why an object is not an `Embedder`, in plain sentences."""
    if isinstance(embedder, type):
        return [f"{embedder.__name__} is a class: pass an instance, {embedder.__name__}(…)"]
    if isinstance(embedder, (str, Mapping)):
        return [f"a {type(embedder).__name__} is not an embedder: Memio.from_config opens one by its name"]
    methods = ("embed_documents", "embed_queries", "aclose")
    if hasattr(embedder, "embed_query") and not hasattr(embedder, "embed_queries"):
        name = type_name(embedder)
        return [f"{name} is not an embedder: one of LangChain is passed as LangchainEmbedder({name}(…))"]
    faults = [fault for name in _ATTRIBUTES if (fault := _attribute_fault(embedder, name))]
    for name in methods:
        function = getattr(embedder, name, None)
        if not callable(function):
            faults.append(f"it has no method `{name}`")
        elif not _awaitable(function):
            faults.append(f"its `{name}` is not async: declare it with `async def`")
    return faults


def _attribute_fault(embedder: object, name: str) -> str | None:
    types = _ATTRIBUTES[name]
    value = getattr(embedder, name, _MISSING)
    if value is _MISSING:
        return f"it has no attribute `{name}`"
    if not isinstance(value, types) or isinstance(value, bool) or value == "":
        return f"its `{name}` is {value!r}: it must be a {types[0].__name__}, and not empty"
    if isinstance(value, int) and value < (1 if name == "max_chars" else 0):
        return f"its `{name}` is {value!r}: it must be greater"
    return None


_MISSING = object()
