"""`openapi.yaml` read for people (接口文档内容): operations by room, their fields, and the schemas they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from foundation.text import Text
from foundation.web import openapi
from foundation.web.api import Route
from foundation.web.components import PREFIX, references

_ROOMS = {
    "ca": Text("证书", "Certificates"),
    "seal": Text("印章与用章", "Seals and stamping"),
    "verify": Text("核验", "Verification"),
    "licence": Text("电子证照", "Licences"),
    "sso": Text("我的登录", "My logins"),
    "oauth2": Text("授权与令牌", "Authorisation and tokens"),
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    where: str
    kind: str
    required: bool
    about: Text
    links: tuple[str, ...] = ()
    """Schemas the kind names, described further down the page."""


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    id: str
    summary: Text
    about: str
    permission: str
    open: bool
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    answers: tuple[tuple[str, Text], ...]


class Reference:
    """The document, read once."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.document = openapi.document(routes)
        self.text = openapi.dump(self.document)

    @cached_property
    def groups(self) -> list[tuple[str, Text, list[Operation]]]:
        found: dict[str, list[Operation]] = {}
        for path, methods in self.document["paths"].items():
            for method, one in methods.items():
                found.setdefault(one["tags"][0], []).append(self._operation(method.upper(), path, one))
        return [(tag, _ROOMS.get(tag, Text(tag, tag)), found[tag]) for tag in sorted(found)]

    @cached_property
    def schemas(self) -> list[tuple[str, str, tuple[Field, ...]]]:
        """Name, description and fields of every object an operation mentions."""
        return [
            (name, one.get("description", ""), tuple(self._properties(one, "")))
            for name, one in self.document["components"]["schemas"].items()
            if one.get("properties")
        ]

    def _operation(self, method: str, path: str, one: dict[str, Any]) -> Operation:
        inputs = [
            self._field(p["name"], p["in"], p.get("schema", {}), p.get("description", ""), required=p["required"])
            for p in one.get("parameters", ())
        ]
        inputs += self._content(one.get("requestBody", {}))
        success: dict[str, Any] = next((r for code, r in one["responses"].items() if code.startswith("2")), {})
        return Operation(
            method=method,
            path=path,
            id=one["operationId"],
            summary=_text(one["summary"]),
            about=one.get("description", ""),
            permission=", ".join(one.get("x-permission", ())),
            open=not one["security"],
            inputs=tuple(inputs),
            outputs=tuple(self._content(success)),
            answers=tuple((code, _text(response["description"])) for code, response in one["responses"].items()),
        )

    def _content(self, holder: dict[str, Any]) -> Iterable[Field]:
        for media, content in holder.get("content", {}).items():
            schema = content.get("schema", {})
            whole = self._resolve(schema)
            if whole.get("properties"):
                yield from self._properties(whole, media)
            else:
                yield self._field("", media, schema, whole.get("description", ""), required=True)

    def _properties(self, whole: dict[str, Any], where: str) -> Iterable[Field]:
        needed = set(whole.get("required", ()))
        for name, one in whole["properties"].items():
            yield self._field(name, where, one, one.get("description", ""), required=name in needed)

    def _field(self, name: str, where: str, schema: dict[str, Any], about: str, *, required: bool) -> Field:
        objects = tuple(
            dict.fromkeys(one for one in references(schema) if self._resolve({"$ref": PREFIX + one}).get("properties"))
        )
        return Field(name, where, self._kind(schema), required, _text(about), objects)

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: dict[str, Any] = self.document["components"]["schemas"][reference.removeprefix(PREFIX)]
        return found

    def _kind(self, schema: dict[str, Any]) -> str:
        if "$ref" in schema:
            resolved = self._resolve(schema)
            return self._kind(resolved) if "enum" in resolved else str(schema["$ref"]).removeprefix(PREFIX)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return " | ".join(self._kind(one) for one in schema[word])
        if "enum" in schema or "const" in schema:
            return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
        if schema.get("type") == "array":
            one = self._kind(schema.get("items", {}))
            return f"({one})[]" if " | " in one else f"{one}[]"
        return str(schema.get("format") or schema.get("type") or "any") + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    """`string 1–200`: the limits people ask about first."""
    low, high = schema.get("minLength", schema.get("minimum")), schema.get("maxLength", schema.get("maximum"))
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f" ≤{high}" if low is None else f" ≥{low}"
    return f" {low}" if low == high else f" {low}–{high}"


def _text(both: str) -> Text:
    """`中文 / English` as written by `openapi.py`; a text in one language serves for both."""
    zh, slash, en = both.partition(" / ")
    return Text(zh, en) if slash else Text(both, both)
