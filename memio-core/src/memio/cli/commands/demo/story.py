"""What the demo remembers: an assistant's notes about Nadia, a support case, two product pages, a small graph."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from memio.models import Message, Triple

USER = "nadia"
OTHER_USER = "omar"


class Note(NamedTuple):
    """One fact or document of the story."""

    id: str
    content: str
    user: str = USER
    metadata: dict[str, Any] = {}  # noqa: RUF012  # never changed: records copy it


FACTS = (
    Note("demo-food", "Nadia is vegetarian and allergic to hazelnuts."),
    Note("demo-home", "Nadia lives in Lisbon and cycles to work.", metadata={"topic": "home"}),
    Note("demo-style", "Nadia likes short answers, with their sources.", metadata={"topic": "style"}),
    Note("demo-ines", "Nadia's daughter Ines turns seven on 12 June.", metadata={"topic": "family"}),
    Note("demo-other", "Omar takes hazelnut syrup in his coffee.", user=OTHER_USER),
)
FACTS_QUESTION = "Can I bake a cake with hazelnuts?"

SESSION = "support-4711"
MESSAGES = (
    Message(
        id="demo-1",
        role="user",
        content="Hello, my bike light has stopped charging. I bought it in March.",
        timestamp=datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
    ),
    Message(
        id="demo-2",
        role="assistant",
        content="I am sorry to hear that. What does the small lamp do when you plug it in?",
        timestamp=datetime(2026, 5, 4, 9, 31, tzinfo=UTC),
    ),
    Message(
        id="demo-3",
        role="user",
        content="It blinks red three times, and then nothing.",
        timestamp=datetime(2026, 5, 4, 9, 33, tzinfo=UTC),
    ),
    Message(
        id="demo-4",
        role="assistant",
        content="That is a worn battery, which the warranty covers: a new light is on its way to Lisbon.",
        timestamp=datetime(2026, 5, 4, 9, 34, tzinfo=UTC),
    ),
)
HISTORY_QUESTION = "When did we talk about the lamp that blinks?"

DOCUMENTS = (
    Note(
        "demo-charging",
        "Lumen bike light, charging. Plug the light into any USB-C charger; it is full after two hours, "
        "when its lamp turns green. Three red blinks mean that the battery is worn.",
        metadata={"product": "lumen", "page": 4},
    ),
    Note(
        "demo-warranty",
        "Lumen bike light, warranty. Batteries are covered for two years from the day of purchase. "
        "Keep the receipt; there is no need to send the old light back.",
        metadata={"product": "lumen", "page": 11},
    ),
)
DOCUMENTS_QUESTION = "How long does the warranty cover a worn battery?"

TRIPLES = (
    Triple(subject="Nadia", predicate="is mother of", object="Ines"),
    Triple(subject="Nadia", predicate="works at", object="Solaria"),
    Triple(subject="Nadia", predicate="owns", object="Lumen bike light"),
    Triple(subject="Solaria", predicate="has its office in", object="Lisbon"),
)
ENTITY = "Solaria"
