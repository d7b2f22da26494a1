"""The tracebacks of errors that callers expect do not show the inside of memio."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from memio import Fact, Memio
from memio.errors import InvalidInputError, MemioError, NotFoundError, NotSupportedError, ProviderError

CALLS: dict[str, tuple[type[MemioError], Callable[[Any], Any]]] = {
    "an unknown id": (NotFoundError, lambda facts: facts.get("unknown")),
    "an empty text": (InvalidInputError, lambda facts: facts.add("")),
    "a label that is None": (InvalidInputError, lambda facts: facts.search("coffee", user_id=None)),
}


def frames(error: BaseException) -> list[str]:
    return [frame.filename.rpartition("memio/")[2] for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize(("kind", "call"), CALLS.values(), ids=list(CALLS))
def test_an_expected_error_ends_at_the_call(kind: type[MemioError], call: Callable[[Any], Any]) -> None:
    async def main() -> list[str]:
        async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            with pytest.raises(kind) as caught:
                await call(memio.facts)
            return frames(caught.value)

    shown = asyncio.run(main())
    inside = [name for name in shown if not name.endswith("test_tracebacks.py")]
    assert len(inside) == 2, shown  # the method that was called, and where the error is raised
    assert inside[0] == "facades/facts.py"


class Breaking:
    features: frozenset[str] = frozenset()
    guarantees: frozenset[str] = frozenset()
    provider = "breaking"

    async def add(self, *, content: str) -> Fact:
        raise NotSupportedError("not here", hint="none")

    async def get(self, *, fact_id: str) -> Fact:
        raise NotFoundError("fact", fact_id)

    async def get_all(self, *, limit: int, cursor: str | None) -> Any:
        raise NotSupportedError("not here", hint="none")

    async def search(self, *, query: str, limit: int) -> list[Fact]:
        raise ZeroDivisionError

    async def delete(self, *, fact_id: str) -> None:
        raise NotFoundError("fact", fact_id)

    async def delete_all(self) -> None:
        raise ProviderError("down")

    async def aclose(self) -> None:
        pass


def test_the_frames_of_a_store_of_another_distribution_stay_and_so_does_the_cause() -> None:
    async def main() -> None:
        async with Memio(facts=Breaking()) as memio:
            with pytest.raises(NotFoundError) as missing:
                await memio.facts.get("unknown")
            assert frames(missing.value)[-1].endswith("test_tracebacks.py")
            with pytest.raises(ProviderError) as failed:
                await memio.facts.delete_all()
            assert frames(failed.value)[-1].endswith("test_tracebacks.py")
            with pytest.raises(ProviderError) as broken:
                await memio.facts.search("coffee")
            assert isinstance(broken.value.__cause__, ZeroDivisionError)
            assert broken.value.cause is broken.value.__cause__

    asyncio.run(main())
