"""What a Letta server keeps of a user whose records were deleted, as observed with version 0.16.8.

The server removes deleted passages from its database; it marks conversations as deleted, and no call returns or
removes them. memio does not read what the agent itself keeps.
"""

from __future__ import annotations

from memio.owners import NO_OWNER, Scope

_NOT_MEMIOS = (
    "the memory blocks of the agent are not memio's, and were not changed: they may hold what the agent learned about "
    "this owner. Read the blocks of agent {agent} and edit them"
)
_ELSEWHERE = (
    "messages that were exchanged with agent {agent} outside of memio's sessions, in its default conversation or in "
    "others, were not changed"
)
_HIDDEN = (
    "Letta only marks conversations as deleted: their messages, and their summaries, which name session and user, "
    "stay in the server's database, where no call returns them. Deleting agent {agent}, with all that it has, removes "
    "them, or an SQL statement of the server's operator"
)
_OTHER_PASSAGES = "passages that the agent wrote, or that were added without an owner, were not changed"
_COPIES = "the server's backups, and logs of the model's provider, cannot be changed by memio"


def of_passages(agent: str, scope: Scope) -> list[str]:
    """Return what is left where the facts or documents in a scope were deleted.

    A passage that the agent wrote itself has no owner.
    """
    others = [] if scope.matches(NO_OWNER) else [_OTHER_PASSAGES]
    return [*others, _NOT_MEMIOS.format(agent=agent), _COPIES]


def of_conversations(agent: str) -> list[str]:
    """Return what is left where sessions were deleted."""
    return [_HIDDEN.format(agent=agent), _ELSEWHERE.format(agent=agent), _NOT_MEMIOS.format(agent=agent), _COPIES]
