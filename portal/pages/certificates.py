"""My certificates (我的证书): what I or my company hold, applying, and asking for something about one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response as BaseResponse

from ca.chain import chain
from ca.names import Subject
from ca.reading.crl import Reason
from ca.reading.identity import IdentityExtensions
from ca.registration import apply, codes, collect, evidence, holdings, policy, search, steps
from ca.registration.content import Content
from ca.registration.filing import Application
from ca.registration.policy import Channel, Delivery, Evidence
from ca.registration.room import RegistrationRoom
from ca.registration.states import ACTING, Kind, State, Step
from ca.schemas import decode, pem
from ca.suites import Suite
from foundation.errors import InvalidInput, NotFound, Unauthenticated, YinxinError
from foundation.principal import Principal
from foundation.text import Text
from foundation.web.frame import current_principal, language, room
from portal import forms

blueprint = Blueprint("certificates", __name__, url_prefix="/my/certificates")
KINDS: dict[str, tuple[str, Channel, Any]] = {
    "person": ("citizen", Channel.SELF, lazy_gettext("个人证书")),
    "company": ("legal-person", Channel.COMPANY, lazy_gettext("单位证书")),
}
_INPUTS = {
    "subject/common_name": "organization",
    "subject/organization": "organization",
    "identity/organization_code": "code",
    "phone": "phone",
    "suite": "suite",
    "delivery": "delivery",
}
DELIVERIES = {
    Delivery.PKCS12: lazy_gettext("证书文件（口令由您设定）"),
    Delivery.TOKEN: lazy_gettext("证书介质（UKey），由介质生成请求"),
}


@blueprint.get("")
def show() -> str:
    principal = _person()
    desk = room(RegistrationRoom)
    found, following = holdings.holdings(desk, principal, after=_uuid(request.args.get("after", "")))
    under_way = search.search(desk, principal, search.Query(mine=True, limit=20)).items
    return render_template(
        "pages/certificates/mine.html", holdings=found, applications=under_way, next=following, kinds=KINDS
    )


@blueprint.get("/apply/<which>")
def form(which: str) -> str:
    _person()
    return _form(which, {})


@blueprint.post("/apply/<which>")
def send(which: str) -> BaseResponse | tuple[str, int]:
    """File a draft, attach what was uploaded, submit when nothing is missing."""
    principal, desk = _person(), room(RegistrationRoom)
    profile, channel, _title = _kind(which)
    given = {name: request.form.get(name, "").strip()[:200] for name in ("organization", "code", "phone", "note")}
    given |= {name: request.form.get(name, "") for name in ("suite", "delivery")}
    name = given["organization"]
    content = Content(
        Subject(name, organization=name) if channel is Channel.COMPANY else Subject(""),
        IdentityExtensions(organization_code=given["code"].upper() or None),
        phone=given["phone"] or None,
        note=given["note"] or None,
    )
    wanted = Application(
        Kind.NEW,
        profile,
        Suite.RSA if given["suite"] == "rsa" else Suite.SM2,
        channel,
        Delivery.TOKEN if given["delivery"] == "token" else Delivery.PKCS12,
        content,
    )
    try:
        made = apply.file(desk, principal, wanted)
    except InvalidInput as error:
        found = forms.faults_of(error, "/")
        faults = {_INPUTS.get(pointer, "note"): text for pointer, text in found.items()}
        return _form(which, given, faults=faults, heading=error.detail.pick(language())), 422
    uploaded = request.files.get("file")
    if uploaded is not None and uploaded.filename:
        octets = uploaded.read(evidence.MOST_OCTETS + 1)
        evidence.attach(desk, principal, made, Evidence.BUSINESS_LICENCE, uploaded.filename, octets)
    if channel is Channel.SELF or (uploaded is not None and uploaded.filename):
        steps.take(desk, principal, made, Step.SUBMIT)
    return redirect(f"/my/certificates/applications/{made}", 303)


@blueprint.get("/applications/<uuid:application_id>")
def application(application_id: UUID) -> str:
    return _application(_person(), application_id)


@blueprint.post("/applications/<uuid:application_id>/steps")
def step(application_id: UUID) -> BaseResponse | tuple[str, int]:
    """Submit or withdraw."""
    principal = _person()
    wish = {"submit": Step.SUBMIT, "withdraw": Step.WITHDRAW}.get(request.form.get("step", ""))
    if wish is None:
        return _application(principal, application_id, fault=_("请从页面上的操作中选择。")), 422
    try:
        steps.take(room(RegistrationRoom), principal, application_id, wish)
    except InvalidInput as error:
        return _application(principal, application_id, fault=_said(error)), 422
    return redirect(f"/my/certificates/applications/{application_id}", 303)


@blueprint.post("/applications/<uuid:application_id>/evidence")
def attach(application_id: UUID) -> BaseResponse | tuple[str, int]:
    principal, given = _person(), request.files.get("file")
    kind = request.form.get("kind", "")
    if given is None or not given.filename or kind not in set(Evidence):
        return _application(principal, application_id, fault=_("请选择材料类型和文件。")), 422
    try:
        octets = given.read(evidence.MOST_OCTETS + 1)
        evidence.attach(room(RegistrationRoom), principal, application_id, Evidence(kind), given.filename, octets)
    except YinxinError as error:
        if isinstance(error, NotFound):
            raise
        return _application(principal, application_id, fault=_said(error)), 422
    return redirect(f"/my/certificates/applications/{application_id}", 303)


@blueprint.post("/applications/<uuid:application_id>/code")
def code(application_id: UUID) -> str:
    """Shown once, to the holder; to anybody else it goes by message."""
    principal = _person()
    made = codes.make(room(RegistrationRoom), principal, application_id)
    return _application(principal, application_id, code=made)


@blueprint.post("/applications/<uuid:application_id>/collection")
def take(application_id: UUID) -> Response | tuple[str, int]:
    """Redeem the code: a file under a password of one's own, or the certificate for a token's request."""
    principal = _person()
    password, csr_text = request.form.get("password", ""), request.form.get("csr", "").strip()
    if password != request.form.get("password_again", password):
        return _application(principal, application_id, fault=_("两次填写的口令不一致，请重新填写。")), 422
    try:
        csr = _decoded(csr_text) if csr_text else None
        handed = collect.collect(
            room(RegistrationRoom), application_id, request.form.get("code", ""), password=password or None, csr=csr
        )
    except YinxinError as error:
        return _application(principal, application_id, fault=_said(error)), 422
    if handed.pkcs12 is not None:
        return _file(handed.pkcs12, "application/x-pkcs12", "certificate.p12")
    text = "".join(pem(one) for one in (handed.certificate, *handed.chain)).encode()
    return _file(text, "application/x-pem-file", "certificate.pem")


@blueprint.get("/applications/<uuid:application_id>/certificate")
def download(application_id: UUID) -> Response:
    handed = collect.download(room(RegistrationRoom), _person(), application_id)
    above = chain(room(RegistrationRoom).ca, handed.certificate)
    text = "".join(pem(one) for one in (handed.certificate, *above)).encode()
    return _file(text, "application/x-pem-file", "certificate.pem")


@blueprint.get("/<uuid:certificate_id>/<kind>")
def ask(certificate_id: UUID, kind: str) -> str:
    return _ask(_person(), certificate_id, kind)


@blueprint.post("/<uuid:certificate_id>/<kind>")
def asked(certificate_id: UUID, kind: str) -> BaseResponse | tuple[str, int]:
    """Hold, release and revoke take effect at once for the holder; renewal and new keys are looked at first."""
    principal = _person()
    if request.form.get("confirm") != "yes":
        return _ask(principal, certificate_id, kind, fault=_("请勾选确认。")), 422
    reason = request.form.get("reason", "")
    wanted = Application(
        _about(kind),
        "citizen",  # the certificate's own profile is what counts
        Suite.SM2,
        Channel.SELF,
        Delivery.PKCS12 if kind == Kind.REKEY else Delivery.NONE,
        Content(Subject("")),
        certificate_id,
        Reason(int(reason)) if reason.isdigit() and int(reason) in set(Reason) else None,
    )
    try:
        made = apply.file(room(RegistrationRoom), principal, wanted)
        steps.take(room(RegistrationRoom), principal, made, Step.SUBMIT)
    except YinxinError as error:
        if isinstance(error, NotFound):
            raise
        return _ask(principal, certificate_id, kind, fault=_said(error)), 422
    return redirect(f"/my/certificates/applications/{made}", 303)


# --- pages -----------------------------------------------------------------------------------------------------------


def _form(which: str, given: dict[str, str], **more: Any) -> str:
    _profile, channel, title = _kind(which)
    return render_template(
        "pages/certificates/apply.html",
        which=which,
        title=title,
        company=channel is Channel.COMPANY,
        given=dict.fromkeys(("organization", "code", "phone", "note", "suite", "delivery"), "") | given,
        deliveries=[(key.value, word) for key, word in DELIVERIES.items()],
        **{"faults": {}, "heading": ""} | more,
    )


def _application(principal: Principal, application_id: UUID, **more: Any) -> str:
    desk = room(RegistrationRoom)
    whole = search.find(desk, principal, application_id)
    entry = whole.entry
    return render_template(
        "pages/certificates/application.html",
        whole=whole,
        entry=entry,
        pieces=evidence.pieces(desk, principal, application_id),
        wanted=[one.value for one in policy.evidence(entry.kind, entry.channel)],
        ready=entry.state is State.APPROVED and entry.delivery is not Delivery.NONE,
        file=entry.delivery is Delivery.PKCS12,
        issued=entry.issued_id is not None,
        **{"fault": "", "code": None} | more,
    )


def _ask(principal: Principal, certificate_id: UUID, kind: str, *, fault: str = "") -> str:
    wanted = _about(kind)
    one = holdings.holding(room(RegistrationRoom), principal, certificate_id)
    if wanted not in one.may:
        raise NotFound("ca.holding", Text("没有这张证书，或现在不能办理。", "No such certificate, or not now."))
    reasons = policy.reasons(wanted, subscriber=True) if wanted in (Kind.REVOKE, Kind.REKEY) else ()
    return render_template(
        "pages/certificates/ask.html", holding=one, kind=wanted, at_once=wanted in ACTING, reasons=reasons, fault=fault
    )


def _person() -> Principal:
    principal = current_principal()
    if principal.person_id is None:
        raise Unauthenticated("auth.required", Text("请以个人账号登录后办理。", "Log in as a person first."))
    return principal


def _kind(which: str) -> tuple[str, Channel, Any]:
    if which not in KINDS:
        raise NotFound("ca.application_kind", Text("没有这种申请。", "There is no such application."))
    return KINDS[which]


def _about(kind: str) -> Kind:
    if kind not in {one.value for one in Kind} or kind in (Kind.NEW, Kind.CHANGE):
        raise NotFound("ca.application_kind", Text("没有这种申请。", "There is no such application."))
    return Kind(kind)


def _decoded(text: str) -> bytes:
    try:
        return decode(text)
    except ValueError as error:
        raise InvalidInput(
            "ca.csr", Text("证书请求无法读取，请整段粘贴。", "The request cannot be read; paste all of it.")
        ) from error


def _said(error: YinxinError) -> str:
    told = [error.detail.pick(language())]
    return " ".join([*told, *(one.detail.pick(language()) for one in error.faults)])


def _file(octets: bytes, media_type: str, name: str) -> Response:
    return Response(
        octets,
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
