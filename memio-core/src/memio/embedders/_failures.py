"""What the failure of a service means: ask later, or it refuses the texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memio.errors import AuthenticationError, ProviderError, RateLimitError, UnavailableError

_ABOUT_THE_TEXTS = (400, 413, 422)
"""The statuses with which a service refuses what it was sent. Any other concerns every text alike."""

_UNREACHABLE = ("Connect", "Timeout", "Network", "Transport", "Protocol", "RateLimit", "Unavailable")
"""Parts of the names of exceptions that mean that a service cannot be reached, in the SDKs of embedding services."""


def refused(status: int, message: str, headers: Mapping[str, str], cause: BaseException | None = None) -> ProviderError:
    """Return the error for an answer with a status of 400 or more."""
    text = f"status {status}: {message}" if message else f"status {status}"
    if status in (401, 403):
        return AuthenticationError(text, cause=cause)
    if status == 429:  # noqa: PLR2004  # too many requests
        return RateLimitError(text, cause=cause, retry_after=_seconds(headers.get("retry-after")))
    if status in _ABOUT_THE_TEXTS:
        return ProviderError(text, cause=cause)
    return UnavailableError(text, retryable=status >= 500 or status == 408, cause=cause)  # noqa: PLR2004  # server faults


def failure_of(error: Exception) -> ProviderError | None:
    """Return what the exception of an SDK means, or `None` where it is not known."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and not isinstance(status, bool):
        headers: Any = getattr(getattr(error, "response", None), "headers", {})
        return refused(status, f"{type(error).__name__}: {error}", headers, error)
    names = [each.__name__ for each in type(error).__mro__]
    if any(part in name for name in names for part in _UNREACHABLE):
        return UnavailableError(f"{type(error).__name__}: {error}", retryable=True, cause=error)
    return None


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:  # left out, or a date
        return None
    return seconds if 0 <= seconds < float("inf") else None
