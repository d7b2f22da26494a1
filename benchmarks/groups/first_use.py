"""Imports, cold processes, and finding the providers."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.orders import MEMIO, RAW, Options, Table, Work


def imports(options: Options) -> Iterator[Table]:
    """Yield what it costs to begin."""
    runs, rounds = options.pick(2, 2, 1), options.pick(3, 2, 1)
    modules = {
        "asyncio": ("memio", "asyncio"),
        MEMIO: ("memio", "memio"),
        "memio 0.3.1": ("memio 0.3.1", "memio"),
        "LangGraph's store": ("langgraph", "langgraph.store.sqlite"),
        "openai-agents": ("openai-agents", "agents"),
        "letta-client": ("memio", "letta_client"),
        "Chroma": ("chroma", "chromadb"),
        "Qdrant": ("qdrant", "qdrant_client"),
    }
    yield Table(
        name="imports",
        title="Import",
        about="Fresh processes; the start of Python itself is not counted.",
        reference="asyncio",
        works=[
            Work(
                column=name, environment=place, order={"case": "imports", "module": module, "runs": runs}, rounds=rounds
            )
            for name, (place, module) in modules.items()
        ],
    )
    programs = {
        "nothing": ("memio", "nothing"),
        RAW: ("memio", "raw_sqlite"),
        "memio on sqlite": ("memio", "memio_sqlite"),
        "LangGraph's store": ("langgraph", "langgraph"),
        "openai-agents' session": ("openai-agents", "openai_agents"),
        "Chroma": ("chroma", "chroma"),
        "Qdrant, local": ("qdrant", "qdrant"),
        "letta-client": ("memio", "letta_client"),
        "memio on letta": ("memio", "memio_letta"),
        "memio 0.3.1 on letta": ("memio 0.3.1", "memio_0_3_1"),
    }
    yield Table(
        name="cold",
        title="A cold process up to its first recalled memory",
        about="The whole process, the start of Python included: open something new, store one record, "
        "find it, end. `benchmarks/programs` holds the programs.",
        reference="memio on sqlite",
        works=[
            Work(
                column=name,
                environment=place,
                order=options.on_letta(name, {"case": "cold", "program": program, "runs": runs}),
                rounds=rounds,
            )
            for name, (place, program) in programs.items()
        ],
    )
    counts = options.pick([3, 150, 600], [3, 150], [3])
    yield Table(
        name="discovery",
        title="Finding the installed providers",
        about="`registry.installed`, by the number of installed distributions; the import of the "
        "registry is not counted.",
        reference=None,
        works=[
            Work(
                column=MEMIO,
                environment="memio",
                order={"case": "discovery", "counts": counts, "runs": runs},
                rounds=rounds,
            )
        ],
    )
