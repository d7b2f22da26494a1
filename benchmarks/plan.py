"""What is measured, against whom, and how much of it: the tables of each group, with the orders that fill them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Size = Literal["full", "quick", "smoke"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One order to a worker.

    Attributes:
        column: Where its samples go, and what a reason for none is shown for.
        environment: The environment that it runs in.
        order: What the worker is told.
        rounds: How often, in turn with the others of its table.
    """

    column: str
    environment: str
    order: dict[str, Any]
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of results.

    Attributes:
        name: What files call it.
        title: Its heading.
        about: What was done, with which durability.
        reference: The column whose value is 1 in the ratios, if any.
        works: What fills it.
    """

    name: str
    title: str
    about: str
    reference: str | None
    works: list[Work] = field(default_factory=list[Work])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller of the benchmark chose.

    Attributes:
        size: How much is done.
        locomo: The file with annotated conversations, or nothing.
        letta: The URL of a Letta server, or nothing.
        agents: By number of passages, an agent of that server.
        trouble: Why an agent could not be made, if so.
    """

    size: Size
    locomo: str
    letta: str
    agents: dict[int, str]
    trouble: str

    def pick(self, full: Any, quick: Any, smoke: Any) -> Any:
        """Return the value for the chosen size."""
        return {"full": full, "quick": quick, "smoke": smoke}[self.size]

    def without_agent(self) -> dict[str, str]:
        """Return what stands in the place of an order that needs an agent, where there is none."""
        if self.trouble:
            return {"failed": self.trouble}
        return {"skipped": "no Letta server: `--letta URL` names one"}


MEMIO, RAW = "memio", "sqlite3 alone"
VECTORS = {"Chroma": "chroma", "Qdrant, local": "qdrant"}
MANY = 100_000
"""More records than this are not stored in the vector databases."""


def imports(options: Options) -> Iterator[Table]:
    """Yield what it costs to begin."""
    runs, rounds = options.pick(3, 2, 1), options.pick(3, 2, 1)
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
                order=_letta(options, name, {"case": "cold", "program": program, "runs": runs}),
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


def _letta(options: Options, name: str, order: dict[str, Any]) -> dict[str, Any]:
    """Add the place of an agent to an order that needs a Letta server."""
    if "letta" not in name:
        return order
    if not options.agents:
        return options.without_agent()
    agent = options.agents[min(options.agents)]
    return {**order, "environment": {"LETTA_BASE_URL": options.letta, "LETTA_AGENT_ID": agent}}


def writes(options: Options) -> Iterator[Table]:
    """Yield what it costs to store."""
    amounts = options.pick(
        {"alone": 500, "each": 50, "batch": 1_000, "batches": 8},
        {"alone": 100, "each": 10, "batch": 1_000, "batches": 2},
        {"alone": 3, "each": 1, "batch": 10, "batches": 1},
    )
    rounds = options.pick(5, 3, 1)
    peers = {MEMIO: ("memio", "memio"), RAW: ("memio", "raw_sqlite"), "LangGraph's store": ("langgraph", "langgraph")}
    vectors = {name: (peer, peer) for name, peer in VECTORS.items()}
    yield Table(
        name="writes",
        title="Writes, per record",
        about="A new file each. memio, sqlite3 and LangGraph: write-ahead log and `synchronous=FULL`, "
        "so an answered write survives a power cut. memio and sqlite3 also write the same "
        "full-text index, LangGraph none. `sqlite3 alone` makes ids, JSON and records, checks "
        "nothing, and commits each call in one executor thread; its batch runs in the calling "
        "thread. Chroma and Qdrant store vectors that are given, with the durability of their "
        "defaults.",
        reference=MEMIO,
        works=[
            Work(
                column=name,
                environment=place,
                # One batch of the vector databases takes long, and says enough.
                order={"case": "writes", "peer": peer, **amounts, **({"batches": 1} if name in vectors else {})},
                rounds=rounds,
            )
            for name, (place, peer) in (peers | vectors).items()
        ],
    )
    yield Table(
        name="conversation",
        title="A conversation",
        about="One session; each append is a call and a commit. memio and `sqlite3 alone` keep a "
        "full-text index with the two messages before (`synchronous=FULL`), openai-agents keeps "
        "none (write-ahead log, SQLite's default `FULL`).",
        reference=MEMIO,
        works=[
            Work(
                column=name,
                environment=place,
                order={
                    "case": "conversation",
                    "peer": peer,
                    "messages": options.pick(1_000, 200, 60),
                    "calls": options.pick(200, 40, 2),
                },
                rounds=rounds,
            )
            for name, (place, peer) in {
                MEMIO: ("memio", "memio_history"),
                RAW: ("memio", "raw_messages"),
                "openai-agents' session": ("openai-agents", "openai_agents"),
            }.items()
        ],
    )


