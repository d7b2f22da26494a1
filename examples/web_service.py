"""A web service for many users: each request gets a client that is confined to the memory of its user.

export SERVICE_TOKENS='{"alice": "a-long-secret", "bob": "another-long-secret"}'
uvicorn --app-dir examples web_service:app

POST   /facts        {"content": "likes coffee"}
GET    /facts        all of them, a page at a time: ?limit=…&cursor=…
GET    /facts?query=coffee
GET    /facts/{id}
DELETE /facts/{id}
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from memio import Fact, InvalidInputError, Memio, MemioConfig, MemioError, NotFoundError, ScopedMemio

CONFIG: str | MemioConfig = os.environ.get("MEMIO_CONFIG") or {"facts": {"provider": "sqlite", "path": "service.db"}}


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any], None]:
    """Open one client for all requests, and close it when the server stops."""
    if not (tokens := os.environ.get("SERVICE_TOKENS")):
        raise SystemExit("set SERVICE_TOKENS, as the top of this file shows")
    async with Memio.from_config(CONFIG) as memio:
        yield {"memio": memio, "tokens": json.loads(tokens)}


def memory_of(request: Request) -> ScopedMemio:
    """Return the memory of the user whose token the request bears. The only place that identifies users."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    for user, token in request.state.tokens.items():
        if scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), given.encode()):
            return cast("Memio", request.state.memio).scoped(user_id=user)
    raise HTTPException(401, "send a valid token", headers={"WWW-Authenticate": "Bearer"})


def shown(fact: Fact) -> dict[str, Any]:
    """Return a fact as JSON."""
    return {"id": fact.id, "content": fact.content, "metadata": dict(fact.metadata)}


async def add(request: Request) -> Response:
    """Remember a fact."""
    memory = memory_of(request)
    try:
        body: dict[str, Any] = await request.json()
        content, metadata = body["content"], body.get("metadata")
    except (ValueError, LookupError, TypeError, AttributeError):
        raise HTTPException(400, 'send JSON such as {"content": "likes coffee"}') from None
    return JSONResponse(shown(await memory.facts.add(content=content, metadata=metadata)), 201)


async def listing(request: Request) -> Response:
    """Search the facts, or list a page of them."""
    memory, asked = memory_of(request), request.query_params
    if "query" in asked:
        return JSONResponse({"facts": [shown(fact) for fact in await memory.facts.search(query=asked["query"])]})
    limit = asked.get("limit", "100")
    page = await memory.facts.get_all(limit=int(limit) if limit.isdecimal() else 0, cursor=asked.get("cursor"))
    return JSONResponse({"facts": [shown(fact) for fact in page], "next_cursor": page.next_cursor})


async def one(request: Request) -> Response:
    """Read or delete a fact. Those of other users are not found."""
    memory, fact_id = memory_of(request), request.path_params["fact_id"]
    if request.method == "DELETE":
        await memory.facts.delete(fact_id=fact_id)
        return Response(status_code=204)
    return JSONResponse(shown(await memory.facts.get(fact_id=fact_id)))


async def refuse(_: Request, error: Exception) -> Response:
    """Return faults that the caller can correct; errors of the backend stay in the log of the server."""
    if isinstance(error, (NotFoundError, InvalidInputError)):
        status = 404 if isinstance(error, NotFoundError) else 400
        return JSONResponse({"error": "no such fact" if status == 404 else error.message}, status)  # noqa: PLR2004  # not found
    raise error


routes = [
    Route("/facts", add, methods=["POST"]),
    Route("/facts", listing),
    Route("/facts/{fact_id}", one, methods=["GET", "DELETE"]),
]
app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={MemioError: refuse})
