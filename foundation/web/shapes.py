"""How a field of a form or query is written (参数形态): one value, a repeated value, or JSON text in a part."""

from __future__ import annotations

from enum import Enum, auto
from functools import cache
from typing import Any

from pydantic import BaseModel


class Shape(Enum):
    TEXT = auto()
    LIST = auto()
    JSON = auto()


@cache
def shape_of(model: type[BaseModel]) -> dict[str, Shape]:
    """Read from the model's own JSON schema, so the parser and `openapi.yaml` cannot disagree."""
    schema = model.model_json_schema()
    return {name: _shape(one, schema.get("$defs", {})) for name, one in schema.get("properties", {}).items()}


def _shape(schema: dict[str, Any], definitions: dict[str, Any]) -> Shape:
    schema = _resolved(schema, definitions)
    choices = [_resolved(one, definitions) for one in schema.get("anyOf", schema.get("oneOf", ()))]
    shapes = {_shape(one, definitions) for one in choices if one.get("type") != "null"}
    if shapes:
        return max(shapes, key=lambda one: one.value)
    if schema.get("type") == "array":
        items = _resolved(schema.get("items", {}), definitions)
        return Shape.JSON if items.get("type") in ("object", "array") or "prefixItems" in schema else Shape.LIST
    return Shape.JSON if schema.get("type") == "object" else Shape.TEXT


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return definitions[reference.rsplit("/", 1)[-1]] if reference else schema
