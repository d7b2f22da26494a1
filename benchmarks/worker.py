"""One measurement in a separate process, in the environment of what is measured.

    python -m benchmarks.worker '{"case": "imports", "column": "memio", "module": "memio", "runs": 3}'

Prints one JSON object: by column of the table, by figure, the samples; or why there are none. This module, the cases
and the peers need nothing but the standard library and what is measured.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.samples import Columns, Skipped


def main(order: dict[str, Any]) -> None:
    """Carry out one order and print its result."""
    case: Callable[[dict[str, Any]], Columns] = import_module(f"benchmarks.cases.{order['case']}").run
    with TemporaryDirectory(prefix="memio-bench-") as folder:
        os.chdir(folder)
        try:
            result: dict[str, Any] = {"columns": case(order | {"folder": Path(folder)})}
        except Skipped as reason:
            result = {"skipped": str(reason)}
        os.chdir("/")
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
