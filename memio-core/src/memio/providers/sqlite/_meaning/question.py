"""What a search asks for by meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING

from memio.providers.sqlite._meaning.models import Model, current_model, other_model
from memio.toolkit import FUSED, fused

if TYPE_CHECKING:
    from memio.providers.sqlite._meaning.matrix import TableMatrix
    from memio.providers.sqlite._meaning.members import Members
    from memio.providers.sqlite._search.index import Accept

Found = list[tuple[int, float]]
"""Numbers of records and their scores, the best first."""


class Question:
    """A query as a vector.

    Args:
        table: The table that is searched.
        model: The model that has made the vector.
        vector: The vector.
        weight: The weight of the meaning beside words; `None` for a search by meaning alone.
        matrix: Returns the bits of the vectors of the table; `None` where all vectors are to be compared.
        warn: Called with a message where the vectors of the file are of another model.
    """

    def __init__(
        self,
        table: str,
        model: str,
        vector: Sequence[float],
        weight: float | None,
        matrix: Callable[[], TableMatrix] | None,
        warn: Callable[[str], None],
    ) -> None:
        self._table = table
        self._model = model
        self._vector = vector
        self._weight = weight
        self._matrix = matrix
        self._warn = warn

    @property
    def by_words_too(self) -> bool:
        """Whether words count as well."""
        return self._weight is not None

    def best(
        self, db: Connection, members: Members, limit: int, accept: Accept | None, by_words: Callable[[int], Found]
    ) -> Found:
        """Return number and score of the best records. Runs inside a transaction of the engine, in a thread.

        Args:
            db: The connection.
            members: The records of the span.
            limit: How many at most.
            accept: Chooses records. It does not change scores.
            by_words: Returns so many records that are found by words.

        Raises:
            OtherModelError: The search goes by meaning alone, and the vectors of the file are of another model.
        """
        from memio.providers.sqlite._meaning.nearest import Search, nearest
        from memio.toolkit.vectors import QueryVector

        model = self._current(db)
        if model is None:
            return [] if self._weight is None else by_words(limit)
        matrix = None if self._matrix is None else self._matrix()
        search = Search(self._table, model, QueryVector(self._vector), matrix)
        if self._weight is None:
            return nearest(db, search, members, limit, accept)
        number = max(limit, FUSED)
        return fused(by_words(number), nearest(db, search, members, number, accept), self._weight, limit)

    def _current(self, db: Connection) -> Model | None:
        """Return the model of the file where it is that of the query and has vectors."""
        model = current_model(db, self._table)
        if model is None or not model.dimensions:
            return None
        if model.name == self._model and model.dimensions == len(self._vector):
            return model
        error = other_model(self._table, model, self._model, len(self._vector))
        if self._weight is None:
            raise error
        self._warn(error.message)
        return None
