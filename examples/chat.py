"""A chat that remembers, also after a restart: the conversation, and what you asked it to keep.

    python examples/chat.py alice

Any OpenAI-compatible endpoint answers: set OPENAI_API_KEY, and OPENAI_BASE_URL and OPENAI_MODEL where they are not
OpenAI's. With --offline, or when neither is set, no model is called, and you see what a model would be sent.
`remember …` keeps a fact, `forget me` deletes everything of yours, an empty line or the end of the input ends it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import cast

import httpx

from memio import MemioConfig, Message
from memio.blocking import Memio, ScopedMemio

CONFIG: MemioConfig = {"facts": "sqlite", "history": "sqlite", "providers": {"sqlite": {"path": "chat.db"}}}
SESSION = "chat"
Answer = Callable[[list[dict[str, str]]], str]


def ask_model(messages: list[dict[str, str]]) -> str:
    """Return the answer of the model to a conversation."""
    base = os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    key = os.environ.get("OPENAI_API_KEY")
    answer = httpx.post(
        f"{base.rstrip('/')}/chat/completions",
        headers={"Authorization": f"Bearer {key}"} if key else {},
        json={"model": os.environ.get("OPENAI_MODEL") or "gpt-4o-mini", "messages": messages},
        timeout=60,
    )
    answer.raise_for_status()
    return cast("str", answer.json()["choices"][0]["message"]["content"])


def show_context(messages: list[dict[str, str]]) -> str:
    """Return what a model would be sent, instead of an answer."""
    return f"(offline) {messages[0]['content']} And {len(messages) - 2} earlier messages of ours."


def reply(memory: ScopedMemio, text: str, answer: Answer) -> str:
    """Answer one line of the user, with what is remembered; then remember the line and the answer."""
    if text == "forget me":
        memory.facts.delete_all()
        memory.history.delete_all()
        return "Everything is forgotten."
    if text.startswith("remember "):
        fact = memory.facts.add(content=text.removeprefix("remember "))
        return f"I will remember: {fact.content}"
    known = "; ".join(fact.content for fact in memory.facts.search(query=text, limit=5)) or "nothing that fits"
    earlier = memory.history.get(session_id=SESSION, limit=20)  # the newest, oldest first
    answered = answer(
        [
            {"role": "system", "content": f"You know of the user: {known}."},
            *({"role": message.role, "content": message.content} for message in earlier),
            {"role": "user", "content": text},
        ]
    )
    turn = [Message(role="user", content=text), Message(role="assistant", content=answered)]
    memory.history.add(session_id=SESSION, messages=turn)  # both or none
    return answered


def main() -> None:
    """Answer each line until the input ends."""
    parser = argparse.ArgumentParser(description="A chat that remembers.")
    parser.add_argument("user", help="whose memory it is")
    parser.add_argument("--offline", action="store_true", help="ask no model")
    options = parser.parse_args()
    reachable = bool(os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"))
    answer = ask_model if reachable and not options.offline else show_context

    with Memio.from_config(CONFIG) as memio:
        memory = memio.scoped(user_id=options.user)
        print(f"I know {len(list(memory.facts.iter_all()))} facts about you.")
        while True:
            try:
                text = input("> ").strip()
            except EOFError:
                break
            if not text:
                break
            try:
                print(reply(memory, text, answer))
            except httpx.HTTPError as error:
                print(f"No answer, and nothing was remembered: {error}")


if __name__ == "__main__":
    main()
