"""How large a record may be: what the client refuses before a store is called, and what a transfer leaves out.

With these limits a line of an export, and what one record takes in memory, have an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import getsizeof, maxsize
from typing import Any, NamedTuple, cast

from memio.capabilities import Feature
from memio.errors import InvalidInputError
from memio.models import Document, Fact, Message, Triple
from memio.protocols import Store

MAX_METADATA_BYTES = 1024 * 1024
"""Bytes of metadata as JSON in ASCII, without spaces."""

MAX_PART_BYTES = 64 * 1024
"""Bytes of the subject, the predicate and the object of a triple, each in UTF-8."""

PARTS = ("subject", "predicate", "object")

_UTF8_BYTES = 4
"""Of one character, at most."""
_ESCAPED = 12
"""Characters of ASCII JSON for one character of `repr`, at most: an emoji is two escapes of six."""


class Limits(NamedTuple):
    """The largest record that a store takes.

    Attributes:
        content: Bytes of content in UTF-8; `None` where the store states no limit.
        metadata: Bytes of metadata as JSON in ASCII.
        part: Bytes of each part of a triple in UTF-8.
    """

    content: int | None = None
    metadata: int = MAX_METADATA_BYTES
    part: int = MAX_PART_BYTES

    @classmethod
    def of(cls, store: Store) -> Limits:
        """Return the limits that a store states: `max_content_bytes`, `max_metadata_bytes` and `max_part_bytes`.

        For metadata and triples a store may state less than memio's own limits, and not more. Where metadata cannot
        be kept at all, it is refused or lost whatever its size.
        """
        content: int | None = getattr(store, "max_content_bytes", None)
        metadata: int = getattr(store, "max_metadata_bytes", None) or MAX_METADATA_BYTES
        part: int = getattr(store, "max_part_bytes", None) or MAX_PART_BYTES
        kept = Feature.METADATA in store.features
        return cls(content, min(metadata, MAX_METADATA_BYTES) if kept else maxsize, min(part, MAX_PART_BYTES))


class Excess(NamedTuple):
    """A value that is larger than a limit.

    Attributes:
        name: The field or argument.
        size: How large it is, in bytes.
        most: The limit.
        unit: What the bytes are of.
        advice: What to do instead.
    """

    name: str
    size: int
    most: int
    unit: str
    advice: str


def check_sizes(keywords: Mapping[str, Any], limits: Limits, provider: str) -> None:
    """Refuse what is larger than a store takes.

    Args:
        keywords: The arguments of a call.
        limits: The limits of the store.
        provider: How errors call the store.

    Raises:
        InvalidInputError: Something is too large; it names the argument, its size and the limit.
    """
    for excess in _excesses(keywords, limits):
        raise _refusal(excess, "", excess.name, provider)
    for many in ("messages", "triples", "records"):
        for index, record in enumerate(keywords.get(many, ())):
            for excess in excesses_of(record, limits):
                raise _refusal(excess, f"{many}[{index}].", many, provider)


def excesses_of(record: Fact | Document | Message | Triple, limits: Limits) -> Iterator[Excess]:
    """Yield what is too large in a record."""
    if record.metadata:
        yield from _excesses({"metadata": record.metadata}, limits)
    if not isinstance(record, Triple):
        yield from _excesses({"content": record.content}, limits)
        return
    for name in PARTS:
        text = getattr(record, name)
        if (size := _utf8_excess(text, limits.part)) is not None:
            advice = "keep long text in a document, and name it in the triple"
            yield Excess(name, size, limits.part, "bytes in UTF-8", advice)


def memory_of(record: Fact | Document | Message | Triple) -> int:
    """Return how much memory a record takes, in bytes, up to what is the same for all."""
    texts = [getattr(record, name) for name in PARTS] if isinstance(record, Triple) else [record.content]
    return sum(map(getsizeof, texts)) + _memory_of_json(record.metadata)


def _memory_of_json(value: Any) -> int:
    size = getsizeof(value)
    if isinstance(value, dict):
        size += sum(getsizeof(key) + _memory_of_json(item) for key, item in cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        size += sum(map(_memory_of_json, cast("list[Any]", value)))
    return size


def _excesses(values: Mapping[str, Any], limits: Limits) -> Iterator[Excess]:
    if (metadata := values.get("metadata")) and (size := _json_excess(metadata, limits.metadata)) is not None:
        advice = "keep large values in the content or elsewhere, and a reference in the metadata"
        yield Excess("metadata", size, limits.metadata, "bytes as ASCII JSON", advice)
    content = values.get("content")
    if content is not None and limits.content is not None:
        size = _utf8_excess(content, limits.content)
        if size is not None:
            yield Excess("content", size, limits.content, "bytes in UTF-8", "split it")


def _utf8_excess(text: str, most: int) -> int | None:
    """Return the size of a text that is larger than a limit; most texts need no encoding to be measured."""
    if len(text) * _UTF8_BYTES <= most:
        return None
    size = len(text) if text.isascii() else len(text.encode())
    return size if size > most else None


def _json_excess(metadata: Mapping[str, Any], most: int) -> int | None:
    """Return the size of metadata that is larger than a limit; most is measured by its `repr`, which is quick."""
    if len(repr(metadata)) * _ESCAPED <= most:
        return None
    from json import dumps  # imported by who needs it

    size = len(dumps(metadata, separators=(",", ":")))
    return size if size > most else None


def _refusal(excess: Excess, where: str, argument: str, provider: str) -> InvalidInputError:
    _, size, most, unit, advice = excess
    return InvalidInputError(
        f"{where}{excess.name} has {size:,} {unit}, {provider} takes at most {most:,}: {advice}", argument=argument
    )
