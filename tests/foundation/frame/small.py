"""A small app on the real frame (小型应用): one route for each promise of the frame, and a few pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import flask
from flask import Blueprint, Flask, render_template_string
from flask_wtf.csrf import generate_csrf
from pydantic import Field, field_validator
from sqlalchemy import func, select

from foundation import errors
from foundation.errors import FieldFault, YinxinError
from foundation.ground import Ground
from foundation.jobs import Job
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from foundation.web import csrf, sessions
from foundation.web.api import Answer, Binary, Call, FileField, Media, Raw, Route, Wire, api, bad, documented
from foundation.web.frame import Check, current_principal, ground, make_app
from foundation.web.headers import allow_form_action, relax

CLERK = {"Authorization": "Bearer clerk"}
READER = {"Authorization": "Bearer reader"}
PROGRAMS = {
    "clerk": Principal(Kind.CLIENT, "client:clerk", frozenset({Permission.LICENCE_ISSUE}), client_id="clerk"),
    "other": Principal(Kind.CLIENT, "client:other", frozenset({Permission.LICENCE_ISSUE}), client_id="other"),
    "reader": Principal(Kind.CLIENT, "client:reader", frozenset({Permission.LICENCE_READ}), client_id="reader"),
}
ITEM = {"name": "糕点", "amount": 2}
CITIZEN_NUMBER = "219901199003150021"
PHONE = "13900000001"
KINDS: dict[str, Callable[[Text], YinxinError]] = {
    "invalid-input": lambda text: errors.InvalidInput(
        "test.invalid", text, faults=(FieldFault("/data/name", Text("不对。", "Not right.")),)
    ),
    "unauthenticated": lambda text: errors.Unauthenticated("test.unauthenticated", text),
    "forbidden": lambda text: errors.Forbidden("test.forbidden", text),
    "not-found": lambda text: errors.NotFound("test.not_found", text),
    "conflict": lambda text: errors.Conflict("test.conflict", text),
    "too-large": lambda text: errors.TooLarge("test.too_large", text),
    "unsupported": lambda text: errors.Unsupported("test.unsupported", text),
    "too-many": lambda text: errors.TooMany("test.too_many", text, retry_after=7),
    "unavailable": lambda text: errors.Unavailable("test.unavailable", text),
    "damaged": lambda text: errors.Damaged("test.damaged", text),
}


class Item(Wire):
    name: str = Field(min_length=1, max_length=20)
    amount: int = Field(ge=0, le=100)
    on: date | None = None
    tags: tuple[str, ...] = ()

    @field_validator("name")
    @classmethod
    def _proper(cls, value: str) -> str:
        if value == "假":
            raise bad("名称不能用“假”。", "The name must not be 假.")
        return value


class ItemOut(Wire):
    name: str
    amount: int


class Search(Wire):
    limit: int = Field(10, ge=1, le=50)
    tag: tuple[str, ...] = ()
    exact: bool = False


class KindPath(Wire):
    kind: str = Field(pattern="^[a-z-]{1,20}$")


class NoteForm(Wire):
    title: str = Field(max_length=20)
    data: dict[str, str] = Field(default_factory=dict)


class FilesOut(Wire):
    title: str
    names: tuple[str, ...]
    sizes: tuple[int, ...]


gate = threading.Event()
gate.set()
"""Closed by a test that wants to see a request in progress."""
entered = threading.Event()


@api(
    "POST", "/api/v1/test/items", tag="test", summary="登记", summary_en="Register", body=Item, returns=ItemOut,
    status=201, permission=Permission.LICENCE_ISSUE, idempotent=True, problems=("not-found",),
)  # fmt: skip
def register(call: Call[Item]) -> ItemOut:
    """As a room's verb is: idempotent by the same key."""
    entered.set()
    gate.wait(10)
    if call.body.name == "无":
        raise KINDS["not-found"](Text("没有。", "None."))
    with ground().db.begin() as session:
        ground().jobs.enqueue(session, "test", call.key, {})
    return ItemOut(name=call.body.name, amount=call.body.amount)


@api(
    "POST", "/api/v1/test/big", tag="test", summary="大", summary_en="Big", returns=Media("application/pdf"),
    body=Item, permission=Permission.LICENCE_ISSUE, idempotent=True,
)  # fmt: skip
def big(call: Call[Item]) -> Binary:
    return Binary(call.body.name.encode() * 100_000, "application/pdf", filename="证照 1.pdf")


@api("POST", "/api/v1/test/echo", tag="test", summary="回", summary_en="Echo", body=Item, returns=ItemOut)
def echo(call: Call[Item]) -> ItemOut:
    return ItemOut(name=call.body.name, amount=call.body.amount)


@api("GET", "/api/v1/test/search", tag="test", summary="找", summary_en="Search", query=Search, returns=Search)
def search(call: Call[Any, Search]) -> Search:
    return call.query


@api("GET", "/api/v1/test/raise/{kind}", tag="test", summary="错", summary_en="Fail", path=KindPath,
     problems=tuple(KINDS))  # fmt: skip
def fail(call: Call[Any, Any, KindPath]) -> None:
    if call.path.kind not in KINDS:
        raise RuntimeError(f"number {CITIZEN_NUMBER} of {PHONE}")
    raise KINDS[call.path.kind](Text("发生了这件事。", "This happened."))


