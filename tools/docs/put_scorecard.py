"""Put a scorecard of the contract suite into the page of its provider, for providers that need a server.

    pytest --pyargs memio_contract.suite --memio-provider postgres --memio-scorecard contract-postgres.md
    python tools/docs/put_scorecard.py contract-postgres.md docs/providers/postgres.md

The page has the comments `<!-- generated: contract result of postgres -->` and `<!-- end -->`. The badge goes to
`docs/assets`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from contract import published
from parts import regenerated


def main(scorecard: Path, page: Path) -> None:
    """Replace the part of the page."""
    provider = scorecard.stem.removeprefix("contract-")
    part = f"contract result of {provider}"
    old = page.read_text(encoding="utf-8")
    if f"<!-- generated: {part} -->" not in old:
        raise SystemExit(f"{page} has no part <!-- generated: {part} -->")
    page.write_text(regenerated(old, {part: lambda: published(scorecard, page)}), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
