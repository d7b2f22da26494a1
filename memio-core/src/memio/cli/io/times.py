"""Times from the command line: ISO 8601, or relative to now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from memio._values.text import shown
from memio.errors import InvalidInputError

_ISO_HELP = "ISO 8601, as in 2026-11-01 or 2026-11-01T10:00:00+02:00, in the local time zone where none is given"
PAST_HELP = f"now; an age such as 45s, 30m, 24h, 7d or 2w; or {_ISO_HELP}"
"""What `past` takes, for the help of options."""
EXPIRY_HELP = f"never; a duration from now such as 45s, 30m, 24h, 7d or 2w; or {_ISO_HELP}"
"""What `expiry` takes, for the help of options."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_RELATIVE = re.compile(f"([0-9]+)([{''.join(_UNITS)}])")


def past(text: str, option: str, *, now: datetime) -> datetime:
    """Return the time of `--since` or `--until`, in UTC.

    Args:
        text: `now`, an age such as `7d` (a day has 24 hours), or a date or time in ISO 8601. A date means its midnight;
            without a time zone, the local one counts. It may be in the future.
        option: The name of the option, for errors.
        now: The present time, with a time zone.

    Raises:
        InvalidInputError: It is none of these, or outside of the years 1 to 9999.
    """
    try:
        return _time(text, now, -1).astimezone(UTC)
    except (ValueError, OverflowError, OSError):  # the last where the system cannot convert a local time
        raise _refused(text, option, PAST_HELP) from None


def expiry(text: str, option: str, *, now: datetime) -> datetime | None:
    """Return the time of `--expires`, in UTC, or `None` for `never`.

    Args:
        text: `never`, `now`, a duration from now such as `24h` (a day has 24 hours), or a date or time in ISO 8601. A
            date means its midnight; without a time zone, the local one counts. It may be in the past.
        option: The name of the option, for errors.
        now: The present time, with a time zone.

    Raises:
        InvalidInputError: It is none of these, or outside of the years 1 to 9999.
    """
    if text == "never":
        return None
    try:
        return _time(text, now, +1).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise _refused(text, option, EXPIRY_HELP) from None


def sent(text: str, option: str, *, now: datetime) -> datetime:
    """Return the time of a message, with its offset from UTC.

    Args:
        text: What `past` takes. The offset is the one that is given, and otherwise that of the local time zone.
        option: The name of the option, for errors.
        now: The present time, with a time zone.

    Raises:
        InvalidInputError: It is none of these, or outside of the years 1 to 9999.
    """
    try:
        return _time(text, now, -1)
    except (ValueError, OverflowError, OSError):
        raise _refused(text, option, PAST_HELP) from None


def _time(text: str, now: datetime, direction: int) -> datetime:
    """Return a time with the offset that it was given, or else with that of the local time zone."""
    if text == "now":
        return now.astimezone()
    if relative := _RELATIVE.fullmatch(text):
        number, unit = relative.groups()
        # In UTC: in a zone with daylight saving time, the sum would be an hour off across a change.
        return (now.astimezone(UTC) + direction * timedelta(**{_UNITS[unit]: int(number)})).astimezone()
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.astimezone()
    time.astimezone(UTC)  # which raises where it is outside of these years in UTC
    return time


def _refused(text: str, option: str, forms: str) -> InvalidInputError:
    return InvalidInputError(f"{option} is {shown(text)}, not a time of the years 1 to 9999: pass {forms}")
