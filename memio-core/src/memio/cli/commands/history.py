"""`memio history`: conversations. `memio sessions` is `memio history list`."""

from datetime import datetime
from typing import Annotated, Any, cast

import typer

from memio.cli import options
from memio.cli.client import call, delete_all, show_count, show_hits, show_listing, show_owners
from memio.cli.groups import Common, Found, Owner, Paging, Pick, Scope, Sorting, Span, Times, grouped
from memio.cli.io.input import as_utf8, json_object, messages, text_and_data
from memio.cli.io.output import done
from memio.cli.io.records import show_deleted, show_turn
from memio.cli.io.times import PAST_HELP, sent
from memio.errors import InvalidInputError
from memio.models import ROLES, Message, Role
from memio.protocols import Start

app = typer.Typer(
    help="Conversations: sessions of messages. Messages cannot be updated.",
)

Session = Annotated[
    str,
    typer.Argument(callback=as_utf8, metavar="SESSION", help="The id of the session.", show_default=False),
]
NewSession = Annotated[
    str,
    typer.Argument(
        callback=as_utf8,
        metavar="SESSION",
        help="The id of the session. Its first message creates it.",
        show_default=False,
    ),
]
OneSession = Annotated[
    str | None,
    typer.Option(
        "--session",
        "-s",
        callback=as_utf8,
        metavar="SESSION",
        help="Only messages of this session. By default: of all sessions.",
        show_default=False,
    ),
]


@app.command()
@grouped
def add(
    *,
    session: NewSession,
    text: options.Content = None,
    file: options.File = None,
    role: Annotated[
        str | None,
        typer.Option(
            "--role",
            "-r",
            callback=as_utf8,
            metavar="ROLE",
            help=f"The role of the speaker: {', '.join(ROLES)}.  [default: user]",
            show_default=False,
        ),
    ] = None,
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
            help=f"The time of the message: {PAST_HELP}. By default: now.",
            show_default=False,
        ),
    ] = None,
    metadata: options.Metadata = None,
    data: options.Data = None,
    message_id: options.NewId = None,
    message: Annotated[
        str | None,
        typer.Option(
            "--message",
            callback=as_utf8,
            metavar="JSON",
            help="In place of the text: a message as chat APIs have it, a JSON object with role, content, tool_calls "
            "and so on; or a list of them, of which all are stored, or none. @PATH reads it from a file, and @- from "
            "standard input.",
            show_default=False,
        ),
    ] = None,
    owner: Owner,
    common: Common,
) -> None:
    """Append a message to a session. If an agent of the backend replies, the replies are printed, too."""
    given = (text, file, role, name, time, metadata, data, message_id)
    if message is None:
        added: list[Any] = [_message(text_and_data(text, file, data), role, name, time, metadata, message_id)]
    elif any(value is not None for value in given):
        raise InvalidInputError(
            "--message holds whole messages: leave TEXT, --file, --role, --name, --time, --metadata, --data, --id out"
        )
    else:
        added = messages(message)
    labels = owner.labels
    turn = call(
        common,
        "history",
        lambda memio: memio.history.add(session_id=session, messages=added, **labels),
        creates=True,
    )
    show_turn(turn, as_json=common.as_json)


def _message(
    held: dict[str, Any],
    role: str | None,
    name: str | None,
    time: str | None,
    metadata: str | None,
    message_id: str | None,
) -> Message:
    """Return the message that the options describe; `held` is its content and its data."""
    return Message(
        role=cast("Role", role or "user"),
        name=name,
        timestamp=None if time is None else sent(time, "--time", now=datetime.now().astimezone()),
        metadata=json_object(metadata, "--metadata") or {},
        id=message_id,
        **held,
    )


@app.command()
@grouped
def get(
    *,
    session: Session,
    start: Annotated[
        str,
        typer.Option(
            "--start", callback=as_utf8, metavar="END", help="The end that is listed first: latest or oldest."
        ),
    ] = "latest",
    scope: Scope,
    paging: Paging,
    common: Common,
) -> None:
    """Show the latest messages of a session, or all with --all; the oldest comes first. An unknown session is empty."""
    labels = scope.labels
    show_listing(
        common,
        "history",
        "messages",
        page=lambda memio, limit, cursor: memio.history.get(
            session, limit=limit, cursor=cursor, start=cast("Start", start), **labels
        ),
        everything=lambda memio: memio.history.iter_messages(session, **labels),
        paging=paging,
    )


