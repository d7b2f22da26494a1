"""The embedder of a client, as its stores see it."""

from __future__ import annotations

import logging
from asyncio import wait, wrap_future
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from math import isfinite
from time import monotonic
from typing import Any, TypeVar, cast

from memio._loops.own import OwnLoop
from memio.errors import AuthenticationError, ClosedError, ProviderError, UnavailableError
from memio.protocols import Embedder

QUERY_TIMEOUT = 2.0
"""Seconds that a search waits for the vector of its query."""

LOAD_TIMEOUT = 30.0
"""Seconds that the first search waits for a local model to be loaded, before its query is timed."""

QUERY_PAUSE = 30.0
"""Seconds for which searches that can do without do not ask, after a query could not be embedded."""

T = TypeVar("T")

Vectors = Sequence[Sequence[float]]

_logger = logging.getLogger("memio.embedders")


class SharedEmbedder:
    """An embedder that can be called from any event loop, whose answers are checked.

    Its errors are of two kinds: `UnavailableError` where it may be asked again later, whatever it is asked, and any
    other `ProviderError` where it refuses what it was asked.

    Args:
        embedder: The embedder. All of its calls run on memio's background loop.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._loop = OwnLoop()
        self._learned = 0
        self._paused_until = 0.0
        self._loads = hasattr(embedder, "load")
        self._closed = False

    @property
    def model(self) -> str:
        """What makes the vectors; see `Embedder.model`."""
        return self._embedder.model

    @property
    def dimensions(self) -> int:
        """The length of each vector; 0 where only the first answer will show it."""
        return self._embedder.dimensions or self._learned

    @property
    def max_chars(self) -> int:
        """The longest text, in characters."""
        return self._embedder.max_chars

    @property
    def destination(self) -> str | None:
        """Where the texts are sent; `None` where they stay on this machine."""
        return self._embedder.destination

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, as many as there are texts, of `dimensions` finite numbers.

        A caller that is cancelled cancels the call of the embedder, and waits until it has ended.

        Raises:
            UnavailableError: The embedder cannot be reached; it may be asked again.
            ProviderError: It refuses one of the texts, or its answer is no such list.
        """
        if not texts:
            return []
        if not self._loop.is_current:
            self._check()
        return await self._loop.call(partial(self._asked, self._embedder.embed_documents, texts))

    async def embed_query(self, text: str, *, required: bool) -> Sequence[float] | None:
        """Return the vector of a query; of one that is longer than `max_chars`, that of its beginning.

        Args:
            text: What is searched for.
            required: Whether to raise where there is none. Otherwise the answer is `None` where the embedder took
                longer than two seconds or failed, and for thirty seconds after that.

        Raises:
            UnavailableError: `required`, and the embedder took longer than two seconds or failed.
        """
        if not required and monotonic() < self._paused_until:
            return None
        try:
            if self._loads:
                await self._in_time(self._load, LOAD_TIMEOUT)
                self._loads = False
            asked = partial(self._asked, self._embedder.embed_queries, [text[: self.max_chars]])
            (vector,) = await self._in_time(asked, QUERY_TIMEOUT)
        except (ProviderError, RuntimeError) as error:  # RuntimeError: closed, or used before the process was forked
            if required:
                raise _unavailable(error, "the query cannot be embedded") from error
            self._paused_until = monotonic() + QUERY_PAUSE
            _logger.warning("searches go by words alone for %g s: %s", QUERY_PAUSE, _words_of(error))
            return None
        self._paused_until = 0.0
        return vector

    async def aclose(self) -> None:
        """Close the embedder on memio's background loop. Calls after that raise `ClosedError`."""
        self._closed = True
        await self._loop.close(self._embedder)

    def _check(self) -> None:
        """Refuse a call on a closed embedder, after a fork, and at the end of the process."""
        if self._closed:
            raise ClosedError("the embedder of this client is closed")
        self._loop.check(None)

    async def _asked(self, function: Callable[[Sequence[str]], Awaitable[Vectors]], texts: Sequence[str]) -> Vectors:
        """Call the embedder, and return its answer as a list of vectors, or raise."""
        if self._closed:
            raise ClosedError("the embedder of this client is closed")
        with _as_own_errors(self.model):
            answer = await function(texts)
        return self._checked(answer, len(texts))

    def _checked(self, answer: object, count: int) -> Vectors:
        """Return the answer of the embedder, or raise when it is not the vectors that were asked for."""
        try:
            vectors = [cast("Sequence[float]", vector) for vector in cast("Any", answer)]
            lengths = {len(vector) for vector in vectors}
            finite = all(isfinite(number) for vector in vectors for number in vector)
        except TypeError as error:
            raise self._wrong("its answer is no list of vectors", error) from error
        if len(vectors) != count:
            raise self._wrong(f"it returned {len(vectors)} vectors for {count} texts")
        if lengths != {expected := self.dimensions or max(lengths)} or not expected:
            raise self._wrong(
                f"it returned vectors of {' and '.join(map(str, sorted(lengths)))} numbers, not of {expected or 'any'}"
            )
        if not finite:
            raise self._wrong("a vector holds numbers that are not finite")
        self._learned = expected
        return vectors

    def _wrong(self, fault: str, cause: Exception | None = None) -> ProviderError:
        return ProviderError(f"the embedder {self.model!r} is broken: {fault}", cause=cause)

    async def _load(self) -> None:
        with _as_own_errors(self.model):
            await cast("Any", self._embedder).load()

    async def _in_time(self, function: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Call an async function on the background loop, and wait for it for so many seconds.

        Then it is cancelled there, and not waited for: it may be busy with something that cannot be cancelled.
        """
        self._check()
        call = self._loop.start(function)
        waiting = wrap_future(call)
        try:
            await wait({waiting}, timeout=seconds)
            if not waiting.done():
                raise UnavailableError(
                    f"the embedder {self.model!r} did not answer within {seconds:g} s", retryable=True
                )
            return waiting.result()
        finally:
            waiting.cancel()


@contextmanager
def _as_own_errors(model: str) -> Generator[None]:
    """Raise what an embedder raises as one of the two kinds of errors."""
    try:
        yield
    except (UnavailableError, ClosedError):
        raise
    except ProviderError as error:
        if error.retryable or isinstance(error, AuthenticationError):
            raise _unavailable(error, "") from error
        raise
    except (OSError, TimeoutError) as error:  # ConnectionError is an OSError
        raise _unavailable(error, "") from error
    except Exception as error:  # an embedder may raise anything: each becomes one of memio's errors
        raise ProviderError(f"the embedder {model!r} failed: {_words_of(error)}", cause=error) from error


def _unavailable(error: Exception, what: str) -> UnavailableError:
    """Return an error as the one that stands for: ask again later."""
    retryable = error.retryable if isinstance(error, ProviderError) else isinstance(error, OSError)
    words = _words_of(error)
    return UnavailableError(f"{what}: {words}" if what else words, retryable=retryable, cause=error)


def _words_of(error: Exception) -> str:
    """Return the message of an error; that of a foreign one with its class."""
    return error.message if isinstance(error, ProviderError) else f"{type(error).__name__}: {error}"
