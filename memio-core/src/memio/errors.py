"""Every error that memio raises, in one tree under `MemioError`.

An error states what failed, in which provider, what was available and what to try next. Whether a
failed call may be repeated is in `ProviderError.retryable`, and whether it changed anything is in
`ProviderError.outcome`: never in the wording of a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

if TYPE_CHECKING:
    from memio.receipts import ForgetReceipt

Outcome = Literal["not_applied", "partial", "unknown"]
"""What a failed call did to the stored data.

- `not_applied`: nothing was changed.
- `partial`: a part of it was done; the message states which.
- `unknown`: the answer was lost; the call may have been carried out.
"""

_SEVERITY: dict[Outcome, int] = {"not_applied": 0, "partial": 1, "unknown": 2}


def worse_outcome(one: Outcome, other: Outcome) -> Outcome:
    """Return the worse of two outcomes: that of a call is the worst of its attempts.

    Example:
        >>> from memio.errors import worse_outcome
        >>> worse_outcome("unknown", "not_applied")
        'unknown'
    """
    return one if _SEVERITY[one] > _SEVERITY[other] else other


class MemioError(Exception):
    """Base class of every error that memio raises on purpose.

    Attributes:
        message: What went wrong and what to try, without the place.
        operation: The call, such as `facts.add`, or `None` outside of a call.
        provider: The name of the provider that the call went to, or `None`.
        distribution: The installed distribution of that provider, as `name version`, or `None`.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.operation: str | None = None
        self.provider: str | None = None
        self.distribution: str | None = None

    def locate(self, *, operation: str, provider: str, distribution: str | None = None) -> Self:
        """Fill in where the error happened, where that is not known yet, and return the error."""
        self.operation = self.operation or operation
        self.provider = self.provider or provider
        if self.provider == provider:
            self.distribution = self.distribution or distribution
        return self

    def __str__(self) -> str:
        if self.provider is None:
            return self.message
        origin = f"{self.provider} from {self.distribution}" if self.distribution else self.provider
        return f"{self.message} [{self.operation}, provider {origin}]"

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with `args`, which has another signature in the subclasses. Foreign errors go as
        # text: they may hold keys, and a class that cannot be unpickled breaks the process that waits for the answer.
        from memio._pickling import portable

        state = {name: portable(value, MemioError) for name, value in self.__dict__.items()}
        return _rebuild, (type(self), tuple(portable(item, MemioError) for item in self.args), state)


def _rebuild(cls: type[MemioError], args: tuple[Any, ...], state: dict[str, Any]) -> MemioError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class Fault(NamedTuple):
    """One thing that is wrong with a configuration."""

    path: str
    """Where, in the words of the configuration: `facts.agent_id`."""
    message: str
    """What is wrong, and what to write instead."""


class ConfigError(MemioError):
    """A configuration that cannot be used. It reports every fault at once, and no secret.

    Attributes:
        faults: The single faults, each with its path.
        source: The file that the configuration came from, or `None` for a dict.
    """

    def __init__(self, faults: Sequence[Fault], source: str | None = None) -> None:
        self.faults = tuple(faults)
        self.source = source
        place = source or "the configuration"
        if len(self.faults) == 1:
            fault = self.faults[0]
            text = f"{fault.path}: {fault.message}" if fault.path else fault.message
            super().__init__(f"{text} (in {place})")
        else:
            lines = "".join(f"\n  {path}: {message}" if path else f"\n  {message}" for path, message in self.faults)
            super().__init__(f"{len(self.faults)} problems in {place}:{lines}")


class UnknownProviderError(ConfigError):
    """A provider or plugin was named that no installed distribution offers, or that two offer."""


class PluginError(MemioError):
    """An installed plugin does not keep to memio's plugin interface.

    Attributes:
        plugin: The entry point, such as `memio.facts: acme = memio_acme.plugin`.
        distribution: The distribution that installed it, as `name version`.
    """

    def __init__(self, message: str, *, plugin: str, distribution: str) -> None:
        super().__init__(f"{message} (entry point {plugin}, from {distribution})")
        self.plugin = plugin
        self.distribution = distribution


class StoreNotConfiguredError(MemioError, AttributeError):
    """A store was touched that this client was not given."""


