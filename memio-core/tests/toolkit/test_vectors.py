"""Vectors as bytes: their scores are those of the directions, and never depend on which others are compared."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="the extra memio-core[semantic] is not installed here")

from memio.toolkit.vectors import BitMatrix, QueryVector, best_of_each, dimensions_of, mean_of, pack  # noqa: E402


def random_vectors(number: int, dimensions: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(number, dimensions))


@pytest.mark.parametrize("dimensions", [1, 3, 64, 384, 1_024, 1_025, 3_072])
def test_scores_are_close_to_the_cosine(dimensions):
    vectors, query = random_vectors(50, dimensions), random_vectors(1, dimensions, 2)[0]
    found = QueryVector(query).scores(pack(vectors))
    exact = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    assert np.abs(found - exact).max() < 0.02
    assert {dimensions_of(each) for each in pack(vectors)} == {dimensions}


@pytest.mark.parametrize("dimensions", [7, 384, 1_024, 1_536])
def test_a_score_is_the_same_to_the_last_bit_whatever_else_is_compared(dimensions):
    packed = pack(random_vectors(5_000, dimensions))
    query = QueryVector(random_vectors(1, dimensions, 3)[0])
    together = query.scores(packed)
    assert len(together) == 5_000
    for at in (0, 1, 77, 4_095, 4_096, 4_999):
        assert query.scores([packed[at]])[0] == together[at]
        assert query.scores(packed[max(0, at - 3) : at + 1])[-1] == together[at]


def test_the_greatest_numbers_have_exact_sums():
    vector = [1.0, -1.0] * 512
    assert QueryVector(vector).scores(pack([vector, [-each for each in vector]])).tolist() == [1.0, -1.0]


def test_the_scale_of_vectors_does_not_matter():
    (vector,) = random_vectors(1, 32)
    assert pack([vector]) == pack([vector * 8]) == pack([vector / 1_024])
    assert QueryVector(vector * 4).scores(pack([vector])) == QueryVector(vector).scores(pack([vector]))


def test_a_vector_of_zeros_is_near_to_nothing():
    assert QueryVector([0.0, 0.0]).scores(pack([[1.0, 0.0]])).tolist() == [0.0]
    assert QueryVector([1.0, 0.0]).scores(pack([[0.0, 0.0], [2.0, 0.0]])).tolist() == [0.0, 1.0]
    assert QueryVector([1.0]).scores([]).tolist() == []


def in_a_cone(number: int, dimensions: int, seed: int = 1) -> np.ndarray:
    """Return vectors that have much in common, as those of many models."""
    return random_vectors(number, dimensions, seed) + 3.0


@pytest.mark.parametrize("dimensions", [3, 384, 1_024, 1_025])
def test_scores_from_the_mean_are_close_to_the_cosine_seen_from_there(dimensions):
    vectors, query = in_a_cone(50, dimensions), in_a_cone(1, dimensions, 2)[0]
    packed = pack(vectors)
    found = QueryVector(query).scores(packed, mean_of([packed[:20], packed[20:]]))
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    mean = directions.sum(axis=0) / 51
    seen, asked = directions - mean, query / np.linalg.norm(query) - mean
    exact = seen @ asked / np.maximum(np.linalg.norm(seen, axis=1), 0.1) / np.linalg.norm(asked)
    assert np.abs(found - exact).max() < 0.03
    assert found.min() < 0 < found.max()


@pytest.mark.parametrize("dimensions", [7, 384, 1_536])
def test_a_mean_and_its_scores_are_the_same_to_the_last_bit_in_every_order(dimensions):
    packed = pack(in_a_cone(9_000, dimensions))
    mean = mean_of([packed])
    assert mean.tolist() == mean_of([packed[5_000:], packed[:5_000]]).tolist() == mean_of([packed[::-1]]).tolist()
    query = QueryVector(in_a_cone(1, dimensions, 3)[0])
    together = query.scores(packed, mean)
    for at in (0, 1, 4_095, 4_096, 8_999):
        assert query.scores([packed[at]], mean)[0] == together[at]


def test_scores_from_the_mean_are_between_minus_one_and_one_for_few_and_for_equal_vectors():
    assert mean_of([]) is None
    assert mean_of([[]]) is None
    vectors = [*in_a_cone(1, 16)] * 1_000 + [*in_a_cone(1, 16, 2)]
    query = QueryVector(vectors[0])
    for some in (vectors, vectors[:1], vectors[-2:], [*vectors[:3], np.zeros(16)]):
        scores = query.scores(pack(some), mean_of([pack(some)]))
        assert (np.abs(scores) <= 1).all()
        assert scores[0] == scores.max()
    assert scores[-1] == -1
    assert QueryVector([0.0] * 16).scores(pack(vectors), mean_of([pack(vectors)])).tolist() == [0.0] * 1_001


def test_a_record_has_the_score_of_its_best_window_and_the_newest_of_equals_comes_first():
    scores = np.array([0.1, 0.9, 0.5, 0.9, 0.2])
    assert best_of_each([3, 3, 4, 9, 9], scores) == [(9, 0.9), (3, 0.9), (4, 0.5)]
    assert best_of_each([], np.empty(0)) == []


def test_bits_find_what_is_nearest():
    vectors = random_vectors(4_000, 384)
    queries = vectors[:40] + 1.5 * random_vectors(40, 384, 5)
    packed = pack(vectors)
    bits = BitMatrix()
    for at in range(0, 4_000, 999):  # in parts, as they are stored
        bits.extend(range(at, min(at + 999, 4_000)), packed[at : at + 999])
    assert len(bits) == 4_000
    for query in queries:
        exact = np.argmax(QueryVector(query).scores(packed))
        assert exact in next(bits.nearest(QueryVector(query), 50))


def test_bits_yield_every_record_once_in_the_same_order_whatever_others_there_are():
    packed = pack(random_vectors(3_000, 48).round())  # few different ones
    query = QueryVector(random_vectors(1, 48, 6)[0])
    everybody, alone = BitMatrix(), BitMatrix()
    mine = range(7, 3_000, 7)
    everybody.extend(range(3_000), packed)
    everybody.extend([7, 14], [packed[7], packed[14]])  # stored again
    alone.extend([*mine], [packed[at] for at in mine])
    among = np.array(mine)
    in_parts = [*everybody.nearest(query, 5, among)]
    ranked = [record for part in in_parts for record in part]
    assert ranked == [record for part in alone.nearest(query, 50) for record in part]
    assert sorted(ranked) == [*mine]
    assert len(in_parts) > 2
    assert [record for part in everybody.nearest(query, 5, np.empty(0, dtype=np.int64)) for record in part] == []
    assert [*BitMatrix().nearest(query, 5)] == []
