"""`memio history`: conversations."""

from typing import Annotated, cast

import typer

from memio._call.labels import as_argument
from memio.cli import options
from memio.cli.client import call, delete_all, show_listing
from memio.cli.io.input import as_utf8, content, json_object, moment
from memio.cli.io.output import done
from memio.cli.io.records import show_many, show_turn
from memio.models import ROLES, Message, Role
from memio.protocols import Start

app = typer.Typer(
    help="Conversations: sessions of messages. Messages cannot be updated.",
)

Session = Annotated[
    str,
    typer.Argument(
        callback=as_utf8,
        metavar="SESSION",
        help="The id of the session. Its first message creates it.",
        show_default=False,
    ),
]


@app.command()
def add(  # noqa: PLR0913  # an argument for each option
    *,
    session: Session,
    text: options.Content = None,
    file: options.File = None,
    role: Annotated[
        str,
        typer.Option(
            "--role", "-r", callback=as_utf8, metavar="ROLE", help=f"The role of the speaker: {', '.join(ROLES)}."
        ),
    ] = "user",
    name: Annotated[
        str | None,
        typer.Option("--name", callback=as_utf8, metavar="NAME", help="The speaker's name.", show_default=False),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            "--time",
            callback=as_utf8,
            metavar="TIME",
            help="The time of the message, as 2026-05-01T09:30+02:00. By default: now.",
            show_default=False,
        ),
    ] = None,
    user: options.User = None,
    metadata: options.Metadata = None,
    message_id: options.NewId = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Append a message to a session. If an agent of the backend replies, the replies are printed, too."""
    message = Message(
        role=cast("Role", role),
        content=content(text, file),
        name=name,
        timestamp=None if time is None else moment(time),
        metadata=json_object(metadata, "--metadata") or {},
        id=message_id,
    )
    turn = call(
        config,
        "history",
        lambda memio: memio.history.add(session_id=session, messages=[message], user_id=as_argument(user)),
    )
    show_turn(turn, as_json=as_json)


@app.command()
def get(
    *,
    session: Session,
    start: Annotated[
        str,
        typer.Option(
            "--start", callback=as_utf8, metavar="END", help="The end that is listed first: latest or oldest."
        ),
    ] = "latest",
    user: options.UserScope = None,
    limit: options.Limit = None,
    cursor: options.Cursor = None,
    everything: options.Everything = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Show the latest messages of a session, or all with --all; the oldest comes first. An unknown session is empty."""
    show_listing(
        config,
        "history",
        "messages",
        page=lambda memio, limit, cursor: memio.history.get(
            session_id=session, limit=limit, cursor=cursor, start=cast("Start", start), user_id=as_argument(user)
        ),
        everything=(lambda memio: memio.history.iter_messages(session_id=session, user_id=as_argument(user)))
        if everything
        else None,
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
    """List the sessions, in the order of their first messages."""
    show_listing(
        config,
        "history",
        "sessions",
        page=lambda memio, limit, cursor: memio.history.get_all(limit=limit, cursor=cursor, user_id=as_argument(user)),
        everything=(lambda memio: memio.history.iter_all(user_id=as_argument(user))) if everything else None,
        limit=limit,
        cursor=cursor,
        as_json=as_json,
    )


app.command("sessions", help="The same as list.")(list_)


@app.command()
def search(
    *,
    query: options.Query,
    session: Annotated[
        str | None,
        typer.Option(
            "--session",
            "-s",
            callback=as_utf8,
            metavar="SESSION",
            help="Only this session. By default: all sessions.",
            show_default=False,
        ),
    ] = None,
    user: options.UserScope = None,
    limit: options.Hits = 10,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Find the messages that match best, best first."""
    hits = call(
        config,
        "history",
        lambda memio: memio.history.search(
            query=query, limit=limit, session_id=as_argument(session), user_id=as_argument(user)
        ),
    )
    show_many("history", hits, "messages", as_json=as_json)


@app.command()
def delete(
    *,
    session: Session,
    user: options.UserScope = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete a session with all its messages. An unknown session is not an error."""
    call(config, "history", lambda memio: memio.history.delete(session_id=session, user_id=as_argument(user)))
    done(f"session {session} is deleted", as_json=as_json, deleted=session)


@app.command("delete-all")
def delete_all_(
    *,
    user: options.UserScope = None,
    yes: options.Yes = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete all sessions, or all sessions of one user, after a confirmation."""
    code = delete_all(
        config,
        "history",
        lambda memio: memio.history.delete_all(user_id=as_argument(user)),
        owner={"user": user},
        yes=yes,
        as_json=as_json,
    )
    raise typer.Exit(code)
