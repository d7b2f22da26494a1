"""What a Letta server still has of a user whose records were deleted, as far as is known of 0.16.8.

Deleted passages are removed from its database; conversations are marked as deleted, and no call shows or removes
them. What the agent itself keeps is nobody's record: memio does not look into it.
"""

from __future__ import annotations

_NOT_MEMIOS = (
    "the agent's own memory is not memio's, and was left alone: its memory blocks may hold what it learned about this "
    "owner. Look through the blocks of agent {agent} and edit them"
)
_ELSEWHERE = (
    "messages that were exchanged with agent {agent} outside of memio's sessions, in its default conversation or in "
    "others, were left alone"
)
_HIDDEN = (
    "Letta only marks conversations as deleted: their messages, and their summaries, which name session and user, "
    "stay in the server's database, where no call shows them. Deleting agent {agent}, with all that it has, removes "
    "them, or a statement of the server's operator"
)
_OTHER_PASSAGES = (
    "passages that the agent wrote by itself, or that were added without an owner, belong to nobody, and were left "
    "alone"
)
_COPIES = "the server's backups, and logs of the model's provider, are out of reach"


def of_passages(agent: str) -> list[str]:
    """Return what stays where facts or documents were deleted."""
    return [_OTHER_PASSAGES, _NOT_MEMIOS.format(agent=agent), _COPIES]


def of_conversations(agent: str) -> list[str]:
    """Return what stays where sessions were deleted."""
    return [_HIDDEN.format(agent=agent), _ELSEWHERE.format(agent=agent), _NOT_MEMIOS.format(agent=agent), _COPIES]
