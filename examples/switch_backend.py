"""The same program on SQLite, PostgreSQL and Letta: change the line with BACKEND.

    python examples/switch_backend.py

On PostgreSQL, it needs `pip install memio-postgres`, and MEMIO_POSTGRES_DSN in the environment. On Letta, it needs
`pip install memio-letta`, and LETTA_AGENT_ID with LETTA_BASE_URL or LETTA_API_KEY in the environment.
"""

from __future__ import annotations

import asyncio

from memio import Memio, Message

BACKEND = "sqlite"  # or "postgres", or "letta"


async def main() -> None:
    """Remember, recall, and clean up."""
    async with Memio.from_config({"facts": BACKEND, "history": BACKEND}) as memio:
        fact = await memio.facts.add(content="Alice likes coffee", metadata={"source": "example"})
        for hit in await memio.facts.search(query="coffee"):
            print("recalled:", hit.content, dict(hit.metadata))
        changed = await memio.facts.update(fact_id=fact.id, content="Alice likes tea")  # on Letta, under a new id

        hello = Message(role="user", content="Where were we?")
        turn = await memio.history.add(session_id="example", messages=[hello], user_id="alice")
        for reply in turn.replies:  # Letta's agent answers, the databases do not
            print("answered:", reply.content)
        for message in await memio.history.get(session_id="example", user_id="alice"):
            print("read back:", message.role, message.content)

        # A program can check what a provider supports before it calls it.
        for store in (memio.facts, memio.history):
            print(store, "can", ", ".join(sorted(store.features)))

        await memio.facts.delete(fact_id=changed.id)
        await memio.history.delete(session_id="example", user_id="alice")
        print("left:", len([message async for message in memio.history.iter_messages(session_id="example")]))


if __name__ == "__main__":
    asyncio.run(main())
