"""`memio forget`: one owner, every store, and a receipt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from memio.cli.io.receipts import show
from memio.receipts import ForgetReceipt, StoreReceipt

KINDS = ["facts", "history", "documents", "graph"]


@pytest.fixture
def filled(memio: Any, here: Callable[..., Any]) -> Callable[..., Any]:
    store = f'{{ provider = "sqlite", path = "{memio.folder}/mine.db" }}'
    file = str(memio.write("mine.toml", "\n".join(f"{kind} = {store}" for kind in KINDS)))

    def run(*arguments: str) -> Any:
        return here(*arguments, "--config", file)

    for user in ("alice", "bob"):
        assert run("facts", "add", f"{user} likes tea", "--user", user).code == 0
        assert run("history", "add", "trip", "hello", "--user", user).code == 0
    return run


def test_it_forgets_one_owner_and_prints_a_receipt(filled: Callable[..., Any]) -> None:
    done = filled("forget", "--user", "alice", "--yes", "--json")
    assert (done.code, done.err) == (0, "")
    receipt = done.json
    assert (receipt["labels"], receipt["complete"]) == ({"user_id": "alice"}, True)
    assert [(store["kind"], store["before"], store["after"]) for store in receipt["stores"]] == [
        ("facts", 1, 0),
        ("history", 1, 0),
        ("documents", 0, 0),
        ("graph", 0, 0),
    ]
    assert [fact["user_id"] for fact in filled("facts", "list", "--json").json["items"]] == ["bob"]
    assert [session["user_id"] for session in filled("history", "list", "--json").json["items"]] == ["bob"]


def test_people_get_a_table(filled: Callable[..., Any]) -> None:
    done = filled("forget", "--user", "alice", "--skip", "graph", "--yes")
    assert done.code == 0
    for word in ("facts", "sqlite", "listing, get, search", "graph: not touched, the caller skipped it"):
        assert word in done.out
    assert done.out.endswith("forgot user 'alice', except in what was skipped\n")


def test_what_stays_is_said_once_for_stores_that_have_it_in_common(capsys: pytest.CaptureFixture[str]) -> None:
    stores = (
        StoreReceipt(kind="facts", provider="server", before=1, after=0, remains=("the log keeps it",)),
        StoreReceipt(
            kind="history", provider="server", before=1, after=0, remains=("the log keeps it", "so does the index")
        ),
        StoreReceipt(kind="graph", provider="server", skipped="the caller skipped it"),
    )
    show(ForgetReceipt(labels={"user_id": "alice"}, stores=stores, started_at=datetime.now(UTC), seconds=1.0))
    assert capsys.readouterr().out.rstrip().splitlines()[-3:] == [
        "facts, history: the log keeps it",
        "history: so does the index",
        "graph: not touched, the caller skipped it",
    ]


def test_labels_are_combined_and_a_prefix_spans_what_is_below(filled: Callable[..., Any]) -> None:
    for namespace in ("/", "app", "app/notes", "apple"):
        assert filled("graph", "add", "a", "knows", namespace, "-u", "alice", "--namespace", namespace).code == 0
    done = filled("forget", "--namespace-prefix", "app", "-u", "alice", "--agent", "bot", "--yes")
    assert "no records of user 'alice', agent 'bot' and namespace app and all below it" in " ".join(done.out.split())
    done = filled("forget", "--namespace-prefix", "app", "--yes", "--json")
    assert done.json["labels"] == {"namespace_prefix": ["app"]}
    assert [(store["kind"], store["before"]) for store in done.json["stores"] if store["before"]] == [("graph", 2)]
    assert [edge["object"] for edge in filled("graph", "list", "--json").json["items"]] == ["/", "apple"]
    done = filled("forget", "--exact", "--user", "alice", "--yes")
    assert done.out.endswith("forgot user 'alice', no agent and no namespace\n")
    assert [edge["object"] for edge in filled("graph", "list", "--json").json["items"]] == ["apple"]


def test_it_asks_first_and_no_terminal_to_ask_is_wrong_usage(filled: Callable[..., Any]) -> None:
    done = filled("forget", "--user", "alice", "--json")
    assert done.code == 2
    assert "pass --yes" in done.error["message"]
    assert len(filled("facts", "list", "--json").json["items"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no owner was passed"),
        (["--user", ""], "--user must not be empty"),
        (["--user", "alice", "--skip", "fact"], "--skip 'fact': unknown kind"),
        (["--exact", "--namespace-prefix", "app"], "--exact means one namespace"),
    ],
)
def test_what_cannot_be_done_is_wrong_usage_and_changes_nothing(
    filled: Callable[..., Any], arguments: list[str], message: str
) -> None:
    done = filled("forget", *arguments, "--yes", "--json")
    assert done.code == 2
    assert message in done.error["message"]
    assert len(filled("facts", "list", "--json").json["items"]) == 2


def test_a_configured_store_without_owners_is_named(memio: Any, plain: Callable[[], Any]) -> None:
    plain()
    memio.write("memio.toml", f'facts = "sqlite"\nhistory = {{ provider = "plain", file = "{memio.folder}/p.json" }}\n')
    memio("facts", "add", "alice likes tea", "--user", "alice")
    done = memio("forget", "--user", "alice", "--yes", "--json", "-c", "memio.toml")
    assert (done.code, done.error["type"]) == (2, "NotSupportedError")
    assert "the history of plain lack the feature 'user_scope'" in done.error["message"]
    done = memio("forget", "--user", "alice", "--yes", "--json", "-c", "memio.toml", "--skip", "history")
    assert done.code == 0
    assert [(store["kind"], store["after"], store["complete"]) for store in done.json["stores"]] == [
        ("facts", 0, True),
        ("history", None, False),
    ]


LIAR = """
from memio.hookspecs import hookimpl
from memio.plugins import StoreSpec
from memio.providers.sqlite.facts import SqliteFactAdapter
from memio.providers.sqlite.settings import SqliteSettings

class Liar(SqliteFactAdapter):
    async def delete_all(self, **owner):
        pass

@hookimpl
def memio_stores():
    return [StoreSpec(kind="facts", provider="liar", settings=SqliteSettings, open=Liar.sharing)]
"""


def test_what_is_left_is_a_failure_with_the_receipt(memio: Any, distribution: Callable[..., Any]) -> None:
    distribution("memio-liar", "liar", "memio_liar", LIAR)
    memio.write("memio.toml", 'facts = "liar"\nhistory = "sqlite"\n')
    memio("facts", "add", "alice likes tea", "--user", "alice")
    done = memio("forget", "--user", "alice", "--yes", "--json", "-c", "memio.toml")
    assert (done.code, done.out, done.error["type"]) == (3, "", "ForgetError")
    facts, history = done.error["receipt"]["stores"]
    assert (facts["after"], facts["complete"], history["complete"]) == (1, False, True)
    done = memio("forget", "--user", "alice", "--yes", "-c", "memio.toml")
    assert done.code == 3
    assert "facts of liar: its listing still shows 1" in done.err
    assert "liar" in done.out
