"""The tools for entities: the graph of memio, with the facts about an entity."""

from collections.abc import Iterator
from typing import Annotated, cast

from mcp.server.mcpserver.tools import Tool
from pydantic import BaseModel, ConfigDict, Field

from memio import Feature, Triple
from memio.facades import Facts, Graph
from memio_mcp.arguments import Cursor, Limit, Query
from memio_mcp.records import Done, Entity, Relations, memory_of, relations_of
from memio_mcp.tools.memories import ABOUT
from memio_mcp.tools.tool import tool

FIND = "Use look_up_entity or search_relations to see which relations there are."


class NewRelation(BaseModel):
    """A relation to store."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, Field(min_length=1, description="The entity that it is about, such as Anna.")]
    predicate: Annotated[str, Field(min_length=1, description="The relation, as a verb: works for, is a, lives in.")]
    object: Annotated[str, Field(min_length=1, description="The entity at the other end, such as Acme.")]


def entity_tools(graph: Graph, facts: Facts | None, *, writes: bool, deletes: bool) -> Iterator[Tool]:
    """Yield the tools for entities.

    Args:
        graph: The graph of the owner.
        facts: The facts of the owner, if there are any; those about an entity are shown with it.
        writes: Whether relations may be added.
        deletes: Whether they may be deleted.
    """
    known = facts if facts is not None and Feature.FILTERS in facts.features else None

    async def relate_entities(
        relations: Annotated[
            list[NewRelation], Field(min_length=1, max_length=100, description="The relations to store.")
        ],
    ) -> Relations:
        """Remember how people, things and projects relate. Write each entity the same way every time.

        A relation that is known already is not stored again.
        """
        triples = [Triple(subject=each.subject, predicate=each.predicate, object=each.object) for each in relations]
        return relations_of(await graph.add(triples=triples))

    async def look_up_entity(
        entity: Annotated[str, Field(min_length=1, description="The entity, exactly as it was written.")],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Entity:
        """Show what is known about a person, thing or project: its relations, and the memories about it."""
        found = relations_of(await graph.get(entity, limit=limit, cursor=cursor))
        result = cast("Entity", {"entity": entity, **found, "memories": []})
        if known is not None and cursor is None:
            about = await known.get_all(filters={ABOUT: entity}, limit=limit)
            result["memories"] = [memory_of(fact) for fact in about]
            if about.next_cursor is not None:
                result["more_memories"] = True
        return result

    async def search_relations(query: Query, limit: Limit = 20) -> Relations:
        """Find relations by words of their entities, when you do not know how an entity is written."""
        return relations_of(await graph.search(query, limit=limit))

    async def delete_relation(
        relation_id: Annotated[str, Field(min_length=1, description="The id of the relation, from another result.")],
    ) -> Done:
        """Delete a relation for good, when it is wrong or no longer true."""
        await graph.delete(relation_id)
        return {"done": f"deleted the relation {relation_id}"}

    yield tool(look_up_entity, "Look up an entity", FIND)
    yield tool(search_relations, "Search relations", FIND)
    if writes:
        yield tool(relate_entities, "Relate entities", FIND, writes=True)
        if deletes:
            yield tool(delete_relation, "Delete a relation", FIND, writes=True, destroys=True)
