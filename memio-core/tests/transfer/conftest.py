"""Clients on real files, and a store without the features that a test removes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for lacking: with importlib mode, tests do not see each other

from somewhat import fill, open_client


@pytest.fixture
def opened() -> Callable[..., Any]:
    return open_client


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A file with some of everything in it."""
    path = tmp_path / "filled.db"

    async def main() -> None:
        async with open_client(path) as memio:
            await fill(memio)

    asyncio.run(main())
    return path


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return lambda coroutine: asyncio.run(asyncio.wait_for(coroutine, 60))
