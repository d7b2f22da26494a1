"""The tools for memories: facts of memio."""

from collections.abc import Iterator
from typing import Annotated, Any

from mcp.server.mcpserver.tools import Tool
from pydantic import Field

from memio import Feature, InvalidInputError
from memio.facades import Facts
from memio_mcp.arguments import Cursor, Limit, Query, Since, Until, times
from memio_mcp.embedding import NOTE, Embedding
from memio_mcp.records import Done, Memories, Memory, memories_of, memory_of
from memio_mcp.tools.tool import tool

FIND = "Use search_memories or list_memories to see which ids there are."
ABOUT = "entity"
"""The key of the metadata that names the entity which a memory is about."""

MemoryId = Annotated[str, Field(min_length=1, description="The id of the memory, from another result.")]
About = Annotated[
    str | None,
    Field(description="The person, thing or project that it is about, if there is one; look_up_entity then shows it."),
]
Metadata = Annotated[
    dict[str, Any] | None, Field(description="Details to keep with it, as a JSON object; usually not needed.")
]


def memory_tools(facts: Facts, embedding: Embedding, *, writes: bool, deletes: bool) -> Iterator[Tool]:
    """Yield the tools for memories.

    Args:
        facts: The facts of the owner.
        embedding: Waits before a search.
        writes: Whether memories may be added and changed.
        deletes: Whether they may be deleted.
    """
    newest: Any = {"order": "newest"} if Feature.NEWEST_FIRST in facts.features else {}

    async def add_memory(
        content: Annotated[
            str,
            Field(
                min_length=1,
                description="One fact, in a sentence that is understood alone: 'Anna prefers tea', not 'prefers it'.",
            ),
        ],
        entity: About = None,
        metadata: Metadata = None,
    ) -> Memory:
        """Remember something for later conversations: a preference, a decision, a fact about a person or project.

        Add one fact at a time. Search first, and use update_memory when it is known in another form.
        """
        held = dict(metadata or {})
        if entity is not None and held.setdefault(ABOUT, entity) != entity:
            raise InvalidInputError(f"metadata has another {ABOUT!r} than the argument: leave it out of metadata")
        fact = await facts.add(content, metadata=held)
        embedding.added()
        return memory_of(fact)

    async def search_memories(query: Query, limit: Limit = 10, since: Since = None, until: Until = None) -> Memories:
        """Find memories about something, the best first. Use it before you answer from memory."""
        complete = await embedding.wait()
        found = memories_of(await facts.search(query, limit=limit, **times(since, until)))
        return found if complete else {**found, "note": NOTE}

    async def list_memories(
        limit: Limit = 20, cursor: Cursor = None, since: Since = None, until: Until = None
    ) -> Memories:
        """List memories by time. For a topic use search_memories instead."""
        return memories_of(await facts.get_all(limit=limit, cursor=cursor, **newest, **times(since, until)))

    async def update_memory(
        memory_id: MemoryId,
        content: Annotated[
            str | None, Field(min_length=1, description="The new text, complete; leave it out to keep the old one.")
        ] = None,
        metadata: Annotated[
            dict[str, Any] | None,
            Field(description="The new details, which replace all old ones; leave them out to keep the old ones."),
        ] = None,
    ) -> Memory:
        """Correct a memory: replace its text, its details, or both. What is left out stays."""
        fact = await facts.update(fact_id=memory_id, content=content, metadata=metadata)
        embedding.added()
        return memory_of(fact)

    async def delete_memory(memory_id: MemoryId) -> Done:
        """Delete a memory for good. Use it when it is wrong or when the person asks to forget it."""
        await facts.delete(memory_id)
        return {"done": f"deleted the memory {memory_id}"}

    yield tool(search_memories, "Search memories", FIND)
    yield tool(list_memories, "List memories", FIND)
    if writes:
        yield tool(add_memory, "Add a memory", FIND, writes=True, repeatable=False)
        if Feature.UPDATE in facts.features:
            yield tool(update_memory, "Update a memory", FIND, writes=True, destroys=True)
        if deletes:
            yield tool(delete_memory, "Delete a memory", FIND, writes=True, destroys=True)
