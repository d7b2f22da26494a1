"""Each keyword of each method has an option or argument, and each label too."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from memio.cli.app import app
from memio.kinds import SPECS, KindSpec, Method

COMMANDS = {"get_all": "list", "get_owners": "owners", "count_messages": "count", "delete_messages": "delete-messages"}
OPTIONS = {
    "content": {"text", "file"},
    "messages": {"text", "file", "message"},
    "triples": {"subject", "predicate", "object", "file"},
    "metadata": {"--metadata"},
    "data": {"--data"},
    "expires_at": {"--expires"},
    "if_version": {"--if-version"},
    "filters": {"--filter"},
    "since": {"--since"},
    "until": {"--until"},
    "order": {"--newest"},
    "mode": {"--mode"},
    "limit": {"--limit"},
    "cursor": {"--cursor"},
    "start": {"--start"},
    "last": {"--last"},
    "message_ids": {"--id"},
    "query": {"query"},
    "entity": {"entity"},
    "session_id": {"session"},
    "fact_id": {"fact_id"},
    "doc_id": {"doc_id"},
    "triple_id": {"triple_id"},
}
LABELS = {
    "owner": {"--user", "--agent", "--namespace"},
    "scope": {"--user", "--agent", "--namespace", "--exact"},
    "span": {"--user", "--agent", "--namespace", "--namespace-prefix", "--exact"},
}
METHODS = [
    pytest.param(spec, name, method, id=f"{spec.name}.{name}")
    for spec in SPECS.values()
    for name, method in spec.methods.items()
    if not method.internal and name not in ("add_many", "purge")
]


@pytest.mark.parametrize(("spec", "name", "method"), METHODS)
def test_a_command_has_an_option_for_each_keyword_and_label(spec: KindSpec, name: str, method: Method) -> None:
    command: Any = typer.main.get_command(app).commands[spec.name].commands[COMMANDS.get(name, name.replace("_", "-"))]  # type: ignore[attr-defined]
    known = {name for parameter in command.params for name in (parameter.name, *parameter.opts)}
    expected = {"--config", "--json", *LABELS[method.whose]}
    for keyword in method.keywords:
        expected |= OPTIONS[keyword]
    assert expected <= known


def test_a_listing_can_be_complete() -> None:
    for spec in SPECS.values():
        group: Any = typer.main.get_command(app).commands[spec.name]  # type: ignore[attr-defined]
        for name, method in spec.methods.items():
            if method.returns == "page":
                assert "--all" in {
                    option for each in group.commands[COMMANDS.get(name, name)].params for option in each.opts
                }
