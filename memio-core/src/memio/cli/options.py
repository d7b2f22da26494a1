"""The options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from memio.cli.io.input import as_utf8

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="MEMIO_CONFIG",
        metavar="FILE",
        help="The configuration, TOML or JSON. By default: sqlite, in ./memio.db or the file in MEMIO_SQLITE_PATH.",
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
Hits = Annotated[int, typer.Option("--limit", "-n", metavar="N", help="The maximum number of results, 1 to 1000.")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", "-n", metavar="N", help="The size of the page, 1 to 1000.  [default: 100]"),
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
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Query = Annotated[
    str,
    typer.Argument(callback=as_utf8, metavar="QUERY", help="Any text; it has no query syntax.", show_default=False),
]
