"""The words of a date, so that a question that names one finds messages of that day."""

from __future__ import annotations

from datetime import datetime

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def date_words(moment: datetime) -> str:
    """Return day, month and year in English, as in `8 May 2023`, whatever the locale is."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