def reads(options: Options) -> Iterator[Table]:
    """Yield what it costs to read, and how that grows."""
    about = (
        "`sqlite3 alone` goes through one executor thread, and makes records. LangGraph has no search of texts "
        "without an embedding model. Chroma and Qdrant search by a vector that is given, which finds something else "
        "than words do; they are called in the event loop's own thread, and keep it waiting, so nothing else can go "
        "on beside them. `while one writes`: another caller adds records without a pause."
    )
    yield _reads("reads", about, options.pick(10_000, 2_000, 150), options.pick(300, 60, 3), options.pick(3, 2, 1))
    if options.size == "full":
        about = "As above, once. The memory of memio and of `sqlite3 alone` includes the ids, which this program keeps."
        yield _reads("reads-1000000", about, 1_000_000, 100, 1)
    sizes = options.pick([1_000, 10_000, 100_000, 1_000_000], [1_000, 10_000], [1_000])
    yield Table(
        name="growth",
        title="One file that grows",
        about="memio through the client; `plain` is the same statement by sqlite3 in the calling "
        "thread, on the same file: the physical floor. A search costs what scoring its matches "
        "costs.",
        reference=None,
        works=[Work(column=MEMIO, environment="memio", order={"case": "growth", "sizes": sizes}, rounds=1)],
    )


def _reads(name: str, about: str, records: int, calls: int, rounds: int) -> Table:
    order = {"case": "reads", "records": records, "calls": calls}
    peers = {MEMIO: ("memio", "memio"), RAW: ("memio", "raw_sqlite"), "LangGraph's store": ("langgraph", "langgraph")}
    works = [
        Work(column=column, environment=place, order={**order, "peer": peer}, rounds=rounds)
        for column, (place, peer) in peers.items()
    ]
    for column, peer in VECTORS.items():
        too_many = {"skipped": "storing a million takes too long, see the batch above"} if records > MANY else None
        # They take long to be filled, so they have one turn.
        works.append(Work(column=column, environment=peer, order=too_many or {**order, "peer": peer}, rounds=1))
    return Table(name=name, title=f"Reads among {records:,} records", about=about, reference=MEMIO, works=works)


def framework(options: Options) -> Iterator[Table]:
    """Yield what memio itself adds to a call."""
    yield Table(
        name="framework",
        title="What memio adds to a call",
        about="A store that does nothing, called directly and through the client; of the client's "
        "calls, what they take longer. 28 characters of content, an owner, and metadata where it "
        "says so.",
        reference=None,
        works=[
            Work(
                column=MEMIO,
                environment="memio",
                order={"case": "facade", "loops": options.pick(1_000, 200, 5)},
                rounds=options.pick(5, 2, 1),
            )
        ],
    )


LETTA_ABOUT = (
    "A real server on loopback. letta-client alone sends the fewest requests that do the work by somebody who knows "
    "the server; it cannot read a passage by its id, and reads the newest one instead. The updates of letta-client and "
    "memio 0.3.1 lose time and tags, and that of 0.3.1 deletes before it adds."
)
LETTA_SIZES = (10, 1_000, 10_000)
"""Numbers of passages in the agents."""


