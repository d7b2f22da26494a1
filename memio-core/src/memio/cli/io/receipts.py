"""Receipts as they are printed: JSON for programs, a table and what is to be said for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memio.cli.io.output import console, visible, write_line

if TYPE_CHECKING:
    from memio.receipts import ForgetReceipt, StoreReceipt


def json_of(receipt: ForgetReceipt) -> dict[str, Any]:
    """Return a receipt as JSON: every field, `complete` too; the time in ISO 8601, durations in seconds."""
    from dataclasses import asdict

    stores = [{**asdict(store), "complete": store.complete} for store in receipt.stores]
    started = receipt.started_at.isoformat()
    return {**asdict(receipt), "started_at": started, "stores": stores, "complete": receipt.complete}


def show(receipt: ForgetReceipt) -> None:
    """Print a receipt."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("store", "provider", "before", "after", "seconds", "read again"):
        table.add_column(name, overflow="fold", justify="right" if name in ("before", "after", "seconds") else "left")
    for store in receipt.stores:
        table.add_row(
            store.kind,
            visible(store.provider),
            _count(store.before),
            _count(store.after),
            f"{store.seconds:.2f}",
            ", ".join(store.verified),
            style=None if store.complete else "bold red" if store.error else "dim",
        )
    console().print(table)
    kinds: dict[str, list[str]] = {}  # stores in one database have the same remarks
    for store in receipt.stores:
        for line in _remarks(store):
            kinds.setdefault(line, []).append(store.kind)
    for line, of in kinds.items():
        write_line(Text(visible(f"{', '.join(of)}: {line}"), "dim"))


def _remarks(store: StoreReceipt) -> list[str]:
    # What failed is in the error, which follows.
    skipped = [f"not touched, {store.skipped}"] if store.skipped is not None else []
    return [*skipped, *store.remains]


def _count(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"
