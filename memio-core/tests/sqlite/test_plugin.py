"""What the provider registers, exports and promises."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from memio import Feature, Guarantee, Memio
from memio.capabilities import KINDS
from memio.kinds import SPECS
from memio.providers import sqlite
from memio.providers.sqlite import plugin


def test_it_offers_all_four_kinds() -> None:
    specs = plugin.memio_stores()
    assert [spec.kind for spec in specs] == list(KINDS)
    assert {spec.provider for spec in specs} == {"sqlite"}


def test_it_declares_every_feature_that_its_kind_has_and_every_guarantee() -> None:
    memio = Memio.from_config(dict.fromkeys(KINDS, "sqlite"))
    of_messages = {Feature.MESSAGE_NAMES, Feature.MESSAGE_TIMESTAMPS, Feature.ALL_ROLES, Feature.SEARCH_ALL_SESSIONS}
    common = {Feature.METADATA, Feature.CLIENT_IDS}
    for kind in KINDS:
        store = getattr(memio, kind)
        keywords = {feature for method in SPECS[kind].methods.values() for feature in method.features.values()}
        whole = {method.needs for method in SPECS[kind].methods.values() if method.needs}
        assert store.features == keywords | whole | common | (of_messages if kind == "history" else set())
        assert store.guarantees == set(Guarantee)


def test_the_adapters_are_imported_when_they_are_asked_for() -> None:
    assert {*sqlite.__all__} <= {*dir(sqlite)}
    for name in sqlite.__all__:
        adapter = getattr(sqlite, name)
        assert adapter.__name__ == name
        assert adapter.provider == "sqlite"
    with pytest.raises(AttributeError, match="SqliteFactAdapter"):
        sqlite.Nothing  # type: ignore[attr-defined]  # noqa: B018  # the access is the test


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
