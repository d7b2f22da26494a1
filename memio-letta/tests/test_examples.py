"""The examples of the README run as they are written."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_of_the_readme_runs(
    run: Callable[[Coroutine[Any, Any, Any]], Any],
    server: Any,
    agent: str,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LETTA_AGENT_ID", agent)
    monkeypatch.setenv("LETTA_BASE_URL", server.url)
    text = EXAMPLES[number].replace("http://localhost:8283", server.url).replace("agent-123", agent)
    code: CodeType = compile(text, f"README example {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    async def main() -> None:
        result = eval(code, {})  # noqa: S307  # our own text; this is how code with await is run
        if result is not None:
            await result

    run(main())
