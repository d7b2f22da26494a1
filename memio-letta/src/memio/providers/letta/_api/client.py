"""How letta-client is set up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from memio.providers.letta.settings import LettaSettings

if TYPE_CHECKING:
    from letta_client import AsyncLetta


def make_client(settings: LettaSettings) -> AsyncLetta:
    """Return a client of letta-client that repeats nothing, follows no redirect and sends no key but the chosen one."""
    import httpx
    from letta_client import AsyncLetta, DefaultAsyncHttpxClient, Omit

    timeout = httpx.Timeout(settings.timeout, connect=min(5.0, settings.timeout))
    key = settings.key_to_send.get_secret_value() if settings.key_to_send else None
    # letta-client adds the headers of LETTA_CUSTOM_HEADERS to every request, to any server. They may hold a secret
    # that was not passed to memio: each is removed by its name.
    ambient = [line.partition(":")[0].strip() for line in os.environ.get("LETTA_CUSTOM_HEADERS", "").split("\n")]
    headers: dict[str, Any] = {name: Omit() for name in ambient}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    # For a server on this machine, proxies of the environment are ignored: the key would travel to them readably.
    trusts_environment = not (settings.is_local and settings.base_url.startswith("http:"))
    letta = AsyncLetta(
        base_url=settings.base_url,
        api_key=key,
        timeout=timeout,
        max_retries=0,  # it would repeat calls that create; `Agent.request` knows which it may repeat
        default_headers=headers,
        http_client=DefaultAsyncHttpxClient(timeout=timeout, follow_redirects=False, trust_env=trusts_environment),
    )
    letta.api_key = key  # without a key, letta-client would take the one of the environment
    return letta
