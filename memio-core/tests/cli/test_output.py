"""Where output cannot be written: what was done stays done, and the exit code and one line state so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

MEMIO = Path(sys.executable).with_name("memio")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells and /dev/full are of Unix")


@pytest.fixture
def shell(tmp_path: Path):
    """Run a line of a shell, in which `memio` is this one and `$M` its program."""

    def run(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
        chosen = {name: value for name, value in os.environ.items() if name not in ("LANG", "LC_ALL", "PYTHONUTF8")}
        chosen |= {"M": str(MEMIO), "MEMIO_SQLITE_PATH": str(tmp_path / "m.db"), **environment}
        return subprocess.run(
            ["/bin/sh", "-c", line], cwd=tmp_path, env=chosen, capture_output=True, text=True, timeout=120, check=False
        )

    return run


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
WRITES = {
    "facts add x": "the fact is stored",
    "facts add x --json": "the fact is stored",
    "facts put k x": "the fact is stored",
    "documents add x": "the document is stored",
    "history add s x": "the message is stored",
    "graph add a b c": "the triples are stored",
}


@pytest.mark.parametrize("place", [pytest.param("> /dev/full", marks=needs_full), ">&-"])
@pytest.mark.parametrize("command", WRITES)
def test_a_write_whose_answer_cannot_be_printed_is_74_and_states_that_it_is_done(shell, command, place):
    # defect: a traceback and exit 70, and whoever repeats the command stores the record twice
    done = shell(f"$M {command} {place}")
    assert done.returncode == 74
    assert f"{WRITES[command]}, and that stays" in done.stderr
    assert "Traceback" not in done.stderr
    kind = command.split()[0]
    assert shell(f"$M {kind} list --all --json").stdout.count("\n") == 1


@pytest.mark.parametrize("place", [pytest.param("> /dev/full", marks=needs_full), ">&-"])
@pytest.mark.parametrize(
    "command",
    [
        "facts list",
        "facts list --json",
        "facts list --all --json",
        "facts count",
        "users",
        "--help",
        "--version",
        "doctor",
    ],
)
def test_a_read_whose_answer_cannot_be_printed_is_an_error_without_a_traceback(shell, command, place):
    shell("$M facts add x")
    done = shell(f"$M {command} {place}")
    assert done.returncode == 74
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("place", [pytest.param("2> /dev/full", marks=needs_full), "2>&-"])
def test_a_standard_error_that_cannot_be_written_leaves_the_exit_code(shell, place):
    assert shell(f"$M facts get unknown {place}").returncode == 1
    assert shell(f"$M facts get unknown --json {place}").returncode == 1
    assert shell(f"$M facts add x {place}").returncode == 0


def test_an_error_of_a_program_with_json_is_json(shell):
    done = shell("$M facts add x --json >&-")
    assert '"type": "OutputError"' in done.stderr


def test_text_is_read_as_utf_8_in_any_locale(shell):
    shell("$M facts add 'K\u00f6ln \u65e5\u672c' --user \u00e4lice --id \u00fc")
    c = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell("$M facts search 'K\u00f6ln' --user \u00e4lice --json", **c)
    assert (done.returncode, done.stdout.count('"content"')) == (0, 1)
    assert shell("$M facts get \u00fc", **c).returncode == 0
    refused = shell("printf 'caf\\351' | xargs $M facts add", **c)
    assert "lone surrogate" in refused.stderr


@pytest.mark.parametrize("command", ["graph add --file -", "facts add -"])
def test_a_byte_order_mark_is_no_part_of_the_text(shell, command, tmp_path):
    text = '{"subject": "a", "predicate": "b", "object": "c"}' if "graph" in command else "tea"
    (tmp_path / "in.txt").write_text(f"{text}\n", encoding="utf-8-sig")
    assert shell(f"$M {command} < in.txt").returncode == 0
    assert "\ufeff" not in shell(f"$M {command.split()[0]} list --json").stdout


@pytest.mark.parametrize("name", ["memio.toml", "memio.json", "MEMIO.TOML"])
def test_a_configuration_may_begin_with_a_byte_order_mark(shell, name, tmp_path):
    text = '{"facts": "sqlite"}' if name.endswith("json") else 'facts = "sqlite"\n'
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    done = shell(f"$M facts list -c {name}")
    assert (done.returncode, done.stdout.strip()) == (0, "no facts")


def test_an_interrupt_during_the_start_is_130_without_a_word(tmp_path):
    # It arrives while a module is imported, before there is a command.
    interrupt = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
    (tmp_path / "typer.py").write_text(interrupt)
    done = subprocess.run(
        [sys.executable, "-m", "memio", "facts", "list"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # no threads here
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
