"""The base of the adapters whose texts can be embedded."""

from __future__ import annotations

import logging
from functools import partial
from typing import ClassVar

from memio.capabilities import Feature
from memio.errors import OtherModelError
from memio.owners import ANYWHERE, Scope
from memio.protocols import Embedded, Mode, StoreEmbedder
from memio.providers.postgres._db.migrations import NoVectorsError
from memio.providers.postgres._meaning.embedding import Embedding
from memio.providers.postgres._meaning.nearest import Question, search_meant
from memio.providers.postgres._search import Find, search_rows
from memio.providers.postgres._store import PostgresStore
from memio.toolkit.meaning import no_embedder, vector_of_query

_logger = logging.getLogger("memio.postgres")


class PostgresTextStore(PostgresStore):
    """A store of texts that can be searched by meaning; see `PostgresStore` for its arguments."""

    table: ClassVar[str]
    weight_of_meaning: ClassVar[float]
    features: frozenset[str]
    _embedder: StoreEmbedder | None = None
    _embedding: Embedding | None = None
    _warned = False

    def use_embedder(self, embedder: StoreEmbedder) -> None:
        """Take the embedder of the client, so that the store searches by meaning as well."""
        self._embedder = embedder
        self._embedding = Embedding(self._database, self.table, embedder)
        self.features = type(self).features | {Feature.SEMANTIC_SEARCH}

    async def embed_pending(self, *, limit: int) -> Embedded:
        """Embed records that have no vectors yet, and return how many got them and how many were refused.

        Raises:
            OtherModelError: The vectors of the database are of another model.
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

    async def _find(self, query: str, mode: Mode) -> Find:
        """Return what ranks the rows of a search: by words, by meaning, or by both.

        Raises:
            NoVectorsError: The search goes by meaning alone, and the database cannot hold vectors.
        """
        by_words = partial(search_rows, self._database.read)
        vector = await vector_of_query(self._embedder, query, mode, "postgres")
        if vector is None or self._embedder is None:
            return by_words
        weight = None if mode == "semantic" else self.weight_of_meaning
        try:
            await self._database.vector()
        except NoVectorsError as error:
            if weight is None:
                raise
            self._warn(error.message)
            return by_words
        question = Question(self.table, self._embedder.model, vector, weight, self._warn)
        return partial(search_meant, self._database, question)

    def _embeds(self) -> Embedding:
        if self._embedding is None:
            raise no_embedder("postgres", "embed texts")
        return self._embedding

    def _warn(self, message: str) -> None:
        """Log a warning, once for each store."""
        if not self._warned:
            self._warned = True
            _logger.warning("%s; searches go by words alone", message)
