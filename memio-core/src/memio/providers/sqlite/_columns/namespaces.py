"""Namespaces in a column: a path of texts as bytes, in which a namespace and all below it are one range.

Each element is its UTF-8, followed by a zero byte. A zero byte within it becomes `01 01`, and a byte 1 becomes
`01 02`, so that elements may hold every character, and are compared as a whole.
"""

from __future__ import annotations

from functools import lru_cache

ROOT = b""
"""The namespace without elements."""


@lru_cache(maxsize=256)
def to_path(namespace: tuple[str, ...]) -> bytes:
    """Return a namespace as bytes."""
    return b"".join(element.encode().replace(b"\1", b"\1\2").replace(b"\0", b"\1\1") + b"\0" for element in namespace)


@lru_cache(maxsize=256)
def from_path(path: bytes) -> tuple[str, ...]:
    """Return the namespace of some bytes."""
    # A pair begins at the first byte 1 of a run, so that pairs are found from left to right.
    elements = path.split(b"\0")[:-1]
    return tuple(element.replace(b"\1\1", b"\0").replace(b"\1\2", b"\1").decode() for element in elements)


def below(namespace: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return the range of a namespace and all below it: the first path, and one after the last. Not for the root."""
    first = to_path(namespace)
    return first, first[:-1] + b"\1"
