"""What the provider registers, exports and promises."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from memio import Guarantee, Memio
from memio.capabilities import KINDS, Feature
from memio.kinds import SPECS
from memio.providers import sqlite
from memio.providers.sqlite import plugin


def test_it_offers_all_four_kinds() -> None:
    specs = plugin.memio_stores()
    assert [spec.kind for spec in specs] == list(KINDS)
    assert {spec.provider for spec in specs} == {"sqlite"}


def test_it_declares_every_feature_that_its_kind_has_and_every_guarantee_but_meaning_without_an_embedder() -> None:
    memio = Memio.from_config(dict.fromkeys(KINDS, "sqlite"))
    for kind in KINDS:
        store = getattr(memio, kind)
        assert store.features == SPECS[kind].features - {Feature.SEMANTIC_SEARCH}
        assert store.guarantees == set(Guarantee)


def test_the_adapters_are_imported_when_they_are_asked_for() -> None:
    assert {*sqlite.__all__} <= {*dir(sqlite)}
    for name in sqlite.__all__:
        adapter = getattr(sqlite, name)
        assert adapter.__name__ == name
        assert adapter.provider == "sqlite"
    with pytest.raises(AttributeError, match="SqliteFactAdapter"):
        sqlite.Nothing  # type: ignore[attr-defined]  # noqa: B018  # the access is the test


def test_no_statement_has_numbered_placeholders() -> None:
    # defect: some releases of Python 3.12 take them for names, and warn where their values are a sequence
    for path in Path(plugin.__file__).parent.rglob("*.py"):
        assert not re.search(r"\?\d", path.read_text(encoding="utf-8")), path.name


LISTING = """
import sys
from memio.providers.sqlite.plugin import memio_stores
memio_stores()
print(sorted({"sqlite3", "asyncio", "memio.client", "logging"} & set(sys.modules)))
"""


def test_importing_the_plugin_loads_no_sqlite(program: Callable[..., subprocess.Popen[str]]) -> None:
    output, errors = program(LISTING).communicate(timeout=60)
    assert errors == ""
    assert "sqlite3" not in output
    assert "asyncio" not in output
