"""One of each kind of what the seal room puts out (各类产出), made by the ordinary verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import count

from ca.suites import Suite
from foundation.principal import SYSTEM
from seal import pictures
from seal.detached.orders import DetachedOrder, Shape
from seal.detached.signing import sign_detached
from seal.hash_only import local_ofd, local_pdf
from seal.hash_only.local import Request
from seal.make import make_seal
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder, PdfOrder, Placement, SealRecord, SealRequest
from seal.pdf_forms import Certification, Level, PdfForm
from seal.places import Edge, OnPages, Places, Riding, Way
from seal.several import Further, stamp_several
from seal.several_ofd import stamp_several_ofd
from seal.stamp import stamp_ofd, stamp_pdf
from tests.seal import papers
from tests.seal.conftest import MARKET, Region
from tests.seal.hash_only.test_orders import Wire
from tests.seal.placed import sheets

PLACE = Placement(1, 150, 240)
CONTENT = b"any octets at all\r\n\x00\xff" + "附件".encode()
SM2, RSA, P256 = (Suite.SM2,), (Suite.RSA,), (Suite.P256,)
Make = Callable[[Region], bytes]
_numbers = count(9100)


def pdf(suites: tuple[Suite, ...], place: Places = PLACE, *, pages: int = 1, **more: object) -> Make:
    def make(region: Region) -> bytes:
        order = PdfOrder(papers.pdf(pages), region.seal_id, place, region.key(), suites, **more)  # type: ignore[arg-type]
        return stamp_pdf(region.room, region.principal, order).document

    return make


def several(suites: tuple[Suite, ...]) -> Make:
    """Two seals of one department in one order."""

    def make(region: Region) -> bytes:
        order = PdfOrder(papers.pdf(2), region.seal_id, PLACE, region.key(), suites)
        further = Further(another(region).id, (Placement(1, 60, 100), Riding()))
        return stamp_several(region.room, region.principal, order, (further,)).document

    return make


def another(region: Region) -> SealRecord:
    number = f"2199000000{next(_numbers)}"
    return make_seal(region.room, SYSTEM, SealRequest(MARKET, "印川市市场监督管理局", number, "印川市市场监督管理局"))


def ofd(document: bytes | None = None, place: Places = PLACE, **more: object) -> Make:
    def make(region: Region) -> bytes:
        order = OfdOrder(document or papers.ofd(), region.seal_id, place, region.key(), **more)  # type: ignore[arg-type]
        return stamp_ofd(region.room, region.principal, order).document

    return make


def detached(suite: Suite, shape: Shape = Shape.CMS, *, attached: bool = False) -> Make:
    def make(region: Region) -> bytes:
        order = DetachedOrder(CONTENT, region.seal_id, region.key(), shape, suite, attached)
        return sign_detached(region.room, region.principal, order).document

    return make


def seal_file(region: Region) -> bytes:
    return pictures.esl(region.room, region.principal, region.seal_id)


def by_digest_pdf(suites: tuple[Suite, ...]) -> Make:
    """The department prepares and embeds; only digests travel."""
    return lambda region: local_pdf.stamp_pdf(Wire(region, region.key()), Request(papers.pdf(), PLACE, suites))


def by_digest_ofd(region: Region) -> bytes:
    return local_ofd.stamp_ofd(Wire(region, region.key()), Request(papers.ofd(), PLACE))


def several_ofd(region: Region) -> bytes:
    order = OfdOrder(papers.ofd(), region.seal_id, PLACE, region.key())
    further = Further(another(region).id, Placement(1, 60, 100))
    return stamp_several_ofd(region.room, region.principal, order, (further,)).document


INTERNATIONAL_PDFS: Mapping[str, Make] = {
    **{f"rsa {level}": pdf(RSA, level=level) for level in Level},
    **{f"p256 {level}": pdf(P256, level=level) for level in Level},
    "rsa open": pdf(RSA, closing=False),
    "rsa certified for forms": pdf(RSA, certify=Certification.FILL_AND_SIGN),
    "rsa riding, widgets": pdf(RSA, Riding(Edge.RIGHT, 150), pages=3),
    "rsa riding, content": pdf(RSA, Riding(Edge.LEFT, 150, way=Way.CONTENT), pages=3),
    "rsa on every page": pdf(RSA, OnPages(150, 240), pages=3),
    "rsa several": several(RSA),
    "dual sm2 and rsa": pdf((Suite.SM2, Suite.RSA)),
    "dual sm2 and p256, lta": pdf((Suite.SM2, Suite.P256), level=Level.B_LTA),
    "by digest, sm2 and rsa": by_digest_pdf((Suite.SM2, Suite.RSA)),
    "by digest, p256": by_digest_pdf(P256),
    "gm-cms and rsa": pdf((Suite.SM2, Suite.RSA), form=PdfForm.GM_CMS),
    "gm-seal and rsa": pdf((Suite.SM2, Suite.RSA), form=PdfForm.GM_SEAL),
}

SM2_PDFS: Mapping[str, Make] = {
    **{f"pades {level}": pdf(SM2, level=level) for level in Level},
    **{f"gm-cms {level}": pdf(SM2, form=PdfForm.GM_CMS, level=level) for level in (Level.B_B, Level.B_T)},
    **{f"gm-seal {level}": pdf(SM2, form=PdfForm.GM_SEAL, level=level) for level in (Level.B_B, Level.B_T)},
    "pades open": pdf(SM2, closing=False),
    "pades riding": pdf(SM2, Riding(Edge.RIGHT, 150), pages=3),
    "pades several": several(SM2),
}

OFDS: Mapping[str, Make] = {
    "ofd v4": ofd(),
    "ofd v5": ofd(version=5),
    "ofd open, no time stamp": ofd(closing=False, time_stamp=False),
    "ofd riding": ofd(sheets([["甲"]] * 3), Riding(Edge.RIGHT, 150)),
    "ofd dated": ofd(dated=date(2026, 11, 3)),
    "ofd several": several_ofd,
    "ofd by digest": by_digest_ofd,
    "ofd plain signature": ofd(place=(), form=OfdForm.SIGN),
}

SM2_FILES: Mapping[str, Make] = {
    "cms": detached(Suite.SM2),
    "gm-cms file": detached(Suite.SM2, Shape.GM_CMS),
    "jws": detached(Suite.SM2, Shape.JWS),
    "jws attached": detached(Suite.SM2, Shape.JWS, attached=True),
    "seal": seal_file,
}
