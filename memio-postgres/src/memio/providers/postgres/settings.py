"""The settings of the `postgres` provider."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypedDict
from urllib.parse import parse_qs, unquote

from pydantic import AfterValidator, Field, SecretStr

from memio.settings import Env, RelativePath, Settings

Tls = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]

_HOST = r"(?:\[[^\s@/?#\[\]]*\]|[^\s@/?#:,\[\]]*)(?::[0-9]*)?"
_URL = re.compile(rf"postgres(?:ql)?://(?:[^\s@/?#]*@)?({_HOST}(?:,{_HOST})*)(?:/([^\s@?#]*))?(?:\?([^\s@#]*))?")
"""A part of a password that is not encoded as it must be is no part of a host, a database or a parameter."""
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class PostgresOptions(TypedDict, total=False):
    """The arguments of an adapter's constructor: the keys of `PostgresSettings`; `None` counts as left out."""

    dsn: str | SecretStr | None
    schema_name: str | None
    pool_size: int | None
    connect_timeout: float | None
    statement_timeout: float | None
    prepared_statements: bool | None
    tls: Tls | None
    tls_ca: str | None


def _check_dsn(value: SecretStr) -> SecretStr:
    # Messages show nothing of the value: it may hold a password.
    dsn = value.get_secret_value()
    if not _URL.fullmatch(dsn):
        raise ValueError(
            "not the URL of a PostgreSQL database: write one such as postgresql://user:password@host:5432/database, "
            "with reserved characters of the password percent-encoded (@ as %40, / as %2F)"
        )
    if not dsn.isprintable():
        raise ValueError("a URL with control characters in it: percent-encode them")
    return value


def check_schema(value: str) -> str:
    """Return a name that a schema of memio may have, or raise `ValueError`."""
    if not _SCHEMA.fullmatch(value) or value.startswith("pg_") or value == "information_schema":
        raise ValueError(
            "not a name for a schema of its own: use lower-case letters, digits and _, at most 63, the first not a "
            "digit, and not pg_…"
        )
    return value


class PostgresSettings(Settings):
    """Where the database is and how it is used.

    `repr` shows no value. In an adapter's constructor and in a configuration the keys are the same.
    """

    dsn: Annotated[SecretStr, Env("MEMIO_POSTGRES_DSN"), AfterValidator(_check_dsn)]
    """The database, as a URL: `postgresql://user:password@host:5432/database`."""

    schema_name: Annotated[str, AfterValidator(check_schema)] = "memio"
    """The schema with the tables; made by the first call where it is missing."""

    pool_size: Annotated[int, Field(ge=1, le=1000)] = 10
    """How many connections a client has at most. They are opened when they are needed."""

    connect_timeout: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 10.0
    """Seconds that opening a connection may take."""

    statement_timeout: Annotated[float, Field(gt=0, le=86400, allow_inf_nan=False)] = 60.0
    """Seconds that one statement may take; it is cancelled then."""

    prepared_statements: bool = False
    """Keep statements prepared, which is faster. Not behind a pooler that gives every transaction another connection,
    such as pgbouncer in transaction mode: there, a statement may be another client's."""

    tls: Tls | None = None
    """How the connection is encrypted, as libpq's `sslmode`; where it is left out, `sslmode` of the URL counts, or
    `prefer`."""

    tls_ca: Annotated[str | None, Field(min_length=1), RelativePath()] = None
    """A file with the certificates of the authorities that the server's certificate must come from; for `verify-ca`
    and `verify-full`. Where it is left out, those of the system count."""

    def shown(self, name: str) -> str | None:
        """Return the part of a secret setting that may be shown: of `dsn`, the host and the database."""
        return self.place if name == "dsn" else None

    @property
    def place(self) -> str:
        """The host and the database, without user and password."""
        return place_of(self.dsn.get_secret_value())


def place_of(dsn: str) -> str:
    """Return the host and the database of a URL, without anything that could be secret."""
    match = _URL.fullmatch(dsn)
    if match is None:
        return "a database"
    hosts, database, query = match[1], match[2], parse_qs(match[3] or "")
    host = unquote(hosts) or ",".join(query.get("host", ())) or "localhost"
    name = unquote(database or "") or ",".join(query.get("database", query.get("dbname", ())))
    return f"{host}/{name}" if name else host
