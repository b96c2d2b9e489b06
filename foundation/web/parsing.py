"""Requests into typed input (请求解析): strict, bounded, and every refusal names the place."""

from __future__ import annotations

import re
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from foundation.errors import FieldFault, InvalidInput, TooLarge, Unsupported, Where
from foundation.text import Text
from foundation.web import strict_json
from foundation.web.api import JSON_LIMIT, Route
from foundation.web.calls import Upload
from foundation.web.faults import fault, from_validation, invalid
from foundation.web.shapes import Shape, shape_of

KEY = re.compile(r"[!-~]{1,200}")
MULTIPART_ROOM = 64 * 1024
"""Boundaries and part headers around the files themselves."""


def limit_of(route: Route, largest_upload: int) -> int:
    """Octets this route's body may have."""
    if route.raw is not None:
        return route.raw.max_bytes
    usual = largest_upload if route.files else JSON_LIMIT
    return (route.max_bytes or usual) + (MULTIPART_ROOM if route.files else 0)


def path(route: Route, values: dict[str, str]) -> BaseModel | None:
    if route.path is None:
        return None
    for name, value in values.items():
        if "\0" in value or "\ufffd" in value:  # werkzeug decodes broken UTF-8 to U+FFFD
            raise fault("path", name, "路径中有不允许的字符。", "The path holds a character that is not allowed.")
    return _validated(route.path, values, "path")


def query(route: Route, request: Request) -> BaseModel | None:
    if not request.query_string:
        return _validated(route.query, {}, "query") if route.query is not None else None
    values = _pairs(request.query_string, "query")
    return _from_pairs(route.query, values, "query")


def idempotency_key(route: Route, request: Request) -> str | None:
    if not route.idempotent:
        return None
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(key):
        raise fault(
            "header",
            "Idempotency-Key",
            "请在请求头 Idempotency-Key 中给出 1 至 200 个可见字符的唯一键；重试时使用同一个键。",
            "Send a unique key of 1 to 200 visible characters as header Idempotency-Key, and the same one on retry.",
            "request.idempotency_key",
        )
    return key


def json_body(model: type[BaseModel], request: Request) -> tuple[BaseModel, object]:
    """The model, and the plain object it came from (its fingerprint is taken from that)."""
    _media_type(request, ("application/json",))
    data = _octets(request)
    if not data:
        raise fault("body", "", "请求体为空，应为 JSON 对象。", "The body is empty; a JSON object is expected.")
    plain = strict_json.parse(data)
    try:
        return model.model_validate_json(data, strict=True), plain
    except ValidationError as error:
        raise invalid(from_validation(error, "body")) from None


def raw_body(route: Route, request: Request) -> bytes:
    if route.raw is None:
        return b""
    _media_type(request, route.raw.media_types)
    return _octets(request)


def form_body(route: Route, request: Request) -> tuple[BaseModel | None, dict[str, tuple[Upload, ...]]]:
    """A urlencoded form, or a multipart one when the route takes files."""
    if not route.files:
        _media_type(request, ("application/x-www-form-urlencoded",))
        return _from_pairs(route.form, _pairs(_octets(request), "form"), "form"), {}
    _media_type(request, ("multipart/form-data",))
    try:
        fields, files = request.form, request.files
    except HTTPException as error:
        _refuse(error)
    if not all(isinstance(name, str) for name in (*fields, *files)):  # Werkzeug's key of a part without a name is None
        raise fault("form", "", "有一部分没有名称。", "One part has no name.")
    values = [(name, value) for name in fields for value in fields.getlist(name)]
    for name, value in values:
        if "\0" in value or "\ufffd" in value or "\ufffd" in name:
            raise fault("form", name, "不是有效的 UTF-8 文本。", "This is not valid UTF-8 text.", "request.encoding")
    uploads = _uploads(route, {name: files.getlist(name) for name in files})
    return _from_pairs(route.form, values, "form"), uploads


