"""A conversation of pydantic-ai that goes on after a restart. Needs pydantic-ai-slim."""

import asyncio

from pydantic_ai import Agent, ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models.test import TestModel

from memio import Memio, Message

agent = Agent(TestModel(custom_output_text="Noted."))  # pydantic-ai's fake model


async def ask(memio: Memio, user: str, question: str) -> str:
    """Answer a question, with the last fifty messages of the user before it."""
    stored = await memio.history.get("chat", limit=50, user_id=user)
    past: list[ModelMessage] = ModelMessagesTypeAdapter.validate_python([message.data for message in stored])
    result = await agent.run(question, message_history=past)
    new = ModelMessagesTypeAdapter.dump_python(result.new_messages(), mode="json")
    turn = [Message(role="user", content=question, data=new[0])]
    turn += [Message(role="assistant", content=result.output if each is new[-1] else "", data=each) for each in new[1:]]
    await memio.history.add(session_id="chat", messages=turn, user_id=user)
    return f"{result.output} {sum(isinstance(each, ModelResponse) for each in past)} answers before."


async def main() -> None:
    """Ask twice, each time with another client, as after a restart."""
    for question in ("I take my coffee black", "How do I take my coffee?"):
        async with Memio.from_config({"history": {"provider": "sqlite", "path": "chat.db"}}) as memio:
            print(await ask(memio, "alice", question))


asyncio.run(main())
