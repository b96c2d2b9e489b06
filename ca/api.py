"""Routes of the certificate room (证书接口): parse, authorise, call one function, render.

What relying parties fetch (certificates, lists, OCSP, time stamps) is public and speaks its own RFC; the rest is JSON.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from urllib.parse import unquote

from ca import crl, ocsp, timestamps
from ca.chain import authorities, chain
from ca.enrol import Enrolment, enrol
from ca.kmc.revoking import revoke_one
from ca.ocsp_cache import cache_headers
from ca.profiles import Role
from ca.room import CaRoom
from ca.schemas import (
    AuthoritiesOut,
    AuthorityOut,
    AuthorityPath,
    CertificateOut,
    CertificatePath,
    IssueBody,
    IssuedOut,
    ListQuery,
    OcspPath,
    PageOut,
    PartialListPath,
    RevocationOut,
    RevokeBody,
    SearchBody,
    pem,
)
from ca.search import Query, find, search
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, Media, Raw, api, collect
from foundation.web.frame import room

_CERTIFICATES = "/api/v1/ca/certificates"
_CERTIFICATE, _LIST = "application/pkix-cert", "application/pkix-crl"
_OCSP_REQUEST, _OCSP_ANSWER = "application/ocsp-request", "application/ocsp-response"
_STAMP_QUERY, _STAMP_REPLY = "application/timestamp-query", "application/timestamp-reply"


@api(
    "GET", "/ca/{ca}.cer", tag="ca", summary="下载 CA 证书", summary_en="Certificate of a CA, DER",
    path=AuthorityPath, returns=Media(_CERTIFICATE), problems=("not-found",),
)  # fmt: skip
def get_authority_certificate(call: Call[None, None, AuthorityPath]) -> Binary:
    found = room(CaRoom).authority(call.path.ca)
    return Binary(found.certificate.der, _CERTIFICATE, headers={"Cache-Control": "public, max-age=86400"})


@api(
    "GET", "/crl/{ca}.crl", tag="ca", summary="下载证书撤销列表", summary_en="Certificate revocation list of a CA, DER",
    path=AuthorityPath, returns=Media(_LIST), problems=("not-found", "unavailable"),
)  # fmt: skip
def get_crl(call: Call[None, None, AuthorityPath]) -> Binary:
    octets = crl.current(room(CaRoom), call.path.ca)
    return Binary(octets, _LIST, headers={"Cache-Control": "public, max-age=60"})


@api(
    "GET", "/crl/{ca}/{part}.crl", tag="ca", summary="下载分片或增量撤销列表",
    summary_en="Partial list of a CA: one shard by number, or the delta list, DER",
    path=PartialListPath, returns=Media(_LIST), problems=("not-found", "unavailable"),
)  # fmt: skip
def get_partial_crl(call: Call[None, None, PartialListPath]) -> Binary:
    ca, path = room(CaRoom), call.path
    octets = crl.delta(ca, path.ca) if path.part == "delta" else crl.shard(ca, path.ca, int(path.part))
    return Binary(octets, _LIST, headers={"Cache-Control": "public, max-age=60"})


@api(
    "POST", "/ocsp/{ca}", tag="ca", summary="查询证书状态（OCSP）", summary_en="Certificate status (OCSP, RFC 6960)",
    path=AuthorityPath, raw=Raw((_OCSP_REQUEST,), ocsp.MOST_OCTETS), returns=Media(_OCSP_ANSWER),
    problems=("not-found",), rate="public",
)  # fmt: skip
def post_ocsp(call: Call[None, None, AuthorityPath]) -> Binary:
    """Reached by what `ca.ocsp_front` has no stored answer for."""
    octets = ocsp.answer(room(CaRoom), call.path.ca, call.raw)
    return Binary(octets, _OCSP_ANSWER, headers={"Cache-Control": "no-store"})


@api(
    "GET", "/ocsp/{ca}/{request:path}", tag="ca", summary="查询证书状态（OCSP，GET）",
    summary_en="Certificate status with the request in the address (RFC 6960 A.1)",
    path=OcspPath, returns=Media(_OCSP_ANSWER), problems=("not-found",),
)  # fmt: skip
def get_ocsp(call: Call[None, None, OcspPath]) -> Binary:
    ca = room(CaRoom)
    made = ocsp.respond_to(ca, call.path.ca, _from_address(call.path.request))
    now = int(ca.ground.clock.now().timestamp())
    headers = {"Cache-Control": "no-store"} if made.stored is None else dict(cache_headers(made.stored, now))
    return Binary(made.octets, _OCSP_ANSWER, headers=headers)


def _from_address(text: str) -> bytes:
    """Base64 out of a path. Nonsense becomes nothing, which the responder answers as malformed."""
    try:
        return base64.b64decode(unquote(text), validate=True)
    except ValueError:
        return b""


@api(
    "POST", "/tsa", tag="ca", summary="申请时间戳（RFC 3161）", summary_en="Time stamp (RFC 3161)",
    description=Text(
        "摘要为 SM3 时用 SM2 签名，其余用 RSA；也可用请求中的策略 OID 指定。",
        "An SM3 imprint is signed with SM2, others with RSA; the policy in the request may choose otherwise.",
    ),
    raw=Raw((_STAMP_QUERY,), timestamps.MOST_OCTETS), returns=Media(_STAMP_REPLY), rate="public",
)  # fmt: skip
def post_timestamp(call: Call) -> Binary:
    return Binary(timestamps.answer(room(CaRoom), None, call.raw), _STAMP_REPLY, headers={"Cache-Control": "no-store"})


@api(
    "GET", "/api/v1/ca/authorities", tag="ca", summary="CA 列表", summary_en="Our CAs and where their files are",
    returns=AuthoritiesOut,
)  # fmt: skip
def list_authorities(call: Call) -> AuthoritiesOut:
    del call
    ca = room(CaRoom)
    return AuthoritiesOut(
        items=[
            AuthorityOut.of(
                one,
                certificate_url=ca.places.certificate(one.slug),
                crl_url=ca.places.crl(one.slug),
                ocsp_url=ca.places.ocsp(one.slug) if one.role is Role.ISSUING else None,
            )
            for one in authorities(ca)
        ]
    )


@api(
    "POST", _CERTIFICATES, tag="ca", summary="签发证书", summary_en="Issue a certificate for the key of a CSR",
    body=IssueBody, returns=IssuedOut, status=201, problems=("invalid-input", "forbidden", "conflict", "unavailable"),
    permission=Permission.CA_ISSUE, audit="ca.certificate.issue", idempotent=True,
)  # fmt: skip
def issue_certificate(call: Call[IssueBody]) -> IssuedOut:
    ca, body = room(CaRoom), call.body
    wanted = Enrolment(
        body.suite,
        body.profile,
        body.subject.subject(),
        body.identity.identity(),
        body.csr_octets(),
        # each program counts its own keys
        f"api:{call.principal.client_id or call.principal.label}:{call.key}"[:200],
        timedelta(days=body.validity_days) if body.validity_days else None,
        body.names.names(),
    )
    made = enrol(ca, call.principal, wanted)
    return IssuedOut(
        id=made.id,
        authority=made.issuer,
        serial=f"{made.serial:x}",
        not_before=made.not_before,
        not_after=made.not_after,
        sha256=made.fingerprint,
        certificate=pem(made.der),
        chain=[pem(above) for above in chain(ca, made.der)],
    )


@api(
    "GET", _CERTIFICATES, tag="ca", summary="证书列表", summary_en="Certificates, newest first",
    query=ListQuery, returns=PageOut, problems=("forbidden",), permission=Permission.CA_READ,
)  # fmt: skip
def list_certificates(call: Call[None, ListQuery]) -> PageOut:
    asked = call.query
    query = Query(
        profile=asked.profile,
        authority=asked.authority,
        standing=asked.status,
        serial=int(asked.serial, 16) if asked.serial else None,
        expires_before=asked.expires_before,
        after=asked.after,
        limit=asked.limit,
    )
    return PageOut.of(search(room(CaRoom), call.principal, query))


@api(
    "POST", "/api/v1/ca/search", tag="ca", summary="按名称检索证书",
    summary_en="Find by name; every search is on record",
    body=SearchBody, returns=PageOut, problems=("forbidden",), permission=Permission.CA_READ, rate="read",
    audit="ca.look_up",
)  # fmt: skip
def search_certificates(call: Call[SearchBody]) -> PageOut:
    query = Query(name=call.body.name, after=call.body.after, limit=call.body.limit)
    return PageOut.of(search(room(CaRoom), call.principal, query))


@api(
    "GET", _CERTIFICATES + "/{id}", tag="ca", summary="证书详情", summary_en="One certificate",
    path=CertificatePath, returns=CertificateOut, problems=("not-found",), permission=Permission.CA_READ,
)  # fmt: skip
def get_certificate(call: Call[None, None, CertificatePath]) -> CertificateOut:
    return CertificateOut.of(find(room(CaRoom), call.principal, call.path.id))


@api(
    "POST", _CERTIFICATES + "/{id}/revocation", tag="ca", summary="撤销证书", summary_en="Revoke a certificate",
    path=CertificatePath, body=RevokeBody, returns=RevocationOut, problems=("not-found", "conflict", "invalid-input"),
    permission=Permission.CA_REVOKE, audit="ca.certificate.revoke",
)  # fmt: skip
def revoke_certificate(call: Call[RevokeBody, None, CertificatePath]) -> RevocationOut:
    body = call.body
    made = revoke_one(room(CaRoom), call.principal, call.path.id, body.code(), invalidity=body.invalid_since)
    return RevocationOut.of(made)


ROUTES = collect(globals())
