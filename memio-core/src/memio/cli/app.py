"""The commands, put together, and the one place where their errors become messages and exit codes."""

import os
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
from memio.cli.commands.export import export
from memio.cli.commands.forget import forget
from memio.cli.commands.import_ import import_
from memio.cli.commands.new_provider import new_provider
from memio.cli.commands.providers import providers
from memio.cli.installed_commands import Commands
from memio.cli.io.exit import MEANINGS, ExitCode, code_of
from memio.cli.io.failures import write_error, write_failure
from memio.cli.io.output import OutputError, note, prepare
from memio.errors import MemioError

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
app.command()(forget)
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
    """Carry the options that stand before a command; each acts by itself."""


def run(arguments: Sequence[str]) -> int:  # noqa: PLR0911  # one for each way to end
    """Run the command line and return its exit code."""
    # What stands behind two dashes is no option.
    as_json = "--json" in arguments[: arguments.index("--") if "--" in arguments else None]
    prepare(as_json=as_json)
    try:
        # Not standalone: typer would exit by itself, with messages and codes of its own.
        command = typer.main.get_command(app)
        result: Any = command.main(list(arguments) or ["--help"], prog_name="memio", standalone_mode=False)
        sys.stdout.flush()
    except OutputError as error:
        return _unwritten(error, as_json=as_json)
    except MemioError as error:
        write_error(error, as_json=as_json)
        _drop_what_cannot_be_written()
        return code_of(error)
    except ExceptionGroup as group:
        # A client that could not close everything.
        write_failure("ExceptionGroup", _joined(group), ExitCode.PROVIDER, as_json=as_json)
        return ExitCode.PROVIDER
    except (KeyboardInterrupt, typer.Abort):
        note("interrupted", as_json=as_json)
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit) as leaving:
        # typer answers a broken pipe by leaving, whatever the mode.
        if not isinstance(leaving.__context__ if isinstance(leaving, SystemExit) else leaving, BrokenPipeError):
            raise
        return _unread()
    except Exception as error:  # noqa: BLE001  # shown, with its traceback unless it is about usage
        return _other(error, as_json=as_json)
    return result if isinstance(result, int) else ExitCode.OK


def _other(error: Exception, *, as_json: bool) -> ExitCode:
    """Show an error that is none of memio's: wrong usage, or a fault in the program."""
    # What typer raises about usage has a public base class in no version; all of it can say what is wrong.
    say = getattr(error, "format_message", None)
    if say is None:
        traceback.print_exception(error)
        return ExitCode.INTERNAL
    context: Any = getattr(error, "ctx", None)
    hint = f" (try: {context.command_path} --help)" if context is not None else ""
    write_failure("UsageError", f"{say()}{hint}", ExitCode.USAGE, as_json=as_json)
    return ExitCode.USAGE


def _unread() -> ExitCode:
    """Leave in silence: whoever read the output has seen enough."""
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
    # What is still buffered must not fail again when the process ends.
    try:
        number = sys.stdout.fileno()
    except OutputError:  # closed from the beginning: nothing is buffered
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _joined(group: BaseExceptionGroup[Any]) -> str:
    return f"{group.message}: " + "; ".join(f"{type(error).__name__}: {error}" for error in group.exceptions)
