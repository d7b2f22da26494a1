"""The exit codes of the command line."""

from __future__ import annotations

from enum import IntEnum

from memio.errors import (
    ConfigError,
    ConflictError,
    CursorExpiredError,
    InvalidInputError,
    NotFoundError,
    NotSupportedError,
    PluginError,
    StoreNotConfiguredError,
)


class ExitCode(IntEnum):
    """The exit codes, for scripts. Their numbers do not change."""

    OK = 0
    NEGATIVE = 1
    USAGE = 2
    PROVIDER = 3
    CONFLICT = 4
    PLUGIN = 5
    INTERNAL = 70
    OUTPUT = 74
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.NEGATIVE: "no such record, you answered no, or two sides differ",
    ExitCode.USAGE: "wrong usage, configuration or input; nothing was changed",
    ExitCode.PROVIDER: "the backend failed or cannot be reached",
    ExitCode.CONFLICT: "the id is taken, several records have it, or the record has another version",
    ExitCode.PLUGIN: "a plugin is broken",
    ExitCode.OUTPUT: "standard output cannot be written; what the command changed stays changed",
}
"""The codes that the help explains. The others have their usual meanings: 70 is a fault in the program, 130 an
interrupt, and 141 a closed pipe."""

_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (NotFoundError, ExitCode.NEGATIVE),
    (ConflictError, ExitCode.CONFLICT),
    (PluginError, ExitCode.PLUGIN),
    (ConfigError, ExitCode.USAGE),
    (StoreNotConfiguredError, ExitCode.USAGE),
    (InvalidInputError, ExitCode.USAGE),
    (CursorExpiredError, ExitCode.USAGE),
    # Its class is that of provider errors, but the request is wrong, and nothing was sent.
    (NotSupportedError, ExitCode.USAGE),
)


def code_of(error: BaseException) -> ExitCode:
    """Return the exit code for one of memio's errors; an error that is not listed is a failure of the backend."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.PROVIDER)
