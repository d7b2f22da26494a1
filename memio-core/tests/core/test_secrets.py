"""Errors contain no configuration values, also where a tool shows them with local variables."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from traceback import TracebackException
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

import memio.blocking
from memio import ConfigError, Memio, PluginError
from memio.config import Config, ConfiguredStore, load
from memio.plugins import StoreSpec
from memio.registry import find
from memio.settings import Env, Settings

SECRET = "sk-Zz9secret"  # noqa: S105  # not a real one
READERS = [load, Memio.from_config, memio.blocking.Memio.from_config]
FILES = {
    "broken.json": f'{{"facts": {{"provider": "sqlite", "path": "{SECRET}", }}',
    "repeated.json": f'{{"a": "{SECRET}", "a": 1}}',
    "list.json": f'["{SECRET}"]',
    "broken.toml": f'facts = {{ provider = "sqlite", path = "{SECRET}", \n',
    "unknown.toml": f'facts = {{ provider = "sqlite", path = "{SECRET}", colour = 5 }}\n',
    "variable.toml": 'facts = { provider = "sqlite", path = "${MEMIO_TEST_SECRET}", colour = 5 }\n',
    "latin.toml": f'# caf\xe9\nkey = "{SECRET}"',
}


class AcmeSettings(Settings):
    """Settings whose secret is not declared as one."""

    dsn: Annotated[str, Env("ACME_DSN")]
    retries: int = 3


class Inner(BaseModel):
    """A settings model of a plugin."""

    number: int


def shown(error: BaseException) -> str:
    """Return everything that a tool can show of an error: tracebacks with local variables, and attributes."""
    text = "".join(TracebackException.from_exception(error, capture_locals=True).format())
    each: BaseException | None = error
    while each is not None:
        text += repr(each) + repr(vars(each)) + str(getattr(each, "doc", "")) + str(getattr(each, "object", ""))
        each = each.__cause__ or each.__context__
    return text + pickle.dumps(error).decode("latin-1")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "read", [load, Memio.from_config, memio.blocking.Memio.from_config], ids=["load", "async", "blocking"]
)
def test_a_refused_file_shows_none_of_its_values(
    name: str, read: Callable[[Any], Any], tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("MEMIO_TEST_SECRET", SECRET)
    (tmp_path / name).write_text(FILES[name], encoding="latin-1")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / name)
    # Beyond the frame of this test, which holds FILES.
    caught.value.__traceback__ = caught.value.__traceback__ and caught.value.__traceback__.tb_next
    assert SECRET not in shown(caught.value)


def test_arguments_that_are_refused_are_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        AcmeSettings.resolve(dsn=SECRET, retries="many")
    caught.value.__traceback__ = caught.value.__traceback__ and caught.value.__traceback__.tb_next
    assert SECRET not in shown(caught.value)


def test_settings_show_the_names_of_what_was_given_and_no_value() -> None:
    settings = AcmeSettings(dsn=f"postgres://user:{SECRET}@host/db")
    assert repr(settings) == "AcmeSettings(dsn=…)"
    assert SECRET not in f"{settings} {settings!r} {[settings]}"


def fails(settings: AcmeSettings, _: Any) -> None:
    """Fail as a plugin does that has the value in a local variable."""
    dsn = settings.dsn
    raise RuntimeError(f"it failed with {len(dsn)} characters")


def refuses(settings: AcmeSettings, _: Any) -> None:
    """Fail with an error of pydantic, which shows the value that it refuses."""
    Inner(number=settings.dsn)  # type: ignore[arg-type]


@pytest.mark.parametrize("open_", [fails, refuses])
def test_a_plugin_that_fails_to_open_shows_no_value(open_: Any) -> None:
    spec = StoreSpec(kind="facts", provider="sqlite", settings=AcmeSettings, open=open_)
    store = ConfiguredStore("facts", find("facts", "sqlite", "facts"), spec, AcmeSettings(dsn=SECRET))
    with pytest.raises(PluginError, match="the plugin's open fails") as caught:
        Memio.from_config(Config(None, (store,), ()))
    assert SECRET not in str(caught.value)
    assert SECRET not in "".join(TracebackException.from_exception(caught.value, capture_locals=True).stack.format())


def test_a_client_that_could_not_be_made_can_be_shown() -> None:
    # defect: the repr of a half-made object raises while its traceback is shown with local variables
    for client in (Memio, memio.blocking.Memio):
        with pytest.raises(ConfigError) as caught:
            client(facts=object())
        assert "incomplete" in shown(caught.value)
