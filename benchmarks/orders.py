"""What a plan is made of: tables, the orders that fill them, and what the caller chose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Size = Literal["full", "quick", "smoke"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One order to a worker.

    Attributes:
        column: Where its samples go, and what a reason for none is shown for.
        environment: The environment that it runs in.
        order: What the worker is to do.
        rounds: How often, in turn with the others of its table.
        seconds: After which it counts as hanging.
    """

    column: str
    environment: str
    order: dict[str, Any]
    rounds: int
    seconds: int = 600


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
        postgres: The DSN of a PostgreSQL server, or nothing.
    """

    size: Size
    locomo: str
    letta: str
    agents: dict[int, str]
    trouble: str
    postgres: str = ""

    def pick(self, full: Any, quick: Any, smoke: Any) -> Any:
        """Return the value for the chosen size."""
        return {"full": full, "quick": quick, "smoke": smoke}[self.size]

    def without_postgres(self) -> dict[str, str]:
        """Return the replacement of an order that needs a PostgreSQL server, where there is none."""
        return {"skipped": "no PostgreSQL server: `--postgres DSN` names one"}

    def without_agent(self) -> dict[str, str]:
        """Return the replacement of an order that needs an agent, where there is none."""
        if self.trouble:
            return {"failed": self.trouble}
        return {"skipped": "no Letta server: `--letta URL` names one"}

    def on_letta(self, name: str, order: dict[str, Any]) -> dict[str, Any]:
        """Add the place of an agent to an order that needs a Letta server."""
        if "letta" not in name:
            return order
        if not self.agents:
            return self.without_agent()
        agent = self.agents[min(self.agents)]
        return {**order, "environment": {"LETTA_BASE_URL": self.letta, "LETTA_AGENT_ID": agent}}


MEMIO, RAW = "memio", "sqlite3 alone"
