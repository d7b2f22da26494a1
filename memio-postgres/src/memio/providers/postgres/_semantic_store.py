"""The base of the adapters whose texts can be embedded."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from memio.protocols import Mode, StoreEmbedder
from memio.providers.postgres._db.migrations import NoVectorsError
from memio.providers.postgres._meaning.embedding import Embedding
from memio.providers.postgres._meaning.nearest import Question, search_meant
from memio.providers.postgres._search import Find, search_rows
from memio.providers.postgres._store import PostgresStore
from memio.toolkit.meaning import EmbeddedTexts


class PostgresTextStore(EmbeddedTexts, PostgresStore):
    """A store of texts that can be searched by meaning; see `PostgresStore` for its arguments."""

    table: ClassVar[str]

    def use_embedder(self, embedder: StoreEmbedder) -> None:
        """Take the embedder of the client, so that the store searches by meaning as well."""
        self._embed_with(embedder, Embedding(self._database, self.table, embedder))

    async def _find(self, query: str, mode: Mode) -> Find:
        """Return what ranks the rows of a search: by words, by meaning, or by both.

        Raises:
            NoVectorsError: The search goes by meaning alone, and the database cannot hold vectors.
        """
        by_words = partial(search_rows, self._database.read)
        vector = await self._vector_of(query, mode)
        if vector is None or self._embedder is None:
            return by_words
        weight = self._weight_of(mode)
        try:
            await self._database.vector()
        except NoVectorsError as error:
            if weight is None:
                raise
            self._warn(error.message)
            return by_words
        question = Question(self.table, self._embedder.model, vector, weight, self._warn)
        return partial(search_meant, self._database, question)
