"""The API reference (接口文档): `/docs` from the same document as `/openapi.yaml`; no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from flask import Blueprint, Response, render_template

from foundation.errors import TABLE
from foundation.web import openapi
from foundation.web.api import Route
from foundation.web.context import language

_STYLE = Path(__file__).parent / "static" / "docs.css"
_ROOMS = {
    "ca": ("证书", "Certificates"),
    "seal": ("印章与用章", "Seals and stamping"),
    "verify": ("核验", "Verification"),
    "licence": ("电子证照", "Licences"),
    "sso": ("登录", "Login"),
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    where: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the page."""

    method: str
    path: str
    id: str
    zh: str
    en: str
    about: str
    permission: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]


class Reference:
    """The document, read once for people."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.text = openapi.write(routes)
        self._document: dict[str, Any] = yaml.safe_load(self.text)

    @cached_property
    def groups(self) -> list[tuple[str, tuple[str, str], list[Operation]]]:
        found: dict[str, list[Operation]] = {}
        for path, methods in self._document["paths"].items():
            for method, one in methods.items():
                found.setdefault(one["tags"][0], []).append(self._operation(method.upper(), path, one))
        return [(tag, _ROOMS.get(tag, (tag, tag)), found[tag]) for tag in sorted(found)]

    def _operation(self, method: str, path: str, one: dict[str, Any]) -> Operation:
        zh, _, en = one["summary"].partition(" / ")
        inputs = [
            Field(
                p["name"], p["in"], self._kind(p.get("schema", {})), p.get("required", False), p.get("description", "")
            )
            for p in one.get("parameters", ())
        ]
        for media, content in one.get("requestBody", {}).get("content", {}).items():
            inputs += list(self._fields(content.get("schema", {}), media))
        success: dict[str, Any] = next((r for code, r in one["responses"].items() if code.startswith("2")), {})
        outputs: list[Field] = []
        for media, content in success.get("content", {}).items():
            outputs += list(self._fields(content.get("schema", {}), media))
        return Operation(
            method=method,
            path=path,
            id=one["operationId"],
            zh=zh,
            en=en,
            about=one.get("description", ""),
            permission=", ".join(one.get("x-permission", ())),
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            answers=tuple((code, response["description"]) for code, response in one["responses"].items()),
        )

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        reference = schema.get("$ref")
        return self._document["components"]["schemas"][reference.rsplit("/", 1)[-1]] if reference else schema

    def _fields(self, schema: dict[str, Any], media: str) -> Iterable[Field]:
        whole = self._resolve(schema)
        properties = whole.get("properties")
        if not properties:
            yield Field("", media, self._kind(schema), required=True, about=whole.get("description", ""))
            return
        required = set(whole.get("required", ()))
        for name, one in properties.items():
            yield Field(
                name,
                media,
                self._kind(one),
                name in required,
                self._resolve(one).get("description", one.get("title", "")),
            )

    def _kind(self, schema: dict[str, Any]) -> str:
        if "$ref" in schema:
            resolved = self._resolve(schema)
            return " | ".join(map(str, resolved["enum"])) if "enum" in resolved else schema["$ref"].rsplit("/", 1)[-1]
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return " | ".join(self._kind(one) for one in schema[word])
        if "enum" in schema:
            return " | ".join(map(str, schema["enum"]))
        if schema.get("type") == "array":
            return f"{self._kind(schema.get('items', {}))}[]"
        return str(schema.get("format") or schema.get("type") or "any")


def blueprint(routes: Sequence[Route]) -> Blueprint:
    pages = Blueprint("docs", __name__, template_folder="templates")
    reference = Reference(routes)

    @pages.get("/openapi.yaml")
    def openapi_yaml() -> Response:
        answer = Response(reference.text, content_type="application/yaml; charset=utf-8")
        answer.headers["Cache-Control"] = "public, max-age=300"
        return answer

    @pages.get("/docs")
    def docs_page() -> str:
        return render_template("web/docs.html", groups=reference.groups, problems=TABLE, lang=language())

    @pages.get("/docs.css")
    def docs_style() -> Response:
        answer = Response(_STYLE.read_bytes(), content_type="text/css; charset=utf-8")
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer

    return pages
