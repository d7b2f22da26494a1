"""What is measured, one case a module. Each has `run(order)`, which returns samples by column and figure."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any


async def open_peer(name: str, folder: Path, records: int) -> Any:
    """Open a peer in an empty folder, ready for so many records."""
    peer = await import_module(f"benchmarks.peers.{name}").Peer.open(folder)
    if hasattr(peer, "prepare"):
        peer.prepare(records)
    return peer
