"""What every example is."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1]
PAGE = (EXAMPLES.parent / "docs" / "examples.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_short_and_shown(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 100
    assert f'--8<-- "examples/{path.name}"' in PAGE
