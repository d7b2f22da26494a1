"""The base of the adapters whose texts can be embedded."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

from memio.capabilities import Feature
from memio.errors import ConfigError, Fault, NotSupportedError, OtherModelError
from memio.owners import ANYWHERE, Scope
from memio.protocols import Embedded, Mode, StoreEmbedder
from memio.providers.sqlite._meaning.question import Question
from memio.providers.sqlite._store import SqliteStore
from memio.providers.sqlite._usual import MEMORY
from memio.toolkit.meaning import no_embedder, vector_of_query

if TYPE_CHECKING:
    from memio.providers.sqlite._meaning.embedding import Embedding
    from memio.providers.sqlite._meaning.matrix import TableMatrix

_logger = logging.getLogger("memio.sqlite")


class SqliteTextStore(SqliteStore):
    """A store of texts that can be searched by meaning; see `SqliteStore` for its arguments."""

    table: ClassVar[str]
    weight_of_meaning: ClassVar[float]
    features: frozenset[str]
    _embedder: StoreEmbedder | None = None
    _embedding: Embedding | None = None
    _matrix: TableMatrix | None = None
    _warned = False
    _lock = Lock()
    """Held while a matrix is made, which is a moment."""

    def use_embedder(self, embedder: StoreEmbedder) -> None:
        """Take the embedder of the client, so that the store searches by meaning as well.

        Raises:
            ConfigError: numpy is not installed.
        """
        from importlib.util import find_spec

        from memio.providers.sqlite._meaning.embedding import Embedding

        if find_spec("numpy") is None:
            fault = Fault("embedder", "the sqlite provider needs numpy for it: pip install 'memio-core[semantic]'")
            raise ConfigError([fault])
        self._embedder = embedder
        self._embedding = Embedding(self._engine, self.table, embedder)
        self.features = type(self).features | {Feature.SEMANTIC_SEARCH}

    async def embed_pending(self, *, limit: int) -> Embedded:
        """Embed records that have no vectors yet, and return how many got them and how many were refused.

        Raises:
            OtherModelError: The vectors of the file are of another model.
            NotSupportedError: The file is only read.
        """
        embedding = self._embeds()
        if limit > 0 and self._engine.read_only:
            raise NotSupportedError(
                f"this client only reads {self._engine.path} (read_only = true), and embeds nothing",
                hint="leave read_only out",
            )
        try:
            return await embedding.embed_pending(limit)
        except OtherModelError as error:
            self._warn(error.message)
            raise

    async def count_pending(self, *, before: int | None = None, scope: Scope = ANYWHERE) -> Embedded:
        """Count the records that have no vectors of the embedder's model yet, and those that it refused."""
        return await self._embeds().count(scope, before)

    async def reindex(self, *, limit: int) -> int:
        """Embed records with the embedder's model beside those of the current one; return how many are left."""
        return await self._embeds().reindex(limit)

    async def erase(self, *, scope: Scope = ANYWHERE) -> list[str]:
        """Rewrite the file without anything that was deleted from it, of every kind and owner."""
        notices = await super().erase(scope=scope)
        if self._matrix is not None:
            self._matrix.drop()
        return notices

    async def _question(self, query: str, mode: Mode) -> Question | None:
        """Return what a search asks for by meaning, or `None` where it goes by words alone."""
        vector = await vector_of_query(self._embedder, query, mode, "sqlite")
        if vector is None or self._embedder is None:
            return None
        weight = None if mode == "semantic" else self.weight_of_meaning
        matrix = None if self._engine.path == MEMORY else self._obtain_matrix
        return Question(self.table, self._embedder.model, vector, weight, matrix, self._warn)

    def _obtain_matrix(self) -> TableMatrix:
        """Return the bits of the vectors. A thread calls it, because it may import numpy."""
        from memio.providers.sqlite._meaning.matrix import TableMatrix

        with self._lock:
            if self._matrix is None:
                self._matrix = TableMatrix()
            return self._matrix

    def _embeds(self) -> Embedding:
        if self._embedding is None:
            raise no_embedder("sqlite", "embed texts")
        return self._embedding

    def _warn(self, message: str) -> None:
        """Log a warning, once for each store."""
        if not self._warned:
            self._warned = True
            _logger.warning("%s; searches go by words alone", message)
