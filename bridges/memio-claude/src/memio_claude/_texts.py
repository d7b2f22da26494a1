"""Text as every backend can keep it."""

from __future__ import annotations


def legal(text: str) -> str:
    """Return text with U+FFFD for NUL and lone surrogates, and the character for a pair of surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
