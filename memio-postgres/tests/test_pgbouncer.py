"""Behind pgbouncer in transaction mode: every transaction may get another connection to the server."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from postgres_server import free_port

from memio import Memio, Message, Triple

CONFIG = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
unix_socket_dir =
logfile = {folder}/log
"""


@pytest.fixture(scope="module")
def bouncer(dsn):
    """The DSN of a pgbouncer before the server, with three connections for all clients."""
    program = os.environ.get("MEMIO_PGBOUNCER") or shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        pytest.skip("there is no pgbouncer: apt-get install pgbouncer, or name the program in MEMIO_PGBOUNCER")
    server, listen = urlsplit(dsn), free_port()
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # pgbouncer refuses to run as root, and writes its log here
        config = Path(folder) / "pgbouncer.ini"
        place = {"host": server.hostname, "port": server.port or 5432, "user": server.username}
        config.write_text(CONFIG.format(**place, listen=listen, folder=folder), encoding="utf-8")
        process = subprocess.Popen([*as_nobody, program, str(config)], stderr=subprocess.DEVNULL)
        log = Path(folder) / "log"
        for _ in range(100):
            if log.exists() and "process up" in log.read_text(encoding="utf-8"):
                break
            assert process.poll() is None, "pgbouncer ended at once"
            time.sleep(0.05)
        yield f"postgresql://{server.username}@127.0.0.1:{listen}{server.path}"
        process.terminate()
        process.wait(10)


def test_clients_that_share_connections_get_their_own_answers(bouncer, connect):
    async def work(memio, name):
        for turn in range(8):
            text = f"{name} {turn} likes tea"
            fact = await memio.facts.add(text, fact_id=f"{turn}", user_id=name)
            assert (fact.content, fact.user_id) == (text, name)
            many = await memio.documents.add_many([f"{text} {number}" for number in range(4)], user_id=name)
            assert [each.content for each in many] == [f"{text} {number}" for number in range(4)]
            await memio.history.add(session_id=name, messages=[Message(role="user", content=text)], user_id=name)
            await memio.graph.add(triples=[Triple(subject=name, predicate="turn", object=f"{turn}")], user_id=name)
            found = await memio.facts.search("tea", user_id=name, limit=50)
            assert {each.user_id for each in found} == {name}
            assert len(found) == turn + 1
            assert (await memio.facts.get(f"{turn}", user_id=name)).content == text
            await memio.facts.update(fact_id=f"{turn}", content=f"{text} and milk", user_id=name)
        assert [message.content for message in await memio.history.get(name, user_id=name)] == [
            f"{name} {turn} likes tea" for turn in range(8)
        ]
        assert len(await memio.history.delete_messages(name, last=3, user_id=name)) == 3

    async def scenario():
        clients = [connect(dsn=bouncer, pool_size=3) for _ in range(4)]
        names = [f"caller {number}" for number in range(12)]
        await asyncio.gather(*(work(clients[number % 4], name) for number, name in enumerate(names)))
        memio = clients[0]
        assert await memio.facts.count() == 12 * 8
        assert await memio.documents.count() == 12 * 8 * 4
        assert await memio.history.count_messages() == 12 * 5
        assert await memio.graph.count() == 12 * 8
        await memio.forget(user_id="caller 3")
        assert await memio.facts.count() == 11 * 8
        for client in clients:
            await client.aclose()

    asyncio.run(scenario())


def test_a_schema_is_made_through_it_by_several_clients_at_once(bouncer, schema):
    async def scenario():
        place = {"provider": "postgres", "dsn": bouncer, "schema_name": schema}
        clients = [Memio.from_config({"facts": place}) for _ in range(6)]
        await asyncio.gather(*(client.facts.add(f"{number}") for number, client in enumerate(clients)))
        assert await clients[0].facts.count() == 6
        for client in clients:
            await client.aclose()

    asyncio.run(scenario())
