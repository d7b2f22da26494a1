"""What the bridges add to a call."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bridges import ALONE, BRIDGE, NATIVE
from benchmarks.orders import MEMIO, Options, Table, Work

BRIDGES = {
    "memio-langgraph": ("AsyncSqliteStore", [ALONE]),
    "memio-openai-agents": ("SQLiteSession", [ALONE]),
    "memio-claude": ("InMemorySessionStore", [ALONE]),
    "memio-mcp": ("a tool that does nothing", [ALONE, NATIVE]),
}
"""By distribution: what is beside it, and of what its calls consist."""
ABOUT = {
    "memio-langgraph": "A thousand items. LangGraph's store ignores the query of a search without an embedding model.",
    "memio-openai-agents": "A session of five hundred items. `SQLiteSession` keeps no index of the words.",
    "memio-claude": "A session of fifty entries and more. `InMemorySessionStore` keeps nothing. An append consists of "
    "four calls of memio: the entry is added, and the summary of the session is read, compared with the end of the "
    "transcript, and written.",
    "memio-mcp": "A server in a process of its own, over stdio, with a thousand memories. A call consists of the SDK's "
    "work, which is what a tool that does nothing takes, and of the call on memio.",
}
"""What was done."""


def bridges(options: Options) -> Iterator[Table]:
    """Yield what each bridge adds to a call."""
    for name, (native, parts) in BRIDGES.items():
        yield Table(
            name=name,
            title=name,
            about=f"{ABOUT[name]} SQLite, a commit for each write.",
            reference=name,
            works=[
                Work(
                    column=name,
                    environment=name,
                    order={
                        "case": "bridges",
                        "bridge": name.removeprefix("memio-").replace("-", "_"),
                        "calls": options.pick(300, 100, 2),
                        "names": {BRIDGE: name, ALONE: MEMIO, NATIVE: native},
                        "parts": parts,
                    },
                    rounds=options.pick(3, 2, 1),
                )
            ],
        )
