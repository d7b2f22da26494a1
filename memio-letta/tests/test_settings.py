"""What settings are accepted, where they come from, and where the key goes."""

from __future__ import annotations

from typing import Any

import pytest

from memio import Memio
from memio.errors import ConfigError
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter, LettaHistoryAdapter
from memio.providers.letta._api.connection import Connection
from memio.providers.letta.settings import LettaSettings

KEY = "sk-very-secret-key"
ADAPTERS = [LettaFactAdapter, LettaHistoryAdapter, LettaDocumentAdapter]


def test_without_a_base_url_the_cloud_is_meant() -> None:
    assert LettaSettings.resolve(agent_id="a").base_url == "https://api.letta.com"


def test_every_setting_of_the_environment_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTA_AGENT_ID", "agent-1")
    monkeypatch.setenv("LETTA_BASE_URL", "https://letta.example")
    monkeypatch.setenv("LETTA_API_KEY", KEY)
    settings = LettaSettings.resolve()
    assert (settings.agent_id, settings.base_url) == ("agent-1", "https://letta.example")
    assert settings.key_to_send
    assert settings.key_to_send.get_secret_value() == KEY


def test_a_missing_agent_id_names_its_variable() -> None:
    with pytest.raises(ConfigError, match="LETTA_AGENT_ID"):
        LettaFactAdapter(base_url="http://localhost:8283")


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8283",
        "ftp://localhost",
        "http://",
        "http://user:pw@localhost",
        "http://localhost/?key=1",
        "http://localhost?",
        "http://localhost#",
        "http://localhost/v1",
        "http://localhost:port",
        "http://local host",
        "http://[::1",
    ],
)
def test_an_invalid_base_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LettaSettings.resolve(agent_id="a", base_url=url)
    assert [fault.path for fault in caught.value.faults] == ["base_url"]
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("agent_id", ["", "..", "../agents/agent-1", "agent-1\n", " agent-1", "a?b", "é", "x" * 201])
def test_an_agent_id_that_would_change_the_path_is_refused(agent_id: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LettaSettings.resolve(agent_id=agent_id)
    assert [fault.path for fault in caught.value.faults] == ["agent_id"]


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "line\nbreak", "tab\t"])
def test_a_key_that_cannot_be_sent_in_a_header_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LettaSettings.resolve(agent_id="a", api_key=key)
    assert not key.strip() or key.strip() not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [{"timeout": 0}, {"timeout": float("inf")}, {"timeout": float("nan")}, {"max_retries": -1}, {"collection": ""}],
)
def test_a_setting_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        LettaSettings.resolve(agent_id="a", **wrong)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_unknown_setting_is_refused(adapter: type[Any]) -> None:
    # defect: unknown configuration keys dropped
    with pytest.raises(ConfigError, match="did you mean 'user_scope'"):
        adapter(agent_id="a", user_scop=True)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("url", ["http://letta.example", "http://127.0.0.1.example", "http://10.0.0.1:8283"])
def test_no_key_goes_over_plain_http_to_another_host(adapter: type[Any], url: str) -> None:
    # defect: a key sent over plain http
    with pytest.raises(ConfigError, match="allow_insecure_http") as caught:
        adapter(agent_id="a", base_url=url, api_key=KEY)
    assert KEY not in str(caught.value)
    adapter(agent_id="a", base_url=url, api_key=KEY, allow_insecure_http=True)
    adapter(agent_id="a", base_url=url)


@pytest.mark.parametrize("url", ["http://localhost:8283", "http://127.0.0.2", "http://[::1]:8283", "https://a.example"])
def test_a_key_goes_over_https_and_to_this_machine(url: str) -> None:
    assert LettaSettings.resolve(agent_id="a", base_url=url, api_key=KEY).exposes_key is False


def test_a_configuration_that_would_expose_the_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTA_API_KEY", KEY)
    monkeypatch.setenv("LETTA_BASE_URL", "http://letta.example")
    with pytest.raises(ConfigError, match="plain http") as caught:
        Memio.from_config({"facts": {"provider": "letta", "agent_id": "a"}})
    assert KEY not in str(caught.value)


def test_a_key_of_the_environment_is_not_used_for_an_explicit_server(monkeypatch: pytest.MonkeyPatch) -> None:
    # defect: a key from the environment sent to any base URL
    monkeypatch.setenv("LETTA_API_KEY", KEY)
    explicit = LettaSettings.resolve(agent_id="a", base_url="http://letta.example")
    assert explicit.key_withheld
    assert explicit.key_to_send is None
    monkeypatch.setenv("LETTA_BASE_URL", "https://letta.example")
    assert LettaSettings.resolve(agent_id="a").key_to_send is not None
    assert LettaSettings.resolve(agent_id="a", base_url="https://x.example", api_key=KEY).key_to_send is not None


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_no_repr_shows_the_key(adapter: type[Any]) -> None:
    # defect: a key in a repr
    store = adapter(agent_id="agent-1", api_key=KEY)
    settings = LettaSettings.resolve(agent_id="agent-1", api_key=KEY)
    shown = [repr(store), repr(settings), str(settings), repr(Connection.key(settings)), repr(settings.model_dump())]
    assert not any(KEY in text for text in shown)
    assert "agent-1" in repr(store)


def test_the_declared_features_follow_the_settings() -> None:
    plain = LettaFactAdapter(agent_id="a")
    assert plain.features == {"attribution", "metadata", "semantic_search", "update"}
    assert LettaDocumentAdapter(agent_id="a").features == plain.features
    for name in ("user_scope", "agent_scope", "namespaces"):
        for adapter in (LettaFactAdapter, LettaDocumentAdapter):
            assert adapter(agent_id="a", **{name: True}).features - plain.features == {name}
    assert LettaFactAdapter(agent_id="a", collection="c").guarantees - plain.guarantees == {"separate_kinds"}
    labels = {"attribution", "user_scope", "agent_scope", "namespaces"}
    assert LettaHistoryAdapter(agent_id="a").features == {*labels, "keyword_search", "message_names"}