class ClosedError(MemioError, RuntimeError):
    """The client, or a store, was closed before the call; nothing was done.

    A store raises it for calls after its `aclose`: another thread may close it after the client has let a call pass.
    """


class InvalidInputError(MemioError, ValueError):
    """An argument cannot be honoured. It is raised before anything was read or written.

    Attributes:
        argument: The name of the argument, or `None`.
    """

    def __init__(self, message: str, *, argument: str | None = None) -> None:
        super().__init__(message)
        for mark in ".[ ":  # of a path such as metadata.colours[1], the argument is the first part
            argument = argument and argument.partition(mark)[0]
        self.argument = argument


class NotFoundError(MemioError):
    """There is no such record in the scope of the call.

    Attributes:
        resource: What was looked for: `fact`, `document`, `triple`.
        resource_id: Its id.
    """

    def __init__(self, resource: str, resource_id: str, *, hint: str = "") -> None:
        super().__init__(f"no {resource} {resource_id!r} here{_and(hint)}")
        self.resource = resource
        self.resource_id = resource_id


ConflictReason = Literal["taken", "owners", "version"]
"""Why a `ConflictError` was raised."""

_REASONS: dict[ConflictReason, str] = {
    "taken": "the id is taken by another record",
    "owners": "several owners have this id: pass the owner",
    "version": "it was changed since: read it again, and decide on what is stored now",
}


class ConflictError(MemioError):
    """The id is taken by another record, or means several records. Nothing was changed.

    Attributes:
        resource: What the id names: `fact`, `document`, `message`, `session`, `triple`.
        resource_id: The id.
        reason: `taken` when the id belongs to another record, `owners` when it means records of several owners, and
            `version` when the record is no longer of the version that the call named.
    """

    def __init__(self, resource: str, resource_id: str, *, reason: ConflictReason = "taken", hint: str = "") -> None:
        super().__init__(f"{resource} {resource_id!r} is in conflict{_and(hint or _REASONS[reason])}")
        self.resource = resource
        self.resource_id = resource_id
        self.reason: ConflictReason = reason


class CursorExpiredError(MemioError):
    """A cursor was valid once and its place is gone. Start the listing again."""

    def __init__(self, message: str = "this cursor has expired: start the listing again without a cursor") -> None:
        super().__init__(message)


class PartialWriteError(MemioError):
    """A batch stopped half-way. What it added stays.

    Each item of the batch is in exactly one of three lists. Adding `not_added` again stores no record twice; an item
    in `unknown` may have been stored, so search for it first, or add it again only under an id that you choose.

    Attributes:
        added: The records that were added, in the order in which they were given.
        not_added: The items that were certainly not added, in the same order, as dicts that `add_many` takes.
        unknown: The items of which the backend's answer was lost, in the same form.
        total: How many items the batch had.
        retryable: Whether adding `not_added` again may succeed a little later. Repeating the whole batch would add
            the records in `added` twice, unless each item has an id of the caller's.
        outcome: `unknown` when an item is in `unknown`, else `partial`.

    Args:
        added: The records that were added.
        not_added: The items that were certainly not added.
        unknown: The items that may have been added.
        cause: The error that stopped the batch.
        retryable: Whether adding `not_added` again may succeed a little later.
    """

    def __init__(
        self,
        added: Sequence[Any],
        *,
        not_added: Sequence[Any],
        unknown: Sequence[Any] = (),
        cause: BaseException,
        retryable: bool = False,
    ) -> None:
        self.added = list(added)
        self.not_added = list(not_added)
        self.unknown = list(unknown)
        self.total = len(self.added) + len(self.not_added) + len(self.unknown)
        self.retryable = retryable
        self.outcome: Outcome = "unknown" if self.unknown else "partial"
        reason = cause.message if isinstance(cause, MemioError) else f"{type(cause).__name__}: {cause}"
        text = f"{len(self.added)} of {self.total} records were added, then: {reason}. "
        if self.unknown:
            text += (
                f"Whether {len(self.unknown)} more were added is unknown: search for the items in the error's "
                "`unknown` before you add them again. "
            )
        super().__init__(f"{text}The {len(self.not_added)} items in `not_added` were not added: add only those again")


