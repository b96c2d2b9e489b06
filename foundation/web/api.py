"""The API decorator (接口声明): one declaration makes the route, its checks and its page in `openapi.yaml`.

A decorated function becomes a `Route`; a room collects them in its `api.py` with `ROUTES = collect(globals())`.
Declarations are checked when the module is imported, so a route that cannot be documented cannot exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, create_model

from foundation.errors import TABLE
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.answers import Answer, Binary, ErrorShape, Media, Reply, Streamed, redirect
from foundation.web.calls import Call, FileField, Raw, Upload, Wire, bad

__all__ = [
    "Answer",
    "Binary",
    "Call",
    "ErrorShape",
    "FileField",
    "Media",
    "Method",
    "RateClass",
    "Raw",
    "Reply",
    "Route",
    "Streamed",
    "Upload",
    "Wire",
    "api",
    "bad",
    "collect",
    "documented",
    "redirect",
]

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
RateClass = Literal["read", "write", "login", "public", "upload"]
Handler = Callable[[Call[Any, Any, Any, Any]], object]

PARAMETER = re.compile(r"\{([a-z_][a-z0-9_]*)(:path)?\}")
JSON_LIMIT = 1024 * 1024
"""Largest JSON or form body of a route that does not say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Everything the frame and `openapi.yaml` know about one operation. Calling it calls the function."""

    method: Method
    url: str
    tag: str
    summary: Text
    description: Text | None
    handler: Handler | None
    """None: documented here, served by a Flask view of its own (pages of protocols)."""
    name: str
    body: type[BaseModel] | None
    raw: Raw | None
    query: type[BaseModel] | None
    path: type[BaseModel] | None
    form: type[BaseModel] | None
    files: tuple[FileField, ...]
    returns: Any
    status: int
    also: tuple[Reply, ...]
    problems: tuple[str, ...]
    permission: tuple[Permission, ...]
    """Any one of these is enough; empty means public, or any login when `login` is set."""
    login: bool
    rate: RateClass
    audit: str | None
    idempotent: bool
    errors: ErrorShape | None
    max_bytes: int | None
    security: tuple[str, ...]

    def __call__(self, call: Call[Any, Any, Any, Any]) -> object:
        if self.handler is None:
            raise TypeError(f"{self.name} is served by a view of its own")
        return self.handler(call)

    @property
    def public(self) -> bool:
        return not self.permission and not self.login

    @property
    def operation_id(self) -> str:
        return f"{self.tag}_{self.name}".replace("-", "_")

    @property
    def rule(self) -> str:
        """The URL in Flask's spelling."""
        return PARAMETER.sub(lambda m: f"<path:{m[1]}>" if m[2] else f"<{m[1]}>", self.url)

    @property
    def template(self) -> str:
        """The URL in OpenAPI's spelling."""
        return PARAMETER.sub(lambda m: f"{{{m[1]}}}", self.url)


def api(
    method: Method,
    url: str,
    *,
    tag: str,
    summary: str,
    summary_en: str,
    description: Text | None = None,
    body: type[BaseModel] | None = None,
    raw: Raw | None = None,
    query: type[BaseModel] | None = None,
    path: type[BaseModel] | None = None,
    form: type[BaseModel] | None = None,
    files: Sequence[FileField] = (),
    returns: Any = None,
    status: int | None = None,
    also: Sequence[Reply] = (),
    problems: Sequence[str] = (),
    permission: Permission | Sequence[Permission] | None = None,
    login: bool = False,
    rate: RateClass | None = None,
    audit: str | None = None,
    idempotent: bool = False,
    errors: ErrorShape | None = None,
    max_bytes: int | None = None,
    security: Sequence[str] = (),
) -> Callable[[Handler], Route]:
    """Declare an operation. `permission=None` without `login` is public; a sequence means any one of them."""

    def declare(handler: Handler | None, name: str) -> Route:
        route = Route(
            method=method,
            url=url,
            tag=tag,
            summary=Text(summary, summary_en),
            description=description,
            handler=handler,
            name=name,
            body=body,
            raw=raw,
            query=query,
            path=path or _path_model(url, name),
            form=form,
            files=tuple(files),
            returns=returns,
            status=status or (204 if returns is None else 200),
            also=tuple(also),
            problems=tuple(problems),
            permission=_permissions(permission),
            login=login,
            rate=rate or _usual_rate(method, public=permission is None and not login, upload=bool(files)),
            audit=audit,
            idempotent=idempotent,
            errors=errors,
            max_bytes=max_bytes,
            security=tuple(security),
        )
        _check(route)
        return route

    return lambda handler: declare(handler, handler.__name__)


def documented(method: Method, url: str, *, name: str, **declaration: Any) -> Route:
    """Document an operation that a Flask view serves itself (`/oauth2/authorize`); takes what `api` takes."""
    route = api(method, url, **declaration)(_named(name))
    fields = {slot: getattr(route, slot) for slot in Route.__slots__}
    return Route(**{**fields, "handler": None})


def collect(namespace: Mapping[str, object]) -> tuple[Route, ...]:
    """Every route of a module, in the order they were declared. Give it the globals of the module."""
    return tuple(value for value in namespace.values() if isinstance(value, Route))


def _named(name: str) -> Handler:
    def handler(call: Call[Any, Any, Any, Any]) -> object:
        return call

    handler.__name__ = name
    return handler


def _permissions(given: Permission | Sequence[Permission] | None) -> tuple[Permission, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, Permission) else tuple(given)


def _usual_rate(method: Method, *, public: bool, upload: bool) -> RateClass:
    if upload:
        return "upload"
    if public:
        return "public"
    return "read" if method == "GET" else "write"


def _path_model(url: str, name: str) -> type[BaseModel] | None:
    """Plain text parameters when the route gives no model of its own."""
    names = [match[1] for match in PARAMETER.finditer(url)]
    if not names:
        return None
    text = (str, Field(min_length=1, max_length=4096 if ":path}" in url else 200))
    return create_model(f"{name}_path", __base__=Wire, **dict.fromkeys(names, text))  # type: ignore[call-overload,no-any-return]


def _check(route: Route) -> None:
    """Refuse a declaration that could not be served or documented."""

    def demand(holds: object, what: str) -> None:
        if not holds:
            raise TypeError(f"{route.method} {route.url}: {what}")

    names = {match[1] for match in PARAMETER.finditer(route.url)}
    demand(route.url.startswith("/") and "<" not in route.url, "write path parameters as {name}")
    demand("{" not in PARAMETER.sub("", route.url), "path parameters are {lower_case} or {lower_case:path}")
    demand(route.method in get_args(Method), "unknown method")
    demand(route.rate in get_args(RateClass), "unknown rate class")
    demand(set(route.problems) <= TABLE.keys(), f"problems are kinds of foundation.errors.TABLE: {sorted(TABLE)}")
    demand(sum(1 for one in (route.body, route.raw, route.form or route.files) if one) <= 1, "one kind of body")
    demand(route.method not in ("GET", "DELETE") or not (route.body or route.raw or route.form), "has no body")
    demand(names == set(route.path.model_fields if route.path else ()), "path model and path parameters differ")
    demand(not (route.idempotent and route.public), "an idempotent route needs a caller to belong to")
    demand(route.status != 204 or route.returns is None, "204 has no content")
    for model in (route.body, route.query, route.path, route.form):
        demand(model is None or model.model_config.get("extra") == "forbid", f"{model} must forbid extra fields (Wire)")
