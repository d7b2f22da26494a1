"""Middleware that redacts: e-mail addresses and card numbers never reach the backend.

    python examples/redact.py

It changes what is stored and what is searched for in the same way, so that searches and filters still match.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from memio import Memio, MemioConfig, Message, Operation, Triple
from memio.plugins import CallNext

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
# A pattern per length. The look-ahead lets candidates overlap, so that numbers next to a card number do not hide it.
CARDS = [re.compile(rf"(?<!\d)(?=((?:\d[ -]?){{{length - 1}}}\d)(?!\d))") for length in range(19, 12, -1)]
TEXT = frozenset({"content", "metadata", "data", "messages", "triples", "items", "query", "filters", "entity"})
"""The arguments that hold text. The others are ids, cursors and numbers, and stay as they are."""


def is_card(number: str) -> bool:
    """Return whether a number is a card number, by its check digit (the Luhn formula)."""
    digits = [int(character) for character in reversed(number) if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def redacted(text: str) -> str:
    """Return a text without what must not be kept."""
    text = EMAIL.sub("[e-mail]", text)
    for candidate in CARDS:
        while found := next((match for match in candidate.finditer(text) if is_card(match[1])), None):
            text = f"{text[: found.start(1)]}[card]{text[found.end(1) :]}"
    return text


def clean(value: Any) -> Any:
    """Return an argument with every text in it redacted."""
    match value:
        case str():
            return redacted(value)
        case Message():
            name = None if value.name is None else redacted(value.name)
            metadata, data = clean(value.metadata), clean(value.data)
            return replace(value, content=redacted(value.content), name=name, metadata=metadata, data=data)
        case Triple():
            subject, predicate, object_ = map(redacted, (value.subject, value.predicate, value.object))
            return replace(value, subject=subject, predicate=predicate, object=object_, metadata=clean(value.metadata))
        case Mapping():
            return {redacted(key): clean(inner) for key, inner in cast("Mapping[str, Any]", value).items()}
        case list() | tuple():
            return [clean(inner) for inner in cast("Iterable[Any]", value)]
        case _:
            return value


async def redact(operation: Operation, call_next: CallNext) -> Any:
    """Redact the texts of a call."""
    texts = {name: clean(value) for name, value in operation.arguments.items() if name in TEXT}
    return await call_next(operation.with_arguments(**texts))


async def main() -> None:
    """Store texts with an address and a card number, and print what was kept."""
    config: MemioConfig = {"facts": "sqlite", "history": "sqlite", "providers": {"sqlite": {"path": ":memory:"}}}
    async with Memio.from_config(config, middleware=[redact]) as memio:
        await memio.facts.add(content="Write to alice@example.com, order 1234567890123", user_id="alice")
        message = Message(role="user", content="My card is 4111 1111 1111 1111, it expires in May")
        await memio.history.add(session_id="shop", messages=[message], user_id="alice")
        for hit in await memio.facts.search(query="alice@example.com"):
            print(hit.content)
        for stored in await memio.history.get(session_id="shop"):
            print(stored.content)


if __name__ == "__main__":
    asyncio.run(main())
