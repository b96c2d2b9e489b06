"""Addresses of EST (RFC 7030 3.2.2): authenticate, call one function, answer in base64 as the clients expect."""

from __future__ import annotations

import base64
from collections.abc import Callable

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ca.chain import authorities
from ca.est import enrol
from ca.est.enrol import Caller
from ca.issue import IssuedCertificate
from ca.p7b import certificates_only
from ca.room import CaRoom
from foundation import der
from foundation.errors import TABLE, Unauthenticated, YinxinError
from foundation.text import Text
from foundation.web import client_certificate, csrf
from foundation.web.frame import room

blueprint = Blueprint("est", __name__, url_prefix="/.well-known/est")
csrf.exempt(blueprint)  # programs with a password or a certificate of their own, never a browser's cookie
_PKCS7 = "application/pkcs7-mime"
_SM2_KEY = ("1.2.840.10045.2.1", "1.2.156.10197.1.301")
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"


@blueprint.get("/cacerts")
@blueprint.get("/<label>/cacerts")
def ca_certificates(label: str | None = None) -> ResponseReturnValue:
    """4.1: the CAs of one suite, or of all."""
    found = [one.certificate.der for one in authorities(room(CaRoom)) if label in (None, one.suite)]
    if not found:
        return _text(404, "没有这个标签。 / There is no such label.")
    return _base64(certificates_only(found), _PKCS7)


@blueprint.get("/csrattrs")
@blueprint.get("/<label>/csrattrs")
def request_attributes(label: str | None = None) -> ResponseReturnValue:
    """4.5: what a request should hold: names as an extension request, and for SM2 the kind of key."""
    wanted = [der.oid(_EXTENSION_REQUEST)]
    if label == "sm2":
        wanted.append(der.sequence(der.oid(_SM2_KEY[0]), der.set_of((der.oid(_SM2_KEY[1]),))))
    return _base64(der.sequence(*wanted), "application/csrattrs")


@blueprint.post("/simpleenroll")
@blueprint.post("/<label>/simpleenroll")
def simple_enrol(label: str | None = None) -> ResponseReturnValue:
    del label  # the suite follows the key
    return _enrolled(enrol.enrol)


@blueprint.post("/simplereenroll")
@blueprint.post("/<label>/simplereenroll")
def simple_re_enrol(label: str | None = None) -> ResponseReturnValue:
    del label
    return _enrolled(enrol.re_enrol)


def _enrolled(act: Callable[[CaRoom, Caller, bytes], IssuedCertificate]) -> Response:
    ca = room(CaRoom)
    try:
        if request.mimetype != "application/pkcs10":
            return _text(415, "内容类型须为 application/pkcs10。 / Send application/pkcs10.")
        made = act(ca, _caller(ca), enrol.read_body(request.get_data(cache=False)))
    except YinxinError as error:
        return _refused(error)
    return _base64(certificates_only([made.der]), f"{_PKCS7}; smime-type=certs-only")


def _caller(ca: CaRoom) -> Caller:
    """The certificate of the connection first: a renewal may send an old password along (3.3.2)."""
    octets = client_certificate.presented(request, ca.ground.settings)
    if octets is not None:
        return enrol.by_certificate(ca, octets)
    given = request.authorization
    if given is None or given.type != "basic" or given.username is None or given.password is None:
        raise Unauthenticated(
            "est.login",
            Text("请以登记凭据或现有证书登录。", "Log in with the enrolment credential or the present certificate."),
        )
    return enrol.by_password(ca, given.username, given.password)


def _refused(error: YinxinError) -> Response:
    status = TABLE[error.kind].status
    response = _text(400 if status == 422 else status, f"{error.detail.zh} / {error.detail.en}")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="EST", charset="UTF-8"'
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _text(status: int, text: str) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")


def _base64(octets: bytes, media_type: str) -> Response:
    """RFC 8951 3: base64 without regard to the transfer-encoding header, which old clients still look for."""
    return Response(
        base64.encodebytes(octets), content_type=media_type, headers={"Content-Transfer-Encoding": "base64"}
    )
