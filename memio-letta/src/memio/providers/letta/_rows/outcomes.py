"""The error of a call that makes several requests, when one of them failed."""

from __future__ import annotations

from collections.abc import Sequence

from memio.errors import MemioError, PartialWriteError, ProviderError


def worst(errors: Sequence[BaseException]) -> BaseException:
    """Return the error to raise for requests that were made at once: the first one whose outcome is unknown."""
    for error in errors:
        if not isinstance(error, MemioError):
            return error
    return next((error for error in errors if getattr(error, "outcome", None) == "unknown"), errors[0])


def partial(error: MemioError, message: str, *, retryable: bool) -> ProviderError:
    """Return the error of a call of which a part was done before one of its requests failed.

    Args:
        error: The failure of the request.
        message: Which part was done, and what to do about the rest.
        retryable: Whether repeating the call may succeed and is harmless.
    """
    kind = type(error) if isinstance(error, ProviderError) else ProviderError
    return kind(message, cause=getattr(error, "cause", None), retryable=retryable, outcome="partial")


def stopped(error: MemioError, added: Sequence[object], items: Sequence[object], sent: int) -> MemioError:
    """Return the error of a batch that stopped: the failure itself, unless some records were added before it.

    Args:
        error: The failure.
        added: The records that were added: the first of the batch.
        items: The whole batch.
        sent: How many items were in the request that failed; 0 where it was one that adds nothing.
    """
    unknown = sent if getattr(error, "outcome", None) == "unknown" else 0
    if not added:
        if unknown < len(items):
            error.add_note(f"{unknown} of {len(items)} items may have been added; the others were not sent")
        return error
    begin = len(added) + unknown
    return PartialWriteError(
        added,
        not_added=items[begin:],
        unknown=items[len(added) : begin],
        cause=error,
        retryable=bool(unknown) or getattr(error, "retryable", False),
    )
