"""What the tests of event loops share."""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for threads_and_loops, which tests do not see otherwise


@pytest.fixture(autouse=True)
def _no_test_hangs() -> Iterator[None]:
    faulthandler.dump_traceback_later(120, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    """A configuration of all kinds on one sqlite file."""
    store = {"provider": "sqlite", "path": str(tmp_path / "memory.db")}
    return dict.fromkeys(("facts", "history", "documents", "graph"), store)
