"""`otel` records what the conventions ask for, through OpenTelemetry's SDK, and content only when asked to."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from memio import ConfigError, Memio, Message, NotFoundError, PartialWriteError, ProviderError, Triple
from memio.kinds import SPECS
from memio.middleware.otel import BUCKETS, NAMES, OtelSettings, open_otel
from memio.middleware.resilience import ResilienceSettings, open_resilience

pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed here")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

PRIVATE = "the private words"


class Collected:
    """An SDK that keeps spans and metrics in memory."""

    def __init__(self):
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.traces, self.meters = (
            TracerProvider(shutdown_on_exit=False),
            MeterProvider([self.reader], shutdown_on_exit=False),
        )
        self.traces.add_span_processor(SimpleSpanProcessor(self.exporter))

    def middleware(self, **settings):
        return open_otel(OtelSettings(**settings), self.traces, self.meters)

    @property
    def spans(self):
        return self.exporter.get_finished_spans()

    @property
    def points(self):
        data = self.reader.get_metrics_data()
        metrics = data.resource_metrics[0].scope_metrics[0].metrics
        assert [(metric.name, metric.unit) for metric in metrics] == [("gen_ai.client.operation.duration", "s")]
        return list(metrics[0].data.data_points)

    def __str__(self):
        return "".join(span.to_json() for span in self.spans) + str(self.reader.get_metrics_data())


@pytest.fixture
def collected():
    kept = Collected()
    yield kept
    kept.traces.shutdown()
    kept.meters.shutdown()


def test_each_operation_on_memory_is_a_span_by_the_conventions(unsteady, collected):
    async def main():
        async with Memio(facts=unsteady("facts"), middleware=[collected.middleware()]) as memio:
            await memio.facts.add(content="coffee", fact_id="f1", user_id="alice")
            await memio.facts.add_many(["tea", "milk"])
            await memio.facts.search(query="tea")
            await memio.facts.get(fact_id="f1")
            await memio.facts.get_all()
            await memio.facts.update(fact_id="f1", content="espresso")
            await memio.facts.put("f2", "cocoa")
            await memio.facts.count()
            await memio.facts.get_owners()
            await memio.facts.delete(fact_id="f1")
            await memio.facts.delete_all()
            await memio.purge()

    asyncio.run(main())
    recorded = []
    for span in collected.spans:
        given = dict(span.attributes)
        assert given.pop("gen_ai.operation.name") == span.name
        assert given.pop("gen_ai.provider.name") == "unsteady"
        assert (span.kind, span.status.status_code, len(span.events)) == (SpanKind.CLIENT, StatusCode.UNSET, 0)
        operation, count = given.pop("memio.operation"), given.pop("gen_ai.memory.record.count", None)
        recorded.append((span.name, operation, count, given.pop("gen_ai.memory.record.id", None)))
        assert given == {}
    assert recorded == [
        ("create_memory", "facts.add", 1, "f1"),
        ("create_memory", "facts.add_many", 2, None),
        ("search_memory", "facts.search", 1, None),
        ("get_memory", "facts.get", 1, "f1"),
        ("list_memory", "facts.get_all", 3, None),
        ("update_memory", "facts.update", 1, "f1"),
        ("update_memory", "facts.put", 1, "f2"),
        ("count_memory", "facts.count", None, None),
        ("list_owners", "facts.get_owners", None, None),
        ("delete_memory", "facts.delete", 1, "f1"),
        ("delete_memory", "facts.delete_all", None, None),
        ("delete_memory", "facts.purge", 0, None),
    ]


def test_every_method_has_a_name_in_spans():
    assert set(NAMES) == {name for spec in SPECS.values() for name in spec.methods}


def test_a_span_has_the_id_that_the_store_gave(unsteady, collected):
    async def main():
        async with Memio(facts=unsteady("facts"), middleware=[collected.middleware()]) as memio:
            return await memio.facts.add(content="coffee")

    fact = asyncio.run(main())
    assert collected.spans[0].attributes["gen_ai.memory.record.id"] == fact.id


def test_durations_are_a_histogram_in_seconds_with_the_boundaries_of_the_conventions(unsteady, collected):
    async def main():
        async with Memio(facts=unsteady("facts"), middleware=[collected.middleware()]) as memio:
            await memio.facts.add(content="coffee")
            await memio.facts.add(content="tea")
            with pytest.raises(NotFoundError):
                await memio.facts.get(fact_id="none")

    asyncio.run(main())
    add, get = collected.points
    common = {"gen_ai.provider.name": "unsteady"}
    assert dict(add.attributes) == {"gen_ai.operation.name": "create_memory", **common}
    assert dict(get.attributes) == {"gen_ai.operation.name": "get_memory", "error.type": "NotFoundError", **common}
    assert (add.count, get.count) == (2, 1)
    assert add.explicit_bounds == BUCKETS


def test_an_error_is_in_the_status_and_in_its_type(unsteady, collected):
    async def main():
        store = unsteady(
            "facts", ValueError(PRIVATE), PartialWriteError(["a"], not_added=["b"], cause=ValueError(PRIVATE))
        )
        async with Memio(facts=store, middleware=[collected.middleware()]) as memio:
            with pytest.raises(ProviderError):
                await memio.facts.add(content="x")
            with pytest.raises(PartialWriteError):
                await memio.facts.add_many(["x", "y"])

    asyncio.run(main())
    add, many = collected.spans
    assert (add.status.status_code, add.attributes["error.type"]) == (StatusCode.ERROR, "ProviderError")
    assert many.attributes["gen_ai.memory.record.count"] == 1
    assert PRIVATE not in str(collected)


def test_cancellation_is_recorded(unsteady, collected):
    async def main():
        store = unsteady("facts", "hang")
        async with Memio(facts=store, middleware=[collected.middleware()]) as memio:
            reading = asyncio.create_task(memio.facts.get_all())
            await store.arrived.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading

    asyncio.run(main())
    [span] = collected.spans
    assert (span.status.status_code, span.attributes["error.type"]) == (StatusCode.ERROR, "CancelledError")
    assert collected.points[0].attributes["error.type"] == "CancelledError"


async def say_everything(memio):
    given = {"metadata": {"note": PRIVATE}, "user_id": PRIVATE}
    await memio.facts.add(content=PRIVATE, agent_id=PRIVATE, **given)
    await memio.facts.search(query=PRIVATE, user_id=PRIVATE, filters={"note": PRIVATE})
    await memio.history.add(session_id=PRIVATE, messages=[Message(role="user", content=PRIVATE, name=PRIVATE)])
    await memio.history.get_all()
    await memio.graph.add(triples=[Triple(subject=PRIVATE, predicate=PRIVATE, object=PRIVATE)])
    with pytest.raises(NotFoundError):
        await memio.scoped(user_id=PRIVATE).facts.get(fact_id="1")


@pytest.mark.parametrize("capture", [False, True])
def test_content_is_recorded_only_when_it_is_asked_for_and_owners_never(unsteady, collected, capture):
    async def main():
        stores = {kind: unsteady(kind) for kind in ("facts", "history", "graph")}
        async with Memio(**stores, middleware=[collected.middleware(capture_content=capture)]) as memio:
            await say_everything(memio)

    asyncio.run(main())
    assert (PRIVATE in str(collected)) == capture
    assert PRIVATE not in str(collected.points)
    if capture:
        add, search, messages, sessions, edges, failed = (span.attributes for span in collected.spans)
        [record] = json.loads(add["gen_ai.memory.records"])
        assert (record["content"], record["metadata"], record["id"]) == (
            PRIVATE,
            {"note": PRIVATE},
            add["gen_ai.memory.record.id"],
        )
        assert set(record) == {"content", "metadata", "id"}
        assert search["gen_ai.memory.query.text"] == PRIVATE
        assert json.loads(search["gen_ai.memory.records"])[0]["score"] is not None
        assert json.loads(messages["gen_ai.memory.records"])[0]["role"] == "user"
        assert (sessions["gen_ai.memory.record.count"], "gen_ai.memory.records" in sessions) == (1, False)
        assert json.loads(edges["gen_ai.memory.records"])[0]["content"] == [PRIVATE] * 3
        assert "'1'" in collected.spans[-1].status.description
        assert failed["error.type"] == "NotFoundError"


def test_what_the_store_does_is_inside_the_span(unsteady, collected):
    tracer = collected.traces.get_tracer("a store")

    async def inside(operation, call_next):
        with tracer.start_as_current_span("query"):
            return await call_next(operation)

    async def main():
        async with Memio(facts=unsteady("facts"), middleware=[collected.middleware(), inside]) as memio:
            with tracer.start_as_current_span("request"):
                await asyncio.gather(*(memio.facts.get_all() for _ in range(3)))

    asyncio.run(main())
    by_id = {span.context.span_id: span for span in collected.spans}
    queries = [span for span in collected.spans if span.name == "query"]
    parents = [by_id[query.parent.span_id] for query in queries]
    assert [span.name for span in parents] == ["list_memory"] * 3
    assert len({span.context.span_id for span in parents}) == 3
    assert {by_id[span.parent.span_id].name for span in parents} == {"request"}


@pytest.mark.parametrize(("outside", "spans"), [(True, 1), (False, 3)])
def test_outside_of_resilience_a_call_is_a_span_and_inside_an_attempt_is(unsteady, collected, outside, spans):
    pytest.importorskip("tenacity", reason="the extra memio-core[resilience] is not installed here")
    otel, again = collected.middleware(), open_resilience(ResilienceSettings(pause=0.001))

    async def main():
        store = unsteady("facts", TimeoutError(), TimeoutError())
        async with Memio(facts=store, middleware=[otel, again] if outside else [again, otel]) as memio:
            await memio.facts.get_all()

    asyncio.run(main())
    assert len(collected.spans) == spans


def test_a_configuration_uses_the_providers_that_the_application_sets_up_also_later(tmp_path):
    program = f"""
import asyncio
from memio import Memio
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

facts = {{"provider": "sqlite", "path": {str(tmp_path / "memory.db")!r}}}
memio = Memio.from_config({{"facts": facts, "middleware": ["otel"]}})
exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))
metrics.set_meter_provider(MeterProvider([reader]))


async def main():
    async with memio:
        await memio.facts.add(content="coffee")


asyncio.run(main())
[span] = exporter.get_finished_spans()
assert span.name == "create_memory" and span.attributes["gen_ai.provider.name"] == "sqlite", span.to_json()
assert reader.get_metrics_data().resource_metrics
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


@pytest.mark.parametrize(("plugin", "module"), [("otel", "opentelemetry"), ("resilience", "tenacity")])
def test_a_missing_package_is_named_with_the_extra_that_brings_it(plugin, module, monkeypatch):
    for name in [name for name in sys.modules if name == "memio.middleware._attempts"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    if module == "opentelemetry":
        monkeypatch.setitem(sys.modules, "opentelemetry.metrics", None)
    with pytest.raises(ConfigError, match=rf"pip install 'memio-core\[{plugin}\]'"):
        Memio.from_config({"facts": "sqlite", "middleware": [plugin]})