@app.command("list")
@grouped
def list_(*, span: Span, times: Times, paging: Sorting, common: Common) -> None:
    """List the sessions with their times and how many messages they have, in the order of their first messages.

    The time of a session is that of its last message: --since and --until compare it, and --newest lists the session
    with the last message of all first.
    """
    chosen = {**times.chosen, **paging.order, **span.labels}
    show_listing(
        common,
        "history",
        "sessions",
        page=lambda memio, limit, cursor: memio.history.get_all(limit=limit, cursor=cursor, **chosen),
        everything=lambda memio: memio.history.iter_all(**chosen),
        paging=paging,
    )


@app.command()
@grouped
def search(
    *,
    query: options.Query,
    session: OneSession = None,
    span: Span,
    found: Found,
    common: Common,
) -> None:
    """Find the messages that match best, best first."""
    chosen = {**_session(session), **found.chosen, **span.labels}
    show_hits(common, "history", "messages", query, lambda memio: memio.history.search(query, **chosen))


@app.command()
@grouped
def count(
    *,
    messages: Annotated[
        bool, typer.Option("--messages", help="Count messages. By default: sessions.", show_default=False)
    ] = False,
    session: OneSession = None,
    span: Span,
    pick: Pick,
    common: Common,
) -> None:
    """Print how many sessions there are, or how many messages."""
    if not messages and (session is not None or pick.filter_):
        option = "--filter" if session is None else "--session"
        raise InvalidInputError(f"{option} chooses messages: pass --messages to count them, or leave {option} out")
    if messages:
        chosen = {**_session(session), **pick.chosen, **span.labels}
        show_count(common, "history", lambda memio: memio.history.count_messages(**chosen))
    else:
        times = {**Times(since=pick.since, until=pick.until).chosen, **span.labels}
        show_count(common, "history", lambda memio: memio.history.count(**times))


@app.command("delete-messages")
@grouped
def delete_messages(
    *,
    session: Session,
    last: Annotated[
        int | None,
        typer.Option(
            "--last",
            min=1,
            max=1000,
            metavar="N",
            help="The last N messages, 1 to 1000, in the order of adding.",
            show_default=False,
        ),
    ] = None,
    message_ids: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            callback=as_utf8,
            metavar="ID",
            help="The message with this id. May be repeated; all are deleted, or none.",
            show_default=False,
        ),
    ] = None,
    scope: Scope,
    common: Common,
) -> None:
    """Delete the last messages of a session, or those with the given ids, and print them.

    A session without messages left is gone.
    """
    if (last is None) == (not message_ids):
        raise InvalidInputError("pass --last N or --id ID, one of them")
    labels = scope.labels
    deleted = call(
        common,
        "history",
        lambda memio: memio.history.delete_messages(session, last=last, message_ids=message_ids or None, **labels),
    )
    show_deleted(deleted, as_json=common.as_json)


@app.command()
@grouped
def delete(*, session: Session, scope: Scope, common: Common) -> None:
    """Delete a session with all its messages. An unknown session is not an error."""
    labels = scope.labels
    call(common, "history", lambda memio: memio.history.delete(session, **labels))
    done(f"session {session} is deleted", as_json=common.as_json, deleted=session)


@app.command("delete-all")
@grouped
def delete_all_(*, span: Span, yes: options.Yes = False, common: Common) -> None:
    """Delete all sessions, or all sessions of an owner, after a confirmation."""
    raise typer.Exit(delete_all(common, "history", span, yes=yes))


@app.command()
@grouped
def owners(*, span: Span, paging: Paging, common: Common) -> None:
    """List the owners that have sessions, each once, in no particular order."""
    show_owners(common, "history", span, paging)


def _session(session: str | None) -> dict[str, Any]:
    return {} if session is None else {"session_id": session}
