"""The attempts of one call, with the time that each may take and the pauses between them."""

from __future__ import annotations

import logging
from asyncio import timeout
from time import monotonic
from typing import Any

import tenacity

from memio.errors import (
    ConflictError,
    MemioError,
    NotFoundError,
    Outcome,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
    worse_outcome,
)
from memio.middleware._policy import Policy
from memio.middleware._repeatable import may_repeat
from memio.plugins import CallNext, Operation

logger = logging.getLogger("memio.resilience")
"""Logs every attempt that failed and is repeated, at level info, without arguments."""

UNTIMED = frozenset({"erase"})
"""Methods that take longer the larger the store is: stopped after a time and repeated, they would never end."""

OVERTAKEN = (
    "an earlier attempt of this call ended with {}, and the next one found the record {}: either that attempt changed "
    "it, or another writer did"
)
"""The message when a call that names a version finds the record changed after an attempt with an unknown outcome."""

IN_DOUBT = "an earlier attempt of this call may have been carried out: {}"
"""The note on an error without an outcome."""


class Attempts:
    """One call, repeated until it succeeds, cannot succeed, or runs out of attempts or time."""

    def __init__(self, operation: Operation, call_next: CallNext, policy: Policy) -> None:
        self._operation = operation
        self._call_next = call_next
        self._policy = policy
        self._repeatable = may_repeat(operation)
        self._begun = monotonic()
        self._made = 0
        self._failed: ProviderError | None = None
        self._outcome: Outcome = "not_applied"
        """The worst outcome of the attempts so far, which is the outcome of the call."""
        self._doubt = ""
        """What the attempt with that outcome raised."""

    async def run(self) -> Any:
        """Return the answer of the first attempt that succeeds, or raise what the last one raised.

        The outcome of the error is the worst outcome of all attempts. An error that has none, cancellation
        included, gets a note when an earlier attempt may have been carried out. A call that names a version and meets
        another one, or no record, after such an attempt raises a `ProviderError` with that outcome.
        """
        try:
            try:
                return await self._attempt()
            except ProviderError as error:
                if not self._may_help(error):
                    raise
                self._failed = error
            return await self._repeat()
        except BaseException as error:
            if self._doubt and not isinstance(error, ProviderError):
                error.add_note(IN_DOUBT.format(self._doubt))
            raise

    async def _repeat(self) -> Any:
        """Repeat the call after a first attempt that failed. Most calls do not get here."""
        policy = self._policy
        self._backoff = tenacity.wait_random_exponential(multiplier=policy.pause, max=policy.longest_pause)
        # Do not pause when no time would be left for another attempt.
        too_late = tenacity.stop_before_delay(self._begun + policy.budget - monotonic())
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._may_help),
            wait=self._pause,
            stop=lambda state: self._made >= policy.attempts or too_late(state),
            before_sleep=self._log,
            reraise=True,
        )
        try:
            return await retrying(self._next)
        except ProviderError as error:
            if self._made > 1:
                error.add_note(f"memio tried {self._made} times in {monotonic() - self._begun:.1f} s")
            raise

    async def _next(self) -> Any:
        """Re-raise the first failure so that tenacity counts it, then make further attempts."""
        failed, self._failed = self._failed, None
        if failed is None:
            return await self._attempt()
        try:
            raise failed
        finally:
            del failed  # its traceback holds this frame

    async def _attempt(self) -> Any:
        self._made += 1
        try:
            return await self._in_time()
        except (NotFoundError, ConflictError) as error:
            if self._doubt and (found := self._overtaken(error)):
                raise ProviderError(
                    OVERTAKEN.format(self._doubt.partition(":")[0], found), outcome=self._outcome, cause=error
                ).locate(operation=self._operation.name, provider=self._operation.provider) from error
            if self._doubt and isinstance(error, NotFoundError) and self._operation.method == "delete":
                return None  # an earlier attempt deleted it, and its answer was lost
            raise
        except ProviderError as error:
            self._made += error.attempts - 1  # made by a provider that repeats requests
            if error.outcome != "not_applied" and not self._doubt:
                self._doubt = f"{type(error).__name__}: {error.message}"
            self._outcome = worse_outcome(self._outcome, error.outcome)
            error.worsen(self._outcome)
            raise

    def _overtaken(self, error: NotFoundError | ConflictError) -> str:
        """Return how a call that names a version found the record, when it is no longer of that version; else "".

        The earlier attempt may have been the one that changed the record. As a plain conflict it would be taken for
        another writer's change: a caller would change the record again, or take its own deletion for another's.
        """
        if self._operation.arguments.get("if_version") is None:
            return ""
        if isinstance(error, NotFoundError):
            return "missing"
        return "with another version" if error.reason == "version" else ""

    async def _in_time(self) -> Any:
        # Stopping a call that must not be repeated would only leave its outcome unknown.
        if not self._repeatable or self._operation.method in UNTIMED:
            return await self._call_next(self._operation)
        seconds = max(0.0, min(self._policy.timeout, self._begun + self._policy.budget - monotonic()))
        limit = timeout(seconds)
        try:
            async with limit:
                return await self._call_next(self._operation)
        except TimeoutError as error:
            if isinstance(error, MemioError) or not limit.expired():
                raise  # another limit than this one
            raise ProviderTimeoutError(
                f"no answer within {seconds:.3g} s",
                retryable=True,
                outcome="unknown" if self._operation.writes else "not_applied",
            ).locate(operation=self._operation.name, provider=self._operation.provider) from None

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome and state.outcome.exception()
        asked = error.retry_after if isinstance(error, RateLimitError) else None
        return max(self._backoff(state), asked or 0.0)

    def _log(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome and state.outcome.exception()
        logger.info(
            "%s of %s failed with %s: attempt %d of %d in %.2f s",
            self._operation.name,
            self._operation.provider,
            type(error).__name__,
            self._made + 1,
            self._policy.attempts,
            state.upcoming_sleep,
        )

    def _may_help(self, error: BaseException) -> bool:
        """Return whether another attempt may help and does no harm."""
        if not isinstance(error, ProviderError) or not error.retryable:
            return False
        return self._repeatable or self._outcome == "not_applied"
