"""`openapi.yaml` (接口文件; OpenAPI 3.1) from the declared routes: sorted, fixed order, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from foundation.errors import TABLE
from foundation.text import Text
from foundation.web.answers import Media
from foundation.web.api import Route
from foundation.web.components import Components, Schema, components, parameter
from foundation.web.mounting import documented_kinds
from foundation.web.shapes import Shape, shape_of

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PROBLEM = "application/problem+json"
_OCTETS = {"type": "string", "format": "binary"}
_ABOUT = """部门系统在 /oauth2/token 取得访问令牌，以 Authorization: Bearer 调用。
写操作带 Idempotency-Key：同一请求重试用同一个键。
错误以 application/problem+json（RFC 9457）返回，detail 说明发生了什么、接下来怎么做，语言由 Accept-Language 选择。

A department's system gets an access token at /oauth2/token and calls with Authorization: Bearer. Writing calls carry an
Idempotency-Key, the same one for every try. Errors are application/problem+json (RFC 9457) in the language of
Accept-Language; detail says what happened and what to do next.
"""


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The whole document as plain data."""
    schemas = components(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda one: (one.template, _METHODS.index(one.method))):
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "印信 Yinxin",
            "version": "1",
            "summary": "统一身份、电子印章、电子证照信任服务 / identity, e-seal and e-licence trust service",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({route.tag for route in routes})],
        "paths": paths,
        "components": {
            "securitySchemes": _security_schemes(),
            "schemas": dict(sorted({**schemas.used(paths), "Problem": _problem_schema()}.items())),
        },
    }


def write(routes: Sequence[Route]) -> str:
    """The text of `openapi.yaml`."""
    return dump(document(routes))


def dump(found: dict[str, Any]) -> str:
    return yaml.dump(found, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """No anchors: readers should not have to jump."""
        del data
        return True


def _operation(route: Route, schemas: Components) -> dict[str, Any]:
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


def _path_parameters(route: Route, schemas: Components) -> Iterable[dict[str, Any]]:
    if route.path is None:
        return
    for name, schema in schemas.fields(route.path)["properties"].items():
        yield _parameter(name, "path", schema, required=True)


def _query_parameters(route: Route, schemas: Components) -> Iterable[dict[str, Any]]:
    if route.query is None:
        return
    whole = schemas.fields(route.query)
    shapes = shape_of(route.query)
    for name, schema in whole.get("properties", {}).items():
        required = name in whole.get("required", ())
        yield _parameter(name, "query", schema, required=required, as_json=shapes[name] is Shape.JSON)


def _parameter(name: str, where: str, schema: Schema, *, required: bool, as_json: bool = False) -> dict[str, Any]:
    plain = dict(parameter(schema))
    found: dict[str, Any] = {"name": name, "in": where, "required": required}
    if about := plain.pop("description", None):
        found["description"] = about
    return found | ({"content": {"application/json": {"schema": plain}}} if as_json else {"schema": plain})


def _headers(route: Route) -> Iterable[dict[str, Any]]:
    if route.idempotent:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "同一请求重试时使用同一个键 / the same key for every try of one request",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        }


def _body(route: Route, schemas: Components) -> dict[str, Any] | None:
    if route.body is not None:
        content: dict[str, Any] = {"application/json": {"schema": schemas.input(route.body)}}
    elif route.raw is not None:
        content = {kind: {"schema": dict(_OCTETS)} for kind in route.raw.media_types}
    elif route.files:
        content = {"multipart/form-data": _multipart(route, schemas)}
    elif route.form is not None:
        content = {"application/x-www-form-urlencoded": {"schema": _fields(schemas.fields(route.form))}}
    else:
        return None
    return {"required": True, "content": content}


def _fields(whole: Schema) -> Schema:
    """A form's fields, where what may be left out is never null."""
    properties = {name: parameter(one) for name, one in whole.get("properties", {}).items()}
    return {**{k: v for k, v in whole.items() if k != "title"}, "properties": properties}


def _multipart(route: Route, schemas: Components) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    encoding: dict[str, Any] = {}
    if route.form is not None:
        fields = _fields(schemas.fields(route.form))
        properties |= fields.get("properties", {})
        required += fields.get("required", [])
        shapes = shape_of(route.form)
        encoding |= {name: {"contentType": "application/json"} for name in properties if shapes[name] is Shape.JSON}
    for file in route.files:
        one = {**_OCTETS, "description": _both(file.description)}
        properties[file.name] = {"type": "array", "items": one} if file.many else one
        encoding[file.name] = {"contentType": ", ".join(file.media_types)}
        if file.required:
            required.append(file.name)
    schema = {"type": "object", "additionalProperties": False, "properties": properties, "required": required}
    return {"schema": schema, "encoding": encoding}


def _responses(route: Route, schemas: Components) -> dict[str, Any]:
    responses: dict[int, dict[str, Any]] = {route.status: _success(route, schemas)}
    for reply in route.also:
        response: dict[str, Any] = {"description": _both(reply.description)}
        if reply.model is not None:
            media = reply.media_type or "application/json"
            response["content"] = {media: {"schema": schemas.output(reply.model)}}
        elif reply.media_type is not None:
            response["content"] = {reply.media_type: {"schema": {"type": "string"}}}
        if reply.headers:
            response["headers"] = {name: {"schema": {"type": "string"}} for name in reply.headers}
        if reply.status in responses:  # another form of the same answer
            responses[reply.status].setdefault("content", {}).update(response.get("content", {}))
            continue
        responses[reply.status] = response
    for status, response in _refusals(route, schemas).items():
        responses.setdefault(status, response)
    return {str(status): responses[status] for status in sorted(responses)}


def _success(route: Route, schemas: Components) -> dict[str, Any]:
    response: dict[str, Any] = {"description": "成功 / done"}
    if isinstance(route.returns, Media):
        response["description"] = _both(route.returns.description)
        response["content"] = {kind: {"schema": _written(kind)} for kind in route.returns.types}
    elif route.returns is not None:
        response["content"] = {"application/json": {"schema": schemas.output(route.returns)}}
    if route.idempotent:
        about = "true：这是先前同一请求的答复 / the answer given to the same request before"
        response["headers"] = {"Idempotent-Replay": {"description": about, "schema": {"type": "string"}}}
    return response


def _written(kind: str) -> dict[str, Any]:
    """Octets; but what a client reads as JSON is an object to it, also when we wrote it octet by octet."""
    return {"type": "object"} if kind.endswith(("/json", "+json")) else dict(_OCTETS)


def _refusals(route: Route, schemas: Components) -> dict[int, dict[str, Any]]:
    if route.errors is not None:
        content = {"application/json": {"schema": schemas.output(route.errors.model)}}
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
            "description": "浏览器会话，https 下名为 __Host-yinxin；写操作须带 X-CSRF-Token 请求头 / "
            "a browser session, called __Host-yinxin on https; writing needs the header X-CSRF-Token",
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
