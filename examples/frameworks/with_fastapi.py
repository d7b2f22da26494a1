"""A dependency of FastAPI: each request gets a client that is confined to its user. Needs fastapi."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException

from memio import Fact, Memio, Page, ScopedMemio

TOKENS = {"a-long-secret": "alice", "another-long-secret": "bob"}  # yours: a session, or a JWT


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open one client for all requests."""
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": "facts.db"}}) as app.state.memio:
        yield


app = FastAPI(lifespan=lifespan)


def memory(x_token: Annotated[str, Header()]) -> ScopedMemio:
    """Return a client that reaches the memory of the caller, and of nobody else."""
    if x_token not in TOKENS:
        raise HTTPException(401)
    memio: Memio = app.state.memio
    return memio.scoped(user_id=TOKENS[x_token])


Memory = Annotated[ScopedMemio, Depends(memory)]


@app.post("/facts")
async def add(content: str, memory: Memory) -> Fact:
    """Store a fact."""
    return await memory.facts.add(content)


@app.get("/facts")
async def list_facts(memory: Memory, cursor: str | None = None) -> Page[Fact]:
    """Return a page of facts."""
    return await memory.facts.get_all(cursor=cursor)
