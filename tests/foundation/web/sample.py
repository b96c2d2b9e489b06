"""An app with one route of every kind, and callers chosen by their bearer token, for tests of the frame alone."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import flask
from flask import Blueprint, Flask, render_template_string, session
from pydantic import Field, field_validator

from foundation.errors import Conflict, Damaged, NotFound, Unauthenticated, Unavailable, YinxinError
from foundation.ground import Ground
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from foundation.web import csrf, sessions
from foundation.web.api import (
    Answer,
    Binary,
    Call,
    ErrorShape,
    FileField,
    Media,
    Raw,
    Reply,
    Wire,
    api,
    bad,
    collect,
    documented,
    redirect,
)
from foundation.web.frame import Check, current_principal, language, make_app, require
from foundation.web.headers import allow_form_action, relax

SAID = Text("出了问题，请重试。", "It went wrong; try again.")
WRITER = Principal(Kind.CLIENT, "client:writer", frozenset({Permission.LICENCE_ISSUE}), client_id="writer")
OTHER = Principal(Kind.CLIENT, "client:other", frozenset({Permission.LICENCE_ISSUE}), client_id="other")
READER = Principal(Kind.CLIENT, "client:reader", frozenset({Permission.LICENCE_READ}), client_id="reader")
TOKENS = {"writer": WRITER, "other": OTHER, "reader": READER}
effects: list[str] = []
"""What idempotent routes really did."""


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Line(Wire):
    text: str = Field(min_length=1, max_length=20)
    count: int = Field(ge=1, le=9)


class NoteBody(Wire):
    title: str = Field(min_length=1, max_length=40, description="标题 / title")
    on: date
    colour: Colour = Colour.RED
    lines: tuple[Line, ...] = Field(default=(), max_length=5)
    number: str | None = Field(None, max_length=18)

    @field_validator("number")
    @classmethod
    def _even(cls, value: str | None) -> str | None:
        if value is not None and len(value) % 2:
            raise bad("位数应为偶数。", "Must have an even number of characters.")
        return value


class NoteOut(Wire):
    title: str
    on: date
    colour: Colour
    lines: tuple[Line, ...]
    by: str


class NotePath(Wire):
    id: str = Field(pattern=r"^[a-z]{1,8}$")


class ListQuery(Wire):
    limit: int = Field(20, ge=1, le=100)
    colour: list[Colour] = Field(default_factory=list, max_length=3)
    since: date | None = None
    text: str | None = Field(None, max_length=50)


class ListOut(Wire):
    limit: int
    colours: list[str]
    since: date | None


class StampForm(Wire):
    reason: str = Field(min_length=1, max_length=50)
    places: list[Line] = Field(default_factory=list, max_length=3)
    page: int = Field(1, ge=1, le=100)


class StampOut(Wire):
    reason: str
    places: list[Line]
    size: int
    filename: str


class TokenForm(Wire):
    grant_type: str = Field(max_length=20)
    scope: str | None = Field(None, max_length=50)


class TokenOut(Wire):
    access_token: str


class OAuthErrorOut(Wire):
    error: str
    error_description: str


class FailQuery(Wire):
    how: str = Field(max_length=20)


def _oauth(error: YinxinError) -> Answer:
    return Answer(OAuthErrorOut(error="invalid_request", error_description=error.code), status=400)


@api(
    "POST", "/api/v1/test/notes/{id}", tag="test", summary="写一条", summary_en="Write a note", path=NotePath,
    body=NoteBody, returns=NoteOut, status=201, permission=Permission.LICENCE_ISSUE, problems=("conflict",),
    audit="test.note",
)  # fmt: skip
def write_note(call: Call[NoteBody, None, NotePath]) -> NoteOut:
    if call.path.id == "taken":
        raise Conflict("test.taken", Text("已被占用，请换一个。", "It is taken; choose another."))
    body = call.body
    return NoteOut(title=body.title, on=body.on, colour=body.colour, lines=body.lines, by=call.principal.label)


@api(
    "GET", "/api/v1/test/notes", tag="test", summary="列出", summary_en="List notes", query=ListQuery, returns=ListOut,
    permission=(Permission.LICENCE_READ, Permission.LICENCE_ISSUE),
)  # fmt: skip
def list_notes(call: Call[None, ListQuery]) -> ListOut:
    query = call.query
    return ListOut(limit=query.limit, colours=[one.value for one in query.colour], since=query.since)


@api(
    "GET", "/api/v1/test/notes/{id}", tag="test", summary="一条", summary_en="One note", path=NotePath,
    returns=Media("application/pdf"),
)  # fmt: skip
def get_note(call: Call[None, None, NotePath]) -> Binary:
    if call.path.id.startswith("x"):
        raise NotFound("test.none", Text("没有这一条。", "There is no such note."))
    return Binary(b"%PDF-1.7", "application/pdf", filename="便笺 1.pdf")


@api("DELETE", "/api/v1/test/notes/{id}", tag="test", summary="删", summary_en="Delete", path=NotePath, login=True)
def delete_note(call: Call[None, None, NotePath]) -> None:
    del call


@api(
    "POST", "/api/v1/test/stamps", tag="test", summary="盖章", summary_en="Stamp", form=StampForm,
    files=(FileField("document", max_bytes=2000), FileField("extras", required=False, many=True)), returns=StampOut,
    max_bytes=8000,
)  # fmt: skip
def stamp(call: Call[None, None, None, StampForm]) -> StampOut:
    file = call.file("document")
    return StampOut(reason=call.form.reason, places=call.form.places, size=len(file.data), filename=file.filename)


@api(
    "POST", "/api/v1/test/effects", tag="test", summary="只做一次", summary_en="Done once", body=Line, returns=Line,
    status=201, permission=Permission.LICENCE_ISSUE, idempotent=True, problems=("conflict",),
)  # fmt: skip
def effect(call: Call[Line]) -> Line | Answer:
    if call.body.text == "refused":
        raise Conflict("test.refused", SAID)
    effects.append(call.key)
    return Answer(Line(text=call.body.text, count=min(9, len(effects))), headers={"Location": "/somewhere"})


@api(
    "POST", "/api/v1/test/big", tag="test", summary="大文件", summary_en="A big answer", body=Line,
    returns=Media("application/pdf"), permission=Permission.LICENCE_ISSUE, idempotent=True,
)  # fmt: skip
def big(call: Call[Line]) -> Binary:
    effects.append(call.key)
    return Binary(b"x" * 300_000, "application/pdf")


@api(
    "POST", "/ask/{name}/{rest:path}", tag="test", summary="原始", summary_en="Raw octets",
    raw=Raw(("application/ocsp-request",), max_bytes=100), returns=Media("application/ocsp-response"),
)  # fmt: skip
def ask(call: Call) -> Binary:
    return Binary(call.raw[::-1] or b"-", "application/ocsp-response", headers={"X-Rest": "seen"})


@api(
    "POST", "/oauth2/token", tag="oauth2", summary="令牌", summary_en="Token", form=TokenForm, returns=TokenOut,
    errors=ErrorShape(OAuthErrorOut, (400, 401), _oauth), rate="login",
)  # fmt: skip
def token(call: Call[None, None, None, TokenForm]) -> TokenOut:
    return TokenOut(access_token=call.form.grant_type)


@api(
    "GET", "/api/v1/test/away", tag="test", summary="转走", summary_en="Away",
    also=(Reply(303, Text("转到别处", "Elsewhere"), headers=("Location",)),),
)  # fmt: skip
def away(call: Call) -> Binary:
    del call
    return redirect("/elsewhere")


@api(
    "GET", "/api/v1/test/failures", tag="test", summary="出错", summary_en="Fail", query=FailQuery, returns=Line,
    problems=("damaged",),
)  # fmt: skip
def fail(call: Call[None, FailQuery]) -> Line:
    match call.query.how:
        case "bug":
            raise RuntimeError("secret detail 110101199003078515")
        case "damaged":
            raise Damaged("test.damaged", SAID)
        case "unavailable":
            raise Unavailable("test.away", SAID)
        case "wrong-type":
            return "text"  # type: ignore[return-value]
    return Line(text="fine", count=1)


AUTHORISE = documented(
    "GET", "/oauth2/authorize", name="authorise", tag="oauth2", summary="授权", summary_en="Authorise",
    also=(Reply(200, Text("页面", "A page"), "text/html"),),
)  # fmt: skip

ROUTES = collect(globals())


def pages() -> Blueprint:  # noqa: C901 - one small view per promise
    """Pages as the portal writes them."""
    found = Blueprint("pages", __name__)

    @found.get("/form")
    def form() -> str:
        return render_template_string(
            "{{ csrf_token() }}|{{ who }}|{{ session.get('note', '') }}", who=current_principal().label
        )

    @found.post("/form")
    def send() -> str:
        session["note"] = flask.request.form["note"]
        return render_template_string("{{ csrf_token() }}")

    @found.post("/login")
    def login() -> str:
        sid = sessions.start(f"person:{flask.request.form['who']}", {"via": "test"})
        return str(sid)

    @found.post("/step-up")
    def step_up() -> str:
        sessions.rotate(proved=True)
        return render_template_string("{{ csrf_token() }}")

    @found.post("/logout")
    def logout() -> str:
        sessions.end()
        return "bye"

    @found.post("/from-elsewhere")
    @csrf.exempt
    def from_elsewhere() -> str:
        return "taken"

    @found.get("/oauth2/authorize")
    def authorise() -> str:
        return "page"

    @found.get("/scan")
    @relax(wasm=True)
    def scan() -> str:
        return "scan"

    @found.get("/preview")
    @relax(framed=True)
    def preview() -> str:
        return "preview"

    @found.get("/consent")
    def consent() -> str:
        allow_form_action("https://dept.example:8443/callback?x=1")
        return "consent"

    @found.get("/private")
    def private() -> str:
        require(Permission.LICENCE_READ)
        return "private"

    @found.get("/language")
    def which() -> str:
        return language()

    @found.get("/crash")
    def crash() -> str:
        raise RuntimeError("110101199003078515")

    return found


def by_token(request: flask.Request) -> Principal | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    found = TOKENS.get(header.removeprefix("Bearer "))
    if found is None:
        raise Unauthenticated("auth.token", Text("令牌无效，请重新获取。", "The token is not valid; get a new one."))
    return found


def by_session(request: flask.Request) -> Principal | None:
    del request
    found = sessions.current()
    if found is None or found.subject is None:
        return None
    return Principal(Kind.CITIZEN, found.subject, frozenset({Permission.LICENCE_ISSUE}), session_id=str(found.id))


def make(ground: Ground, *, checks: tuple[Check, ...] = ()) -> Flask:
    effects.clear()
    return make_app(ground.settings, ground, (), ROUTES, (pages(),), (by_token, by_session), checks=checks)