def letta(options: Options) -> Iterator[Table]:
    """Yield what calls of a Letta server cost."""
    peers = {
        MEMIO: ("memio", "memio"),
        "letta-client": ("memio", "client"),
        "memio 0.3.1": ("memio 0.3.1", "memio"),
    }
    for passages in letta_sizes(options.size, "letta"):
        many = passages == 10_000
        amounts = {"calls": options.pick(3 if many else 5, 2, 1), "turns": options.pick(0 if many else 2, 1, 0)}
        agent = options.agents.get(passages)
        order = {"case": "letta", "url": options.letta, "agent": agent, **amounts}
        yield Table(
            name=f"letta-{passages}",
            title=f"Letta, an agent with {passages:,} passages",
            about="As above." if passages > LETTA_SIZES[0] else LETTA_ABOUT,
            reference=MEMIO,
            works=[
                Work(
                    column=name,
                    environment=place,
                    order={**order, "peer": peer} if agent else options.without_agent(),
                    rounds=options.pick(1 if many else 2, 1, 1),
                )
                for name, (place, peer) in peers.items()
            ],
        )


def recall(options: Options) -> Iterator[Table]:
    """Yield how much of what answers a question is found."""
    stores = {
        "memio, history": ("memio", "memio_history"),
        "memio, documents": ("memio", "memio_documents"),
        "plain FTS5": ("memio", "plain_fts5"),
        "LangGraph's store": ("langgraph", "langgraph"),
        "Chroma, its model": ("chroma", "chroma"),
        "Chroma, any word": ("chroma", "chroma_words"),
    }
    most = options.pick(10, 1, 1)
    yield Table(
        name="recall",
        title="Recall on long conversations (LoCoMo)",
        about="The share of the turns that answer a question among the first hits, and the mean "
        "reciprocal rank, as their users get it offline: LangGraph ignores the query without an "
        "embedding model, and Chroma without its model can tell which texts contain a word, in no "
        "order.",
        reference=None,
        works=[
            Work(
                column=name,
                environment=place,
                order={"case": "recall", "peer": peer, "data": options.locomo, "most": most},
                rounds=1,
            )
            for name, (place, peer) in stores.items()
        ],
    )


def contract(options: Options) -> Iterator[Table]:
    """Yield how long the contract suite takes."""
    profiles = options.pick(["dev", "ci"], ["dev"], ["dev"])
    kinds = options.pick(KINDS, KINDS, KINDS[-1:])
    yield _contract("contract", "The contract suite", options, "sqlite", profiles, kinds)


def contract_letta(options: Options) -> Iterator[Table]:
    """Yield how long the contract suite takes on a Letta server."""
    profiles = options.pick(["dev", "live"], ["live"], ["live"])
    kinds = [kind for kind in KINDS if kind != "graph"]
    yield _contract("contract-letta", "The contract suite on Letta", options, "letta", profiles, kinds)


KINDS = ["facts", "history", "documents", "graph"]


def _contract(name: str, title: str, options: Options, provider: str, profiles: list[str], kinds: list[str]) -> Table:
    orders = [
        {"case": "contract", "provider": provider, "profile": profile, "kind": kind}
        for profile in profiles
        for kind in kinds
    ]
    return Table(
        name=name,
        title=title,
        about="`memio check`, the whole process, for one kind of memory.",
        reference=None,
        works=[
            Work(
                column=f"{provider}, profile {order['profile']}",
                environment="memio",
                order=_letta(options, provider, order),
                rounds=1,
            )
            for order in orders
        ],
    )


def letta_sizes(size: Size, group: str) -> list[int]:
    """Return the numbers of passages in the agents that a group needs."""
    if group == "letta":
        return list(LETTA_SIZES[: {"full": 3, "quick": 2, "smoke": 1}[size]])
    return [LETTA_SIZES[0]] if group in ("import", "contract-letta") else []


GROUPS: dict[str, Callable[[Options], Iterator[Table]]] = {
    "import": imports,
    "writes": writes,
    "reads": reads,
    "framework": framework,
    "letta": letta,
    "recall": recall,
    "contract": contract,
    "contract-letta": contract_letta,
}
"""By name, in the order in which they run and are shown."""
USUAL = [name for name in GROUPS if name != "contract-letta"]
"""What runs when nothing is named. The contract suite takes half an hour on a Letta server."""
