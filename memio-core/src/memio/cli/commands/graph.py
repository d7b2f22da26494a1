"""`memio graph`: relations between entities. Provisional, like all of the graph."""

from pathlib import Path
from typing import Annotated

import typer

from memio.cli import options
from memio.cli.client import call, delete_all, show_count, show_hits, show_listing, show_owners
from memio.cli.groups import Common, Owner, Paging, Scope, Sorting, Span, Times, grouped
from memio.cli.io.input import as_utf8, json_object, triples
from memio.cli.io.output import done, reporting
from memio.cli.io.records import show_many
from memio.errors import InvalidInputError
from memio.models import Triple

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


@app.command()
@grouped
def add(
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
    metadata: options.Metadata = None,
    triple_id: options.NewId = None,
    owner: Owner,
    common: Common,
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
    labels = owner.labels
    stored = call(common, "graph", lambda memio: memio.graph.add(triples=made, **labels), creates=True)
    with reporting("the triples are stored"):
        show_many(stored, "triples", as_json=common.as_json)


@app.command()
@grouped
def get(*, entity: Entity, span: Span, times: Times, paging: Paging, common: Common) -> None:
    """Show the triples with an entity as subject or object. An unknown entity has none."""
    chosen = {**times.chosen, **span.labels}
    show_listing(
        common,
        "graph",
        "triples",
        page=lambda memio, limit, cursor: memio.graph.get(entity, limit=limit, cursor=cursor, **chosen),
        everything=lambda memio: memio.graph.iter_entity(entity, **chosen),
        paging=paging,
    )


@app.command("list")
@grouped
def list_(*, span: Span, times: Times, paging: Sorting, common: Common) -> None:
    """List triples, in the order in which they were added."""
    chosen = {**times.chosen, **paging.order, **span.labels}
    show_listing(
        common,
        "graph",
        "triples",
        page=lambda memio, limit, cursor: memio.graph.get_all(limit=limit, cursor=cursor, **chosen),
        everything=lambda memio: memio.graph.iter_all(**chosen),
        paging=paging,
    )


@app.command()
@grouped
def search(*, query: options.Query, span: Span, times: Times, limit: options.Hits = 10, common: Common) -> None:
    """Find the triples that match best, best first."""
    chosen = {**times.chosen, **span.labels}
    show_hits(common, "graph", "triples", query, lambda memio: memio.graph.search(query, limit=limit, **chosen))


@app.command()
@grouped
def count(*, span: Span, times: Times, common: Common) -> None:
    """Print how many triples there are."""
    chosen = {**times.chosen, **span.labels}
    show_count(common, "graph", lambda memio: memio.graph.count(**chosen))


@app.command()
@grouped
def delete(
    *,
    triple_id: Annotated[
        str, typer.Argument(callback=as_utf8, metavar="ID", help="The id of the triple.", show_default=False)
    ],
    scope: Scope,
    common: Common,
) -> None:
    """Delete one triple."""
    labels = scope.labels
    call(common, "graph", lambda memio: memio.graph.delete(triple_id, **labels))
    done(f"deleted triple {triple_id}", as_json=common.as_json, deleted=triple_id)


@app.command("delete-entity")
@grouped
def delete_entity(*, entity: Entity, scope: Scope, common: Common) -> None:
    """Delete the triples with an entity as subject or object. An unknown entity has none."""
    labels = scope.labels
    call(common, "graph", lambda memio: memio.graph.delete_entity(entity, **labels))
    done(f"deleted the triples of {entity}", as_json=common.as_json, deleted=entity)


@app.command("delete-all")
@grouped
def delete_all_(*, span: Span, yes: options.Yes = False, common: Common) -> None:
    """Delete all triples, or all triples of an owner, after a confirmation."""
    raise typer.Exit(delete_all(common, "graph", span, yes=yes))


@app.command()
@grouped
def owners(*, span: Span, paging: Paging, common: Common) -> None:
    """List the owners that have triples, each once, in no particular order."""
    show_owners(common, "graph", span, paging)
