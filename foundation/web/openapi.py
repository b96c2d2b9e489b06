"""`openapi.yaml` (接口文件; OpenAPI 3.1) from the declared routes: sorted, fixed order, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from foundation.errors import TABLE
from foundation.text import Text
from foundation.web.answers import Media
from foundation.web.api import Route
from foundation.web.mounting import documented_kinds
from foundation.web.shapes import Shape, shape_of

_REF = "#/components/schemas/{model}"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PROBLEM = "application/problem+json"

Schemas = dict[tuple[Any, JsonSchemaMode], dict[str, Any]]


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The whole document as plain data."""
    schemas, definitions = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda one: (one.template, _METHODS.index(one.method))):
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "印信 Yinxin",
            "version": "1",
            "summary": "统一身份、电子印章、电子证照信任服务 / identity, e-seal and e-licence trust service",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({route.tag for route in routes})],
        "paths": paths,
        "components": {
            "securitySchemes": _security_schemes(),
            "schemas": dict(sorted({**definitions, "Problem": _problem_schema()}.items())),
        },
    }


def write(routes: Sequence[Route]) -> str:
    """The text of `openapi.yaml`."""
    return yaml.dump(document(routes), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """No anchors: readers should not have to jump."""
        del data
        return True


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


def _schemas(routes: Sequence[Route]) -> tuple[Schemas, dict[str, Any]]:
    wanted: dict[tuple[Any, JsonSchemaMode], Any] = {}
    for route in routes:
        for model, mode in _models(route):
            wanted.setdefault((model, mode), TypeAdapter(model).core_schema)
    inputs = [(key, key[1], core) for key, core in wanted.items()]
    found, definitions = GenerateJsonSchema(by_alias=True, ref_template=_REF).generate_definitions(inputs)
    return {key: found[key, key[1]] for key in wanted}, {str(name): one for name, one in definitions.items()}


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "tags": [route.tag],
        "summary": f"{route.summary.zh} / {route.summary.en}",
    }
    if route.description is not None:
        operation["description"] = f"{route.description.zh}\n\n{route.description.en}"
    parameters = [*_path_parameters(route, schemas), *_query_parameters(route, schemas), *_headers(route)]
    if parameters:
        operation["parameters"] = parameters
    body = _body(route, schemas)
    if body is not None:
        operation["requestBody"] = body
    operation["responses"] = _responses(route, schemas)
    operation["security"] = _security(route)
    if route.permission:
        operation["x-permission"] = [permission.value for permission in route.permission]
    operation["x-rate-class"] = route.rate
    if route.audit:
        operation["x-audit"] = route.audit
    return operation


