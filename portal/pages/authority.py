"""Certificates for those who run the CA (证书管理): tree, search, one certificate, expiries, health of lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from ca import ocsp_ages
from ca.chain import authorities, chain
from ca.crl_schedule import ages
from ca.errors import CertificateUnknown
from ca.p7b import certificates_only
from ca.profiles import PROFILES
from ca.reading.certificate import Certificate, read_certificate
from ca.room import CaRoom
from ca.schemas import pem
from ca.search import Query, Standing, find, search
from foundation.clock import SHANGHAI
from foundation.principal import Permission, Principal
from foundation.web.frame import require, room
from portal import wording
from portal.authority import drawing, expiry, history
from portal.authority.decoded import decoded
from portal.authority.seeking import query_of
from portal.overview import tree
from portal.pages import standing

blueprint = Blueprint("authority", __name__, url_prefix="/authority")
_MOST_SOUGHT = 8192
_PAGE = 50
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: a CA above."""

    slug: str
    certificate: Certificate


@blueprint.get("")
def show() -> str:
    require(Permission.CA_READ)
    roots = tree(room(CaRoom))
    return render_template(
        "pages/authority/tree.html", density="dense", drawing=drawing.draw(roots), nodes=list(drawing.flat(roots))
    )


@blueprint.get("/certificates")
def certificates() -> str:
    principal = require(Permission.CA_READ)
    asked = {name: request.args.get(name, "").strip() for name in ("profile", "authority", "status", "after")}
    query = Query(
        profile=asked["profile"] if asked["profile"] in PROFILES else None,
        authority=asked["authority"] or None,
        standing=Standing(asked["status"]) if asked["status"] in set(Standing) else None,
        after=_uuid(asked["after"]),
        limit=_PAGE,
    )
    return _list(principal, query, asked)


@blueprint.post("/certificates")
def seek() -> str | tuple[str, int]:
    """By a name or a pasted certificate: it travels in the body, and a look-up by name is on record."""
    principal = require(Permission.CA_READ)
    text = request.form.get("text", "").strip()[:_MOST_SOUGHT]
    if not text:
        return _list(principal, Query(limit=_PAGE), {}, faults={"text": _("请填写要查找的内容。")}), 422
    return _list(principal, query_of(text, Query(limit=_PAGE)), {"text": text}, found_by=True)


@blueprint.get("/certificates/<uuid:certificate_id>")
def certificate(certificate_id: UUID) -> str:
    principal, ca = require(Permission.CA_READ), room(CaRoom)
    entry = find(ca, principal, certificate_id)
    parsed = read_certificate(entry.octets) if entry.octets is not None else None
    return render_template(
        "pages/authority/certificate.html",
        density="dense",
        entry=entry,
        profile=PROFILES.get(entry.profile),
        decoded=decoded(parsed) if parsed is not None else None,
        chain=_chain(ca, parsed) if parsed is not None else [],
        history=history.history(ca, certificate_id),
        twin=standing.twin(principal, certificate_id),
        may=standing.may(principal, entry),
    )


@blueprint.get("/certificates/<uuid:certificate_id>.<string:form>")
def download(certificate_id: UUID, form: str) -> Response:
    """PEM with its chain, DER alone, or a bundle (P7B). Certificates of people are their holders' to hand out."""
    entry = find(room(CaRoom), require(Permission.CA_READ), certificate_id)
    if entry.octets is None or form not in _FORMS:
        raise CertificateUnknown
    above = chain(room(CaRoom), entry.octets)
    media_type, make = _FORMS[form]
    name = f"{entry.serial}.{form}"
    return Response(
        make(entry.octets, above),
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


_FORMS: dict[str, tuple[str, Any]] = {
    "pem": ("application/x-pem-file", lambda leaf, above: "".join(pem(one) for one in (leaf, *above))),
    "cer": ("application/pkix-cert", lambda leaf, _above: leaf),
    "p7b": ("application/x-pkcs7-certificates", lambda leaf, above: certificates_only([leaf, *above])),
}


@blueprint.get("/expiry")
def expiries() -> str:
    principal, ca = require(Permission.CA_READ), room(CaRoom)
    first = expiry.month_of(request.args.get("month", ""), ca.ground.clock.now().astimezone(SHANGHAI).date())
    begin, end = expiry.span(first)
    after = _uuid(request.args.get("after", ""))
    found = search(
        ca, principal, Query(expires_after=begin, expires_before=end, after=after, limit=_PAGE, standing=Standing.VALID)
    )
    key = f"{first:%Y-%m}"
    return render_template(
        "pages/authority/expiry.html",
        density="dense",
        months=expiry.months(ca, principal),
        chosen=key,
        rows=found.items,
        next_url=f"/authority/expiry?{urlencode({'month': key, 'after': str(found.next)})}" if found.next else "",
    )


@blueprint.get("/health")
def health() -> str:
    require(Permission.CA_READ)
    ca = room(CaRoom)
    check = ocsp_ages.last_check(ca)
    return render_template(
        "pages/authority/health.html",
        density="dense",
        lists=ages(ca),
        answers=ocsp_ages.ages(ca),
        check=check,
        findings=json.loads(check.findings)[:_SHOWN] if check is not None else [],
    )


def _list(principal: Principal, query: Query, asked: dict[str, str], **more: Any) -> str:
    page = search(room(CaRoom), principal, query)
    kept = {key: asked[key] for key in ("profile", "authority", "status") if asked.get(key)}
    next_url = f"/authority/certificates?{urlencode({**kept, 'after': str(page.next)})}" if page.next else ""
    return render_template(
        "pages/authority/certificates.html",
        density="dense",
        rows=page.items,
        query=dict.fromkeys(("profile", "authority", "status", "text"), "") | asked,
        profiles=[(one.name, one.title) for one in PROFILES.values()],
        authorities=[one.slug for one in authorities(room(CaRoom))],
        standings=[(one.value, wording.certificate_state(one.value).text) for one in Standing],
        first_url=f"/authority/certificates?{urlencode(kept)}" if query.after else "",
        **{"faults": {}, "found_by": False, "next_url": "" if more.get("found_by") else next_url} | more,
    )


def _chain(ca: CaRoom, parsed: Certificate) -> list[Link]:
    """Root first, so that it reads downwards."""
    by_octets = {one.certificate.der: one for one in authorities(ca)}
    above = [by_octets[octets] for octets in chain(ca, parsed.der)]
    return [Link(one.slug, one.certificate) for one in reversed(above)]


def _uuid(text: str) -> UUID | None:
    """A paging mark somebody cut short begins at the first page again."""
    try:
        return UUID(text)
    except ValueError:
        return None
