"""What the tests share is in `mcp_clients`, beside this file."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from mcp_clients import stdio

__all__ = ["stdio"]
