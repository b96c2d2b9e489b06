"""A route on Flask (接口挂载): permission, rate, input, idempotency, the function, the answer; in this order.

Who may not call learns nothing about what the call would have said, and nothing is parsed for him.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, request
from pydantic import BaseModel, TypeAdapter

from foundation.errors import TABLE, YinxinError
from foundation.principal import ANONYMOUS, Principal
from foundation.web import csrf, parsing
from foundation.web.answers import Answer, Binary, Media, Streamed
from foundation.web.api import Route
from foundation.web.calls import Call
from foundation.web.context import Frame, address, assume, current_principal, language, request_id, require
from foundation.web.idempotency import Idempotency, Outcome, fingerprint

log = structlog.get_logger("web.mounting")
JSON = "application/json"


def mount(app: Flask, frame: Frame) -> None:
    """Every route with a function of its own; documented views must already stand on the URL map."""
    for route in frame.routes:
        if route.handler is None:
            continue
        if route.operation_id in frame.endpoints:
            raise TypeError(f"two operations are called {route.operation_id}")
        frame.endpoints[route.operation_id] = route
        app.add_url_rule(
            route.rule,
            endpoint=route.operation_id,
            view_func=_view(route, frame),
            methods=[route.method],
            provide_automatic_options=False,
        )


def _view(route: Route, frame: Frame) -> Callable[..., Response]:
    limit = parsing.limit_of(route, frame.settings.web.max_upload_bytes)
    serialise = _serialiser(route)
    keys = Idempotency(frame.ground)

    def view(**path_values: str) -> Response:
        request.max_content_length = limit
        if route.form is not None and not route.files:
            request.max_form_memory_size = limit
        principal = _authorise(route)
        frame.limits.check(route.rate, principal, address())
        call, print_ = _parse(route, principal, path_values)

        def work() -> Outcome:
            return serialise(route(call))

        if route.idempotent:
            outcome = keys.run(
                caller=principal.label, route=route.operation_id, key=call.key, print_=print_(), work=work
            )
        else:
            outcome = work()
        return _response(outcome)

    def guarded(**path_values: str) -> Response:
        try:
            return view(**path_values)
        except YinxinError as error:
            if route.errors is not None:
                shaped = route.errors.render(error)
                return _response(_outcome(shaped, TABLE[error.kind].status))
            if error.kind not in expected:
                log.warning("problem.undocumented", operation=route.operation_id, kind=error.kind)
            raise

    expected = frozenset(documented_kinds(route))
    guarded.__name__ = route.name
    return guarded


def documented_kinds(route: Route) -> list[str]:
    """The kinds of problem this route can really answer with, least status first."""
    kinds = {"invalid-input", "too-many", "unavailable", "internal", *route.problems}
    if not route.public:
        kinds.add("unauthenticated")
    if route.permission or (not route.public and route.method != "GET"):
        kinds.add("forbidden")
    if route.path is not None:
        kinds.add("not-found")
    if route.body or route.raw or route.form or route.files:
        kinds |= {"too-large", "unsupported"}
    if route.idempotent:
        kinds.add("conflict")
    return sorted(kinds, key=lambda kind: (TABLE[kind].status, kind))


def _authorise(route: Route) -> Principal:
    if route.public:
        return _public_principal()
    principal = require(*route.permission)
    csrf.check_api(principal)
    return principal


def _public_principal() -> Principal:
    """On a public route a bad or unprovable credential makes nobody of the caller, not an error."""
    try:
        principal = current_principal()
        csrf.check_api(principal)
    except YinxinError as error:
        if error.kind not in ("unauthenticated", "forbidden"):
            raise
        assume(ANONYMOUS)
        return ANONYMOUS
    return principal


def _parse(
    route: Route, principal: Principal, path_values: dict[str, str]
) -> tuple[Call[Any, Any, Any, Any], Callable[[], str]]:
    path = parsing.path(route, path_values)
    query = parsing.query(route, request)
    key = parsing.idempotency_key(route, request)
    body: BaseModel | None = None
    plain: object = None
    form: BaseModel | None = None
    raw = b""
    files: dict[str, Any] = {}
    if route.body is not None:
        body, plain = parsing.json_body(route.body, request)
    elif route.raw is not None:
        raw = parsing.raw_body(route, request)
    elif route.form is not None or route.files:
        form, files = parsing.form_body(route, request)
    call = Call(
        principal=principal,
        body=body,
        query=query,
        path=path,
        form=form,
        raw=raw,
        files=files,
        idempotency_key=key,
        language=language(),
        request_id=request_id(),
        address=address(),
    )

    def print_() -> str:
        digests = {name: [hashlib.sha256(one.data).hexdigest() for one in many] for name, many in files.items()}
        return fingerprint(
            [
                path_values,
                query.model_dump(mode="json") if query else None,
                plain,
                hashlib.sha256(raw).hexdigest(),
                form.model_dump(mode="json") if form else None,
                digests,
            ]
        )

    return call, print_


def _serialiser(route: Route) -> Callable[[object], Outcome]:
    """Checks that the function gave what the route declares; models go straight to JSON octets."""
    model = None if route.returns is None or isinstance(route.returns, Media) else route.returns
    adapter: TypeAdapter[Any] | None = TypeAdapter(model) if model is not None else None
    plain_model = model if isinstance(model, type) and issubclass(model, BaseModel) else None

    def serialise(value: object) -> Outcome:
        if isinstance(value, (Binary, Answer, Streamed)):
            return _outcome(value, route.status)
        if value is None and adapter is None:
            return Outcome(route.status, {}, b"")
        if plain_model is not None and isinstance(value, plain_model):
            return Outcome(route.status, {"Content-Type": JSON}, _json(value))
        if adapter is None or plain_model is not None:
            raise TypeError(f"{route.operation_id} gave {type(value).__name__}, not what it declares")
        checked = adapter.validate_python(value)
        return Outcome(route.status, {"Content-Type": JSON}, adapter.dump_json(checked, by_alias=True))

    return serialise


def _json(value: BaseModel) -> bytes:
    return value.__pydantic_serializer__.to_json(value, by_alias=True)


def _outcome(value: Binary | Answer | Streamed, status: int) -> Outcome:
    if isinstance(value, Streamed):
        headers = {"Content-Type": value.media_type, "Content-Disposition": _saved(value.filename)}
        return Outcome(status, headers, b"", pieces=value.pieces)
    if isinstance(value, Answer):
        body = b"" if value.value is None else _json(value.value)
        headers = {} if value.value is None else {"Content-Type": JSON}
        return Outcome(value.status or status, headers | dict(value.headers), body)
    headers = {"Content-Type": value.media_type}
    if value.filename is not None:
        headers["Content-Disposition"] = _saved(value.filename, "inline" if value.inline else "attachment")
    return Outcome(value.status or status, headers | dict(value.headers), value.data)


def _saved(filename: str, kind: str = "attachment") -> str:
    return f"{kind}; filename*=UTF-8''{quote(filename, safe='')}"


def _response(outcome: Outcome) -> Response:
    body = outcome.body if outcome.pieces is None else outcome.pieces
    response = Response(body, outcome.status, outcome.headers)
    if "Content-Type" not in outcome.headers:
        del response.headers["Content-Type"]
    if outcome.replayed:
        response.headers["Idempotent-Replay"] = "true"
    return response
