"""The table of a provider's settings, from its settings model."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

from cells import cell
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from memio.settings import Settings, environment_variable

MODELS = {
    "letta": ("memio.providers.letta.settings", "LettaSettings"),
    "postgres": ("memio.providers.postgres.settings", "PostgresSettings"),
    "sqlite": ("memio.providers.sqlite.settings", "SqliteSettings"),
}


def settings_table(provider: str) -> Iterator[str]:
    """Yield the table: a row per field, in the order of the model."""
    module, name = MODELS[provider]
    model: type[Settings] = getattr(import_module(module), name)
    descriptions = _descriptions(model)
    yield "| setting | type | default | environment | |"
    yield "|---|---|---|---|---|"
    for field_name, field in model.model_fields.items():
        variable = environment_variable(field)
        yield (
            f"| `{field_name}` | {cell(_type(field.annotation, field))} | {_default(field)} "
            f"| {f'`{variable}`' if variable else ''} | {cell(descriptions[field_name])} |"
        )


def _descriptions(model: type[Settings]) -> dict[str, str]:
    """Return the description of each field, from the model's docstring (`Attributes`) or the string below the field."""
    source = textwrap.dedent(inspect.getsource(model))
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.ClassDef)
    listed = inspect.cleandoc(model.__doc__ or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*?)(?=^    \w+: |\Z)", listed, re.DOTALL | re.MULTILINE)
    descriptions: dict[str, str] = dict(found)
    for statement, below in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            descriptions[statement.target.id] = str(below.value.value)
    return {name: " ".join(text.split()) for name, text in descriptions.items()}


def _type(annotation: Any, field: FieldInfo) -> str:
    if get_origin(annotation) is not Literal:
        arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
        annotation = arguments[0] if arguments else annotation
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    name = {SecretStr: "secret text", str: "text", bool: "true or false", int: "number", float: "number"}[annotation]
    bounds = [
        f"{words} {getattr(rule, attribute)}"
        for rule in field.metadata
        for attribute, words in (("gt", "more than"), ("ge", "at least"), ("le", "at most"))
        if getattr(rule, attribute, None) is not None
    ]
    return ", ".join([name, *bounds])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is None:
        return "none"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"
