"""Run the server: `python -m memio_mcp`."""

import sys

from memio_mcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
