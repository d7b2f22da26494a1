"""The base of the adapters whose texts can be embedded."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, ClassVar

from memio.errors import ConfigError, Fault, NotSupportedError
from memio.owners import ANYWHERE, Scope
from memio.protocols import Embedded, Mode, StoreEmbedder
from memio.providers.sqlite._meaning.question import Question
from memio.providers.sqlite._store import SqliteStore
from memio.providers.sqlite._usual import MEMORY
from memio.toolkit.meaning import EmbeddedTexts

if TYPE_CHECKING:
    from memio.providers.sqlite._meaning.matrix import TableMatrix


class SqliteTextStore(EmbeddedTexts, SqliteStore):
    """A store of texts that can be searched by meaning; see `SqliteStore` for its arguments."""

    table: ClassVar[str]
    _matrix: TableMatrix | None = None
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
        self._embed_with(embedder, Embedding(self._engine, self.table, embedder))

    async def embed_pending(self, *, limit: int) -> Embedded:
        """Embed records that have no vectors yet, and return how many got them and how many were refused.

        Raises:
            OtherModelError: The vectors of the file are of another model.
            NotSupportedError: The file is only read.
        """
        self._embeds()
        if limit > 0 and self._engine.read_only:
            raise NotSupportedError(
                f"this client only reads {self._engine.path} (read_only = true), and embeds nothing",
                hint="leave read_only out",
            )
        return await super().embed_pending(limit=limit)

    async def erase(self, *, scope: Scope = ANYWHERE) -> list[str]:
        """Rewrite the file without anything that was deleted from it, of every kind and owner."""
        notices = await super().erase(scope=scope)
        if self._matrix is not None:
            self._matrix.drop()
        return notices

    async def _question(self, query: str, mode: Mode) -> Question | None:
        """Return what a search asks for by meaning, or `None` where it goes by words alone."""
        vector = await self._vector_of(query, mode)
        if vector is None or self._embedder is None:
            return None
        matrix = None if self._engine.path == MEMORY else self._obtain_matrix
        return Question(self.table, self._embedder.model, vector, self._weight_of(mode), matrix, self._warn)

    def _obtain_matrix(self) -> TableMatrix:
        """Return the bits of the vectors. A thread calls it, because it may import numpy."""
        from memio.providers.sqlite._meaning.matrix import TableMatrix

        with self._lock:
            if self._matrix is None:
                self._matrix = TableMatrix()
            return self._matrix
