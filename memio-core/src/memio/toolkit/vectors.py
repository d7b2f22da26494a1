"""Vectors in a byte for each number, and their comparison. Needs numpy: `pip install 'memio-core[semantic]'`.

A score does not depend on which other vectors are compared in the same call: all numbers are integers, small enough
that their sums are exact in the floating-point numbers that processors add fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEVELS = 127
_SQUARES = 4
"""Bytes before the numbers of a packed vector: the sum of their squares."""
_EXACT = 1 << 24
"""Up to where integers are exact in single precision."""
_FINE = 1 << 20
_SINGLE_PRECISION_UP_TO = 1_024
"""Dimensions up to which a query of at least 129 levels has exact sums in single precision."""
_WEIGHED_AT_ONCE = 512
_WEIGHT = 255
"""The weight of the shortest packed vector in a mean. Sums of so many vectors are exact in single precision."""
_LEAST_SQUARE = 0.01
"""The least square of a distance from a mean. A smaller one is of vectors that are nearly all the same."""
_AT_ONCE = 4_096
"""How many vectors are compared at once; of 384 dimensions they take six megabytes."""
_COUNTED_AT_ONCE = 65_536
_RECORD_BITS = 48
_WORD = 8

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def pack(vectors: Sequence[Sequence[float]]) -> list[bytes]:
    """Return vectors of equal length as bytes, of any scale: directions are all that is kept."""
    given = np.asarray(vectors, dtype=np.float64)
    peaks = np.abs(given).max(axis=1, keepdims=True)
    scaled = np.divide(given, peaks, out=np.zeros_like(given), where=peaks > 0)
    numbers = np.rint(scaled * _LEVELS).astype(np.int8)
    squares = (numbers.astype(np.int64) ** 2).sum(axis=1).astype("<u4")
    return [square.tobytes() + row.tobytes() for square, row in zip(squares, numbers, strict=True)]


def dimensions_of(packed: bytes) -> int:
    """Return the length of a packed vector."""
    return len(packed) - _SQUARES


def centre_of(vectors: Sequence[Sequence[float]]) -> bytes:
    """Return the mean of the directions of some vectors, as bytes."""
    given = np.asarray(vectors, dtype=np.float64)
    norms = np.sqrt((given**2).sum(axis=1, keepdims=True))
    directions = np.divide(given, norms, out=np.zeros_like(given), where=norms > 0)
    centre: Floats = directions.mean(axis=0)
    return bytes(centre.astype("<f4").tobytes())


def mean_of(batches: Iterable[Sequence[bytes]]) -> Floats | None:
    """Return the mean of the directions of packed vectors and of one without a direction; `None` where there are none.

    The one more matters where there are few: the mean of a single vector would leave nothing of it. The result does not
    depend on the order of the vectors.
    """
    total: Floats | None = None
    number = 1
    for packed in batches:
        for at in range(0, len(packed), _WEIGHED_AT_ONCE):
            squares, numbers = _unpacked(packed[at : at + _WEIGHED_AT_ONCE])
            norms = np.sqrt(squares.astype(np.float64))
            weights = np.rint(np.divide(_WEIGHT * _LEVELS, norms, out=np.zeros_like(norms), where=norms > 0))
            some = _sums("i,ij->j", weights.astype(np.float32), numbers)
            total = some if total is None else total + some
            number += len(squares)
    return None if total is None else total / (_WEIGHT * _LEVELS * number)


class QueryVector:
    """The vector of a query, which is compared with packed ones.

    Args:
        vector: The vector, of any scale.
    """

    def __init__(self, vector: Sequence[float]) -> None:
        given = np.asarray(vector, dtype=np.float64)
        self.dimensions = len(given)
        levels, kind = _levels_of(self.dimensions)
        peak = np.abs(given).max()
        self._numbers: NDArray[Any] = np.rint(given / peak * levels if peak > 0 else given).astype(kind)
        numbers = self._numbers.astype(np.float64)
        self._norm = float(np.sqrt((numbers**2).sum()))
        self._direction: Floats = numbers / self._norm if self._norm else numbers

    def beyond(self, centre: Floats | None) -> NDArray[np.bool_]:
        """Return for each number of the direction whether it is greater than that of a centre, by default 0."""
        return self._direction > (0.0 if centre is None else centre)

    def scores(self, packed: Sequence[bytes], mean: Floats | None = None) -> Floats:
        """Return the cosine of the angle to each vector: from -1 to 1.

        Args:
            packed: The vectors.
            mean: From `mean_of`: the angles are those seen from there. The vectors of many models are in a narrow cone,
                and what they have in common tells nothing. A vector without a direction then has -1; default 0, where
                it has 0.
        """
        scores = self._scores if mean is None or not self._norm else _FromMean(self._direction, mean).scores
        parts = [scores(packed[at : at + _AT_ONCE]) for at in range(0, len(packed), _AT_ONCE)]
        found: Floats = np.concatenate(parts) if parts else np.empty(0)
        return found

    def _scores(self, packed: Sequence[bytes]) -> Floats:
        squares, numbers = _unpacked(packed)
        sums = _sums("j,ij->i", self._numbers, numbers)
        norms = np.sqrt(squares.astype(np.float64)) * self._norm
        found: Floats = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
        return found


class _FromMean:
    """Compares vectors with a direction as they are seen from their mean.

    With the directions v and q and the mean m, a score is (v - m)(q - m) / |v - m| |q - m|, where |v - m|² is
    1 - 2vm + m². So the sums of products of each vector with q - m and m are enough, and they are exact.
    """

    def __init__(self, direction: Floats, mean: Floats) -> None:
        query = direction - mean
        given = np.stack([query, mean])
        levels, kind = _levels_of(len(mean))
        peaks = np.abs(given).max(axis=1, keepdims=True)
        self._scales: Floats = np.where(peaks > 0, levels / np.where(peaks > 0, peaks, 1.0), 1.0)[:, 0]
        scaled = given * self._scales[:, np.newaxis]
        coarse = np.rint(scaled)
        fine = np.rint((scaled - coarse) * levels)  # a difference of such vectors is small beside them
        self._levels = levels
        self._numbers: NDArray[Any] = np.concatenate([coarse, fine]).astype(kind)
        self._length = float(np.sqrt((query**2).sum()))
        self._offset = float((mean * query).sum())
        self._square = float((mean**2).sum())

    def scores(self, packed: Sequence[bytes]) -> Floats:
        squares, numbers = _unpacked(packed)
        sums = _sums("kj,ij->ki", self._numbers, numbers)
        norms = np.sqrt(squares.astype(np.float64))
        there = norms > 0
        products = (sums[:2] + sums[2:] / self._levels) / self._scales[:, np.newaxis]
        from_query, from_mean = np.divide(products, norms, out=np.zeros_like(products), where=there)
        along = from_query - self._offset
        distances = np.sqrt(np.maximum(1 - 2 * from_mean + self._square, _LEAST_SQUARE))
        found = along / (distances * self._length) if self._length else np.zeros_like(along)
        return np.where(there, np.clip(found, -1.0, 1.0), -1.0)


def best_of_each(records: Sequence[int], scores: Floats) -> list[tuple[int, float]]:
    """Return each record with its best score, the best first; of equal ones, that of the greatest number first.

    Args:
        records: The numbers of records, those of one record one after the other.
        scores: Their scores.
    """
    if not len(records):
        return []
    numbers = np.asarray(records, dtype=np.int64)
    begins = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    numbers, best = numbers[begins], np.maximum.reduceat(scores, begins)
    order = np.lexsort((-numbers, -best))
    return list(zip(numbers[order].tolist(), best[order].tolist(), strict=True))


class BitMatrix:
    """Many vectors in memory, a bit for each number: what is near by the bits is near by the numbers, too.

    Any thread may use it. Vectors are only added: one that has been replaced or deleted is found in vain.

    Args:
        centre: From `centre_of`, for vectors of typical texts; default 0. A bit tells on which side of it a number is.
            The vectors of many models lie on one side of 0 in many dimensions, whose bits would tell nothing.
    """

    def __init__(self, centre: bytes = b"") -> None:
        self._centre: Floats | None = np.frombuffer(centre, dtype="<f4").astype(np.float64) if centre else None
        self._lock = Lock()
        self._size = 0
        self._records: Integers = np.empty(0, dtype=np.int64)
        self._bits: NDArray[np.uint64] = np.empty((0, 0), dtype=np.uint64)

    def __len__(self) -> int:
        """Return how many vectors there are."""
        return self._size

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return self._records.nbytes + self._bits.nbytes

    def extend(self, records: Sequence[int], packed: Sequence[bytes]) -> None:
        """Add vectors, each with the number of its record."""
        if not records:
            return
        bits = _bits(self._beyond(packed))
        with self._lock:
            end = self._size + len(records)
            if end > len(self._records):
                capacity = end + end // 8
                self._records = _grown(self._records, self._size, (capacity,))
                self._bits = _grown(self._bits, self._size, (capacity, bits.shape[1]))
            self._records[self._size : end] = records
            self._bits[self._size : end] = bits
            self._size = end

    def nearest(self, query: QueryVector, number: int, among: Integers | None = None) -> Iterator[list[int]]:
        """Yield the numbers of records, some at a time, the nearest first; of equal ones, the greatest number first.

        Args:
            query: The query.
            number: About how many are needed.
            among: The numbers of the records that count, ascending; default all.
        """
        with self._lock:
            records, bits = self._records[: self._size], self._bits[: self._size]
        if among is not None:
            places = np.searchsorted(among, records)
            places[places == len(among)] = 0
            chosen = np.flatnonzero(among[places] == records) if len(among) else np.empty(0, dtype=np.int64)
            records, bits = records[chosen], bits[chosen]
        own = _bits(query.beyond(self._centre)[np.newaxis])
        ranks = _distances(bits, own) << _RECORD_BITS | ((1 << _RECORD_BITS) - 1 - records)
        seen: set[int] = set()
        for some in _ascending(ranks, 2 * number):
            found = dict.fromkeys(((1 << _RECORD_BITS) - 1 - (some & ((1 << _RECORD_BITS) - 1))).tolist())
            fresh = [record for record in found if record not in seen]
            seen.update(fresh)
            yield fresh

    def _beyond(self, packed: Sequence[bytes]) -> NDArray[np.bool_]:
        squares, numbers = _unpacked(packed)
        if self._centre is None:
            return numbers > 0
        return numbers > self._centre * np.sqrt(squares.astype(np.float64))[:, np.newaxis]


def _levels_of(dimensions: int) -> tuple[int, type[np.float32 | np.float64]]:
    """Return the greatest whole number whose sums of products with packed vectors are exact, and the kind of number."""
    if dimensions <= _SINGLE_PRECISION_UP_TO:
        return (_EXACT - 1) // (_LEVELS * dimensions), np.float32
    return _FINE, np.float64


def _sums(subscripts: str, factors: NDArray[Any], numbers: NDArray[np.int8]) -> Floats:
    """Return sums of products, made in this thread.

    Libraries for matrices use several threads, and on a busy machine wait twenty times longer for them than this takes.
    """
    found: Floats = np.einsum(subscripts, factors, numbers.astype(factors.dtype)).astype(np.float64)
    return found


def _unpacked(packed: Sequence[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.int8]]:
    """Return the sums of squares and the numbers of packed vectors."""
    data = np.frombuffer(b"".join(packed), dtype=np.uint8).reshape(len(packed), -1)
    squares = np.ascontiguousarray(data[:, :_SQUARES]).view("<u4")[:, 0]
    return squares, data[:, _SQUARES:].view(np.int8)


def _bits(signs: NDArray[np.bool_]) -> NDArray[np.uint64]:
    packed = np.packbits(signs, axis=1)
    padding = -packed.shape[1] % _WORD
    return np.ascontiguousarray(np.pad(packed, ((0, 0), (0, padding)))).view(np.uint64)


def _distances(bits: NDArray[np.uint64], query: NDArray[np.uint64]) -> Integers:
    """Return in how many bits each row differs from that of a query."""
    found: Integers = np.empty(len(bits), dtype=np.int64)
    for at in range(0, len(bits), _COUNTED_AT_ONCE):
        some = bits[at : at + _COUNTED_AT_ONCE]
        found[at : at + len(some)] = np.bitwise_count(some ^ query).sum(axis=1)
    return found


def _ascending(ranks: Integers, number: int) -> Iterator[Integers]:
    """Yield the least of some different numbers in order, then the next ones, each time more."""
    if len(ranks) > number:
        ranks = ranks.copy()
        ranks.partition(number)
        yield np.sort(ranks[:number])
        ranks = ranks[number:]
    ranks = np.sort(ranks)
    while len(ranks):
        number *= 4
        yield ranks[:number]
        ranks = ranks[number:]


def _grown(array: NDArray[Any], size: int, shape: tuple[int, ...]) -> NDArray[Any]:
    grown = np.empty(shape, dtype=array.dtype)
    if size:
        grown[:size] = array[:size]
    return grown
