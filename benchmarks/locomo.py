"""Long conversations that people annotated (LoCoMo), as a memory sees them.

Their licence keeps them out of this project.

The protocol: questions of categories 1 to 4 with at least one turn that answers them; recall@k is the share of those
turns among the first k hits, averaged over the questions; MRR goes by the first of them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

DEPTHS = (1, 5, 10, 20)


@dataclass(slots=True)
class Turn:
    """A turn of a conversation. Its id is unique within its conversation."""

    id: str
    session: str
    moment: datetime
    speaker: str
    text: str


@dataclass(slots=True)
class Conversation:
    """The turns of two people, in order, and questions with the ids of the turns that answer them."""

    name: str
    turns: list[Turn] = field(default_factory=list[Turn])
    questions: list[tuple[str, set[str]]] = field(default_factory=list[tuple[str, set[str]]])


def conversations(path: Path, most: int) -> list[Conversation]:
    """Read at most so many conversations."""
    return [_conversation(sample) for sample in json.loads(path.read_text(encoding="utf-8"))[:most]]


def _conversation(sample: dict[str, Any]) -> Conversation:
    found = Conversation(str(sample["sample_id"]))
    sessions = sample["conversation"]
    for name, turns in sessions.items():
        if re.fullmatch(r"session_\d+", name):
            moment = datetime.strptime(sessions[f"{name}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
            for turn in turns:
                text = " ".join(filter(None, (turn["text"], turn.get("blip_caption"))))
                found.turns.append(Turn(turn["dia_id"], name, moment, turn["speaker"], text))
    known = {turn.id for turn in found.turns}
    for question in sample["qa"]:
        evidence = {name for text in question.get("evidence", ()) for name in re.findall(r"D\d+:\d+", text)} & known
        if question["category"] in (1, 2, 3, 4) and evidence:
            found.questions.append((question["question"], evidence))
    return found


class Score:
    """Collects what was found for each question."""

    def __init__(self) -> None:
        self._shares: dict[int, list[float]] = {depth: [] for depth in DEPTHS}
        self._ranks: list[float] = []

    def count(self, evidence: set[str], found: list[str]) -> None:
        """Take in the hits of one question, best first."""
        for depth in DEPTHS:
            self._shares[depth].append(len(evidence & set(found[:depth])) / len(evidence))
        self._ranks.append(next((1 / rank for rank, name in enumerate(found, 1) if name in evidence), 0.0))

    def figures(self) -> dict[str, list[float]]:
        """Return recall and MRR in per cent."""
        shares = {f"R@{depth} [%]": [100 * fmean(values)] for depth, values in self._shares.items()}
        return {**shares, "MRR [%]": [100 * fmean(self._ranks)]}
