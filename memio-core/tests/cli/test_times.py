"""Times of the command line, with a given present."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from memio import InvalidInputError
from memio.cli.io.times import EXPIRY_HELP, PAST_HELP, expiry, past, sent

NOW = datetime(2026, 11, 26, 12, 30, 15, 250, tzinfo=UTC)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the local time zone that of Berlin, written so that no zone database is needed."""
    if not hasattr(time, "tzset"):
        pytest.skip("the local time zone of a process can be set on Unix only")
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


RELATIVE = [
    ("now", timedelta()),
    ("0s", timedelta()),
    ("45s", timedelta(seconds=45)),
    ("30m", timedelta(minutes=30)),
    ("24h", timedelta(hours=24)),
    ("7d", timedelta(days=7)),
    ("2w", timedelta(weeks=2)),
    ("007d", timedelta(days=7)),
]


@pytest.mark.parametrize(("text", "distance"), RELATIVE)
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-5))])
def test_a_distance_is_an_age_or_a_duration(text: str, distance: timedelta, zone: timezone) -> None:
    now = NOW.astimezone(zone)
    assert (past(text, "--since", now=now), expiry(text, "--expires", now=now)) == (NOW - distance, NOW + distance)
    assert past(text, "--since", now=now).tzinfo is UTC


def test_a_day_has_24_hours_when_the_clock_is_changed() -> None:
    try:
        zone = ZoneInfo("Europe/Berlin")
    except KeyError:  # ZoneInfoNotFoundError
        pytest.skip("no database of time zones is installed")
    now = datetime(2026, 10, 25, 12, tzinfo=zone)  # an hour longer, since the summer time ended in the night
    assert now.astimezone(UTC) - past("1d", "--since", now=now) == timedelta(hours=24)


ISO = [
    ("2026-11-01T10:00:00+02:00", datetime(2026, 11, 1, 8, tzinfo=UTC)),
    ("2026-11-01T10:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
    ("2026-11-01T10:00:00.123456Z", datetime(2026, 11, 1, 10, 0, 0, 123456, tzinfo=UTC)),
    # Without a zone: CET in winter, CEST in summer.
    ("2026-11-01", datetime(2026, 10, 31, 23, tzinfo=UTC)),
    ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
    ("2026-07-01T10:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
    ("2026-07-01 10:00:30", datetime(2026, 7, 1, 8, 0, 30, tzinfo=UTC)),
    ("2999-01-01", datetime(2998, 12, 31, 23, tzinfo=UTC)),
]


@pytest.mark.parametrize(("text", "expected"), ISO)
def test_a_date_or_time_without_a_zone_is_local(berlin: None, text: str, expected: datetime) -> None:
    assert past(text, "--until", now=NOW) == expiry(text, "--expires", now=NOW) == expected


SENT = [
    ("2026-07-01T10:00+05:30", "2026-07-01T10:00:00+05:30"),
    ("2026-07-01T10:00Z", "2026-07-01T10:00:00+00:00"),
    ("2026-07-01T10:00", "2026-07-01T10:00:00+02:00"),
    ("2026-11-01", "2026-11-01T00:00:00+01:00"),
    ("now", "2026-11-26T13:30:15.000250+01:00"),
    ("180d", "2026-05-30T14:30:15.000250+02:00"),
]


@pytest.mark.parametrize(("text", "expected"), SENT)
def test_the_time_of_a_message_keeps_its_offset_or_has_the_local_one(berlin: None, text: str, expected: str) -> None:
    assert sent(text, "--time", now=NOW).isoformat() == expected


def test_what_never_expires() -> None:
    assert expiry("never", "--expires", now=NOW) is None
    with pytest.raises(InvalidInputError, match="--since is 'never'"):
        past("never", "--since", now=NOW)


NO_TIMES = [
    *("", " ", "noon", "yesterday", "2026", "11/01/2026", "2026-13-01", "2026-02-30", "2026-11-01T25:00", " now"),
    *("7", "d", "-7d", "+7d", "1.5h", "7 d", "7D", "7y", "1h30m", "\N{ARABIC-INDIC DIGIT SEVEN}d", "7d\n"),
    *("0001-01-01T00:00+02:00", "9999-12-31T23:59-02:00", "99999999d", "9" * 30 + "s", "9" * 5000 + "w"),
]


@pytest.mark.parametrize("text", NO_TIMES, ids=lambda text: repr(text[:30]))
def test_what_is_refused(text: str) -> None:
    with pytest.raises(
        InvalidInputError, match=r"^--until is '.*, not a time of the years 1 to 9999: pass now; "
    ) as caught:
        past(text, "--until", now=NOW)
    assert PAST_HELP in str(caught.value)
    with pytest.raises(InvalidInputError, match=r"^--time is '.*, not a time of the years 1 to 9999: pass now; "):
        sent(text, "--time", now=NOW)
    with pytest.raises(
        InvalidInputError, match=r"^--expires is '.*, not a time of the years 1 to 9999: pass never"
    ) as caught:
        expiry(text, "--expires", now=NOW)
    assert EXPIRY_HELP in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("text", [PAST_HELP, EXPIRY_HELP])
def test_the_help_states_the_zone_of_a_time_without_one(text: str) -> None:
    assert "in the local time zone where none is given" in text
