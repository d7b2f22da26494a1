"""What the command line's exit codes mean: the one table of them."""

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
    """The exit codes, for scripts. They stay what they are."""

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
    ExitCode.CONFLICT: "the id is taken, or means several records",
    ExitCode.PLUGIN: "a plugin is broken",
    ExitCode.OUTPUT: "standard output cannot be written; what the command changed stays changed",
}
"""The codes that the help explains. The others say what they say everywhere: a fault in the program, an interrupt,
a reader that went away."""

_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (NotFoundError, ExitCode.NEGATIVE),
    (ConflictError, ExitCode.CONFLICT),
    (PluginError, ExitCode.PLUGIN),
    (ConfigError, ExitCode.USAGE),
    (StoreNotConfiguredError, ExitCode.USAGE),
    (InvalidInputError, ExitCode.USAGE),
    (CursorExpiredError, ExitCode.USAGE),
    # A provider's error by its class, but the caller's to mend: nothing was sent.
    (NotSupportedError, ExitCode.USAGE),
)


def code_of(error: BaseException) -> ExitCode:
    """Return the exit code for one of memio's errors; what is not listed is the backend's failure."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.PROVIDER)
