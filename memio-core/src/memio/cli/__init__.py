"""The command line, `memio`. It needs the extra `cli`; without it, it says how to get it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

INTERRUPTED = 130
"""As `ExitCode.INTERRUPTED`, which is imported later."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What stands after `memio`; the process's own arguments when it is `None`.

    Returns:
        The exit code; `memio.cli.io.exit` says what each means.
    """
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        return INTERRUPTED  # before there was a command, as while modules were imported


def _run(arguments: Sequence[str]) -> int:
    import memio

    # Another project is called memio, too, and an install of it writes over this package's files.
    if "Memio" not in dir(memio):
        return _refuse(
            "another project called 'memio' has overwritten files of memio-core: pip uninstall memio, "
            "then pip install --force-reinstall memio-core"
        )
    try:
        import rich  # noqa: F401  # pyright: ignore[reportUnusedImport]  # the extra has both
        import typer  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError:
        return _refuse("the command line needs the extra 'cli': pip install 'memio-core[cli]'")
    from memio.cli.app import run

    return run(arguments)


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201  # rich may not be there
    return 2