class ForgetError(MemioError):
    """Not everything of an owner is gone. The receipt states what was deleted; the same call again goes on from there.

    Attributes:
        receipt: What was done, and what is left, store by store.
        errors: What the stores raised; empty when a store merely still shows records.
    """

    def __init__(self, receipt: ForgetReceipt, errors: Sequence[Exception]) -> None:
        lacking = [store for store in receipt.stores if not store.complete and store.skipped is None]
        lines = "".join(f"\n  {store.kind} of {store.provider}: {store.error}" for store in lacking)
        super().__init__(
            f"not everything is forgotten: {len(lacking)} of {len(receipt.stores)} stores are not done{lines}\n"
            "Deleting can be repeated: once the cause is mended, the same call finishes. "
            "What was done is in the receipt"
        )
        self.receipt = receipt
        self.errors = tuple(errors)


class ProviderError(MemioError):
    """The backend failed. The client adds the provider and the operation when the error leaves the store.

    Attributes:
        retryable: Whether the same call may succeed a little later.
        outcome: What the failed call did to the stored data.
        cause: The error underneath, or `None`.
        attempts: How often the provider itself made the request that failed. Middleware that repeats calls counts
            these as its own attempts.

    Args:
        message: What went wrong and what to try. Left out, it is the class and text of `cause`.
        retryable: Whether the same call may succeed a little later.
        outcome: What the failed call did to the stored data. An outcome other than `not_applied` is added to the
            message.
        cause: The error underneath.
    """

    def __init__(
        self,
        message: str = "",
        *,
        retryable: bool = False,
        outcome: Outcome = "not_applied",
        cause: BaseException | None = None,
    ) -> None:
        text = message or (f"{type(cause).__name__}: {cause}" if cause is not None else "the backend failed")
        super().__init__(text + _OUTCOMES[outcome])
        self.cause = cause
        self.retryable = retryable
        self.outcome: Outcome = outcome
        self.attempts = 1

    def worsen(self, outcome: Outcome) -> None:
        """Take over the outcome of an earlier attempt of the same call, where it is worse; the message follows.

        Args:
            outcome: What the earlier attempt did to the stored data.
        """
        worse = worse_outcome(self.outcome, outcome)
        if worse != self.outcome:
            self.message = self.message.removesuffix(_OUTCOMES[self.outcome]) + _OUTCOMES[worse]
            self.args = (self.message,)
            self.outcome = worse


_OUTCOMES: dict[Outcome, str] = {
    "not_applied": "",
    "partial": " (a part of it was done)",
    "unknown": " (whether it was carried out is unknown: read before you repeat it)",
}


class NotSupportedError(ProviderError):
    """The call asks for something that this provider does not have. Nothing was sent to it.

    Attributes:
        hint: What to do instead.

    Args:
        message: What is not supported.
        hint: What to do instead. It is added to the message.
    """

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(f"{message}: {hint}")
        self.hint = hint


class AuthenticationError(ProviderError):
    """The backend refused the credentials, or there were none."""


class RateLimitError(ProviderError):
    """The backend asks for fewer calls.

    Attributes:
        retry_after: Seconds to wait before the next call; `None` when the backend states no time.

    Args:
        message: What went wrong and what to try. Left out, it is the class and text of `cause`.
        retryable: Whether the same call may succeed a little later.
        outcome: What the failed call did to the stored data.
        cause: The error underneath.
        retry_after: Seconds to wait before the next call.
    """

    def __init__(
        self,
        message: str = "",
        *,
        retryable: bool = True,
        outcome: Outcome = "not_applied",
        cause: BaseException | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, retryable=retryable, outcome=outcome, cause=cause)
        self.retry_after = retry_after


class UnavailableError(ProviderError):
    """The backend cannot be reached, is busy, or is broken at the moment."""


class OtherModelError(UnavailableError):
    """The stored vectors are of another model than that of the embedder.

    Run `memio reindex`, or configure the former embedder. Until then nothing is embedded, and searches by words go on.
    """


class ProviderTimeoutError(ProviderError, TimeoutError):
    """The backend did not answer in time."""


def _and(hint: str) -> str:
    return f": {hint}" if hint else ""
