"""`memio facts`: short statements that an agent remembers."""

from typing import Annotated

import typer

from memio.cli import options
from memio.cli.client import call, delete_all, show_count, show_hits, show_listing, show_owners
from memio.cli.groups import Added, Changed, Common, Found, Owner, Paging, Pick, Scope, Sorting, Span, Version, grouped
from memio.cli.io.input import as_utf8
from memio.cli.io.output import done
from memio.cli.io.records import show_one

app = typer.Typer(help="Short statements that an agent remembers.")

FactId = Annotated[str, typer.Argument(callback=as_utf8, metavar="ID", help="The id of the fact.", show_default=False)]


@app.command()
@grouped
def add(*, body: Added, fact_id: options.NewId = None, owner: Owner, common: Common) -> None:
    """Store a fact."""
    held, labels = body.read(), owner.labels
    fact = call(common, "facts", lambda memio: memio.facts.add(**held, fact_id=fact_id, **labels), creates=True)
    show_one(fact, as_json=common.as_json, done="the fact is stored")


@app.command()
@grouped
def put(*, fact_id: FactId, body: Added, version: Version, owner: Owner, common: Common) -> None:
    """Store a fact under an id. One that is there is replaced, also in what is left out here."""
    held, labels = {**body.read(), **version.chosen}, owner.labels
    fact = call(common, "facts", lambda memio: memio.facts.put(fact_id, **held, **labels), creates=True)
    show_one(fact, as_json=common.as_json, done="the fact is stored")


@app.command()
@grouped
def get(*, fact_id: FactId, scope: Scope, common: Common) -> None:
    """Show one fact."""
    labels = scope.labels
    fact = call(common, "facts", lambda memio: memio.facts.get(fact_id, **labels))
    show_one(fact, as_json=common.as_json)


@app.command("list")
@grouped
def list_(*, span: Span, pick: Pick, paging: Sorting, common: Common) -> None:
    """List facts, in the order in which they were added."""
    chosen = {**pick.chosen, **paging.order, **span.labels}
    show_listing(
        common,
        "facts",
        "facts",
        page=lambda memio, limit, cursor: memio.facts.get_all(limit=limit, cursor=cursor, **chosen),
        everything=lambda memio: memio.facts.iter_all(**chosen),
        paging=paging,
    )


@app.command()
@grouped
def search(*, query: options.Query, span: Span, found: Found, common: Common) -> None:
    """Find the facts that match best, best first."""
    chosen = {**found.chosen, **span.labels}
    show_hits(common, "facts", "facts", query, lambda memio: memio.facts.search(query, **chosen))


@app.command()
@grouped
def count(*, span: Span, pick: Pick, common: Common) -> None:
    """Print how many facts there are."""
    chosen = {**pick.chosen, **span.labels}
    show_count(common, "facts", lambda memio: memio.facts.count(**chosen))


@app.command()
@grouped
def update(*, fact_id: FactId, changed: Changed, version: Version, scope: Scope, common: Common) -> None:
    """Change the text, the metadata or the time of expiry of a fact. What is left out stays."""
    changes, labels = {**changed.read(), **version.chosen}, scope.labels
    fact = call(common, "facts", lambda memio: memio.facts.update(fact_id=fact_id, **changes, **labels))
    show_one(fact, as_json=common.as_json, done="the fact is updated")


@app.command()
@grouped
def delete(*, fact_id: FactId, version: Version, scope: Scope, common: Common) -> None:
    """Delete one fact."""
    labels = scope.labels
    call(common, "facts", lambda memio: memio.facts.delete(fact_id, **version.chosen, **labels))
    done(f"deleted fact {fact_id}", as_json=common.as_json, deleted=fact_id)


@app.command("delete-all")
@grouped
def delete_all_(*, span: Span, yes: options.Yes = False, common: Common) -> None:
    """Delete all facts, or all facts of an owner, after a confirmation."""
    raise typer.Exit(delete_all(common, "facts", span, yes=yes))


@app.command()
@grouped
def owners(*, span: Span, paging: Paging, common: Common) -> None:
    """List the owners that have facts, each once, in no particular order."""
    show_owners(common, "facts", span, paging)
