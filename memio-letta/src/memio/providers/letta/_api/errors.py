"""Errors of letta-client and httpx as errors of memio, chosen by class and status, never by wording."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

import httpx
import letta_client

from memio.errors import (
    AuthenticationError,
    Outcome,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
    UnavailableError,
)
from memio.providers.letta._api.answers import is_json_object

if TYPE_CHECKING:
    from memio.providers.letta.settings import LettaSettings

Effect = Literal["read", "create", "send", "change", "delete"]
"""What a request does. Repeating `change` and `delete` is harmless; repeating `create` makes a second record, unless
the first attempt certainly made none; `send` makes the agent answer, and is never repeated."""

UNREADABLE = (ValueError, RecursionError)
"""What reading an answer raises that is cut or not Letta's: invalid JSON or text, endless numbers or nesting."""

FAILURES = (letta_client.LettaError, httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, *UNREADABLE)
"""Everything that a request through letta-client raises when it fails. Some are httpx's own, unwrapped."""

NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
"""Failures before the first byte of the request left."""

_DETAIL_LENGTH = 300

_ID = re.compile(r"(?<![\w-])(?:agent|archive|passage|conv|message)-[\w-]+")
_NO_AGENT = "Agent not found"
"""The only detail of a 404 of Letta that does not name the id."""


class UnexpectedAnswerError(Exception):
    """The server answered with success, in a shape that is not Letta's."""


class NoAnswerError(Exception):
    """The agent did not answer, in a stream that began with status 200.

    Attributes:
        reason: Letta's `error_type`, or its stop reason.
        stored: Whether some of the turn may be stored: a model call that failed at once leaves nothing.
    """

    def __init__(self, reason: str, *, stored: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.stored = stored


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that Letta answered with; `None` without an answer, and for a 404 that is not Letta's."""
    if not isinstance(error, letta_client.APIStatusError):
        return None
    if error.status_code == HTTPStatus.NOT_FOUND and not _names_what_is_missing(error):
        return None
    return error.status_code


def requested_pause(error: Exception) -> float | None:
    """Return the seconds of a `Retry-After` header, which may also hold a date; `None` without one."""
    if not isinstance(error, letta_client.APIStatusError):
        return None
    text = error.response.headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):  # neither, or a date without a time zone
            return None
    return max(0.0, seconds)


def translate(error: Exception, *, effect: Effect, settings: LettaSettings, in_doubt: bool = False) -> ProviderError:
    """Return memio's error for a failed request. Statuses with a meaning in one call only are handled there.

    Args:
        error: What the last attempt raised.
        effect: What the request does.
        settings: The settings of the connection.
        in_doubt: Whether an earlier attempt may have been carried out. The outcome is that of the worst attempt.
    """
    kind, message, sent, transient = _classify(error, settings)
    _hide_key(error)
    outcome: Outcome = "unknown" if (sent or in_doubt) and effect != "read" else "not_applied"
    # A call that creates may only be repeated when it is sure that nothing came of it.
    retryable = transient and (effect not in ("create", "send") or outcome == "not_applied")
    if kind is RateLimitError:
        pause = requested_pause(error)
        return RateLimitError(message, cause=error, retryable=retryable, outcome=outcome, retry_after=pause)
    return kind(message, cause=error, retryable=retryable, outcome=outcome)


def _names_what_is_missing(error: letta_client.APIStatusError) -> bool:
    """Return whether a 404 names what was asked for, as a 404 of Letta does.

    A 404 of a gateway without a route does not, unless it repeats the path. Taken for Letta's, it would make existing
    records look deleted.
    """
    detail = error.body.get("detail") if is_json_object(error.body) else None
    if not isinstance(detail, str):
        return False
    requested = set(_ID.findall(str(error.request.url)))
    if detail == _NO_AGENT:
        return any(name.startswith("agent-") for name in requested)
    return any(re.search(rf"(?<![/\w-]){re.escape(name)}(?![/\w-])", detail) for name in requested)