@api("GET", "/api/v1/test/items/{name}", tag="test", summary="看", summary_en="See", returns=ItemOut)
def see(call: Call) -> ItemOut:
    return ItemOut(name=call.path.name, amount=len(call.path.name))


@api("GET", "/api/v1/test/wrong", tag="test", summary="误", summary_en="Wrong", returns=ItemOut)
def wrong(call: Call) -> Any:
    return Search()


@api("GET", "/api/v1/test/mine", tag="test", summary="我", summary_en="Mine", returns=ItemOut, login=True)
def mine(call: Call) -> ItemOut:
    return ItemOut(name=call.principal.label, amount=0)


@api("POST", "/api/v1/test/mine", tag="test", summary="改", summary_en="Change", body=Item, returns=ItemOut, login=True)
def change(call: Call[Item]) -> Answer:
    return Answer(ItemOut(name=call.principal.label, amount=call.body.amount), 202, {"X-Kept": "yes"})


@api(
    "POST", "/api/v1/test/files", tag="test", summary="传", summary_en="Upload", form=NoteForm, returns=FilesOut,
    files=(FileField("document", max_bytes=1000), FileField("more", required=False, many=True)), max_bytes=5000,
)  # fmt: skip
def upload(call: Call[Any, Any, Any, NoteForm]) -> FilesOut:
    every = (call.file("document"), *call.files["more"])
    names, sizes = tuple(one.filename for one in every), tuple(len(one.data) for one in every)
    return FilesOut(title=call.form.title, names=names, sizes=sizes)


@api("POST", "/api/v1/test/form", tag="test", summary="表", summary_en="Form", form=NoteForm, returns=NoteForm)
def form(call: Call[Any, Any, Any, NoteForm]) -> NoteForm:
    return call.form


@api("POST", "/api/v1/test/raw", tag="test", summary="原", summary_en="Raw", raw=Raw(("application/x-test",), 100),
     returns=Media("application/x-test"))  # fmt: skip
def raw(call: Call) -> Binary:
    return Binary(call.raw[::-1], "application/x-test", filename="a.bin", inline=True)


@api("GET", "/api/v1/test/limited", tag="test", summary="限", summary_en="Limited", returns=ItemOut, rate="login")
def limited(_call: Call) -> ItemOut:
    return ItemOut(name="a", amount=0)


ROUTES: tuple[Route, ...] = (
    register, big, echo, search, fail, see, wrong, mine, change, upload, form, raw, limited,
)  # fmt: skip
PAGE = """<!doctype html><html lang="zh"><title>t</title><form method="post">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}"></form></html>"""

pages = Blueprint("pages", __name__)


@pages.get("/page")
def show() -> str:
    return render_template_string(PAGE)


@pages.post("/page")
def post() -> str:
    return "done"


@pages.post("/protocol")
@csrf.exempt
def protocol() -> str:
    return "done"


@pages.get("/token")
def token() -> str:
    return str(generate_csrf())


@pages.get("/remember")
def remember() -> str:
    flask.session["word"] = flask.request.args.get("word", "x")
    return "ok"


@pages.get("/recall")
def recall() -> str:
    return str(flask.session.get("word", "-"))


@pages.get("/login")
def login() -> str:
    return str(sessions.start("person:1", {"step": "1"}))


@pages.get("/rotate")
def rotate() -> str:
    sessions.rotate(proved=True)
    return "ok"


@pages.get("/logout")
def logout() -> str:
    sessions.end()
    return "ok"


@pages.get("/who")
def who() -> str:
    return current_principal().label


@pages.get("/scan")
@relax(wasm=True)
def scan() -> str:
    return "scan"


@pages.get("/framed")
@relax(framed=True)
def framed() -> str:
    return "framed"


@pages.get("/away")
def away() -> str:
    allow_form_action("https://dept.example/callback?state=1")
    return "away"


@pages.get("/broken")
def broken() -> str:
    raise RuntimeError(f"number {CITIZEN_NUMBER} of {PHONE}")


@pages.get("/missing")
def missing() -> str:
    raise KINDS["not-found"](Text("没有这份证照。", "There is no such licence."))


def by_bearer(request: flask.Request) -> Principal | None:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not given:
        return None
    if given not in PROGRAMS:
        raise errors.Unauthenticated("test.token", Text("令牌无效。", "The token is not valid."))
    return PROGRAMS[given]


def by_session(_request: flask.Request) -> Principal | None:
    current = sessions.current()
    if current is None or current.subject is None:
        return None
    return Principal(Kind.CITIZEN, current.subject, frozenset({Permission.LICENCE_ISSUE}), session_id=str(current.id))


def small_app(ground: Ground, *, checks: Sequence[Check] = ()) -> Flask:
    app = make_app(ground.settings, ground, (), ROUTES, (_fresh_pages(),), (by_bearer, by_session), checks=checks)
    app.add_url_rule("/form-page", view_func=documented_view, methods=["GET"])
    return app


def _fresh_pages() -> Blueprint:
    """Flask lets one blueprint object be registered on many apps, as long as its views stay."""
    return pages


def documented_view() -> str:
    return "page"


DOCUMENTED = documented(
    "GET", "/form-page", name="form_page", tag="test", summary="页", summary_en="A page", returns=Media("text/html")
)


def effects(ground: Ground) -> int:
    """How often `register` did its work."""
    with ground.db.read() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.kind == "test")) or 0
