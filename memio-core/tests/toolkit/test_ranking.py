"""Scores from membership."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from memio.toolkit import LENGTHS, date_words, length_class, weights


def test_a_word_weighs_the_more_the_fewer_texts_have_it() -> None:
    weighed = [weights(1000, matches) for matches in (1, 10, 100, 1000)]
    for kind in ("own", "context", "both"):
        found = [getattr(each, kind) for each in weighed]
        assert found == sorted(found, reverse=True)
        assert found[-1] > 0
    for each in weighed:
        assert each.context < each.own < each.both < each.own + each.context


def test_weights_are_integers_and_depend_on_nothing_else() -> None:
    assert weights(9, 3) == (2149394, 1225155, 2665249)


def test_a_class_of_lengths_holds_lengths_that_differ_by_an_eighth_at_most() -> None:
    classes = [length_class(words) for words in range(2_000)]
    assert classes == sorted(classes)
    assert set(classes) == set(range(64))
    for length in range(63):
        inside = [words for words, each in enumerate(classes) if each == length]
        assert max(inside) <= min(inside) * 9 / 8
    assert length_class(10**9) == 63


def test_longer_texts_are_divided_by_more() -> None:
    assert list(LENGTHS) == sorted(set(LENGTHS))


def test_the_day_of_a_time_is_the_day_where_it_is_told() -> None:
    moment = datetime(2026, 5, 1, 15, 30, tzinfo=UTC)
    assert date_words(moment) == "1 May 2026"
    assert date_words(moment.astimezone(timezone(timedelta(hours=9)))) == "2 May 2026"
    assert date_words(moment.astimezone(timezone(timedelta(hours=-16)))) == "30 April 2026"
