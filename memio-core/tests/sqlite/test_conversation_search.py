"""How well conversation search finds what answers a question, on long conversations that people annotated.

The data (five conversations of LoCoMo) has a licence that keeps it out of this project: the test looks for it in
MEMIO_LOCOMO, or in a folder beside the repository, and is skipped where it is not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memio import Memio, Message

DATA = Path(os.environ.get("MEMIO_LOCOMO") or Path(__file__).parents[4] / "shared/locomo/dev.json")
DEPTH = 10
GOAL = 77.5


def sessions(conversation: dict[str, Any]) -> Iterator[tuple[str, list[Message]]]:
    """Yield each session with its messages, which have the time of the session."""
    for name, turns in conversation.items():
        if re.fullmatch(r"session_\d+", name) and turns:
            moment = datetime.strptime(conversation[f"{name}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
            yield name, [message(turn, moment) for turn in turns]


def message(turn: dict[str, str], moment: datetime) -> Message:
    text = " ".join(filter(None, (turn["text"], turn.get("blip_caption"))))
    return Message(role="user", name=turn["speaker"], content=text, timestamp=moment, id=turn["dia_id"])


def questions(sample: dict[str, Any], known: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield the questions of categories 1 to 4 with the ids of the turns that answer them."""
    for question in sample["qa"]:
        evidence = {name for text in question.get("evidence", ()) for name in re.findall(r"D\d+:\d+", text)} & known
        if question["category"] in (1, 2, 3, 4) and evidence:
            yield question["question"], evidence


@pytest.mark.skipif(not DATA.exists(), reason=f"the conversations are not there ({DATA.name}); MEMIO_LOCOMO names them")
def test_three_quarters_of_the_answers_are_among_the_first_ten(run: Callable[..., Any]) -> None:
    samples = json.loads(DATA.read_text())

    async def body(memio: Memio) -> float:
        asked: list[tuple[str, str, set[str]]] = []
        for sample in samples:
            user, known = sample["sample_id"], set[str]()
            for name, messages in sessions(sample["conversation"]):
                await memio.history.add(session_id=name, messages=messages, user_id=user)
                known |= {str(message.id) for message in messages}
            asked += [(user, *pair) for pair in questions(sample, known)]
        shares: list[float] = []
        for user, question, evidence in asked:
            found = await memio.history.search(query=question, limit=DEPTH, user_id=user)
            shares.append(len(evidence & {str(message.id) for message in found}) / len(evidence))
        assert len(shares) > 700
        return 100 * sum(shares) / len(shares)

    recall = run(body)
    print(f"recall at {DEPTH}: {recall:.1f} %")
    assert recall >= GOAL
