"""What stores that search by meaning do alike: choosing how to search, and embedding texts that were claimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from memio.errors import ClosedError, MemioError, NotSupportedError, OtherModelError, ProviderError, UnavailableError
from memio.protocols import Embedded, Mode, StoreEmbedder
from memio.toolkit.words import query_terms


def other_model(texts: str, model: str, dimensions: int, name: str, length: int = 0) -> OtherModelError:
    """Return the error for vectors of another model than that of the embedder, or of another length.

    Args:
        texts: What has vectors, such as "facts of this file".
        model: The model of the vectors.
        dimensions: Their length.
        name: The model of the embedder.
        length: The length of its vectors; default unknown.
    """
    if model == name:
        return OtherModelError(
            f"the {texts} have vectors of {dimensions} numbers, and the embedder {name!r} makes vectors of {length}: "
            "let it state another model, and run `memio reindex`"
        )
    return OtherModelError(
        f"the {texts} are embedded with {model!r}, and the embedder is {name!r}, so that they cannot be searched by "
        "meaning: run `memio reindex`, or configure the former embedder"
    )


def no_embedder(provider: str, what: str) -> NotSupportedError:
    """Return the error for what a store is asked that needs an embedder."""
    return NotSupportedError(
        f"this {provider} store cannot {what} without an embedder",
        hint="configure an embedder, or call use_embedder first",
    )


async def vector_of_query(
    embedder: StoreEmbedder | None, query: str, mode: Mode, provider: str
) -> Sequence[float] | None:
    """Return the vector of a query, or `None` where a search goes by words alone.

    Args:
        embedder: The embedder of the store, if it has one.
        query: What is searched for.
        mode: How.
        provider: The name of the provider, for errors.

    Raises:
        NotSupportedError: The search is by meaning alone, and there is no embedder.
        UnavailableError: The search is by meaning alone, and the query cannot be embedded.
    """
    if mode == "keyword" or (mode == "auto" and embedder is None):
        return None
    if embedder is None:
        raise no_embedder(provider, "search by meaning")
    by_meaning_alone = mode == "semantic"
    if not by_meaning_alone and not query_terms(query):
        return None  # it is found as a part of a text
    return await embedder.embed_query(query, required=by_meaning_alone)


class Claimed(Protocol):
    """A text that was claimed to be embedded."""

    @property
    def windows(self) -> list[str]:
        """What is embedded of it."""
        ...


C = TypeVar("C", bound=Claimed)
C_contra = TypeVar("C_contra", bound=Claimed, contravariant=True)


class Claims(Protocol[C_contra]):
    """What becomes of texts that were claimed for a model."""

    async def store(self, vectors: Sequence[tuple[C_contra, Sequence[Sequence[float]]]]) -> int:
        """Store the vectors of the windows of texts that are still the same, and return of how many texts."""
        ...

    async def refuse(self, text: C_contra) -> None:
        """Note that the embedder refused a text alone."""
        ...

    async def release(self, texts: Sequence[C_contra]) -> None:
        """Let texts be claimed again at once."""
        ...


async def embed_claimed(
    embedder: StoreEmbedder, texts: list[C], claims: Claims[C], check: Callable[[int], None]
) -> Embedded:
    """Embed texts that were claimed, in halves where they are refused. Those that are left by a failure are released.

    Args:
        embedder: The embedder.
        texts: The texts.
        claims: What becomes of them.
        check: Called with the length of the vectors before they are stored; raises where it is another than before.

    Returns:
        How many got their vectors, as `pending`, and how many were refused, as `failed`.

    Raises:
        UnavailableError: There are no vectors now, or not of this length.
    """
    batches = [texts]
    stored = refused = 0
    try:
        while batches:
            batch = batches[-1]
            try:
                vectors = await embedder.embed_documents([window for text in batch for window in text.windows])
            except (UnavailableError, ClosedError):
                raise
            except ProviderError:
                batches.pop()
                if len(batch) > 1:
                    middle = len(batch) // 2
                    batches += [batch[middle:], batch[:middle]]
                else:
                    await claims.refuse(batch[0])
                    refused += 1
                continue
            if vectors:
                check(len(vectors[0]))
            remaining = iter(vectors)
            stored += await claims.store([(text, [next(remaining) for _ in text.windows]) for text in batch])
            batches.pop()
    except BaseException:  # also where the caller is cancelled
        with suppress(MemioError):  # a claim ends after a while anyway
            await claims.release([text for batch in batches for text in batch])
        raise
    return Embedded(stored, refused)
