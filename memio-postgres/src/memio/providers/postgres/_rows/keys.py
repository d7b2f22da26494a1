"""Hashes of 16 bytes that stand for texts of any length in keys and indexes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from memio.owners import Owner

_SIZE = 16


def key_of(*parts: str) -> bytes:
    """Return the hash of some texts; other texts, or the same ones divided in another way, have another one."""
    if len(parts) == 1:
        return _digest(parts[0].encode())
    return _digest(b"".join(b"%d:%b" % (len(encoded), encoded) for encoded in map(str.encode, parts)))


def label_key(label: str | None) -> bytes:
    """Return the hash of a user or an agent; that of none differs from that of every text."""
    return bytes(_SIZE) if label is None else key_of(label)


def namespace_key(namespace: Sequence[str]) -> bytes:
    """Return the hash of a namespace."""
    return bytes(_SIZE) if not namespace else key_of("", *namespace)


@lru_cache(maxsize=1024)  # most calls of an application are about few owners
def owner_key(owner: Owner) -> bytes:
    """Return the hash of an owner."""
    return _digest(label_key(owner.user_id) + label_key(owner.agent_id) + namespace_key(owner.namespace))


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SIZE).digest()
