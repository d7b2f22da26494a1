"""The settings of the `letta` provider."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, TypedDict
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr

from memio.capabilities import Feature
from memio.settings import Env, Settings, checked_key, checked_url

CLOUD = "https://api.letta.com"
"""The address of Letta's hosted service."""


_MAX_ID = 200
_PATH_PART = re.compile(r"[A-Za-z0-9_-]+")


class LettaOptions(TypedDict, total=False):
    """The arguments of an adapter's constructor: the keys of `LettaSettings`; `None` counts as left out."""

    agent_id: str | None
    base_url: str | None
    api_key: str | SecretStr | None
    timeout: float | None
    max_retries: int | None
    allow_insecure_http: bool | None
    user_scope: bool | None
    agent_scope: bool | None
    namespaces: bool | None
    collection: str | None


def fits_into_a_path(identifier: str) -> bool:
    """Return whether an id can be a part of a path: letta-client 1.7.9 does not quote it, and ".." leaves the path."""
    return _PATH_PART.fullmatch(identifier) is not None


def _check_agent(value: str) -> str:
    if len(value) > _MAX_ID or not fits_into_a_path(value):
        raise ValueError("not the id of a Letta agent: write agent- and a UUID, without spaces or slashes")
    return value


def _check_url(value: str) -> str:
    url = checked_url(value, example="http://localhost:8283")
    if urlsplit(url).path.endswith("/v1"):
        raise ValueError("the URL must not end in /v1: the client adds it")
    return url


class LettaSettings(Settings):
    """The settings of a Letta agent as a memory.

    `repr` shows no secret. In an adapter's constructor and in a configuration the keys are the same.
    """

    agent_id: Annotated[str, Env("LETTA_AGENT_ID"), AfterValidator(_check_agent)]
    """The Letta agent whose archive and conversations are the memory: `agent-` and a UUID."""

    base_url: Annotated[str, Env("LETTA_BASE_URL"), AfterValidator(_check_url)] = CLOUD
    """The server; Letta's hosted service by default."""

    api_key: Annotated[SecretStr | None, Env("LETTA_API_KEY"), AfterValidator(checked_key)] = None
    """The key. A self-hosted server needs none unless it was started with a password, which is then the key.
    One that came from the environment is not sent to a `base_url` that was given explicitly."""

    timeout: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 60.0
    """Seconds that the server may send nothing. While the agent answers, it sends a ping now and then."""

    max_retries: Annotated[int, Field(ge=0, le=10)] = 2
    """How often a request that failed is repeated, with growing pauses: one that creates only while it is certain that
    nothing was created, and messages to the agent never."""

    allow_insecure_http: bool = False
    """Send the key over plain http to a host that is not this machine."""

    user_scope: bool = False
    """Facts and documents: let `user_id` confine reads, updates and deletes."""

    agent_scope: bool = False
    """Facts and documents: let `agent_id` confine reads, updates and deletes. It is a label, never Letta's agent."""

    namespaces: bool = False
    """Facts and documents: record the `namespace` of what is added, and let it confine reads, updates and deletes."""

    collection: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """Facts and documents: see only records of this collection and kind, so that facts and documents stay separate."""

    @property
    def features_of_passages(self) -> frozenset[str]:
        """The features of facts and documents."""
        chosen = {
            Feature.USER_SCOPE: self.user_scope,
            Feature.AGENT_SCOPE: self.agent_scope,
            Feature.NAMESPACES: self.namespaces,
        }
        always = (Feature.ATTRIBUTION, Feature.METADATA, Feature.UPDATE, Feature.SEMANTIC_SEARCH)
        return frozenset[str]({*always, *(feature for feature, on in chosen.items() if on)})

    @property
    def key_withheld(self) -> bool:
        """Whether there is a key that is not sent, because it comes from the environment and the server does not."""
        return (
            self.api_key is not None
            and self.origin_of("api_key") == "environment"
            and self.origin_of("base_url") == "given"
        )

    @property
    def key_to_send(self) -> SecretStr | None:
        """The key that is sent with every request, or `None`."""
        return None if self.key_withheld else self.api_key

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return _is_loopback(urlsplit(self.base_url))

    @property
    def exposes_key(self) -> bool:
        """Whether the key would be sent over a network without encryption."""
        return self.key_to_send is not None and urlsplit(self.base_url).scheme == "http" and not self.is_local


def _is_loopback(url: SplitResult) -> bool:
    host = url.hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
