"""The command line: `memio-mcp`, and `memio mcp` where memio's own command line is installed."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from memio import InvalidInputError, Memio
from memio.config import Config, load
from memio_mcp.settings import ServerSettings, merged

CONFIG_FILE = Path("memio.toml")
HOME_FILE = Path("~/.memio/memory.db")
"""The database without a configuration: clients start servers in folders of their own."""
TOKEN = "MEMIO_MCP_TOKEN"  # noqa: S105  # the name of the variable
SQLITE_PATH = "MEMIO_SQLITE_PATH"
PORT = 8765
LOOPBACK = "127.0.0.1"
KINDS = ("facts", "history", "graph")

app = typer.Typer(
    name="mcp",
    help="Serve the memory of one owner to MCP clients, over stdio or HTTP.",
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def serve(  # noqa: PLR0913  # typer makes an option of each argument
    context: typer.Context,
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            envvar="MEMIO_CONFIG",
            metavar="FILE",
            help="The configuration, TOML or JSON. By default: ./memio.toml, and where there is none, sqlite in "
            "~/.memio/memory.db or in the file in MEMIO_SQLITE_PATH.",
            show_default=False,
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            "-u",
            envvar="MEMIO_MCP_USER",
            help="The user whose records the tools see; by default, those of no user.",
            show_default=False,
        ),
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option("--agent", envvar="MEMIO_MCP_AGENT", help="The agent, likewise.", show_default=False),
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace",
            envvar="MEMIO_MCP_NAMESPACE",
            help="The namespace, such as app/notes, or a JSON list of its elements; by default, the root.",
            show_default=False,
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Leave out every tool that changes something.")
    ] = False,
    no_delete: Annotated[bool, typer.Option("--no-delete", help="Leave out the tools that delete.")] = False,
    http: Annotated[bool, typer.Option("--http", help=f"Serve over streamable HTTP; the token is in {TOKEN}.")] = False,
    host: Annotated[
        str | None,
        typer.Option("--host", help=f"The address to listen at, with --http. Default {LOOPBACK}.", show_default=False),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help=f"Default {PORT}.", show_default=False)
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print what MCP clients start this server with, and do not serve.")
    ] = False,
    client: Annotated[
        str | None,
        typer.Option("--client", help="With --print-config: only the entry of this client.", show_default=False),
    ] = None,
) -> None:
    """Serve the memory of one owner to MCP clients, over stdio or HTTP."""
    _check_together(http=http, host=host, port=port, print_config=print_config, client=client)
    given: dict[str, Any] = {"user_id": user, "agent_id": agent, "read_only": read_only, "no_delete": no_delete}
    given["namespace"] = None if namespace is None else _path(namespace)
    loaded = load(_source(config))
    source = loaded.source
    settings = merged(
        {name: value for name, value in given.items() if value not in (None, False)},
        loaded.commands.get("mcp", {}),
        source,
    )
    settings.owner  # noqa: B018  # refuses labels that are not legal
    context.obj = (loaded, settings)
    if context.invoked_subcommand is not None:
        if http or print_config:
            raise InvalidInputError(f"--http and --print-config do not go together with {context.invoked_subcommand}")
        return
    token = os.environ.get(TOKEN) or None
    address = (LOOPBACK if host is None else host, port or PORT, token)
    if print_config:
        _print_entries(settings, config, _url(*address[:2]) if http else None, client)
        return
    if http:
        from memio_mcp.http import check_address

        check_address(address[0], token)
    import anyio

    anyio.run(_serve, loaded, settings, address if http else None)


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The memory.jsonl of the reference memory server.")],
    *,
    accept_losses: Annotated[
        bool, typer.Option("--accept-losses", help="Import the rest when something cannot be kept.")
    ] = False,
) -> None:
    """Import the memory.jsonl of the reference memory server. It may be repeated."""
    import anyio

    from memio_mcp.reference import read

    loaded, settings = context.obj
    contents = read(file)
    for loss in contents.losses:
        typer.echo(f"{file}: {loss}", err=True)
    if contents.losses and not accept_losses:
        raise InvalidInputError(
            f"{len(contents.losses)} things in {file} cannot be kept, see above; nothing was imported. Correct the "
            "file, or pass --accept-losses to import the rest"
        )
    facts, triples = anyio.run(_import, loaded, settings, contents)
    repeated = f"; {contents.repeated} stood in the file more than once" if contents.repeated else ""
    typer.echo(f"imported {facts} memories and {triples} relations{repeated}")


def main(arguments: list[str] | None = None) -> int:
    """Run `memio-mcp` and return the exit code: the command `mcp` of memio's command line.

    Args:
        arguments: The arguments; `None` for those of the process.
    """
    from memio.cli import main as memio

    return memio(["mcp", *(sys.argv[1:] if arguments is None else arguments)])


async def _serve(config: Config, settings: ServerSettings, address: tuple[str, int, str | None] | None) -> None:
    from memio_mcp.server import create_server

    _make_folder(config)
    async with Memio.from_config(config) as memio:
        server = create_server(memio, owner=settings.owner, read_only=settings.read_only, no_delete=settings.no_delete)
        if address is None:
            await server.run_stdio_async()
            return
        from memio_mcp.http import serve as listen

        host, port, token = address
        if token is None:
            _note(f"every program of this machine may call this server; put a token into {TOKEN} to prevent it")
        _note(f"serving at {_url(host, port)}")
        await listen(server, host, port, token)


async def _import(config: Config, settings: ServerSettings, contents: Any) -> tuple[int, int]:
    from memio_mcp.reference import store

    _make_folder(config)
    async with Memio.from_config(config) as memio:
        return await store(memio.scoped(owner=settings.owner), contents)


def _source(config: Path | None) -> Path | Mapping[str, Any]:
    if config is not None:
        return config
    if CONFIG_FILE.exists():
        return CONFIG_FILE
    if os.environ.get(SQLITE_PATH):
        return dict.fromkeys(KINDS, "sqlite")
    return {kind: {"provider": "sqlite", "path": str(HOME_FILE.expanduser())} for kind in KINDS}


def _make_folder(config: Config) -> None:
    """Make the folder of the database that is used without a configuration."""
    paths = {getattr(store.settings, "path", None) for store in config.stores}
    if config.source is None and str(HOME_FILE.expanduser()) in paths:
        HOME_FILE.expanduser().parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def _check_together(*, http: bool, host: str | None, port: int | None, print_config: bool, client: str | None) -> None:
    if not http and (host is not None or port is not None):
        raise InvalidInputError("--host and --port are for --http: pass it too, or leave them out")
    if client is not None and not print_config:
        raise InvalidInputError("--client is for --print-config: pass it too, or leave it out")


def _path(text: str) -> tuple[str, ...]:
    """Return a namespace that was written as a path or as a JSON list."""
    from memio.owners import check_namespace

    if text == "/":
        return ()
    try:
        listed: object = json.loads(text) if text.startswith("[") else text.split("/")
    except ValueError as error:
        raise InvalidInputError(f"--namespace {text!r} is not valid JSON: {error}") from None
    return check_namespace(listed, "--namespace")


def _print_entries(settings: ServerSettings, config: Path | None, url: str | None, client: str | None) -> None:
    from memio_mcp.clients import CLIENTS, entry, http_entry

    path = os.environ.get(SQLITE_PATH)
    variables = {SQLITE_PATH: os.path.abspath(path)} if path else {}  # noqa: PTH100  # as the provider does

    def entry_of(name: str) -> dict[str, Any] | None:
        if url is None:
            return entry(name, _command(settings, config), variables)
        return http_entry(name, url, TOKEN if os.environ.get(TOKEN) else None)

    if client is not None:
        found = entry_of(client)
        if found is None:
            raise InvalidInputError(f"{client} has no entry for a server over HTTP: leave --http out")
        typer.echo(json.dumps(found, indent=2))
        return
    entries = {name: {"file": known.file, "entry": entry_of(name)} for name, known in CLIENTS.items()}
    typer.echo(json.dumps({name: each for name, each in entries.items() if each["entry"] is not None}, indent=2))


def _command(settings: ServerSettings, config: Path | None) -> list[str]:
    """Return the program and arguments that serve the same, whatever folder they are started in."""
    command = [sys.executable, "-m", "memio_mcp"]
    source = _source(config)
    if isinstance(source, Path):
        command += ["--config", str(source.absolute())]
    options = {"--user": settings.user_id, "--agent": settings.agent_id}
    for option, label in options.items():
        command += [] if label is None else [option, label]
    if settings.namespace:
        command += ["--namespace", json.dumps(list(settings.namespace))]
    command += ["--read-only"] if settings.read_only else []
    return command + (["--no-delete"] if settings.no_delete else [])


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/mcp"


def _note(text: str) -> None:
    typer.echo(f"memio-mcp: {text}", err=True)
