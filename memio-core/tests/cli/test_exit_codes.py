"""What scripts can rely on: exit codes, and where output goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from memio import errors
from memio.cli.io.exit import ExitCode, code_of

MEMIO = Path(sys.executable).with_name("memio")
needs_terminals = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of Unix")


def test_a_backend_that_fails_is_3(memio: Any) -> None:
    memio.write("memories.db", "This is no database, but a text that is long enough to be looked at. " * 20)
    done = memio("facts", "list", "--json")
    assert (done.code, done.out, done.error["exit_code"], done.error["provider"]) == (3, "", 3, "sqlite")


def test_a_configuration_that_cannot_be_used_is_2_with_every_fault(memio: Any) -> None:
    path = memio.write("memio.toml", 'facts = "sqlit"\nhistory = 5\n[providers.sqlite]\npath = "x.db"\n')
    done = memio("doctor", "-c", path, "--json")
    assert (done.code, done.error["type"]) == (2, "ConfigError")
    assert [fault["path"] for fault in done.error["faults"]] == ["facts", "history"]
    assert "did you mean 'sqlite'" in done.err


def test_a_kind_that_the_configuration_lacks_is_2_and_states_which_line_to_add(memio: Any) -> None:
    path = memio.write("memio.toml", 'facts = "sqlite"\n')
    done = memio("graph", "list", "-c", path)
    assert done.code == 2
    assert 'add a line such as graph = "sqlite"' in done.err


def test_a_plugin_that_is_broken_is_5(memio: Any, distribution: Any) -> None:
    distribution("memio-bad", "bad", "bad_plugin", "raise RuntimeError('it does not even start')")
    path = memio.write("memio.toml", 'facts = "bad"\n')
    done = memio("facts", "list", "-c", path)
    assert (done.code, done.out) == (5, "")
    assert "it does not even start" in done.err
    assert "memio-bad 1.0" in done.err


def test_middleware_in_the_former_group_is_not_found_and_the_error_names_the_group(
    memio: Any, distribution: Any
) -> None:
    distribution("memio-former", "former", "former_plugin", "", groups=("plugins",))
    path = memio.write("memio.toml", 'facts = "sqlite"\nmiddleware = ["former"]\n')
    done = memio("doctor", "-c", path)
    assert done.code == 2
    message = " ".join(done.err.split())
    assert "memio-former 1.0 offers 'former' in the entry-point group memio.plugins" in message
    assert "which is named memio.middleware now: install a newer memio-former" in message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFoundError("fact", "1"), 1),
        (errors.InvalidInputError("x"), 2),
        (errors.StoreNotConfiguredError("x"), 2),
        (errors.CursorExpiredError(), 2),
        (errors.NotSupportedError("x", hint="y"), 2),
        (errors.UnknownProviderError([]), 2),
        (errors.ProviderError(), 3),
        (errors.AuthenticationError(), 3),
        (errors.ProviderTimeoutError(), 3),
        (errors.PartialWriteError([], not_added=["a"], unknown=["b"], cause=ValueError()), 3),
        (errors.ConflictError("fact", "1"), 4),
        (errors.PluginError("x", plugin="x", distribution="x"), 5),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_error_has_its_code(error: Exception, code: int) -> None:
    assert code_of(error) == code


def test_what_the_provider_cannot_do_is_2_and_nothing_was_sent(memio: Any, plain: Any) -> None:
    plain()
    path = memio.write("memio.toml", 'facts = "plain"\n[providers.plain]\nfile = "plain.json"\n')
    done = memio("facts", "add", "x", "--user", "alice", "-c", path, "--json")
    assert (done.code, done.error["type"], done.error["outcome"]) == (2, "NotSupportedError", "not_applied")
    assert not (memio.folder / "plain.json").exists()


def test_a_fault_in_the_program_is_70_and_shows_where(memio: Any, distribution: Any) -> None:
    source = """
        from memio.hookspecs import hookimpl
        from memio.plugins import MiddlewareSpec
        from memio.settings import Settings

        async def failing(operation, call_next):
            raise ZeroDivisionError("by mistake")

        @hookimpl
        def memio_middleware():
            return [MiddlewareSpec(name="failing", settings=Settings, open=lambda settings: failing)]
    """
    distribution("memio-failing", "failing", "failing_plugin", source, groups=("middleware",))
    path = memio.write("memio.toml", 'facts = "sqlite"\nmiddleware = ["failing"]\n')
    done = memio("facts", "list", "-c", path)
    assert (done.code, done.out) == (70, "")
    assert "Traceback" in done.err
    assert "ZeroDivisionError: by mistake" in done.err


def test_a_reader_that_has_seen_enough_ends_it_without_a_word(memio: Any, many_facts: Any) -> None:
    many_facts(2000)
    with subprocess.Popen(
        [MEMIO, "facts", "list", "--all", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=memio.folder,
        env=memio.environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == ExitCode.BROKEN_PIPE


def test_deleting_everything_without_a_terminal_needs_yes(memio: Any) -> None:
    memio("facts", "add", "tea")
    for answer in ("", "y\n"):
        done = memio("facts", "delete-all", stdin=answer)
        assert (done.code, done.out, "--yes" in done.err) == (2, "", True)
    assert len(memio("facts", "list", "--json").json["items"]) == 1


@needs_terminals
def test_a_closed_standard_input_is_an_empty_one(memio: Any) -> None:
    for arguments, words in (("add -", "content must not be empty"), ("delete-all", "--yes")):
        done = memio.run(["sh", "-c", f"exec '{MEMIO}' facts {arguments} <&-"])
        assert (done.code, words in done.err) == (2, True)


@needs_terminals
@pytest.mark.parametrize(
    ("answer", "code", "left"), [(b"y\n", 0, 0), (b"\n", 1, 1), (b"no\n", 1, 1), (b"\x03", 130, 1)]
)
def test_deleting_everything_asks_at_a_terminal(memio: Any, answer: bytes, code: int, left: int) -> None:
    memio("facts", "add", "tea", "--user", "alice")
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [MEMIO, "facts", "delete-all", "--user", "alice"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=memio.folder,
        env=memio.environment,
    ) as process:
        assert process.stderr is not None
        asked = b""
        while not asked.endswith(b"[y/N] "):
            asked += process.stderr.read(1)
        # The line discipline of a terminal that does not control a session sends no signal for Ctrl-C.
        if answer == b"\x03":
            process.send_signal(signal.SIGINT)
        else:
            os.write(ours, answer)
        process.wait()
    os.close(ours)
    os.close(theirs)
    assert b"Delete all facts of user 'alice' from sqlite?" in asked
    assert process.returncode == code
    assert len(memio("facts", "list", "--json").json["items"]) == left
