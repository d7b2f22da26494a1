"""The errors of asyncpg as those of memio, by class and SQLSTATE."""

from __future__ import annotations

import asyncpg
from asyncpg import exceptions as pg

from memio.errors import (
    AuthenticationError,
    ClosedError,
    ConfigError,
    Fault,
    MemioError,
    Outcome,
    ProviderError,
    ProviderTimeoutError,
    UnavailableError,
)
from memio.providers.postgres.settings import PostgresSettings

PREVENTED = (pg.SerializationError, pg.DeadlockDetectedError)
"""What is raised when transactions prevent each other: nothing was done, and the same may succeed at once."""

Taken = pg.UniqueViolationError
"""Raised by a statement that adds what another transaction has just added."""

Several = pg.CardinalityViolationError
"""Raised by a statement that wants one row where there are several."""

MEANT = (Taken, Several)
"""What callers handle."""

LOST = (
    pg.PostgresConnectionError,
    pg.AdminShutdownError,
    pg.CrashShutdownError,
    pg.DatabaseDroppedError,
    pg.IdleSessionTimeoutError,
    ConnectionError,
)
"""What is raised when a connection ends. A statement that was sent may have been carried out."""

GONE = (pg.UndefinedTableError, pg.InvalidSchemaNameError)
"""What is raised when the tables are not there any more."""

FAILED = (TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a statement may raise that was sent on a connection which is still there."""

UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What opening a connection may raise, and what a pool raises that is being closed."""


def closed() -> MemioError:
    """Return the error for a call after `aclose`."""
    return ClosedError("this store is closed, and nothing was done: make a new client")


def prevented(error: BaseException, attempts: int) -> MemioError:
    """Return the error for a transaction that others have prevented each time."""
    return UnavailableError(
        f"other transactions have changed the same records {attempts} times while this call tried to, and nothing was "
        "done: try again",
        retryable=True,
        cause=error,
    )


def lost(error: BaseException, place: str, outcome: Outcome) -> MemioError:
    """Return the error for a connection that ended during a call."""
    return UnavailableError(
        f"the connection to {place} was lost: is the server being restarted?",
        retryable=True,
        outcome=outcome,
        cause=error,
    )


def failed(error: BaseException, place: str, settings: PostgresSettings, outcome: Outcome) -> MemioError:
    """Return the error for a statement that failed; the outcome is that of one whose answer is not known."""
    if not isinstance(error, TimeoutError):
        return translated(error, place)
    return ProviderTimeoutError(
        f"a statement took longer than statement_timeout ({settings.statement_timeout:g} s): try again, ask for less, "
        "or set a longer one",
        retryable=True,
        outcome=outcome,
        cause=error,
    )


def unreachable(error: BaseException, place: str, settings: PostgresSettings) -> MemioError:
    """Return the error for a connection that could not be opened. Nothing was done."""
    if isinstance(error, asyncpg.ClientConfigurationError):
        # Its text may hold a part of the URL.
        return ConfigError([Fault("dsn", "asyncpg cannot use this URL: check its parameters and the files they name")])
    if isinstance(error, pg.InvalidAuthorizationSpecificationError):  # or a wrong password
        return AuthenticationError(f"{place} refused the user or the password: check dsn", cause=error)
    if isinstance(error, TimeoutError):
        return UnavailableError(
            f"{place} did not answer within connect_timeout ({settings.connect_timeout:g} s): is the address right?",
            retryable=True,
            cause=error,
        )
    if isinstance(error, (OSError, pg.PostgresConnectionError, pg.OperatorInterventionError)):
        reason = getattr(error, "strerror", None) or type(error).__name__
        return UnavailableError(
            f"{place} cannot be reached ({reason}): is the server running, and dsn right?", retryable=True, cause=error
        )
    return translated(error, place)


def translated(error: BaseException, place: str) -> MemioError:
    """Return the error for a statement that the server refused: nothing of it was done."""
    if isinstance(error, MemioError):
        return error
    for classes, kind, retryable, message in _REFUSALS:
        if isinstance(error, classes):
            text = message.format(place=place, reason=error.args[0] if error.args else type(error).__name__)
            return kind(text, retryable=retryable, cause=error)
    state = getattr(error, "sqlstate", None)
    known = f", SQLSTATE {state}" if state else ""
    return ProviderError(f"PostgreSQL at {place} failed: {type(error).__name__}{known}: {error}", cause=error)


_REFUSALS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], type[ProviderError], bool, str], ...] = (
    (
        pg.QueryCanceledError,
        ProviderTimeoutError,
        True,
        (
            "{place} cancelled the statement, because of a statement_timeout of its own or of an administrator, and "
            "nothing was done: try again, ask for less, or change the setting of the role"
        ),
    ),
    (
        pg.LockNotAvailableError,
        UnavailableError,
        True,
        "another transaction holds a lock for longer than lock_timeout of {place}, and nothing was done: try again",
    ),
    (
        pg.InsufficientPrivilegeError,
        ProviderError,
        False,
        (
            "the role may not use the tables in {place} ({reason}): grant it USAGE on the schema, SELECT, INSERT, "
            "UPDATE and DELETE on its tables, and USAGE on its sequences"
        ),
    ),
    (
        pg.ReadOnlySQLTransactionError,
        ProviderError,
        False,
        (
            "{place} is read-only, and nothing was stored: it is a replica, or default_transaction_read_only is set; "
            "use the primary server"
        ),
    ),
    (
        GONE,
        UnavailableError,
        True,
        (
            "the tables in {place} were removed while this client used them, and nothing was done: the next call looks "
            "for them again"
        ),
    ),
    (
        pg.InvalidCatalogNameError,
        ProviderError,
        False,
        "there is no database {place}: make it (CREATE DATABASE), or change dsn",
    ),
    (
        pg.TooManyConnectionsError,
        UnavailableError,
        True,
        (
            "{place} has no connection left: set a lower pool_size, use a pooler such as pgbouncer, or raise "
            "max_connections of the server"
        ),
    ),
    (
        pg.InsufficientResourcesError,  # a full disk, and too little memory
        UnavailableError,
        False,
        "{place} has no room left, and nothing was done ({reason}): ask its administrator",
    ),
    (
        pg.InvalidCachedStatementError,
        UnavailableError,
        True,
        "the tables in {place} were changed meanwhile, and nothing was done: try again",
    ),
    (
        asyncpg.InterfaceError,
        UnavailableError,
        True,
        "the connection to {place} cannot be used ({reason}), and nothing was done: try again",
    ),
)
"""What the server refuses: classes, the error of memio, whether it may succeed later, and the message."""
