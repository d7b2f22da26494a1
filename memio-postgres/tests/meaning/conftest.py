"""What the tests of search by meaning share."""

import asyncio
import inspect
from contextlib import asynccontextmanager

import pytest
from embedded_postgres import DOCUMENTS, FACTS, MESSAGES, WordEmbedder, opened
from postgres_server import execute


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test that is a coroutine in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}), 120))
    return True


@pytest.fixture(scope="session", autouse=True)
def has_vectors(dsn):
    """Skip the tests of this folder on a server without pgvector, but for those that are about it."""
    return bool(execute(dsn, "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"))


@pytest.fixture(autouse=True)
def needs_vectors(request, has_vectors):
    if not has_vectors and "without_pgvector" not in request.node.name:
        pytest.skip("this server has no pgvector")


@pytest.fixture(params=[FACTS, DOCUMENTS, MESSAGES], ids=repr)
def kind(request):
    return request.param


@pytest.fixture
def embedder():
    return WordEmbedder()


@pytest.fixture
def stored(dsn, schema, embedder):
    """Return what opens a store on the schema, with the embedder or another one, or with none."""

    @asynccontextmanager
    async def open_store(kind=FACTS, other=embedder, **settings):
        store = opened(kind, other, **{"dsn": dsn, "schema_name": schema, **settings})
        try:
            yield store
        finally:
            await store.aclose()

    return open_store


@pytest.fixture
def look(dsn, schema):
    """Return what runs a statement, with `{schema}` for the schema, in a thread."""

    async def run(*statements):
        rows = await asyncio.to_thread(execute, dsn, *(each.format(schema=schema) for each in statements))
        return [tuple(row) for row in rows]

    return run
