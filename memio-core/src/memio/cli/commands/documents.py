"""`memio documents`: longer texts, for search."""

from typing import Annotated

import typer

from memio._call.labels import as_argument
from memio.cli import options
from memio.cli.client import call, delete_all, show_listing
from memio.cli.io.filters import filters
from memio.cli.io.input import as_utf8, content, json_object
from memio.cli.io.output import done
from memio.cli.io.records import show_many, show_one

app = typer.Typer(help="Longer texts, for search.")

DocumentId = Annotated[
    str, typer.Argument(callback=as_utf8, metavar="ID", help="The id of the document.", show_default=False)
]


@app.command()
def add(
    *,
    text: options.Content = None,
    file: options.File = None,
    user: options.User = None,
    metadata: options.Metadata = None,
    doc_id: options.NewId = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Store a document."""
    body = content(text, file)
    kept = json_object(metadata, "--metadata")
    document = call(
        config,
        "documents",
        lambda memio: memio.documents.add(content=body, metadata=kept, user_id=as_argument(user), doc_id=doc_id),
    )
    show_one("documents", document, as_json=as_json, done="the document is stored")


@app.command()
def get(
    *,
    doc_id: DocumentId,
    user: options.UserScope = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one document."""
    document = call(config, "documents", lambda memio: memio.documents.get(doc_id=doc_id, user_id=as_argument(user)))
    show_one("documents", document, as_json=as_json)


@app.command("list")
def list_(
    *,
    user: options.UserScope = None,
    filter_: options.Filters = None,
    limit: options.Limit = None,
    cursor: options.Cursor = None,
    everything: options.Everything = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """List documents, in the order in which they were added."""
    chosen = filters(filter_)
    show_listing(
        config,
        "documents",
        "documents",
        page=lambda memio, limit, cursor: memio.documents.get_all(
            limit=limit, cursor=cursor, user_id=as_argument(user), filters=chosen
        ),
        everything=(lambda memio: memio.documents.iter_all(user_id=as_argument(user), filters=chosen))
        if everything
        else None,
        limit=limit,
        cursor=cursor,
        as_json=as_json,
    )


@app.command()
def search(
    *,
    query: options.Query,
    user: options.UserScope = None,
    filter_: options.Filters = None,
    limit: options.Hits = 10,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Find the documents that match best, best first."""
    chosen = filters(filter_)
    hits = call(
        config,
        "documents",
        lambda memio: memio.documents.search(query=query, limit=limit, user_id=as_argument(user), filters=chosen),
    )
    show_many("documents", hits, "documents", as_json=as_json)


@app.command()
def update(
    *,
    doc_id: DocumentId,
    text: options.Content = None,
    file: options.File = None,
    user: options.UserScope = None,
    metadata: options.NewMetadata = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Replace the text of a document."""
    body = content(text, file)
    kept = json_object(metadata, "--metadata")
    document = call(
        config,
        "documents",
        lambda memio: memio.documents.update(doc_id=doc_id, content=body, metadata=kept, user_id=as_argument(user)),
    )
    show_one("documents", document, as_json=as_json, done="the document is updated")


@app.command()
def delete(
    *,
    doc_id: DocumentId,
    user: options.UserScope = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete one document."""
    call(config, "documents", lambda memio: memio.documents.delete(doc_id=doc_id, user_id=as_argument(user)))
    done(f"deleted document {doc_id}", as_json=as_json, deleted=doc_id)


@app.command("delete-all")
def delete_all_(
    *,
    user: options.UserScope = None,
    yes: options.Yes = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete all documents, or all documents of one user, after a confirmation."""
    code = delete_all(
        config,
        "documents",
        lambda memio: memio.documents.delete_all(user_id=as_argument(user)),
        owner={"user": user},
        yes=yes,
        as_json=as_json,
    )
    raise typer.Exit(code)
