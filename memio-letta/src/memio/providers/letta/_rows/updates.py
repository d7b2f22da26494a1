"""Updates. The server cannot change a passage, so a new one replaces it.

The old passage is deleted after the new one was created, so that no failure leaves neither.
"""

from __future__ import annotations

from typing import Any

from memio.errors import MemioError, NotFoundError
from memio.providers.letta._api.agent import only_usual_errors
from memio.providers.letta._api.answers import rows_of
from memio.providers.letta._rows.labels import Label
from memio.providers.letta._rows.outcomes import partial
from memio.providers.letta._rows.passages import Passage, Passages, passage_of


async def replace_passage(passages: Passages, old: Passage, content: str, label: Label) -> Passage:
    """Replace a passage by a new one with its time, its other tags and its Letta metadata. Three requests.

    Args:
        passages: The passages of the agent.
        old: The passage to replace.
        content: The new text.
        label: The new label.

    Raises:
        NotFoundError: Another client deleted or updated the old passage meanwhile, and that stays.
        ProviderError: With `outcome` `partial`, both passages may be there; the message names their ids.
    """
    new = await _create_like(passages, old, content, [*old.other_tags, *label.to_tags()])
    try:
        old_exists = await passages.exists(old.id)
        if old_exists:
            await passages.delete(old)
            return new
    except MemioError as error:
        return await _settle(passages, new, old, error)
    # Another client deleted or updated it while the new one was created. The new one is taken back.
    try:
        await passages.delete(new)
    except MemioError as error:
        text = f"no {passages.noun} {old.id!r} here any more, and the new text, {new.id!r}, could not be deleted"
        raise partial(error, f"{text}: {error.message}", retryable=False) from None
    raise NotFoundError(passages.noun, old.id)


async def _create_like(passages: Passages, old: Passage, content: str, tags: list[str]) -> Passage:
    """Create the passage that is to replace another one. One request."""
    agent, archive_id = passages.agent, await passages.archive_of(old)
    more: dict[str, Any] = {"tags": tags} if tags else {}
    if not old.native:
        return await agent.request(
            lambda letta: letta.agents.passages.create(agent.id, text=content, created_at=old.created_at, **more),
            lambda answer: passage_of(rows_of(answer)[0]),
            effect="create",
        )
    # The call above takes no metadata. This one embeds as the archive is set, not as the agent is.
    return await agent.request(
        lambda letta: letta.archives.passages.create(
            archive_id, text=content, created_at=old.created_at.isoformat(), metadata=old.native, **more
        ),
        passage_of,
        effect="create",
        on_status=only_usual_errors,
    )


async def _settle(passages: Passages, new: Passage, old: Passage, error: MemioError) -> Passage:
    """End an update whose delete failed: return the new passage, or take it back, or report that both are left.

    The new passage is only taken back when the old one is seen and no request can delete it any more.
    """
    certain = getattr(error, "outcome", "not_applied") == "not_applied"
    try:
        if not await passages.exists(old.id):
            return new  # the delete was carried out although it failed
        if certain:
            await passages.delete(new)
    except MemioError:
        certain = False
    if certain:
        raise error from None
    text = (
        f"the new text is stored as {new.id!r}, and the old one, {old.id!r}, may still be there: "
        f"{error.message}. Read both; where both are there, delete the one that you do not want"
    )
    raise partial(error, text, retryable=False) from None
