"""The server over streamable HTTP: where it listens, and who may call it."""

from __future__ import annotations

import ipaddress
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from memio import InvalidInputError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
PATH = "/mcp"
SHORTEST_TOKEN = 16
_SCHEME = b"bearer "


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address; a name other than `localhost` counts as not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(host: str, token: str | None) -> None:
    """Refuse to listen where others can call a server that asks for no token.

    Raises:
        InvalidInputError: The host is not of this machine and there is no token, or the token is too weak.
    """
    if not host:
        raise InvalidInputError(
            "--host is empty, which would mean every address: pass 127.0.0.1, or 0.0.0.0 on purpose"
        )
    if token is None:
        if is_loopback(host):
            return
        raise InvalidInputError(
            f"--host {host} can be reached from other machines, and there is no token: put one of at least "
            f"{SHORTEST_TOKEN} characters into MEMIO_MCP_TOKEN, or leave --host out"
        )
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInputError(
            f"the token in MEMIO_MCP_TOKEN must be at least {SHORTEST_TOKEN} characters of printable ASCII without "
            "spaces, for example of: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )


class RequireToken:
    """Answers 401 to every request without the bearer token.

    Args:
        app: What the other requests go to.
        token: The token.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._digest = sha256(token.encode()).digest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "lifespan" and not self._allows(scope):
            await _refuse(scope, send)
            return
        await self._app(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        values: list[bytes] = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
        if len(values) != 1 or not values[0].lower().startswith(_SCHEME):
            return False
        # Digests have one length, so that the time of comparing tells nothing about the token.
        return compare_digest(sha256(values[0][len(_SCHEME) :].strip()).digest(), self._digest)


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] != "http":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = b'{"error": "this server needs a bearer token: send the header Authorization: Bearer TOKEN"}'
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"www-authenticate", b'Bearer realm="memio"'),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def app_of(server: MCPServer[Any], host: str, token: str | None) -> ASGIApp:
    """Return the server as an ASGI application, which also serves programs of your own.

    Args:
        server: The server.
        host: Where it listens. On this machine, requests that a browser makes for other sites are refused.
        token: The bearer token; `None` for none.
    """
    app = server.streamable_http_app(streamable_http_path=PATH, host=host, transport_security=_security(host))
    return app if token is None else RequireToken(app, token)


def _security(host: str) -> TransportSecuritySettings:
    """Return what protects a server of this machine from web pages, whose requests name another host or origin."""
    from mcp.server.transport_security import TransportSecuritySettings

    if not is_loopback(host):
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    names = {LOOPBACK, "localhost", "[::1]", f"[{host}]" if ":" in host else host}
    hosts = [f"{name}:*" for name in sorted(names)]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"http://{each}" for each in hosts])


async def serve(server: MCPServer[Any], host: str, port: int, token: str | None) -> None:
    """Listen until the process is interrupted."""
    import uvicorn

    config = uvicorn.Config(app_of(server, host, token), host=host, port=port, log_level="warning", lifespan="on")
    await uvicorn.Server(config).serve()
