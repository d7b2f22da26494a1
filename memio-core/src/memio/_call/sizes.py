"""How large a record may be: larger ones the client refuses before a store is called, and a transfer leaves out.

With these limits a line of an export, and what one record takes in memory, have an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import getsizeof, maxsize
from typing import Any, NamedTuple, cast

from memio.capabilities import Feature
from memio.errors import InvalidInputError
from memio.kinds import spec_of
from memio.models import Document, Fact, Message, Triple
from memio.protocols import Store

MAX_METADATA_BYTES = 1024 * 1024
"""Bytes of metadata as JSON in ASCII, without spaces."""

MAX_PART_BYTES = 64 * 1024
"""Bytes of the subject, the predicate and the object of a triple, each in UTF-8."""

_UTF8_BYTES = 4
"""Of one character, at most."""
_ESCAPED = 12
"""Characters of ASCII JSON for one character of `repr`, at most: an emoji is two escapes of six."""


class Limits(NamedTuple):
    """The largest record that a store takes.

    Attributes:
        content: Bytes of content in UTF-8 and of data as JSON in ASCII, together; `None` where the store states none.
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


def check_sizes(keywords: Mapping[str, Any], records: str | None, limits: Limits, provider: str) -> None:
    """Refuse what is larger than a store takes.

    Args:
        keywords: The arguments of a call.
        records: The argument that holds a list of records, if one does.
        limits: The limits of the store.
        provider: The name of the store in errors.

    Raises:
        InvalidInputError: Something is too large; it names the argument, its size and the limit.
    """
    for name in ("metadata", "content"):
        if (value := keywords.get(name)) and (excess := _excess(name, value, limits)):
            raise _refusal(excess, "", name, provider)
    data = keywords.get("data")
    if data is not None and (excess := _data_excess(data, keywords.get("content") or "", limits)):
        raise _refusal(excess, "", "data", provider)
    if records is not None:
        for index, record in enumerate(keywords[records]):
            for excess in excesses_of(record, limits):
                raise _refusal(excess, f"{records}[{index}].", records, provider)


def excesses_of(record: Fact | Document | Message | Triple, limits: Limits) -> Iterator[Excess]:
    """Yield what is too large in a record."""
    for name in ("metadata", *spec_of(record).texts):
        if (value := getattr(record, name)) and (excess := _excess(name, value, limits)):
            yield excess
    data: Any = getattr(record, "data", None)
    if data is not None and (excess := _data_excess(data, cast("Any", record).content, limits)):
        yield excess


def memory_of(record: Fact | Document | Message | Triple) -> int:
    """Return how much memory a record takes, in bytes, up to what is the same for all."""
    texts = [getattr(record, name) for name in spec_of(record).texts]
    return (
        sum(map(getsizeof, texts)) + _memory_of_json(record.metadata) + _memory_of_json(getattr(record, "data", None))
    )


def _memory_of_json(value: Any) -> int:
    size = getsizeof(value)
    if isinstance(value, dict):
        size += sum(getsizeof(key) + _memory_of_json(item) for key, item in cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        size += sum(map(_memory_of_json, cast("list[Any]", value)))
    return size


def _excess(name: str, value: Any, limits: Limits) -> Excess | None:
    """Return by how much a value is too large: `metadata`, `content`, or a part of a triple."""
    if name == "metadata":
        size = _json_excess(value, limits.metadata)
        if size is None:
            return None  # at once, because batches come here for each record
        most, unit = limits.metadata, "bytes as ASCII JSON"
        advice = "keep large values in the content or elsewhere, and a reference in the metadata"
    elif name == "content":
        if limits.content is None:
            return None
        size, most, unit = _utf8_excess(value, limits.content), limits.content, "bytes in UTF-8"
        advice = "split it"
    else:
        size, most, unit = _utf8_excess(value, limits.part), limits.part, "bytes in UTF-8"
        advice = "keep long text in a document, and name it in the triple"
    return None if size is None else Excess(name, size, most, unit, advice)


def _data_excess(data: Any, content: str, limits: Limits) -> Excess | None:
    """Return by how much data are too large, together with the content of their record."""
    if limits.content is None:
        return None
    beside = len(content.encode())
    size = _json_excess(data, limits.content - beside)
    unit = "bytes as ASCII JSON" + (f" and its content {beside:,} in UTF-8" if beside else "")
    return (
        None
        if size is None
        else Excess("data", size, limits.content, unit, "keep large values elsewhere, and a reference here")
    )


def _utf8_excess(text: str, most: int) -> int | None:
    """Return the size of a text that is larger than a limit; most texts need no encoding to be measured."""
    if len(text) * _UTF8_BYTES <= most:
        return None
    size = len(text) if text.isascii() else len(text.encode())
    return size if size > most else None


def _json_excess(value: Any, most: int) -> int | None:
    """Return the size of a JSON value that is larger than a limit; most is measured by its `repr`, which is quick."""
    if len(repr(value)) * _ESCAPED <= most:
        return None
    from json import dumps  # few calls need it

    size = len(dumps(value, separators=(",", ":")))
    return size if size > most else None


def _refusal(excess: Excess, where: str, argument: str, provider: str) -> InvalidInputError:
    _, size, most, unit, advice = excess
    return InvalidInputError(
        f"{where}{excess.name} has {size:,} {unit}, {provider} takes at most {most:,}: {advice}", argument=argument
    )
