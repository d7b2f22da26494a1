"""Settings and configurations that are read without pydantic mean the same as those that are read with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memio import Memio
from memio._embedded import open_embedded
from memio.config import load
from memio.errors import ConfigError
from memio.providers.sqlite._db.location import Location
from memio.providers.sqlite._usual import UsualSettings, usual
from memio.providers.sqlite.settings import SqliteSettings

USUAL: tuple[dict[str, Any], ...] = (
    {},
    {"path": "memories.db"},
    {"path": "./folder/../memories.db"},
    {"path": "~/memories.db"},
    {"path": "~nobody-of-this-name/memories.db"},
    {"path": "/nowhere/a b#c?.db"},
    {"path": ":memory:"},
    {"path": " "},
    {"path": "caf\u00e9.db", "durability": "normal", "busy_timeout": 2.5, "read_only": True},
    {"durability": "full", "read_only": False, "busy_timeout": 3600.0},
)
UNUSUAL: tuple[dict[str, Any], ...] = (
    {"path": ""},
    {"path": "a\0b"},
    {"path": Path("memories.db")},
    {"path": 5},
    {"path": None},
    {"path": ":memory:", "read_only": True},
    {"durability": "fast"},
    {"durability": None},
    {"busy_timeout": 5},
    {"busy_timeout": 0.0},
    {"busy_timeout": -1.0},
    {"busy_timeout": 3600.1},
    {"busy_timeout": float("nan")},
    {"busy_timeout": float("inf")},
    {"busy_timeout": "5"},
    {"busy_timeout": True},
    {"read_only": "true"},
    {"read_only": 1},
    {"folder": "x"},
)


@pytest.mark.parametrize("given", USUAL, ids=str)
@pytest.mark.parametrize("variable", [None, "", "elsewhere.db", "~/elsewhere.db", ":memory:"])
def test_usual_settings_mean_what_the_model_makes_of_them(
    given: dict[str, Any], variable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEMIO_SQLITE_PATH", raising=False)
    if variable is not None:
        monkeypatch.setenv("MEMIO_SQLITE_PATH", variable)
    found = usual(given)
    if found is None:
        assert given.get("read_only")
        assert variable == ":memory:"
        return
    model = SqliteSettings.resolve(**given)
    for name in SqliteSettings.model_fields:
        assert getattr(found, name) == getattr(model, name), name
        assert found.origin_of(name) == model.origin_of(name), name
    assert Location.of(found) == Location.of(model)


@pytest.mark.parametrize("given", UNUSUAL, ids=str)
def test_anything_else_is_left_to_the_model(given: dict[str, Any]) -> None:
    assert usual(given) is None


def test_every_setting_has_a_check() -> None:
    fields = {name for name in UsualSettings.__slots__ if name != "origins"}
    assert fields == set(SqliteSettings.model_fields)
    every = {"path": "a.db", "durability": "full", "busy_timeout": 1.0, "read_only": False}
    assert set(every) == fields
    assert usual(every) is not None


EMBEDDED: tuple[dict[str, Any], ...] = (
    {"facts": "sqlite"},
    {"history": "sqlite", "facts": "sqlite", "documents": "sqlite", "graph": "sqlite"},
    {"facts": {"provider": "sqlite", "path": "a.db"}, "graph": "sqlite"},
    {"facts": "sqlite", "providers": {"sqlite": {"path": "b.db", "durability": "normal"}}},
    {"facts": {"provider": "sqlite", "path": "a.db"}, "history": "sqlite", "providers": {"sqlite": {"path": "b.db"}}},
    {"facts": "sqlite", "providers": {}},
)


def _location(opened: Any) -> Location:
    """Return which file a store would open, and how."""
    location: Location = vars(opened.store)["_engine"]._files._location
    return location


@pytest.mark.parametrize("config", EMBEDDED, ids=str)
def test_a_configuration_of_the_embedded_provider_opens_the_same_stores(config: dict[str, Any]) -> None:
    opened = open_embedded(config)
    expected = load(config).open_stores()
    assert opened is not None
    assert list(opened) == list(expected)
    for kind, store in opened.items():
        other = expected[kind]
        assert type(store.store) is type(other.store)
        assert _location(store) == _location(other)
        assert (store.provider, store.distribution()) == (other.provider, other.distribution())
    engines = {id(vars(store.store)["_engine"]) for store in opened.values()}
    assert len(engines) == len({id(vars(store.store)["_engine"]) for store in expected.values()})


OTHERS: tuple[Any, ...] = (
    {},
    {"facts": "letta"},
    {"facts": "sqlite", "middleware": []},
    {"facts": "sqlite", "history": "letta"},
    {"facts": {"provider": "sqlite", "path": "${HOME}/a.db"}},
    {"facts": {"path": "a.db"}},
    {"facts": {"provider": "sqlite", "paht": "a.db"}},
    {"facts": {"provider": "sqlite", 5: "a.db"}},
    {"facts": "memio-core:sqlite"},
    {"facts": None},
    {"facts": ["sqlite"]},
    {"facts": "sqlite", "providers": {"letta": {}}},
    {"facts": "sqlite", "providers": {"sqlite": {"path": 5}}},
    {"facts": "sqlite", "providers": []},
    {"facts": "sqlite", "providers": {"sqlite": []}},
    {"fact": "sqlite"},
    {5: "sqlite"},
    "memio.toml",
    None,
)


@pytest.mark.parametrize("config", OTHERS, ids=str)
def test_any_other_configuration_is_read_completely(config: Any) -> None:
    assert open_embedded(config) is None


def test_a_wrong_setting_is_refused_as_before() -> None:
    with pytest.raises(ConfigError, match=r"facts\.busy_timeout"):
        Memio.from_config({"facts": {"provider": "sqlite", "busy_timeout": 0.0}})
