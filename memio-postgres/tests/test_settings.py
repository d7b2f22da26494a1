"""The settings: what is refused before anything is opened, and what is never shown."""

import pickle
import traceback

import pytest

from memio import Memio
from memio.errors import ConfigError
from memio.providers.postgres import PostgresFactAdapter
from memio.providers.postgres.settings import PostgresSettings, place_of

SECRET = "hunter2"  # noqa: S105  # what must not be shown
DSN = f"postgresql://app:{SECRET}@db.example:5433/memory"


@pytest.mark.parametrize(
    ("dsn", "place"),
    [
        (DSN, "db.example:5433/memory"),
        ("postgresql://db.example/memory?password=hunter2&sslmode=require", "db.example/memory"),
        ("postgres://app:hunter2@one:5432,two:5433/memory", "one:5432,two:5433/memory"),
        ("postgresql:///memory?host=/var/run/postgresql&password=hunter2", "/var/run/postgresql/memory"),
        ("postgresql://", "localhost"),
        ("postgresql://app:hunter2@[::1]:5432/memory", "[::1]:5432/memory"),
        ("postgresql://app:hunter2@h/my%20memory", "h/my memory"),
    ],
)
def test_of_a_url_host_and_database_are_shown_and_nothing_else(dsn, place):
    settings = PostgresSettings.resolve(dsn=dsn)
    assert settings.place == place
    assert (
        SECRET
        not in f"{settings!r} {settings} {PostgresFactAdapter(dsn=dsn)!r} {PostgresFactAdapter(dsn=dsn).identity}"
    )


@pytest.mark.parametrize(
    "dsn",
    [
        f"host=localhost password={SECRET}",
        f"mysql://app:{SECRET}@h/d",
        f"postgresql://app:{SECRET}@@h/d#fragment",
        f"postgresql://app:{SECRET}@h/d ",
        f"postgresql://app:{SECRET}/@h\n/d",
        f"postgresql://app:{SECRET}/1@h/d",
        f"postgresql://app:{SECRET}?1@h/d",
        f"postgresql://app:1234/{SECRET}@h/d",
        f"postgresql://app:1234?{SECRET}@h/d",
        f"postgresql://app:1234#{SECRET}@h/d",
        "",
    ],
)
def test_what_is_no_url_is_refused_without_showing_it(dsn):
    with pytest.raises(ConfigError) as caught:
        PostgresFactAdapter(dsn=dsn)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert SECRET not in shown.replace(repr(dsn), "")  # the local variable of this test
    assert caught.value.faults[0].path == "dsn"
    assert SECRET not in str(pickle.loads(pickle.dumps(caught.value)))
    assert place_of(dsn) == "a database"


@pytest.mark.parametrize("name", ["", "Memory", "1st", "a-b", "a.b", 'a"b', "pg_mine", "information_schema", "x" * 64])
def test_a_schema_needs_a_name_that_needs_no_quotes(name):
    with pytest.raises(ConfigError, match=r"schema_name"):
        PostgresSettings.resolve(dsn=DSN, schema_name=name)


def test_settings_are_passed_by_name():
    with pytest.raises(TypeError, match=r"PostgresFactAdapter\(dsn=…\)") as caught:
        PostgresFactAdapter(DSN)
    assert SECRET not in str(caught.value)


def test_the_address_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MEMIO_POSTGRES_DSN", DSN)
    client = Memio.from_config({"facts": "postgres"})
    assert "any_loop" not in client.facts.guarantees
    assert PostgresSettings.resolve().origin_of("dsn") == "environment"


def test_certificates_that_cannot_be_read_are_a_fault_of_the_configuration(tmp_path):
    from memio.providers.postgres._db.tls import tls_of

    (tmp_path / "ca.pem").write_text("no certificate")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(ConfigError, match="tls_ca"):
            tls_of(PostgresSettings.resolve(dsn=DSN, tls="verify-full", tls_ca=str(path)))
    assert tls_of(PostgresSettings.resolve(dsn=DSN)) == {}
    assert tls_of(PostgresSettings.resolve(dsn=DSN, tls="require")) == {"ssl": "require"}
