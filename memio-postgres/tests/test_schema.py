"""Making the tables, checking their version, and migrating them; and what a role needs."""

import asyncio
import subprocess
import sys
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from embedded_postgres import WordEmbedder
from postgres_server import execute

from memio import Memio, ProviderError
from memio.providers.postgres._db import migrations
from memio.providers.postgres._db import schema as tables


@pytest.fixture
def role(dsn):
    """A role that may create nothing, and the DSN with it."""
    name = f"memio_role_{uuid4().hex[:8]}"
    execute(dsn, f"CREATE ROLE {name} LOGIN", f"ALTER ROLE {name} PASSWORD 'secret'", "SELECT 1")
    parts = urlsplit(dsn)
    yield name, parts._replace(netloc=f"{name}:secret@{parts.netloc.rpartition('@')[2]}").geturl()
    execute(dsn, f"DROP OWNED BY {name}", f"DROP ROLE {name}", "SELECT 1")


def ddl(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "memio", "postgres", "ddl", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def structure(dsn, schema):
    """Return the columns and indexes of a schema, without its name."""
    columns = execute(
        dsn,
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
        f"WHERE table_schema = '{schema}' ORDER BY 1, 2",
    )
    indexes = execute(dsn, f"SELECT indexdef FROM pg_indexes WHERE schemaname = '{schema}' ORDER BY indexname")
    return [tuple(row) for row in columns], [row[0].replace(f"{schema}.", "") for row in indexes]


def test_the_printed_statements_make_what_the_first_call_makes(connect, dsn, schema):
    async def use():
        async with connect() as memio:
            await memio.facts.count()

    asyncio.run(use())
    made = structure(dsn, schema)
    execute(dsn, f"DROP SCHEMA {schema} CASCADE", ddl("--schema", schema), "SELECT 1")
    assert structure(dsn, schema) == made


def test_a_role_without_the_right_to_create_gets_an_error_that_names_the_command(role, schema, dsn):
    name, address = role

    async def use():
        settings = {"provider": "postgres", "dsn": address, "schema_name": schema}
        async with Memio.from_config(dict.fromkeys(("facts", "history"), settings)) as memio:
            await memio.facts.add("likes coffee", user_id="alice")
            assert [fact.content for fact in await memio.facts.search("coffee", user_id="alice")] == ["likes coffee"]
            await memio.facts.delete_all()

    with pytest.raises(ProviderError, match=rf"memio postgres ddl --schema {schema} --role {name}`") as caught:
        asyncio.run(use())
    assert "secret" not in str(caught.value)
    execute(dsn, ddl("--schema", schema), "SELECT 1")
    with pytest.raises(ProviderError, match="grant it USAGE"):
        asyncio.run(use())
    execute(dsn, f"DROP SCHEMA {schema} CASCADE", ddl("--schema", schema, "--role", name), "SELECT 1")
    asyncio.run(use())


@pytest.mark.parametrize("partitions", ["0", "3"])
def test_a_role_that_may_not_clean_the_tables_is_told_what_forget_left(role, schema, dsn, partitions):
    name, address = role
    execute(dsn, ddl("--schema", schema, "--role", name, "--partitions", partitions), "SELECT 1")

    async def forget():
        settings = {"provider": "postgres", "dsn": address, "schema_name": schema}
        async with Memio.from_config({"facts": settings}) as memio:
            await memio.facts.add("likes coffee", user_id="alice")
            [store] = (await memio.forget(user_id="alice")).stores
        return " ".join(store.remains)

    has_maintain = execute(dsn, "SELECT current_setting('server_version_num')::int >= 170000")[0][0]
    if has_maintain:
        assert "may not run VACUUM" not in asyncio.run(forget())
        execute(dsn, f"REVOKE MAINTAIN ON ALL TABLES IN SCHEMA {schema} FROM {name}", "SELECT 1")
    said = asyncio.run(forget())
    assert f"this role may not run VACUUM on {schema}.fact, {schema}.owner, so the deleted rows are still" in said
    assert ("GRANT MAINTAIN" in said) == has_maintain


def test_a_partitioned_table_is_read_in_the_partition_of_the_owner(connect, dsn, schema):
    execute(dsn, ddl("--schema", schema, "--partitions", "4"), "SELECT 1")

    async def use():
        async with connect() as memio:
            await memio.facts.add_many({"content": f"fact {n}", "user_id": f"user {n}"} for n in range(40))
            assert len(await memio.facts.get_all(limit=100)) == 40
            assert [fact.content for fact in await memio.facts.get_all(user_id="user 7")] == ["fact 7"]

    asyncio.run(use())
    sizes = [execute(dsn, f"SELECT count(*) FROM {schema}.fact_{n}")[0][0] for n in range(4)]
    assert sum(sizes) == 40
    assert min(sizes) > 0
    plan = execute(dsn, f"EXPLAIN SELECT * FROM {schema}.fact WHERE owner = '\\x00'")
    assert sum("fact_" in row[0] and "Scan" in row[0] for row in plan) == 1


def use_facts(connect):
    async def use():
        async with connect() as memio:
            return await memio.facts.count()

    return asyncio.run(use())


def test_tables_of_a_later_version_are_refused_and_stay(connect, dsn, schema):
    use_facts(connect)
    execute(dsn, f"UPDATE {schema}.meta SET value = '99' WHERE key = 'schema'", "SELECT 1")
    with pytest.raises(ProviderError, match=r"written by a later memio \(schema 99"):
        use_facts(connect)


def test_a_table_of_another_program_is_not_touched(connect, dsn, schema):
    execute(dsn, f"CREATE SCHEMA {schema}", f"CREATE TABLE {schema}.meta (id integer)", "SELECT 1")
    with pytest.raises(ProviderError, match="not memio's"):
        use_facts(connect)
    assert [row[0] for row in execute(dsn, f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")] == [
        "meta"
    ]


def test_tables_of_an_older_version_are_migrated_once(connect, dsn, schema, monkeypatch):
    use_facts(connect)
    now = tables.VERSION
    monkeypatch.setattr(tables, "VERSION", now + 2)
    # Each would fail when it is run twice.
    steps = {
        now + 1: ("ALTER TABLE {schema}.fact ADD COLUMN two integer",),
        now + 2: ("CREATE TABLE {schema}.three (a integer)",),
    }
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)

    async def together():
        clients = [connect() for _ in range(8)]
        await asyncio.gather(*(client.facts.count() for client in clients))
        await asyncio.gather(*(client.aclose() for client in clients))

    asyncio.run(together())
    assert execute(dsn, f"SELECT value FROM {schema}.meta WHERE key = 'schema'")[0][0] == str(now + 2)


def test_a_role_that_may_not_migrate_is_told_who_may(connect, role, schema, dsn, monkeypatch):
    name, address = role
    execute(dsn, ddl("--schema", schema, "--role", name), "SELECT 1")
    now = tables.VERSION
    monkeypatch.setattr(tables, "VERSION", now + 1)
    monkeypatch.setattr(migrations, "MIGRATIONS", {now + 1: ("ALTER TABLE {schema}.fact ADD COLUMN two integer",)})
    words = rf"older version \({now}, this memio needs {now + 1}\).*as the owner, which migrates them"
    with pytest.raises(ProviderError, match=words):
        use_facts(lambda: connect(dsn=address))
    use_facts(connect)  # the owner
    assert use_facts(lambda: connect(dsn=address)) == 0


def test_tables_of_the_first_version_get_numbers_of_their_texts(connect, dsn, schema):
    async def fill():
        async with connect() as memio:
            await memio.facts.add_many({"content": f"fact {n}", "fact_id": f"{n}"} for n in range(3))
            await memio.facts.update(fact_id="1", content="changed")
            await memio.documents.add("document")

    asyncio.run(fill())
    made = structure(dsn, schema)
    execute(
        dsn,
        f"ALTER TABLE {schema}.fact DROP COLUMN text_seq",
        f"ALTER TABLE {schema}.document DROP COLUMN text_seq",
        f"UPDATE {schema}.meta SET value = '1' WHERE key = 'schema'",
        "SELECT 1",
    )
    assert use_facts(connect) == 3
    assert structure(dsn, schema) == made
    numbers = execute(dsn, f"SELECT text_seq FROM {schema}.fact ORDER BY id")
    assert [row[0] for row in numbers] == [1, 4, 3]


@pytest.mark.parametrize("partitions", ["0", "3"])
def test_the_printed_statements_for_vectors_make_what_an_embedder_makes(connect, dsn, schema, partitions):
    if not execute(dsn, "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"):
        pytest.skip("this server has no pgvector")
    tables_alone = ddl("--schema", schema, "--partitions", partitions)

    async def use():
        async with Memio.from_config({"facts": connect_settings}, embedder=WordEmbedder()) as memio:
            await memio.facts.add("likes tea")
            assert await memio.wait_embedded(timeout=30) == (0, 0)
            assert len(await memio.facts.search("coffee", mode="semantic")) == 1

    connect_settings = {"provider": "postgres", "dsn": dsn, "schema_name": schema}
    execute(dsn, tables_alone, "SELECT 1")
    asyncio.run(use())
    made = structure(dsn, schema)
    for printed in (
        tables_alone + ddl("--schema", schema, "--partitions", partitions, "--vectors", "only"),
        ddl("--schema", schema, "--partitions", partitions, "--vectors", "also"),
    ):
        execute(dsn, f"DROP SCHEMA {schema} CASCADE", printed, "SELECT 1")
        assert structure(dsn, schema) == made
        asyncio.run(use())
        assert structure(dsn, schema) == made


def test_a_migration_that_fails_changes_nothing(connect, dsn, schema, monkeypatch):
    use_facts(connect)
    monkeypatch.setattr(tables, "VERSION", tables.VERSION + 1)
    steps = {tables.VERSION: ("ALTER TABLE {schema}.fact ADD COLUMN two integer", "SELECT 1 / 0")}
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    with pytest.raises(ProviderError, match="DivisionByZero"):
        use_facts(connect)
    monkeypatch.undo()
    assert use_facts(connect) == 0
    assert "two" not in str(structure(dsn, schema))


def test_tables_that_are_removed_are_made_again_by_a_later_call(connect, dsn, schema):
    async def use():
        async with connect() as memio:
            await memio.facts.add("likes coffee")
            await asyncio.to_thread(execute, dsn, f"DROP SCHEMA {schema} CASCADE", "SELECT 1")
            with pytest.raises(ProviderError, match="were removed") as caught:
                await memio.facts.add("likes tea")
            assert (caught.value.retryable, caught.value.outcome) == (True, "not_applied")
            await memio.facts.add("likes tea")
            assert await memio.facts.count() == 1

    asyncio.run(use())


@pytest.mark.parametrize("arguments", [("--schema", "pg_mine"), ("--schema", "a b"), ("--partitions", "-1")])
def test_the_command_refuses_what_cannot_be(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "memio", "postgres", "ddl", *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")


def test_clients_that_wait_for_another_one_see_what_it_made(connect, dsn, schema):
    async def together():
        for _ in range(5):
            clients = [connect() for _ in range(6)]
            await asyncio.gather(*(client.facts.count() for client in clients))
            await asyncio.gather(*(client.aclose() for client in clients))
            await asyncio.to_thread(execute, dsn, f"DROP SCHEMA {schema} CASCADE", "SELECT 1")

    asyncio.run(together())
