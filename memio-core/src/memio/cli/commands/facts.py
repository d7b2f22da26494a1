"""`memio facts`: short statements that an agent remembers."""

from typing import Annotated

import typer

from memio._call.labels import as_argument
from memio.cli import options
from memio.cli.client import call, delete_all, show_listing
from memio.cli.io.filters import filters
from memio.cli.io.input import as_utf8, content, json_object
from memio.cli.io.output import done
from memio.cli.io.records import show_many, show_one

app = typer.Typer(help="Short statements that an agent remembers.")

FactId = Annotated[str, typer.Argument(callback=as_utf8, metavar="ID", help="The id of the fact.", show_default=False)]


@app.command()
def add(
    *,
    text: options.Content = None,
    file: options.File = None,
    user: options.User = None,
    agent: options.Agent = None,
    metadata: options.Metadata = None,
    fact_id: options.NewId = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Store a fact."""
    body = content(text, file)
    kept = json_object(metadata, "--metadata")
    fact = call(
        config,
        "facts",
        lambda memio: memio.facts.add(
            content=body, metadata=kept, user_id=as_argument(user), agent_id=as_argument(agent), fact_id=fact_id
        ),
    )
    show_one("facts", fact, as_json=as_json, done="the fact is stored")


@app.command()
def get(
    *,
    fact_id: FactId,
    user: options.UserScope = None,
    agent: options.AgentScope = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one fact."""
    fact = call(
        config,
        "facts",
        lambda memio: memio.facts.get(fact_id=fact_id, user_id=as_argument(user), agent_id=as_argument(agent)),
    )
    show_one("facts", fact, as_json=as_json)


@app.command("list")
def list_(
    *,
    user: options.UserScope = None,
    agent: options.AgentScope = None,
    filter_: options.Filters = None,
    limit: options.Limit = None,
    cursor: options.Cursor = None,
    everything: options.Everything = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """List facts, in the order in which they were added."""
    chosen = filters(filter_)
    show_listing(
        config,
        "facts",
        "facts",
        page=lambda memio, limit, cursor: memio.facts.get_all(
            limit=limit, cursor=cursor, user_id=as_argument(user), agent_id=as_argument(agent), filters=chosen
        ),
        everything=(
            lambda memio: memio.facts.iter_all(user_id=as_argument(user), agent_id=as_argument(agent), filters=chosen)
        )
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
    agent: options.AgentScope = None,
    filter_: options.Filters = None,
    limit: options.Hits = 10,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Find the facts that match best, best first."""
    chosen = filters(filter_)
    hits = call(
        config,
        "facts",
        lambda memio: memio.facts.search(
            query=query, limit=limit, user_id=as_argument(user), agent_id=as_argument(agent), filters=chosen
        ),
    )
    show_many("facts", hits, "facts", as_json=as_json)


@app.command()
def update(
    *,
    fact_id: FactId,
    text: options.Content = None,
    file: options.File = None,
    user: options.UserScope = None,
    agent: options.AgentScope = None,
    metadata: options.NewMetadata = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Replace the text of a fact."""
    body = content(text, file)
    kept = json_object(metadata, "--metadata")
    fact = call(
        config,
        "facts",
        lambda memio: memio.facts.update(
            fact_id=fact_id, content=body, metadata=kept, user_id=as_argument(user), agent_id=as_argument(agent)
        ),
    )
    show_one("facts", fact, as_json=as_json, done="the fact is updated")


@app.command()
def delete(
    *,
    fact_id: FactId,
    user: options.UserScope = None,
    agent: options.AgentScope = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete one fact."""
    call(
        config,
        "facts",
        lambda memio: memio.facts.delete(fact_id=fact_id, user_id=as_argument(user), agent_id=as_argument(agent)),
    )
    done(f"deleted fact {fact_id}", as_json=as_json, deleted=fact_id)


@app.command("delete-all")
def delete_all_(
    *,
    user: options.UserScope = None,
    agent: options.AgentScope = None,
    yes: options.Yes = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete all facts, or all facts of one owner, after a confirmation."""
    code = delete_all(
        config,
        "facts",
        lambda memio: memio.facts.delete_all(user_id=as_argument(user), agent_id=as_argument(agent)),
        owner={"user": user, "agent": agent},
        yes=yes,
        as_json=as_json,
    )
    raise typer.Exit(code)
