"""The command `memio postgres`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from memio.providers.postgres._db.schema import statements, vector_statements
from memio.providers.postgres.settings import check_schema

app = typer.Typer(no_args_is_help=True, help="Prepare a PostgreSQL database for memio.")


class Vectors(StrEnum):
    """Whether the tables of vectors are printed."""

    NONE = "none"
    ALSO = "also"
    ONLY = "only"


@app.callback()
def main() -> None:
    """Prepare a PostgreSQL database for memio."""


@app.command()
def ddl(
    schema: Annotated[str, typer.Option(metavar="NAME", help="The schema, as in the setting schema_name.")] = "memio",
    partitions: Annotated[
        int, typer.Option(min=0, max=1024, help="Divide each table by the hash of the owner; 0 for plain tables.")
    ] = 0,
    vectors: Annotated[
        Vectors,
        typer.Option(
            help="The extension and tables that searching by meaning needs: none, also, or only these, for tables "
            "that are there."
        ),
    ] = Vectors.NONE,
    role: Annotated[
        str | None, typer.Option(metavar="ROLE", help="Grant a role what memio needs to use the tables.")
    ] = None,
) -> None:
    """Print the SQL that makes memio's tables, for an administrator: `memio postgres ddl | psql DATABASE`.

    The role of memio then needs no right to create. It is one transaction, and fails where the tables are there.
    """
    try:
        check_schema(schema)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--schema") from error
    lines = ["BEGIN"]
    if vectors is not Vectors.ONLY:
        lines += [f"CREATE SCHEMA IF NOT EXISTS {schema}", *statements(schema, partitions)]
    if vectors is not Vectors.NONE:
        lines += ["CREATE EXTENSION IF NOT EXISTS vector", *vector_statements(schema, partitions)]
    if role is not None:
        quoted = '"' + role.replace('"', '""') + '"'
        lines += [
            f"GRANT USAGE ON SCHEMA {schema} TO {quoted}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {quoted}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}",
            _grant_to_clean(schema, quoted),
        ]
    typer.echo(";\n".join([*lines, "COMMIT"]) + ";")


def _grant_to_clean(schema: str, role: str) -> str:
    """Return what lets a role run `VACUUM`, as `forget` does, on servers that have the right."""
    grant = f"GRANT MAINTAIN ON ALL TABLES IN SCHEMA {schema} TO {role}".replace("'", "''")
    body = f"BEGIN IF current_setting('server_version_num')::int >= 170000 THEN EXECUTE '{grant}'; END IF; END"
    return "DO '" + body.replace("'", "''") + "'"
