"""`memio graph`: relations between entities. Provisional, like all of the graph."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memio._call.labels import as_argument
from memio.cli import options
from memio.cli.client import call, delete_all, show_listing
from memio.cli.io.input import as_utf8, json_object, triples
from memio.cli.io.output import done, reporting
from memio.cli.io.records import show_many
from memio.errors import InvalidInputError
from memio.models import Triple

if TYPE_CHECKING:
    from memio.client import Memio

app = typer.Typer(
    help="Relations between entities: subject, predicate, object. "
    "Triples cannot be updated: delete one and add another. Provisional: may still change.",
)

Entity = Annotated[
    str,
    typer.Argument(
        callback=as_utf8, metavar="ENTITY", help="The entity, exactly as it was written.", show_default=False
    ),
]


def _around(memio: "Memio", entity: str, user: str | None) -> AsyncIterator[Triple]:
    """Iterate over all triples with an entity as subject or object."""
    # Imported here, because the help does not need the client.
    from memio.facades.facade import pages

    return pages(lambda cursor: memio.graph.get(entity=entity, cursor=cursor, user_id=as_argument(user)))


@app.command()
def add(  # noqa: PLR0913  # an argument for each option
    *,
    subject: Annotated[str | None, typer.Argument(callback=as_utf8, metavar="SUBJECT", show_default=False)] = None,
    predicate: Annotated[str | None, typer.Argument(callback=as_utf8, metavar="PREDICATE", show_default=False)] = None,
    object: Annotated[str | None, typer.Argument(callback=as_utf8, metavar="OBJECT", show_default=False)] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            "-f",
            metavar="PATH",
            help="Read the triples from this file, or - for standard input: a JSON object a line with subject, "
            "predicate, object, and metadata and id if they have any. All are stored, or none.",
            show_default=False,
        ),
    ] = None,
    user: options.User = None,
    metadata: options.Metadata = None,
    triple_id: options.NewId = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Store a triple, or the triples of a file. A triple that exists is not stored again."""
    if file is not None:
        if any(value is not None for value in (subject, metadata, triple_id)):
            raise InvalidInputError("--file holds whole triples: leave SUBJECT, --metadata and --id out")
        made = triples(file)
    elif subject is None or predicate is None or object is None:
        raise InvalidInputError("a triple has three parts: pass SUBJECT PREDICATE OBJECT, or --file PATH")
    else:
        kept = json_object(metadata, "--metadata") or {}
        made = [Triple(subject=subject, predicate=predicate, object=object, metadata=kept, id=triple_id)]
    stored = call(config, "graph", lambda memio: memio.graph.add(triples=made, user_id=as_argument(user)))
    with reporting("the triples are stored"):
        show_many("graph", stored, "triples", as_json=as_json)


@app.command()
def get(
    *,
    entity: Entity,
    user: options.UserScope = None,
    limit: options.Limit = None,
    cursor: options.Cursor = None,
    everything: options.Everything = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Show the triples with an entity as subject or object. An unknown entity has none."""
    show_listing(
        config,
        "graph",
        "triples",
        page=lambda memio, limit, cursor: memio.graph.get(
            entity=entity, limit=limit, cursor=cursor, user_id=as_argument(user)
        ),
        everything=(lambda memio: _around(memio, entity, user)) if everything else None,
        limit=limit,
        cursor=cursor,
        as_json=as_json,
    )


@app.command("list")
def list_(
    *,
    user: options.UserScope = None,
    limit: options.Limit = None,
    cursor: options.Cursor = None,
    everything: options.Everything = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """List triples, in the order in which they were added."""
    show_listing(
        config,
        "graph",
        "triples",
        page=lambda memio, limit, cursor: memio.graph.get_all(limit=limit, cursor=cursor, user_id=as_argument(user)),
        everything=(lambda memio: memio.graph.iter_all(user_id=as_argument(user))) if everything else None,
        limit=limit,
        cursor=cursor,
        as_json=as_json,
    )


@app.command()
def search(
    *,
    query: options.Query,
    user: options.UserScope = None,
    limit: options.Hits = 10,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Find the triples that match best, best first."""
    hits = call(config, "graph", lambda memio: memio.graph.search(query=query, limit=limit, user_id=as_argument(user)))
    show_many("graph", hits, "triples", as_json=as_json)


@app.command()
def delete(
    *,
    triple_id: Annotated[
        str, typer.Argument(callback=as_utf8, metavar="ID", help="The id of the triple.", show_default=False)
    ],
    user: options.UserScope = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete one triple."""
    call(config, "graph", lambda memio: memio.graph.delete(triple_id=triple_id, user_id=as_argument(user)))
    done(f"deleted triple {triple_id}", as_json=as_json, deleted=triple_id)


@app.command("delete-entity")
def delete_entity(
    *,
    entity: Entity,
    user: options.UserScope = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete the triples with an entity as subject or object. An unknown entity has none."""
    call(config, "graph", lambda memio: memio.graph.delete_entity(entity=entity, user_id=as_argument(user)))
    done(f"deleted the triples of {entity}", as_json=as_json, deleted=entity)


@app.command("delete-all")
def delete_all_(
    *,
    user: options.UserScope = None,
    yes: options.Yes = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete all triples, or all triples of one user, after a confirmation."""
    code = delete_all(
        config,
        "graph",
        lambda memio: memio.graph.delete_all(user_id=as_argument(user)),
        owner={"user": user},
        yes=yes,
        as_json=as_json,
    )
    raise typer.Exit(code)
