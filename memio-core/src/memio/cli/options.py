"""The options that several commands have. Most commands take them in groups, see `memio.cli.groups`."""

from pathlib import Path
from typing import Annotated

import typer

from memio.capabilities import KINDS
from memio.cli.io.input import as_utf8
from memio.cli.io.labels import NAMESPACE_HELP
from memio.cli.io.times import EXPIRY_HELP, PAST_HELP

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="MEMIO_CONFIG",
        metavar="FILE",
        help="The configuration, TOML or JSON. By default: ./memio.toml, and where there is none, sqlite in ./memio.db "
        "or in the file in MEMIO_SQLITE_PATH.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; errors are JSON on standard error.")]

Content = Annotated[
    str | None,
    typer.Argument(callback=as_utf8, metavar="TEXT", help="The text; - for standard input.", show_default=False),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        metavar="PATH",
        help="Read the text from this file (UTF-8), without changes.",
        show_default=False,
    ),
]
Metadata = Annotated[
    str | None,
    typer.Option(
        "--metadata", "-m", callback=as_utf8, metavar="JSON", help="Metadata: a JSON object.", show_default=False
    ),
]
NewMetadata = Annotated[
    str | None,
    typer.Option(
        "--metadata",
        "-m",
        callback=as_utf8,
        metavar="JSON",
        help="The new metadata, a JSON object; without this option it stays, and {} removes it.",
        show_default=False,
    ),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        callback=as_utf8,
        metavar="JSON",
        help="Any JSON value to keep with it; @PATH reads it from a file, and @- from standard input. With it, the "
        "text may be left out.",
        show_default=False,
    ),
]
NewData = Annotated[
    str | None,
    typer.Option(
        "--data",
        callback=as_utf8,
        metavar="JSON",
        help="The new data, any JSON value; @PATH reads it from a file, and @- from standard input. Without this "
        "option it stays, and null removes it, which takes a text too.",
        show_default=False,
    ),
]
Expires = Annotated[
    str | None,
    typer.Option(
        "--expires",
        callback=as_utf8,
        metavar="TIME",
        help=f"When it will be gone: {EXPIRY_HELP}. By default: never.",
        show_default=False,
    ),
]
NewExpires = Annotated[
    str | None,
    typer.Option(
        "--expires",
        callback=as_utf8,
        metavar="TIME",
        help=f"The new time at which it will be gone: {EXPIRY_HELP}. Without this option it stays.",
        show_default=False,
    ),
]
IfVersion = Annotated[
    str | None,
    typer.Option(
        "--if-version",
        callback=as_utf8,
        metavar="VERSION",
        help="Only while the record has this version, which reads show; otherwise nothing is changed, and the exit "
        "code is 4.",
        show_default=False,
    ),
]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        callback=as_utf8,
        metavar="FILTER",
        help="Only records whose metadata matches: KEY=VALUE, or with != > >= < <= in place of =. The value is JSON "
        'such as 5, true, null or \'"5"\', or else text. Or a JSON object, as in \'{"age": {"$gte": 18}}\', '
        "which takes keys that contain these signs too. May be repeated; all must match.",
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        callback=as_utf8,
        metavar="TIME",
        help=f"Only what is of this time or later: {PAST_HELP}.",
        show_default=False,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        callback=as_utf8,
        metavar="TIME",
        help="Only what is before this time, in the same forms.",
        show_default=False,
    ),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        "-k",
        callback=as_utf8,
        metavar="KIND",
        help=f"Only this kind: {', '.join(KINDS)}. May be repeated.",
        show_default=False,
    ),
]
User = Annotated[
    str | None,
    typer.Option("--user", "-u", callback=as_utf8, metavar="ID", help="The user it belongs to.", show_default=False),
]
UserScope = Annotated[
    str | None,
    typer.Option(
        "--user", "-u", callback=as_utf8, metavar="ID", help="Only what belongs to this user.", show_default=False
    ),
]
Agent = Annotated[
    str | None,
    typer.Option("--agent", "-a", callback=as_utf8, metavar="ID", help="The agent it belongs to.", show_default=False),
]
AgentScope = Annotated[
    str | None,
    typer.Option(
        "--agent", "-a", callback=as_utf8, metavar="ID", help="Only what belongs to this agent.", show_default=False
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        callback=as_utf8,
        metavar="PATH",
        help=f"The namespace it belongs to, {NAMESPACE_HELP}. By default: the root.",
        show_default=False,
    ),
]
NamespaceScope = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        callback=as_utf8,
        metavar="PATH",
        help=f"Only what belongs to exactly this namespace, {NAMESPACE_HELP}.",
        show_default=False,
    ),
]
NamespacePrefix = Annotated[
    str | None,
    typer.Option(
        "--namespace-prefix",
        callback=as_utf8,
        metavar="PATH",
        help="Only what belongs to this namespace or to one below it.",
        show_default=False,
    ),
]
Exact = Annotated[
    bool,
    typer.Option(
        "--exact",
        help="Only what has no other labels: without --user no user, without --agent no agent, and without "
        "--namespace the root.",
    ),
]
NewId = Annotated[
    str | None,
    typer.Option(
        "--id",
        callback=as_utf8,
        metavar="ID",
        help="The id; with it, adding may be repeated. By default the provider chooses one.",
        show_default=False,
    ),
]
Hits = Annotated[
    int, typer.Option("--limit", "-n", min=1, max=1000, metavar="N", help="The maximum number of results, 1 to 1000.")
]
SearchMode = Annotated[
    str,
    typer.Option(
        "--mode",
        callback=as_utf8,
        metavar="MODE",
        help="What a search goes by: auto (the best that the store has), keyword (words) or semantic (meaning).",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", "-n", min=1, max=1000, metavar="N", help="The size of the page, 1 to 1000.  [default: 100]"
    ),
]
Cursor = Annotated[
    str | None,
    typer.Option(
        "--cursor", callback=as_utf8, metavar="CURSOR", help="Continue where an earlier page ended.", show_default=False
    ),
]
Everything = Annotated[
    bool,
    typer.Option("--all", help="List everything; with --json, one record a line."),
]
Newest = Annotated[bool, typer.Option("--newest", help="List the newest first, instead of the oldest.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Query = Annotated[
    str,
    typer.Argument(callback=as_utf8, metavar="QUERY", help="Any text; it has no query syntax.", show_default=False),
]
