"""Cutting long texts for embedders, which take only short ones."""

from __future__ import annotations

WINDOWS = 64
"""How many windows of a text are embedded at most. What is after them is not found by meaning."""


def windows(text: str, max_chars: int) -> list[str]:
    """Cut a text into windows, at white space where there is any in the second half of a window.

    Args:
        text: The text.
        max_chars: How many characters a window has at most.

    Returns:
        At most `WINDOWS` windows; none where the text has nothing but white space.

    Example:
        >>> from memio.toolkit import windows
        >>> windows("Coffee in the morning, tea at night.", 20)
        ['Coffee in the', 'morning, tea at', 'night.']
    """
    found: list[str] = []
    place = _after_space(text, 0)
    while place < len(text) and len(found) < WINDOWS:
        end = place + max_chars
        if end < len(text):
            end = _space_before(text, end, place + max_chars // 2)
        found.append(text[place:end].rstrip())
        place = _after_space(text, end)
    return found


def _space_before(text: str, end: int, least: int) -> int:
    """Return the last place of white space up to `end` that is beyond `least`; `end` where there is none."""
    for place in range(end, least, -1):
        if text[place].isspace():
            return place
    return end


def _after_space(text: str, place: int) -> int:
    """Return the first place from one on that is not white space."""
    while place < len(text) and text[place].isspace():
        place += 1
    return place
