"""The schemas of `openapi.yaml` (数据结构): pydantic's own, under short names, only those an operation shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from foundation.web.answers import Media
from foundation.web.api import Route

PREFIX = "#/components/schemas/"
Schema = dict[str, Any]
_LONG = re.compile(r"([a-z]+)__.*__([A-Za-z0-9_]+(?:-Input|-Output)?)")


class _Generator(GenerateJsonSchema):
    """Titles made from names say nothing a name does not."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


@dataclass(frozen=True)
class Components:
    schemas: dict[tuple[Any, JsonSchemaMode], Schema]
    definitions: dict[str, Schema]

    def input(self, model: type[BaseModel]) -> Schema:
        return self.schemas[model, "validation"]

    def output(self, model: Any) -> Schema:
        return self.schemas[model, "serialization"]

    def fields(self, model: type[BaseModel]) -> Schema:
        """The object schema itself, where its fields become parameters."""
        return self.resolve(self.input(model))

    def resolve(self, schema: Schema) -> Schema:
        reference = schema.get("$ref")
        return self.definitions[reference.removeprefix(PREFIX)] if reference else schema

    def used(self, document: Any) -> dict[str, Schema]:
        """Those of the definitions that `document` refers to, directly or through others; sorted."""
        found: dict[str, Schema] = {}
        waiting = list(references(document))
        while waiting:
            name = waiting.pop()
            if name not in found and name in self.definitions:
                found[name] = self.definitions[name]
                waiting += references(found[name])
        return dict(sorted(found.items()))


def components(routes: Sequence[Route]) -> Components:
    wanted: dict[tuple[Any, JsonSchemaMode], Any] = {}
    for route in routes:
        for model, mode in _models(route):
            wanted.setdefault((model, mode), TypeAdapter(model).core_schema)
    inputs = [(key, key[1], core) for key, core in wanted.items()]
    generator = _Generator(by_alias=True, ref_template=PREFIX + "{model}")
    found, definitions = generator.generate_definitions(inputs)
    names = _short_names(map(str, definitions))
    return Components(
        {key: _renamed(found[key, key[1]], names) for key in wanted},
        {names[str(name)]: _renamed(one, names) for name, one in definitions.items()},
    )


def parameter(schema: Schema) -> Schema:
    """A parameter that may be left out is not null: there is no way to write null in a URL or form."""
    choices = schema.get("anyOf")
    if not choices or {"type": "null"} not in choices:
        return schema
    rest = [one for one in choices if one != {"type": "null"}]
    outer = {k: v for k, v in schema.items() if k != "anyOf" and not (k == "default" and v is None)}
    return {**rest[0], **outer} if len(rest) == 1 else {"anyOf": rest, **outer}


def references(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(PREFIX)
        for one in node.values():
            yield from references(one)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)


def _models(route: Route) -> Iterable[tuple[Any, JsonSchemaMode]]:
    for model in (route.body, route.query, route.path, route.form):
        if model is not None:
            yield model, "validation"
    if route.returns is not None and not isinstance(route.returns, Media):
        yield route.returns, "serialization"
    for reply in route.also:
        if reply.model is not None:
            yield reply.model, "serialization"
    if route.errors is not None:
        yield route.errors.model, "serialization"


def _short_names(names: Iterable[str]) -> dict[str, str]:
    """`licence__schemas__IssueBody` (two rooms have one) becomes `LicenceIssueBody`, unless that is taken too."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda one: ("__" in one, one)):
        match = _LONG.fullmatch(name)
        short = f"{match[1].capitalize()}{match[2]}" if match else name
        found[name] = name if short in found.values() else short
    return found


def _renamed(node: Any, names: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            key: PREFIX + names[value.removeprefix(PREFIX)]
            if key == "$ref" and isinstance(value, str)
            else _renamed(value, names)
            for key, value in node.items()
        }
    return [_renamed(one, names) for one in node] if isinstance(node, list) else node
