"""The tests of the suite itself."""

from __future__ import annotations

import sys
from pathlib import Path

# The stores of the proof are shared by several test files, and tests are not a package.
sys.path.insert(0, str(Path(__file__).parent))
