"""The demo's calls: store something in each kind of memory, and recall it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from memio._call.labels import OMITTED
from memio.capabilities import Feature, Guarantee, Kind
from memio.cli.commands.demo import story
from memio.cli.io.records import Record
from memio.models import Document, Fact, Message, Triple

if TYPE_CHECKING:
    from memio.client import Memio
    from memio.facades.facade import Facade


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What the demo did with one kind of memory.

    Attributes:
        kind: The kind.
        stored: What it added, as the store returned it.
        question: What it asked for afterwards.
        found: The answer.
        remark: What is worth knowing about it, or nothing.
    """

    kind: Kind
    stored: Sequence[Record]
    question: str
    found: Sequence[Record]
    remark: str = ""


async def play(memio: Memio, session: str, undo: AsyncExitStack | None) -> AsyncIterator[Chapter]:
    """Play the story through every store of a client, a chapter for each.

    Args:
        memio: The client.
        session: The id of the conversation.
        undo: Collects the calls that remove what was added, where it must not stay.
    """
    for kind in memio.kinds:
        match kind:
            case "facts":
                yield await _facts(memio, undo)
            case "history":
                yield await _history(memio, session, undo)
            case "documents":
                yield await _documents(memio, undo)
            case "graph":
                yield await _graph(memio, undo)


async def _facts(memio: Memio, undo: AsyncExitStack | None) -> Chapter:
    store = memio.facts
    can = _Abilities(store)
    # Without owners Omar's note would only be in the way.
    notes = [note for note in story.FACTS if can.scope or note.user == story.USER]
    stored: list[Fact] = []
    for note in notes:
        fact = await store.add(
            content=note.content,
            metadata=note.metadata if can.metadata else None,
            user_id=note.user if can.owner else OMITTED,
            fact_id=note.id if can.ids else None,
        )
        if undo is not None:
            undo.push_async_callback(store.delete, fact_id=fact.id, user_id=note.user if can.scope else OMITTED)
        stored.append(fact)
    question = story.FACTS_QUESTION
    found = await store.search(query=question, limit=1, user_id=story.USER if can.scope else OMITTED)
    remark = f"Omar's hazelnuts stay Omar's: the search was confined to the user {story.USER!r}." if can.scope else ""
    return Chapter(kind="facts", stored=stored, question=question, found=found, remark=remark or can.remark(found))


async def _history(memio: Memio, session: str, undo: AsyncExitStack | None) -> Chapter:
    store = memio.history
    can = _Abilities(store)
    messages = [
        replace(
            message,
            id=message.id if can.ids else None,
            timestamp=message.timestamp if Feature.MESSAGE_TIMESTAMPS in store.features else None,
        )
        for message in story.MESSAGES
    ]
    owner = story.USER if can.scope else OMITTED
    if undo is not None:
        undo.push_async_callback(store.delete, session_id=session, user_id=owner)
    turn = await store.add(session_id=session, messages=messages, user_id=story.USER if can.owner else OMITTED)
    question = story.HISTORY_QUESTION
    everywhere = Feature.SEARCH_ALL_SESSIONS in store.features
    found = await store.search(query=question, limit=2, session_id=OMITTED if everywhere else session, user_id=owner)
    stored: list[Message] = [*turn.stored, *turn.replies]
    remark = f"The last {'message is' if len(turn.replies) == 1 else 'messages are'} the backend's own answer."
    return Chapter(
        kind="history",
        stored=stored,
        question=question,
        found=found,
        remark=remark if turn.replies else can.remark(found),
    )


async def _documents(memio: Memio, undo: AsyncExitStack | None) -> Chapter:
    store = memio.documents
    can = _Abilities(store)
    stored: list[Document] = []
    for note in story.DOCUMENTS:
        document = await store.add(
            content=note.content,
            metadata=note.metadata if can.metadata else None,
            user_id=note.user if can.owner else OMITTED,
            doc_id=note.id if can.ids else None,
        )
        if undo is not None:
            undo.push_async_callback(store.delete, doc_id=document.id, user_id=note.user if can.scope else OMITTED)
        stored.append(document)
    question = story.DOCUMENTS_QUESTION
    found = await store.search(query=question, limit=1, user_id=story.USER if can.scope else OMITTED)
    return Chapter(kind="documents", stored=stored, question=question, found=found, remark=can.remark(found))


async def _graph(memio: Memio, undo: AsyncExitStack | None) -> Chapter:
    store = memio.graph
    can = _Abilities(store)
    owner = story.USER if can.scope else OMITTED
    stored: list[Triple] = await store.add(triples=story.TRIPLES, user_id=story.USER if can.owner else OMITTED)
    if undo is not None:
        for triple in stored:
            if triple.id is not None:
                undo.push_async_callback(store.delete, triple_id=triple.id, user_id=owner)
    found = await store.get(entity=story.ENTITY, user_id=owner)
    return Chapter(
        kind="graph",
        stored=stored,
        question=f"What has to do with {story.ENTITY}?",
        found=found,
        remark=can.remark(found),
    )


class _Abilities:
    """What the demo may ask of a store: nothing that the store does not declare."""

    def __init__(self, store: Facade) -> None:
        self.provider = store.provider
        self.owner = Feature.ATTRIBUTION in store.features
        self.scope = self.owner and Feature.USER_SCOPE in store.features
        self.metadata = Feature.METADATA in store.features
        self.ids = Feature.CLIENT_IDS in store.features
        self.prompt = Guarantee.READ_YOUR_WRITES in store.guarantees

    def remark(self, found: Sequence[Record]) -> str:
        """Explain an empty answer."""
        if found or self.prompt:
            return ""
        return f"Nothing yet: {self.provider} does not promise that what was written is found at once."
