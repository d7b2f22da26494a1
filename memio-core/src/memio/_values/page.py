"""A page as a type of pydantic models. Only pydantic imports this."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


def schema_of(page: type[Any], source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Return the schema of `Page[T]`: a page, or the object that it is written as.

    A page is written as `{"items": […], "next_cursor": …}`: as a bare list it would lose its cursor. A plain list
    is refused for the same reason: whether more follows is not known of it.

    Args:
        page: The class.
        source: The type as it was written, with the type of the items or without.
        handler: Makes the schema of the items.
    """
    arguments = get_args(source)
    items = handler.generate_schema(arguments[0]) if arguments else core_schema.any_schema()
    written = core_schema.typed_dict_schema(
        {
            "items": core_schema.typed_dict_field(core_schema.list_schema(items)),
            "next_cursor": core_schema.typed_dict_field(
                core_schema.with_default_schema(core_schema.nullable_schema(core_schema.str_schema()), default=None),
                required=False,
            ),
        },
        extra_behavior="forbid",
    )

    def opened(value: object) -> object:
        return _fields(value) if isinstance(value, page) else value

    def made(fields: dict[str, Any]) -> Any:
        return page(fields["items"], fields["next_cursor"])

    return core_schema.no_info_before_validator_function(
        opened,
        core_schema.no_info_after_validator_function(made, written),
        serialization=core_schema.plain_serializer_function_ser_schema(_fields, return_schema=written),
    )


def _fields(page: Any) -> dict[str, Any]:
    return {"items": list(page), "next_cursor": page.next_cursor}
