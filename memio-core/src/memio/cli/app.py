"""All commands, and the translation of their errors into messages and exit codes."""

import os
import re
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from memio.cli.commands import documents, facts, graph, history
from memio.cli.commands.check import check
from memio.cli.commands.copy_ import copy
from memio.cli.commands.demo import demo
from memio.cli.commands.doctor import doctor
from memio.cli.commands.embed import embed, reindex
from memio.cli.commands.export import export
from memio.cli.commands.forget import forget
from memio.cli.commands.import_ import import_
from memio.cli.commands.new_provider import new_provider
from memio.cli.commands.providers import providers
from memio.cli.commands.purge import purge
from memio.cli.commands.users import users
from memio.cli.flags import without_types
from memio.cli.installed_commands import Commands
from memio.cli.io.exit import MEANINGS, ExitCode, code_of
from memio.cli.io.failures import write_error, write_failure
from memio.cli.io.output import OutputError, note, prepare
from memio.errors import MemioError

_OF_COMMANDS = {"-c": "-c FILE", "--config": "--config FILE", "--json": "--json", "--user": "--user ID"}
"""Options of every command, or nearly so, which people write before it; and how they are written behind it."""
EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."

app = typer.Typer(
    name="memio",
    help="Memory for AI agents: facts, conversations, documents and graphs, in any backend.",
    epilog=EPILOG,
    cls=Commands,
    # A traceback with local variables may show what must stay secret.
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(providers)
app.command()(doctor)
app.command()(check)
app.command()(new_provider)
app.command()(users)
app.command("sessions", help="List the sessions. The same as `memio history list`.")(history.list_)
app.command()(forget)
app.command()(purge)
app.command()(embed)
app.command()(reindex)
app.command()(export)
app.command("import")(import_)
app.command()(copy)
app.add_typer(facts.app, name="facts")
app.add_typer(history.app, name="history")
app.add_typer(documents.app, name="documents")
app.add_typer(graph.app, name="graph")


def _version(*, asked: bool) -> None:
    if asked:
        from memio import __version__

        typer.echo(f"memio-core {__version__}")
        raise typer.Exit


@app.callback()
def memio(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Have the options that are written before a command."""


def run(arguments: Sequence[str]) -> int:  # noqa: PLR0911  # one for each way to end
    """Run the command line and return its exit code."""
    # What follows two dashes is not an option.
    as_json = "--json" in arguments[: arguments.index("--") if "--" in arguments else None]
    prepare(as_json=as_json)
    try:
        # Not standalone, because typer would then print its own messages and exit with its own codes.
        command = without_types(typer.main.get_command(app))
        result: Any = command.main(list(arguments) or ["--help"], prog_name="memio", standalone_mode=False)
        sys.stdout.flush()
    except OutputError as error:
        return _unwritten(error, as_json=as_json)
    except MemioError as error:
        write_error(error, as_json=as_json)
        _drop_what_cannot_be_written()
        return code_of(error)
    except ExceptionGroup as group:
        # The client could not close all of its stores.
        write_failure("ExceptionGroup", _joined(group), ExitCode.PROVIDER, as_json=as_json)
        return ExitCode.PROVIDER
    except (KeyboardInterrupt, typer.Abort):
        note("interrupted", as_json=as_json)
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        # typer exits after a broken pipe, also when it is not standalone.
        if not isinstance(error.__context__ if isinstance(error, SystemExit) else error, BrokenPipeError):
            raise
        return _unread()
    except Exception as error:  # noqa: BLE001  # shown, with its traceback unless it is about usage
        return _other(error, as_json=as_json)
    return result if isinstance(result, int) else ExitCode.OK


def _other(error: Exception, *, as_json: bool) -> ExitCode:
    """Show an error that is not a `MemioError`: wrong usage, or a fault in the program."""
    # The errors of typer about usage have no public base class; each has this method.
    format_message = getattr(error, "format_message", None)
    if format_message is None:
        traceback.print_exception(error)
        return ExitCode.INTERNAL
    context: Any = getattr(error, "ctx", None)
    message = format_message()
    option = getattr(error, "option_name", None)
    if option in _OF_COMMANDS and hasattr(getattr(context, "command", None), "commands"):
        message = f"{option} is written after the command: {context.command_path} … {_OF_COMMANDS[option]}"
    elif context is not None and context.parent is not None and re.fullmatch(r"No such command '[^']*'\.", message):
        message = f"{message} There are {', '.join(context.command.list_commands(context))}"
    hint = f" (try: {context.command_path} --help)" if context is not None else ""
    write_failure("UsageError", f"{message}{hint}", ExitCode.USAGE, as_json=as_json)
    return ExitCode.USAGE


def _unread() -> ExitCode:
    """Return without a message: the reader of the output closed the pipe."""
    _drop_output()
    return ExitCode.BROKEN_PIPE


def _unwritten(error: OutputError, *, as_json: bool) -> ExitCode:
    """Report that standard output is full or closed."""
    _drop_output()
    write_failure("OutputError", error.message, ExitCode.OUTPUT, as_json=as_json)
    return ExitCode.OUTPUT


def _drop_what_cannot_be_written() -> None:
    try:
        sys.stdout.flush()
    except (OutputError, OSError):
        _drop_output()


def _drop_output() -> None:
    # The buffer must not fail again when the process ends.
    try:
        number = sys.stdout.fileno()
    except OutputError:  # closed from the beginning: nothing is buffered
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _joined(group: BaseExceptionGroup[Any]) -> str:
    return f"{group.message}: " + "; ".join(f"{type(error).__name__}: {error}" for error in group.exceptions)
