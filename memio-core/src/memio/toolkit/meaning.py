"""What stores that search by meaning do alike: choosing how to search, and embedding texts that were claimed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import ClassVar, Protocol, TypeVar

from memio.capabilities import Feature
from memio.errors import ClosedError, MemioError, NotSupportedError, OtherModelError, ProviderError, UnavailableError
from memio.owners import ANYWHERE, Scope
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


class Embeds(Protocol):
    """What embeds the texts of a store with the embedder of a client; see `memio.protocols.SupportsEmbedding`."""

    async def embed_pending(self, limit: int) -> Embedded:
        """Embed at most so many records."""
        ...

    async def count(self, scope: Scope, before: int | None) -> Embedded:
        """Return how many texts in scope have no vector yet, and how many were refused."""
        ...

    async def reindex(self, limit: int) -> int:
        """Embed at most so many records anew; return how many are left."""
        ...


class EmbeddedTexts:
    """The base of a store whose texts can be embedded, beside that of its provider.

    `use_embedder` of the store calls `_embed_with`, and its searches call `_vector_of` and `_weight_of`.
    """

    provider: str
    weight_of_meaning: ClassVar[float]
    features: frozenset[str]
    _embedder: StoreEmbedder | None = None
    _embedding: Embeds | None = None
    _warned = False

    async def embed_pending(self, *, limit: int) -> Embedded:
        """Embed records that have no vectors yet, and return how many got them and how many were refused.

        Raises:
            OtherModelError: The stored vectors are of another model.
        """
        try:
            return await self._embeds().embed_pending(limit)
        except OtherModelError as error:
            self._warn(error.message)
            raise

    async def count_pending(self, *, before: int | None = None, scope: Scope = ANYWHERE) -> Embedded:
        """Count the records that have no vectors of the embedder's model yet, and those that it refused."""
        return await self._embeds().count(scope, before)

    async def reindex(self, *, limit: int) -> int:
        """Embed records with the embedder's model beside those of the current one; return how many are left."""
        return await self._embeds().reindex(limit)

    def _embed_with(self, embedder: StoreEmbedder, embedding: Embeds) -> None:
        """Take an embedder, so that the store searches by meaning as well."""
        self._embedder = embedder
        self._embedding = embedding
        self.features = type(self).features | {Feature.SEMANTIC_SEARCH}

    def _embeds(self) -> Embeds:
        if self._embedding is None:
            raise no_embedder(self.provider, "embed texts")
        return self._embedding

    async def _vector_of(self, query: str, mode: Mode) -> Sequence[float] | None:
        """Return the vector of a query; see `vector_of_query`."""
        return await vector_of_query(self._embedder, query, mode, self.provider)

    def _weight_of(self, mode: Mode) -> float | None:
        """Return the weight of the meaning beside words; `None` for a search by meaning alone."""
        return None if mode == "semantic" else self.weight_of_meaning

    def _warn(self, message: str) -> None:
        """Log a warning, once for each store."""
        if not self._warned:
            self._warned = True
            logging.getLogger(f"memio.{self.provider}").warning("%s; searches go by words alone", message)


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
