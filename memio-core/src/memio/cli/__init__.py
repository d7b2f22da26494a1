"""The command line, `memio`. It needs the extra `cli`; without it, an error states how to install it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

INTERRUPTED = 130
"""The same as `ExitCode.INTERRUPTED`, which is imported later."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after `memio`; `None` for those of the process.

    Returns:
        The exit code; see `memio.cli.io.exit`.
    """
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        return INTERRUPTED  # before the command began, for example during imports


def _run(arguments: Sequence[str]) -> int:
    import memio

    # Another project has the same name, and its installation overwrites files of this package.
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
    print(message, file=sys.stderr)  # noqa: T201  # rich may not be installed
    return 2
