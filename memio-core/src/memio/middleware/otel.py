"""`middleware = ["otel"]`: a span and a duration for each call, by OpenTelemetry.

It follows the semantic conventions for generative AI, operations on memory (`gen_ai.memory.client`
in open-telemetry/semantic-conventions-genai, status development, as on its main branch after pull
request 140 of May 2026). It needs the API only, `pip install 'memio-core[otel]'`: without an SDK that
the application sets up, it does nothing. Content is recorded only where `capture_content` asks for
it, owners never.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from memio._extras import MissingExtraError
from memio.hookspecs import hookimpl
from memio.middleware._records import count_in, count_of, record_id
from memio.models import Document, Fact, Message, Triple, Turn
from memio.plugins import CallNext, Middleware, MiddlewareSpec, Operation
from memio.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider
    from opentelemetry.util.types import AttributeValue

NAMES = {
    "add": "create_memory",
    "add_many": "create_memory",
    "search": "search_memory",
    "restore_records": "create_memory",
    "put": "update_memory",
    "update": "update_memory",
    "delete": "delete_memory",
    "delete_all": "delete_memory",
    "delete_entity": "delete_memory",
    "delete_messages": "delete_memory",
    "purge": "delete_memory",
    "erase": "delete_memory",
    "get": "get_memory",
    "get_all": "list_memory",
    "get_owners": "list_owners",
    "count": "count_memory",
    "count_messages": "count_memory",
}
"""`gen_ai.operation.name` of each method. Of those that read, only `search` is in the conventions, which allow others.

`put`, which creates or replaces, counts as an update.
"""

BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Seconds: the boundaries that the conventions ask for."""


class OtelSettings(Settings):
    """The settings of `otel`.

    Attributes:
        capture_content: Record queries, what was stored or found, and the words of errors: they may be personal.
    """

    capture_content: bool = False


def open_otel(
    settings: OtelSettings,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> Middleware:
    """Return the middleware.

    Args:
        settings: The settings.
        tracer_provider: Where spans go; the global one when left out, also one that is set later.
        meter_provider: Where durations go; as above.

    Raises:
        ConfigError: The API of OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.metrics import get_meter
        from opentelemetry.trace import SpanKind, StatusCode, get_tracer
    except ImportError as error:
        raise MissingExtraError("otel", "opentelemetry-api") from error
    from memio import __version__

    tracer = get_tracer("memio", __version__, tracer_provider)
    durations = get_meter("memio", __version__, meter_provider).create_histogram(
        "gen_ai.client.operation.duration",
        unit="s",
        description="GenAI operation duration.",
        explicit_bucket_boundaries_advisory=BUCKETS,
    )

    async def otel(operation: Operation, call_next: CallNext) -> Any:
        name = NAMES[operation.method]
        common: dict[str, AttributeValue] = {
            "gen_ai.operation.name": name,
            "gen_ai.provider.name": operation.provider,
        }
        started = perf_counter()
        with tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT,
            attributes={**common, **_asked(operation, content=settings.capture_content)},
            record_exception=False,  # its message may hold content
            set_status_on_exception=False,  # cancellation would be left out
        ) as span:
            try:
                result = await call_next(operation)
            except BaseException as error:
                common["error.type"] = type(error).__qualname__
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(StatusCode.ERROR, str(error) if settings.capture_content else None)
                if (count := count_in(error)) is not None:
                    span.set_attribute("gen_ai.memory.record.count", count)
                raise
            else:
                if span.is_recording():
                    span.set_attributes(_answered(operation, result, content=settings.capture_content))
            finally:
                durations.record(perf_counter() - started, common)  # in the span, which it is an exemplar of
        return result

    return otel


def _asked(operation: Operation, *, content: bool) -> dict[str, AttributeValue]:
    """Return the attributes that a span has from its start, so that samplers see them."""
    attributes: dict[str, AttributeValue] = {"memio.operation": operation.name}
    named = record_id(operation)
    if isinstance(named, str):  # and not bad input, which is refused later
        attributes["gen_ai.memory.record.id"] = named
    if content and isinstance(query := operation.arguments.get("query"), str):
        attributes["gen_ai.memory.query.text"] = query
    return attributes


def _answered(operation: Operation, result: object, *, content: bool) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {}
    if (count := count_of(operation, result)) is not None:
        attributes["gen_ai.memory.record.count"] = count
    if operation.method == "add" and isinstance(result, (Fact, Document)):
        attributes["gen_ai.memory.record.id"] = result.id
    if content:
        records = [*_described(result)]
        attributes |= {"gen_ai.memory.records": json.dumps(records, ensure_ascii=False)} if records else {}
    return attributes


def _described(result: object) -> Iterable[dict[str, Any]]:
    """Yield the records of an answer in the form of the conventions."""
    if isinstance(result, Turn):
        result = result.stored
    for record in cast("list[Any]", result) if isinstance(result, list) else [result]:
        if isinstance(record, (Fact, Document, Message, Triple)):
            attributes: dict[str, Any] = {"id": record.id, "metadata": record.metadata or None, "score": record.score}
            if isinstance(record, Triple):
                attributes["content"] = [record.subject, record.predicate, record.object]
            else:
                attributes["content"] = record.content
            if isinstance(record, Message):
                attributes["role"] = record.role
            yield {key: value for key, value in attributes.items() if value is not None}


@hookimpl
def memio_middleware() -> Iterable[MiddlewareSpec]:
    """Offer the middleware."""
    return [MiddlewareSpec(name="otel", settings=OtelSettings, open=open_otel)]