def _resolved(schema: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Properties of a model that has become a reference."""
    if "$ref" not in schema:
        return schema
    return model.model_json_schema(ref_template=_REF, mode="validation")


def _path_parameters(route: Route, schemas: Schemas) -> Iterable[dict[str, Any]]:
    if route.path is None:
        return
    properties = _resolved(schemas[route.path, "validation"], route.path)["properties"]
    for name, schema in properties.items():
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(route: Route, schemas: Schemas) -> Iterable[dict[str, Any]]:
    if route.query is None:
        return
    whole = _resolved(schemas[route.query, "validation"], route.query)
    shapes = shape_of(route.query)
    for name, schema in whole.get("properties", {}).items():
        parameter: dict[str, Any] = {"name": name, "in": "query", "required": name in whole.get("required", ())}
        if shapes[name] is Shape.JSON:
            parameter["content"] = {"application/json": {"schema": schema}}
        else:
            parameter["schema"] = schema
        yield parameter


def _headers(route: Route) -> Iterable[dict[str, Any]]:
    if route.idempotent:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "同一请求重试时使用同一个键 / the same key for every try of one request",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        }


def _body(route: Route, schemas: Schemas) -> dict[str, Any] | None:
    if route.body is not None:
        content: dict[str, Any] = {"application/json": {"schema": schemas[route.body, "validation"]}}
    elif route.raw is not None:
        content = {kind: {"schema": {}} for kind in route.raw.media_types}
    elif route.files:
        content = {"multipart/form-data": _multipart(route, schemas)}
    elif route.form is not None:
        content = {"application/x-www-form-urlencoded": {"schema": schemas[route.form, "validation"]}}
    else:
        return None
    return {"required": True, "content": content}


def _multipart(route: Route, schemas: Schemas) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    encoding: dict[str, Any] = {}
    if route.form is not None:
        fields = _resolved(schemas[route.form, "validation"], route.form)
        properties |= fields.get("properties", {})
        required += fields.get("required", [])
        shapes = shape_of(route.form)
        encoding |= {name: {"contentType": "application/json"} for name in properties if shapes[name] is Shape.JSON}
    for file in route.files:
        one = {"type": "string", "format": "binary", "description": _both(file.description)}
        properties[file.name] = {"type": "array", "items": one} if file.many else one
        encoding[file.name] = {"contentType": ", ".join(file.media_types)}
        if file.required:
            required.append(file.name)
    schema = {"type": "object", "additionalProperties": False, "properties": properties, "required": required}
    return {"schema": schema, "encoding": encoding}


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    responses: dict[int, dict[str, Any]] = {route.status: _success(route, schemas)}
    for reply in route.also:
        response: dict[str, Any] = {"description": _both(reply.description)}
        if reply.model is not None:
            media = reply.media_type or "application/json"
            response["content"] = {media: {"schema": schemas[reply.model, "serialization"]}}
        elif reply.media_type is not None:
            response["content"] = {reply.media_type: {"schema": {"type": "string"}}}
        if reply.headers:
            response["headers"] = {name: {"schema": {"type": "string"}} for name in reply.headers}
        responses[reply.status] = response
    for status, response in _refusals(route, schemas).items():
        responses.setdefault(status, response)
    return {str(status): responses[status] for status in sorted(responses)}


def _success(route: Route, schemas: Schemas) -> dict[str, Any]:
    response: dict[str, Any] = {"description": "成功 / done"}
    if isinstance(route.returns, Media):
        response["description"] = _both(route.returns.description)
        response["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in route.returns.types}
    elif route.returns is not None:
        response["content"] = {"application/json": {"schema": schemas[route.returns, "serialization"]}}
    if route.idempotent:
        about = "true：这是先前同一请求的答复 / the answer given to the same request before"
        response["headers"] = {"Idempotent-Replay": {"description": about, "schema": {"type": "string"}}}
    return response


def _refusals(route: Route, schemas: Schemas) -> dict[int, dict[str, Any]]:
    if route.errors is not None:
        content = {"application/json": {"schema": schemas[route.errors.model, "serialization"]}}
        return {status: {"description": "拒绝 / refused", "content": content} for status in route.errors.statuses}
    grouped: dict[int, list[Text]] = {}
    for kind in documented_kinds(route):
        grouped.setdefault(TABLE[kind].status, []).append(TABLE[kind].title)
    found = {}
    for status, titles in grouped.items():
        response: dict[str, Any] = {
            "description": "; ".join(_both(title) for title in titles),
            "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in (429, 503):
            response["headers"] = {"Retry-After": {"schema": {"type": "string"}}}
        found[status] = response
    return found


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.security:
        return [{name: []} for name in route.security]
    if route.public:
        return []
    return [{"bearer": []}, {"session": []}]


def _security_schemes() -> dict[str, Any]:
    return {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "部门系统的访问令牌（/oauth2/token，client_credentials） / a department's access token",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "yinxin",
            "description": "浏览器会话；写操作须带 X-CSRF-Token 请求头 / a browser session; writing needs X-CSRF-Token",
        },
    }


def _problem_schema() -> dict[str, Any]:
    fault = {
        "type": "object",
        "required": ["pointer", "in", "detail"],
        "properties": {"pointer": {"type": "string"}, "in": {"type": "string"}, "detail": {"type": "string"}},
    }
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "RFC 9457。detail 说明发生了什么、接下来怎么做 / detail says what happened and what to do next.",
        "required": ["type", "title", "status", "detail", "instance", "code"],
        "properties": {
            "type": {**text, "format": "uri"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": {**text, "description": "请求编号 / request id"},
            "code": text,
            "errors": {"type": "array", "items": fault},
        },
    }


def _both(text: Text) -> str:
    return f"{text.zh} / {text.en}"
