"""What to write instead of a name that is not known."""

from __future__ import annotations

from collections.abc import Sequence


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return the nearest known name as the tail of a sentence, or nothing."""
    from difflib import get_close_matches

    # Differences of case are the nearest of all.
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), folded, n=1)
    return f", did you mean {folded[near[0]]!r}?" if near else ""


def unknown_key(name: str, known: Sequence[str]) -> str:
    """Return a message about an unknown key: what was probably meant, and which keys there are."""
    return f"unknown key{did_you_mean(name, known)}; known are: {', '.join(sorted(known)) or 'none'}"
