"""The arguments that several tools have."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

Query = Annotated[
    str,
    Field(
        min_length=1, description="What to look for: words or a question. The more specific words it has, the better."
    ),
]
Limit = Annotated[int, Field(ge=1, le=100, description="How many to return at most, 1 to 100.")]
Cursor = Annotated[
    str | None, Field(description="The next_cursor of the result before, to go on from there; leave it out at first.")
]
Since = Annotated[
    datetime | None,
    Field(description="Only what is of this time or later, such as 2026-03-01 or 2026-03-01T12:00:00+01:00."),
]
Until = Annotated[datetime | None, Field(description="Only what is before this time, in the same forms.")]


def times(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """Return the times that were given; one without a time zone is in UTC."""
    given = {"since": since, "until": until}
    return {name: _aware(time) for name, time in given.items() if time is not None}


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.utcoffset() is None else time
