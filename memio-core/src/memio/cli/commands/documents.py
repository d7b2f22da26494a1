"""`memio documents`: longer texts, for search, and values under an id."""

from typing import Annotated

import typer

from memio.cli import options
from memio.cli.client import call, delete_all, show_count, show_hits, show_listing, show_owners
from memio.cli.groups import (
    AddedWithData,
    ChangedWithData,
    Common,
    Found,
    Owner,
    Paging,
    Pick,
    Scope,
    Sorting,
    Span,
    Version,
    grouped,
)
from memio.cli.io.input import as_utf8
from memio.cli.io.output import done
from memio.cli.io.records import show_one

app = typer.Typer(help="Longer texts, for search, and values under an id.")

DocumentId = Annotated[
    str, typer.Argument(callback=as_utf8, metavar="ID", help="The id of the document.", show_default=False)
]


@app.command()
@grouped
def add(*, body: AddedWithData, doc_id: options.NewId = None, owner: Owner, common: Common) -> None:
    """Store a document."""
    held, labels = body.read(), owner.labels
    document = call(
        common, "documents", lambda memio: memio.documents.add(**held, doc_id=doc_id, **labels), creates=True
    )
    show_one(document, as_json=common.as_json, done="the document is stored")


@app.command()
@grouped
def put(*, doc_id: DocumentId, body: AddedWithData, version: Version, owner: Owner, common: Common) -> None:
    """Store a document under an id. One that is there is replaced, also in what is left out here."""
    held, labels = {**body.read(), **version.chosen}, owner.labels
    document = call(common, "documents", lambda memio: memio.documents.put(doc_id, **held, **labels), creates=True)
    show_one(document, as_json=common.as_json, done="the document is stored")


@app.command()
@grouped
def get(*, doc_id: DocumentId, scope: Scope, common: Common) -> None:
    """Show one document."""
    labels = scope.labels
    document = call(common, "documents", lambda memio: memio.documents.get(doc_id, **labels))
    show_one(document, as_json=common.as_json)


@app.command("list")
@grouped
def list_(*, span: Span, pick: Pick, paging: Sorting, common: Common) -> None:
    """List documents, in the order in which they were added."""
    chosen = {**pick.chosen, **paging.order, **span.labels}
    show_listing(
        common,
        "documents",
        "documents",
        page=lambda memio, limit, cursor: memio.documents.get_all(limit=limit, cursor=cursor, **chosen),
        everything=lambda memio: memio.documents.iter_all(**chosen),
        paging=paging,
    )


@app.command()
@grouped
def search(*, query: options.Query, span: Span, found: Found, common: Common) -> None:
    """Find the documents that match best, best first."""
    chosen = {**found.chosen, **span.labels}
    show_hits(common, "documents", "documents", query, lambda memio: memio.documents.search(query, **chosen))


@app.command()
@grouped
def count(*, span: Span, pick: Pick, common: Common) -> None:
    """Print how many documents there are."""
    chosen = {**pick.chosen, **span.labels}
    show_count(common, "documents", lambda memio: memio.documents.count(**chosen))


@app.command()
@grouped
def update(*, doc_id: DocumentId, changed: ChangedWithData, version: Version, scope: Scope, common: Common) -> None:
    """Change the text, the metadata or the time of expiry of a document. What is left out stays."""
    changes, labels = {**changed.read(), **version.chosen}, scope.labels
    document = call(common, "documents", lambda memio: memio.documents.update(doc_id=doc_id, **changes, **labels))
    show_one(document, as_json=common.as_json, done="the document is updated")


@app.command()
@grouped
def delete(*, doc_id: DocumentId, version: Version, scope: Scope, common: Common) -> None:
    """Delete one document."""
    labels = scope.labels
    call(common, "documents", lambda memio: memio.documents.delete(doc_id, **version.chosen, **labels))
    done(f"deleted document {doc_id}", as_json=common.as_json, deleted=doc_id)


@app.command("delete-all")
@grouped
def delete_all_(*, span: Span, yes: options.Yes = False, common: Common) -> None:
    """Delete all documents, or all documents of an owner, after a confirmation."""
    raise typer.Exit(delete_all(common, "documents", span, yes=yes))


@app.command()
@grouped
def owners(*, span: Span, paging: Paging, common: Common) -> None:
    """List the owners that have documents, each once, in no particular order."""
    show_owners(common, "documents", span, paging)