def _uploads(route: Route, given: dict[str, list[FileStorage]]) -> dict[str, tuple[Upload, ...]]:
    known = {one.name: one for one in route.files}
    faults: list[FieldFault] = [
        FieldFault(name, Text("没有这个文件字段。", "There is no such file field."), "file")
        for name in given
        if name not in known
    ]
    taken: dict[str, tuple[Upload, ...]] = {}
    for name, one in known.items():
        parts = given.get(name, [])
        if not parts and one.required:
            faults.append(FieldFault(name, Text("缺少文件。", "The file is missing."), "file"))
        if len(parts) > 1 and not one.many:
            faults.append(FieldFault(name, Text("只能有一个文件。", "Only one file may be given."), "file"))
        taken[name] = tuple(_upload(name, part) for part in parts)
        if one.max_bytes is not None and any(len(part.data) > one.max_bytes for part in taken[name]):
            raise too_large(one.max_bytes, name)
    if faults:
        raise invalid(faults)
    return taken


def _upload(name: str, part: FileStorage) -> Upload:
    filename = "".join(c for c in re.split(r"[\\/]", part.filename or "")[-1] if c.isprintable())[:200]
    return Upload(name, filename, part.mimetype[:100] or "application/octet-stream", part.stream.read())


def _pairs(data: bytes, where: Where) -> list[tuple[str, str]]:
    try:
        text = data.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=1000)
    except UnicodeDecodeError:
        raise fault(
            where, "", "参数不是有效的 UTF-8 文本。", "The parameters are not valid UTF-8.", "request.encoding"
        ) from None
    except ValueError:
        raise fault(where, "", "参数太多或格式有误。", "The parameters are too many or malformed.") from None
    for name, value in pairs:
        if "\0" in value or "\0" in name:
            raise fault(
                where,
                name.replace("\0", ""),
                "文字中有不允许的字符。",
                "The text holds a character that is not allowed.",
                "request.text",
            )
    return pairs


def _from_pairs(model: type[BaseModel] | None, pairs: list[tuple[str, str]], where: Where) -> BaseModel | None:
    """Repeated names only for lists; a field that is an object is JSON text in its part."""
    if model is None:
        if pairs:
            raise fault(where, pairs[0][0], "没有这个参数。", "There is no such parameter.")
        return None
    shapes = shape_of(model)
    values: dict[str, Any] = {}
    for name, value in pairs:
        shape = shapes.get(name, Shape.TEXT)
        if shape is Shape.LIST:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise fault(where, name, "此参数只能出现一次。", "This parameter may appear only once.")
        elif shape is Shape.JSON:
            values[name] = _part(name, value, where)
        else:
            values[name] = value
    return _validated(model, values, where)


def _part(name: str, value: str, where: Where) -> object:
    try:
        return strict_json.parse(b'{"value":' + value.encode() + b"}")["value"]
    except InvalidInput as error:
        raise invalid([FieldFault(name, error.faults[0].detail, where)], error.code) from None


def _validated(model: type[BaseModel], values: dict[str, Any], where: Where) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(from_validation(error, where)) from None


def _media_type(request: Request, allowed: tuple[str, ...]) -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in allowed or charset not in ("utf-8", "utf8"):
        names = ", ".join(allowed)
        raise Unsupported(
            "request.media_type",
            Text(f"请求体的类型应为 {names}（UTF-8）。", f"The body must be of type {names} (UTF-8)."),
            faults=(FieldFault("Content-Type", Text(f"应为 {names}。", f"Must be {names}."), "header"),),
        )


def _octets(request: Request) -> bytes:
    try:
        return request.get_data(cache=False)
    except HTTPException as error:
        _refuse(error)


def _refuse(error: HTTPException) -> NoReturn:
    """Werkzeug's refusals while reading, as our own."""
    if isinstance(error, RequestEntityTooLarge):
        raise too_large() from None
    if isinstance(error, BadRequest):
        raise fault("body", "", "请求体无法读取，请检查格式。", "The body cannot be read; check its format.") from None
    raise error


def too_large(most: int | None = None, name: str | None = None) -> TooLarge:
    size = f"{most // 1024} KiB" if most else ""
    return TooLarge(
        "request.too_large",
        Text(
            f"文件或内容太大{'，最大 ' + size if size else ''}。请缩小后重试。",
            f"The file or content is too large{'; at most ' + size if size else ''}. Make it smaller and try again.",
        ),
        faults=(FieldFault(name, Text("太大。", "Too large."), "file"),) if name else (),
    )