def _classify(error: Exception, settings: LettaSettings) -> tuple[type[ProviderError], str, bool, bool]:
    """Return the class, the message, whether it may have been carried out, and whether a later try may succeed."""
    place = settings.base_url
    if isinstance(error, letta_client.APIStatusError):
        return _classify_status(error, settings)
    if isinstance(error, NoAnswerError):
        return _classify_no_answer(error)
    root = error.__cause__ if isinstance(error, letta_client.APIConnectionError) and error.__cause__ else error
    what = type(root).__name__
    sent = not isinstance(root, NEVER_SENT)
    if isinstance(error, (letta_client.APITimeoutError, httpx.TimeoutException)):
        text = (
            f"no answer from {place} within {settings.timeout:g} seconds ({what}); `timeout` in the settings changes it"
        )
        return ProviderTimeoutError, text, sent, True
    if isinstance(error, (*UNREADABLE, UnexpectedAnswerError)):
        return (
            UnavailableError,
            f"{place} sent an answer that is not Letta's ({what}): is it a Letta server?",
            True,
            True,
        )
    if isinstance(root, (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError)):
        return ProviderError, f"the request could not be built ({what})", False, False
    text = f"{place} cannot be reached ({what}): is the server running?"
    if sent:
        text = f"the connection to {place} broke ({what})"
    return UnavailableError, text, sent, True


def _classify_status(
    error: letta_client.APIStatusError, settings: LettaSettings
) -> tuple[type[ProviderError], str, bool, bool]:
    status, place = error.status_code, settings.base_url
    text = f"{place} answered {status}{_detail(error, settings)}"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return AuthenticationError, f"{text}: {key_advice(settings)}", False, False
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitError, f"{text}: too many calls", False, True
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return ProviderTimeoutError, text, True, True
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        pause = requested_pause(error)
        request = f": it asks for a pause of {pause:g} seconds" if pause is not None else ""
        return UnavailableError, text + request, True, True
    if status == HTTPStatus.NOT_FOUND and status_of(error) is None:
        text += (
            ", in a form that is not Letta's: is it a Letta server, and does every gateway before it have its routes?"
        )
        return UnavailableError, text, True, True
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        text += (
            ": redirects are not followed, as they would carry the content elsewhere; set base_url to the final address"
        )
    return ProviderError, text, False, False


def _classify_no_answer(error: NoAnswerError) -> tuple[type[ProviderError], str, bool, bool]:
    kind: type[ProviderError] = UnavailableError
    text = f"the agent did not answer ({error.reason})"
    if error.reason == "llm_rate_limit":
        kind = RateLimitError
    elif error.reason == "llm_authentication":
        kind = AuthenticationError
        text += ": the provider of its model refused the credentials that the Letta server has for it"
    if not error.stored:
        text += "; nothing was stored, not even the messages"
    return kind, text, error.stored, kind is not AuthenticationError


def key_advice(settings: LettaSettings) -> str:
    """Return what to do about a refused key."""
    if settings.key_withheld:
        return (
            "no key was sent, because LETTA_API_KEY of the environment never goes to a base_url that was given "
            'explicitly; pass it as api_key (in a configuration: api_key = "${LETTA_API_KEY}")'
        )
    if settings.key_to_send is None:
        return "no key was sent; pass api_key or set LETTA_API_KEY"
    return "check api_key / LETTA_API_KEY, and that it belongs to this server"


def _detail(error: letta_client.APIStatusError, settings: LettaSettings) -> str:
    """Return the detail of an error answer, in parentheses and at most 300 characters, unless it shows the key.

    That of a 404 is left out: Letta puts its whole user object into it.
    """
    if error.status_code == HTTPStatus.NOT_FOUND or not is_json_object(error.body):
        return ""
    detail = error.body.get("detail") or error.body.get("message")
    if not isinstance(detail, str):
        return ""
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    if key and key in detail:
        return ""
    return f" ({detail[:_DETAIL_LENGTH]})"


def _hide_key(error: Exception) -> None:
    """Remove the key from the request that an error holds, as errors are passed to queues and other processes."""
    for failure in (error, error.__cause__):
        if isinstance(failure, (letta_client.APIError, httpx.HTTPError)):
            with suppress(RuntimeError):  # it has no request
                failure.request.headers.pop("Authorization", None)
