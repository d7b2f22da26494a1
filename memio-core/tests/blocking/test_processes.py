"""Real processes: how they end, what an interrupt does, and what a fork inherits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

STRICT = [sys.executable, "-W", "error"]
HANGS = '''
import asyncio, os, signal, sys, threading
from memio.blocking import Memio
from memio._loops import background
from memio.errors import NotFoundError
from memio import Fact

class Hangs:
    """A store of facts that prints when it is called, and takes as long as the test sets."""
    features = frozenset()
    guarantees = frozenset()
    async def add(self, *, content): return await self.work(content)
    async def get(self, *, fact_id): ...
    async def get_all(self, *, limit, cursor): ...
    async def search(self, *, query, limit): return [Fact(id="1", content=query)]
    async def delete(self, *, fact_id): ...
    async def delete_all(self): ...
    async def aclose(self): print("closed", flush=True)
    async def work(self, what):
        print("called", flush=True)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if what == "fails": raise NotFoundError("fact", "fails") from None
            if what == "stays": await asyncio.shield(asyncio.Event().wait())
            if what != "done": raise
        return Fact(id="1", content=what)
'''


def start(program: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*STRICT, "-c", program], cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def run(program: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [*STRICT, "-c", program]
    return subprocess.run(command, cwd=cwd, text=True, capture_output=True, timeout=60, check=False)


def test_a_process_that_closes_nothing_ends_at_once_quietly_and_keeps_its_data(tmp_path):
    program = """
from memio.blocking import Memio
memio = Memio.from_config({"facts": {"provider": "sqlite", "path": "memory.db"}})
memio.facts.add_many(str(n) for n in range(1000))
facts = memio.facts.iter_all()
next(facts)
"""
    done = run(program, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["memory.db"], (
        "the last client that closes removes the other files"
    )
    counted = run(
        "from memio.blocking import Memio\n"
        "with Memio.from_config({'facts': {'provider': 'sqlite', 'path': 'memory.db'}}) as memio:\n"
        "    print(len(list(memio.facts.iter_all())))",
        tmp_path,
    )
    assert (counted.returncode, counted.stdout, counted.stderr) == (0, "1000\n", "")


def test_threads_that_outlive_the_program_finish_their_calls(tmp_path):
    program = """
import threading
from memio.blocking import Memio
memio = Memio.from_config({"facts": {"provider": "sqlite", "path": "memory.db"}})
memio.facts.get_all(), memio.facts.delete_all()  # some Pythons start no thread from here on
over = threading.main_thread()
def work():
    over.join()
    for n in range(20):
        memio.facts.add(content=str(n))
    print(len(list(memio.facts.iter_all())))
threading.Thread(target=work).start()
"""
    done = run(program, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "20\n", "")


def test_functions_that_run_at_exit_may_close_or_find_it_closed(tmp_path):
    program = """
import atexit
from memio.blocking import Memio
memio = Memio.from_config({"facts": {"provider": "sqlite", "path": "memory.db"}})
def late():
    try:
        memio.facts.add(content="x")
    except RuntimeError as error:
        print(error)
atexit.register(late)
atexit.register(memio.close)
memio.facts.add(content="x"), memio.facts.get_all()
atexit.register(lambda: print(len(memio.facts.get_all())))
"""
    done = run(program, tmp_path)
    expected = "1\nthis client is closed: the process is ending\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_a_client_that_does_not_close_is_reported_and_does_not_delay_the_end(tmp_path):
    program = f"""{HANGS}
background.END_TIMEOUT = 0.2
class Stuck(Hangs):
    async def aclose(self): await asyncio.Event().wait()
memio = Memio(facts=Stuck())
memio.facts.search(query="x")
"""
    done = run(program, tmp_path)
    assert done.returncode == 0
    assert "TimeoutError: memio.blocking: 1 open clients did not close in 0.2 s" in done.stderr


def test_a_failure_to_close_at_the_end_is_reported(tmp_path):
    program = f"""{HANGS}
class Fails(Hangs):
    async def aclose(self): raise OSError("the disk is gone")
memio, other = Memio(facts=Fails()), Memio(facts=Hangs())
memio.facts.search(query="x"), other.facts.search(query="x")
"""
    done = run(program, tmp_path)
    assert (done.returncode, done.stdout) == (0, "closed\n")
    assert "OSError: the disk is gone" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")
@pytest.mark.parametrize(
    ("what", "fate"),
    [
        ("waits", "the call was cancelled while it ran; if it writes, the write may have been done or not"),
        ("done", "the call was completed, and its result is lost"),
        ("fails", "the call failed with NotFoundError: no fact 'fails' here"),
        ("stays", "the call was cancelled, and had not ended when the wait for it ended; it may still be completed"),
    ],
)
def test_an_interrupt_ends_the_call_and_notes_how_it_ended(what, fate, tmp_path):
    program = f"""{HANGS}
background.END_TIMEOUT = {0.2 if what == "stays" else 30}
memio = Memio(facts=Hangs())
memio.facts.add(content={what!r})
"""
    process = start(program, tmp_path)
    assert process.stdout.readline() == "called\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert out == "closed\n"
    assert "\nKeyboardInterrupt\n" in err
    assert f"\nmemio: {fate}" in err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")
def test_a_client_is_usable_after_an_interrupt_and_a_second_one_ends_the_wait(tmp_path):
    program = f"""{HANGS}
memio = Memio(facts=Hangs())
background.END_TIMEOUT = 30
try:
    memio.facts.add(content="stays")
except KeyboardInterrupt as interrupt:
    print(interrupt.__context__.__notes__)
print(memio.facts.search(query="still here")[0].content, flush=True)
background.END_TIMEOUT = 0.2
"""
    program = program.replace('if what == "stays": await', 'if what == "stays": print("cancelled", flush=True); await')
    process = start(program, tmp_path)
    for line in ("called\n", "cancelled\n"):
        assert process.stdout.readline() == line
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "may still be completed" in out
    assert "still here\nclosed\n" in out


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_is_asked_to_make_its_own_client(tmp_path):
    program = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of a fork in a process with threads
from memio.blocking import Memio
source = {"facts": {"provider": "sqlite", "path": "memory.db"}}
memio, unused = Memio.from_config(source), Memio.from_config(source)
memio.facts.add(content="of the parent")
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    memio.facts.add(content="of the parent again")
    print([fact.content for fact in memio.facts.iter_all()])
else:
    try:
        memio.facts.get_all()
    except RuntimeError as error:
        print(error, flush=True)
    memio.close()
    unused.facts.add(content="of the child")
    with Memio.from_config(source) as own:
        own.facts.add(content="of another client")
    sys.exit()
"""
    done = run(program, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "used before the process was forked" in done.stdout
    assert "make another client in this process" in done.stdout
    assert done.stdout.endswith("['of the parent', 'of the child', 'of another client', 'of the parent again']\n")


def test_importing_it_starts_nothing(tmp_path):
    done = run("import memio.blocking, threading; print(threading.active_count())", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
