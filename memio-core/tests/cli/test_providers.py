"""`memio providers`, with plugins that are broken in every way there is."""

from __future__ import annotations

from typing import Any

import pytest

SPEC = """
from memio.hookspecs import hookimpl
from memio.plugins import StoreSpec
from memio.settings import Settings
"""


def rows(done: Any, provider: str) -> list[dict[str, Any]]:
    return [row for row in done.json["providers"] if row["provider"] == provider]


def test_kind_provider_distribution_and_version_are_listed(memio: Any) -> None:
    done = memio("providers", "--json")
    assert done.code == 0
    assert [row["kind"] for row in rows(done, "sqlite")] == ["facts", "history", "documents", "graph"]
    assert {(row["distribution"], row["conflict"]) for row in rows(done, "sqlite")} == {("memio-core", False)}
    shown = memio("providers").out
    assert "memio-core" in shown
    assert rows(done, "sqlite")[0]["version"] in shown


# defect: one broken plugin breaks the command line, even the command that would show it
def test_a_plugin_that_ends_the_process_on_import_is_listed_and_disturbs_nothing(memio: Any, distribution: Any) -> None:
    distribution("memio-bad", "bad", "bad_plugin", "import os; os._exit(9)")
    for arguments in (["--help"], ["providers"], ["facts", "add", "tea"], ["facts", "list"], ["doctor"]):
        assert memio(*arguments).code == 0
    assert [row["distribution"] for row in rows(memio("providers", "--json"), "bad")] == ["memio-bad"]


BROKEN = {
    "raises": ("raise RuntimeError('no luck')", "no luck"),
    "leaves by sys.exit": ("import sys; sys.exit(3)", "SystemExit"),
    "ends the process": ("import os; os._exit(9)", "it ended the process with exit code 9"),
    "ends the process as if all were well": ("import os; os._exit(0)", "it ended the process"),
    "crashes": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "it died of SIGSEGV"),
    "hangs": ("import threading; threading.Event().wait()", "it had not finished after 3 s"),
    "says why it crashes": (
        "import os, sys; sys.stderr.write('out of luck'); sys.stderr.flush(); os._exit(9)",
        "out of luck",
    ),
    "offers nothing": (SPEC + "@hookimpl\ndef memio_stores(): return []", "it yields: nothing"),
    "misspells a hook": (SPEC + "@hookimpl\ndef memio_store(): return []", "memio_store"),
    "speaks another api": (
        SPEC + "@hookimpl\ndef memio_stores():\n"
        " return [StoreSpec(kind='facts', provider='bad', settings=Settings, open=print, api=99)]",
        "version 99",
    ),
    "opens no store": (
        SPEC + "@hookimpl\ndef memio_stores():\n"
        " return [StoreSpec(kind='facts', provider='bad', settings=Settings, open=lambda settings, resources: 5)]",
        "store is not one",
    ),
}


@pytest.mark.parametrize(("source", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_check_states_what_is_broken_and_still_shows_what_works(
    memio: Any, distribution: Any, source: str, words: str
) -> None:
    distribution("memio-bad", "bad", "bad_plugin", source)
    done = memio("providers", "--check", "--timeout", "3", "--json")
    assert (done.code, done.err) == (5, "")
    [bad] = rows(done, "bad")
    assert (bad["state"], bad["features"]) == ("broken", [])
    assert words in bad["message"]


def test_check_shows_features_and_guarantees(memio: Any) -> None:
    done = memio("providers", "--check", "--json")
    assert done.code == 0
    facts = rows(done, "sqlite")[0]
    assert facts["state"] == "ok"
    assert {"filters", "client_ids", "agent_scope"} <= set(facts["features"])
    assert {"durable", "stable_ids"} <= set(facts["guarantees"])
    shown = memio("providers", "--check").out
    assert "search_all_sessions" in shown
    assert not list(memio.folder.glob("*.db"))


def test_a_store_that_needs_settings_is_not_broken(memio: Any, plain: Any) -> None:
    plain()
    done = memio("providers", "--check", "--json")
    assert done.code == 0
    assert {(row["state"], row["message"]) for row in rows(done, "plain")} == {("needs settings", "file (PLAIN_FILE)")}
    given = memio("providers", "--check", "--json", PLAIN_FILE="plain.json")
    assert {(row["state"], *row["guarantees"]) for row in rows(given, "plain")} == {("ok", "read_your_writes")}


# defect: two distributions with one name, and one wins silently
def test_two_distributions_of_one_name_are_shown_with_how_to_choose(memio: Any, distribution: Any) -> None:
    for name in ("memio-acme", "memio-other"):
        distribution(name, "acme", name.replace("-", "_"), "")
    done = memio("providers", "--json")
    assert [(row["distribution"], row["conflict"]) for row in rows(done, "acme")] == [
        ("memio-acme", True),
        ("memio-other", True),
    ]
    shown = memio("providers").out
    assert 'choose facts = "memio-acme:acme" or facts = "memio-other:acme"' in shown


def test_middleware_is_listed_and_checked_too(memio: Any, distribution: Any) -> None:
    source = """
        from memio.hookspecs import hookimpl
        from memio.plugins import MiddlewareSpec
        from memio.settings import Settings

        async def quiet(operation, call_next):
            return await call_next(operation)

        @hookimpl
        def memio_middleware():
            return [MiddlewareSpec(name="quiet", settings=Settings, open=lambda settings: quiet)]
    """
    distribution("memio-quiet", "quiet", "quiet_plugin", source, groups=("middleware",))
    [row] = rows(memio("providers", "--check", "--json"), "quiet")
    assert (row["kind"], row["state"]) == ("middleware", "ok")
