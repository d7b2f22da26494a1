"""`memio.kinds` describes each kind once; façades, protocols, the blocking client and commands agree with it."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any, get_origin, get_type_hints

import pytest
import typer

from memio import blocking, protocols
from memio._values.omitted import OMITTED
from memio.capabilities import KINDS, REQUIRES, Feature, Kind
from memio.cli.app import app
from memio.facades import FACADES
from memio.kinds import ANSWERS, SPECS, KindSpec, Method
from memio.models import Page, Turn
from memio.owners import OWNERS

METHODS = [
    pytest.param(spec, name, method, id=f"{spec.name}.{name}")
    for spec in SPECS.values()
    for name, method in spec.methods.items()
]
PUBLIC = [case for case in METHODS if not case.values[2].internal]


def keywords_of(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self"}


def test_only_writes_have_a_condition_for_repeating_them():
    conditions = {
        (spec.name, name): method.repeat
        for spec in SPECS.values()
        for name, method in spec.methods.items()
        if method.repeat != "always"
    }
    assert all(SPECS[kind].methods[name].writes for kind, name in conditions)
    # A new method that writes must state when it may be repeated, unless it removes all that it names.
    always = {name for spec in SPECS.values() for name, method in spec.methods.items() if method.writes} - {
        name for _, name in conditions
    }
    assert always == {"delete_all", "erase", "purge"}


def test_every_kind_is_described_once_in_order():
    assert tuple(SPECS) == KINDS


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_record_has_the_fields_that_are_described_a_score_and_a_version(spec: KindSpec):
    versions = {"version"} if Feature.VERSIONS in spec.features else set[str]()
    assert {field.name for field in fields(spec.record)} == {*spec.fields, "score", *versions}
    assert set(OWNERS) <= set(spec.fields)
    assert set(spec.same) <= set(spec.fields)
    assert set(spec.texts) <= spec.required <= set(spec.fields)
    assert set(spec.asks) <= set(spec.fields)
    assert spec.times == {field.name for field in fields(spec.record) if "datetime" in str(field.type)}


@pytest.mark.parametrize(("spec", "name", "method"), PUBLIC)
def test_a_facade_takes_the_keywords_that_are_described_and_the_owner(spec: KindSpec, name: str, method: Method):
    prefix = {"namespace_prefix"} if method.whose == "span" else set[str]()
    assert keywords_of(getattr(FACADES[spec.name], name)) == {*method.keywords, *OWNERS, "owner", *prefix}


ITERATIONS = [
    *((kind, "iter_all", "get_all") for kind in KINDS),
    *((kind, "iter_owners", "get_owners") for kind in KINDS),
    ("history", "iter_messages", "get"),
    ("graph", "iter_entity", "get"),
]


@pytest.mark.parametrize(("kind", "iteration", "method"), ITERATIONS)
def test_an_iteration_takes_what_its_listing_takes(kind: Kind, iteration: str, method: str):
    listed = keywords_of(getattr(FACADES[kind], method)) - {"limit", "cursor", "start"}
    assert keywords_of(getattr(FACADES[kind], iteration)) == {*listed, "page_size"}


@pytest.mark.parametrize(("spec", "name", "method"), PUBLIC)
def test_a_label_that_a_caller_may_leave_out_has_the_sentinel_as_its_default(spec: KindSpec, name: str, method: Method):
    # Not None: that is what a lookup returns which found nothing.
    parameters = inspect.signature(getattr(FACADES[spec.name], name)).parameters
    labels = [parameters[label] for label in (*OWNERS, "owner", "namespace_prefix") if label in parameters]
    assert {label.default for label in labels} == {OMITTED}
    assert all("None" not in str(label.annotation) for label in labels)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_facade_has_the_methods_that_are_described_and_iterations(spec: KindSpec):
    facade = FACADES[spec.name]
    public = {
        name for name in dir(facade) if not name.startswith("_") and callable(inspect.getattr_static(facade, name))
    }
    described = {name for name, method in spec.methods.items() if not method.internal}
    assert public - described == {iteration for kind, iteration, _ in ITERATIONS if kind == spec.name}
    assert described <= public


RECORDS = {"add": ["content"], "add_many": ["items"], "search": ["query"]}
POSITIONAL: dict[str, dict[str, list[str]]] = {
    "facts": RECORDS | {"put": ["fact_id", "content"], "get": ["fact_id"], "delete": ["fact_id"]},
    "history": {
        **{name: ["session_id"] for name in ("get", "iter_messages", "delete_messages", "delete")},
        "search": ["query"],
    },
    "documents": RECORDS | {"put": ["doc_id", "content"], "get": ["doc_id"], "delete": ["doc_id"]},
    "graph": {
        **{name: ["entity"] for name in ("get", "iter_entity", "delete_entity")},
        "search": ["query"],
        "delete": ["triple_id"],
    },
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_facade_takes_the_obvious_argument_by_position_and_no_other(spec: KindSpec):
    taken = {
        name: [
            parameter.name
            for parameter in inspect.signature(getattr(FACADES[spec.name], name)).parameters.values()
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY and parameter.name != "self"
        ]
        for name in dir(FACADES[spec.name])
        if inspect.isfunction(inspect.getattr_static(FACADES[spec.name], name)) and not name.startswith("_")
    }
    # `put` has two, an id and what goes there, in the order of an assignment.
    assert {name: names for name, names in taken.items() if names} == POSITIONAL[spec.name]


@pytest.mark.parametrize(("spec", "name", "method"), METHODS)
def test_a_protocol_takes_every_argument_by_keyword(spec: KindSpec, name: str, method: Method):
    if method.needs:
        pytest.skip("the protocol describes a method that belongs to a feature in words")
    optional = {"add_many": "SupportsAddMany", "erase": "SupportsErase", "restore_records": "SupportsRestore"}
    function = getattr(getattr(protocols, optional.get(name, spec.store)), name)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    assert {parameter.kind for parameter in parameters} <= {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize(("spec", "name", "method"), PUBLIC)
def test_the_blocking_facade_takes_the_same(spec: KindSpec, name: str, method: Method):
    there = getattr(getattr(blocking, FACADES[spec.name].__name__), name)
    assert inspect.signature(there).parameters == inspect.signature(getattr(FACADES[spec.name], name)).parameters


@pytest.mark.parametrize(("spec", "name", "method"), METHODS)
def test_a_protocol_takes_the_core_keywords_and_returns_what_is_described(spec: KindSpec, name: str, method: Method):
    if method.needs:
        pytest.skip("the protocol describes a method that belongs to a feature in words")
    optional = {"add_many": "SupportsAddMany", "erase": "SupportsErase", "restore_records": "SupportsRestore"}
    protocol = getattr(protocols, optional.get(name, spec.store))
    function = getattr(protocol, name)
    assert keywords_of(function) == set(method.core)
    returned = get_type_hints(function)["return"]
    expected = {
        "record": spec.record,
        "page": Page,
        "list": list,
        "turn": Turn,
        "count": int,
        "nothing": type(None),
    }[method.returns]
    assert (get_origin(returned) or returned) is expected
    assert set(ANSWERS) >= {method.returns}


@pytest.mark.parametrize(("spec", "name", "method"), PUBLIC)
def test_the_command_line_has_the_method(spec: KindSpec, name: str, method: Method):
    if name == "add_many":
        pytest.skip("`memio import` stores many records")
    group = typer.main.get_command(app).commands[spec.name]  # type: ignore[attr-defined]
    command = {"get_all": "list", "get_owners": "owners", "count_messages": "count"}.get(name, name)
    assert command.replace("_", "-") in group.commands


def test_every_feature_belongs_to_a_kind():
    assert frozenset().union(*(spec.features for spec in SPECS.values())) == set(Feature)
    assert set(REQUIRES) <= set(Feature)


def test_a_record_asks_for_features_by_what_it_holds():
    message = SPECS["history"].record(role="tool", content="x", metadata={"a": 1}, data=[])
    assert dict(SPECS["history"].asked_by(message)) == {
        "metadata": Feature.METADATA,
        "role": Feature.ALL_ROLES,
        "data": Feature.DATA,
    }
    assert dict(SPECS["graph"].asked_by(SPECS["graph"].record(subject="a", predicate="b", object="c"))) == {}
