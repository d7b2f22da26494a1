"""The demo: store something in each kind of memory, recall it, print it, and remove it where it must not stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from memio._values.omitted import OMITTED
from memio.capabilities import KINDS, Feature, Guarantee, Kind
from memio.cli.commands.demo import page, story
from memio.cli.commands.demo.page import Chapter
from memio.cli.io.output import write_json
from memio.cli.io.records import json_of
from memio.cli.sources import EMBEDDED
from memio.client import Memio
from memio.config import load
from memio.errors import ConflictError, InvalidInputError
from memio.models import Document, Fact, Message, Record, Triple
from memio.registry import find, kinds_of, load_store
from memio.settings import environment_variable

if TYPE_CHECKING:
    from memio.facades.facade import Facade


def run(provider: str, path: Path | None, *, default_path: Path, as_json: bool) -> None:
    """Run the demo, and print it.

    Args:
        provider: The provider to show.
        path: The file of the embedded provider that was passed, or `None`.
        default_path: The file if none was passed.
        as_json: Whether to print JSON.

    Raises:
        InvalidInputError: A file was passed for a provider that does not take one.
        ConflictError: The file holds other records under the demo's ids.
    """
    embedded = provider == EMBEDDED
    if path is not None and not embedded:
        raise InvalidInputError(f"--path is for {EMBEDDED} only: set the settings of {provider} in the environment")
    file = path or default_path
    kinds = _kinds(provider)
    settings: Any = {"provider": EMBEDDED, "path": str(file)} if embedded else provider
    if not as_json:
        page.show_beginning(provider, kinds)
    chapters = asyncio.run(_play_all(dict.fromkeys(kinds, settings), kept=embedded, as_json=as_json, file=file))
    program = story.program(provider, kinds, str(file))
    if as_json:
        write_json(
            {
                "provider": provider,
                "path": str(file.absolute()) if embedded else None,
                "chapters": [_as_json(chapter) for chapter in chapters],
                "python": program,
            }
        )
    else:
        page.show_end(provider, file if embedded else None, _path_variable(kinds[0]) if embedded else None, program)


def _kinds(provider: str) -> list[Kind]:
    """Return the kinds that a provider has, which may be named as `distribution:name`."""
    name = provider.rpartition(":")[2]
    kinds = kinds_of(name)
    if not kinds:
        # Raises an error that lists what is installed and what can be.
        find(KINDS[0], provider, "--provider")
    return kinds


def _path_variable(kind: Kind) -> str | None:
    """Return the environment variable for the file of the embedded provider."""
    return environment_variable(load_store(find(kind, EMBEDDED)).settings.model_fields["path"])


async def _play_all(config: Mapping[str, Any], *, kept: bool, as_json: bool, file: Path) -> list[Chapter]:
    chapters: list[Chapter] = []
    # A new name where the provider may have sessions; the same one again in the file of the demo.
    session = story.SESSION if kept else f"memio-demo-{token_hex(4)}"
    async with Memio.from_config(load(config)) as memio, AsyncExitStack() as undo:
        try:
            async for chapter in play(memio, session, None if kept else undo):
                chapters.append(chapter)
                if not as_json:
                    page.show_chapter(chapter)
        except ConflictError as error:
            if not kept:
                raise
            raise ConflictError(
                error.resource,
                error.resource_id,
                hint=f"{file} holds another one under the demo's id: remove the file, or choose another with --path",
            ) from None
    return chapters


def _as_json(chapter: Chapter) -> dict[str, Any]:
    return {
        "kind": chapter.kind,
        "stored": [json_of(record) for record in chapter.stored],
        "question": chapter.question,
        "found": [json_of(record) for record in chapter.found],
    }


async def play(memio: Memio, session: str, undo: AsyncExitStack | None) -> AsyncIterator[Chapter]:
    """Store and recall the data of the demo in every store of a client, and yield a chapter for each.

    Args:
        memio: The client.
        session: The id of the conversation.
        undo: Collects the calls that remove what is added; `None` if it stays.
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
    # Without owners, a search would find Omar's note, too.
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
    """What a store declares of the features that the demo uses."""

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
