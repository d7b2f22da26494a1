"""Labels: what memio keeps with a passage beyond its text, which is owner, metadata and collection.

Letta returns tags with every read and metadata with few, so all of it is in tags. One tag holds a JSON
object, `memio:1:{"user_id":"alice","metadata":{"lang":"en"}}`, and only where there is something to keep.
A namespace is a list in it, `"namespace":["app","notes"]`, so that no character of its elements has a meaning.
A tag goes into a database index that takes 2,704 bytes: a longer object is cut into numbered pieces,
`memio:1.000:{"user…`, `memio:1.001:…`. Other tags belong to the agent and are left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from memio.errors import InvalidInputError
from memio.models import Fact
from memio.owners import NO_OWNER, OWNERS, Owner
from memio.providers.letta._api.answers import is_json_object

MAX_TAG_BYTES = 2000
MAX_LABEL_BYTES = 360_448
"""The longest JSON object: 182 tags. Letta accepted 500 when this was tried."""

MAX_METADATA_BYTES = 245_760
"""What is left of that for metadata, whatever the owner and the collection are: 240 KiB of JSON in ASCII."""

_TAG = re.compile(r"memio:1(?:\.(\d{3}))?:(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What memio keeps with a passage."""

    owner: Owner = NO_OWNER
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    collection: str | None = None
    kind: str | None = None
    """`facts` or `documents`, where there is a collection."""

    def to_tags(self) -> list[str]:
        """Return the tags that hold the label.

        Raises:
            InvalidInputError: The label is longer than `MAX_LABEL_BYTES`.
        """
        others = {"metadata": self.metadata, "collection": self.collection, "kind": self.kind}
        kept = {**self.owner.labels, **{name: value for name, value in others.items() if value}}
        if not kept:
            return []
        text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode())
        if size > MAX_LABEL_BYTES:
            raise InvalidInputError(
                f"owner and metadata take {size:,} bytes as JSON: {MAX_LABEL_BYTES:,} is the most that is kept",
                argument="metadata",
            )
        pieces = list(_pieces(text))
        if len(pieces) == 1:
            return [f"memio:1:{text}"]
        return [f"memio:1.{number:03}:{piece}" for number, piece in enumerate(pieces)]


_FIELDS = frozenset({*OWNERS, "metadata", "collection", "kind"})


def read_tags(tags: Sequence[str] | None) -> tuple[Label, list[str]]:
    """Return the label in the tags of a passage, and the tags that are not memio's."""
    pieces: dict[str, str] = {}
    others: list[str] = []
    for tag in tags or ():
        match = _TAG.fullmatch(tag)
        if match:
            pieces[match[1] or ""] = match[2]
        else:
            others.append(tag)
    label = _label("".join(pieces[number] for number in sorted(pieces)))
    if label is None:  # a tag of another program that begins like one of memio's
        return Label(), list(tags or ())
    return label, others


def _label(text: str) -> Label | None:
    if not text:
        return Label()
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not is_json_object(kept) or not kept.keys() <= _FIELDS or not is_json_object(kept.get("metadata", {})):
        return None
    collection, kind = kept.get("collection"), kept.get("kind")
    try:
        owner = Owner(kept.get("user_id"), kept.get("agent_id"), kept.get("namespace", ()))
        # Not the labels of an owner, but the same rule holds: a text, not empty, without NUL and lone surrogates.
        Owner(collection, kind)
        metadata = Fact(id="", content="", metadata=kept.get("metadata", {})).metadata
    except InvalidInputError:  # the agent can write any tag, and no tag may make its archive unreadable
        return None
    return Label(owner=owner, metadata=metadata, collection=collection, kind=kind)


def _pieces(text: str) -> Iterator[str]:
    """Cut a text into pieces of at most `MAX_TAG_BYTES` bytes, never inside a character."""
    rest = text.encode()
    while len(rest) > MAX_TAG_BYTES:
        piece = rest[:MAX_TAG_BYTES].decode(errors="ignore")  # a character that is cut goes into the next piece
        yield piece
        rest = rest[len(piece.encode()) :]
    yield rest.decode()
