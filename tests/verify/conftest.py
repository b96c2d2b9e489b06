"""Files sealed by the real seal room, and what a stranger needs to judge them; made once, RSA keys are slow."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ca import crl
from ca.chain import authorities
from ca.profiles import Role
from ca.suites import Suite
from foundation.clock import FixedClock
from seal.ofd import archive
from seal.ofd.package import Package
from seal.orders import OfdOrder, PdfOrder, Placement
from seal.stamp import stamp_ofd, stamp_pdf
from tests.conftest import START
from tests.seal import papers
from tests.seal.conftest import Region, make_region, one_region
from verify.judge import Context, judge
from verify.report import Report
from verify.status import StatusSource
from verify.trust import TrustStore

__all__ = ["make_region", "one_region"]


def trust_of(region: Region) -> TrustStore:
    """What the region publishes, read back from octets as a stranger would."""
    room = region.room.ca
    known = authorities(room)
    return TrustStore.build(
        [item.certificate.der for item in known if item.role is Role.ROOT],
        intermediates=[item.certificate.der for item in known if item.role is Role.ISSUING],
        crls=[crl.current(room, item.slug) for item in known],
    )


IDENTIFIER = "1.2.156.3005.2.11100000MB0341032Y001.11219900MB1000010X.000000016.001.X"


def paper_with_data() -> bytes:
    """A page with `licence.json` attached, as our own licences carry it."""
    from io import BytesIO

    import pikepdf

    document = pikepdf.open(BytesIO(papers.pdf()))
    data = {"identifier": IDENTIFIER, "number": "JY1", "type_name": "食品经营许可证", "metadata": {"CZZT": "老街面馆"}}
    attached = pikepdf.AttachedFileSpec(document, json.dumps(data, ensure_ascii=False).encode())
    document.attachments["licence.json"] = attached
    out = BytesIO()
    document.save(out, deterministic_id=True)
    return out.getvalue() + b"\n"


def _packed_lightly(data: bytes) -> bytes:
    """As our pages come: packed with little effort, and long enough to leave slack in the deflate streams."""
    entries = dict(Package.read(data).entries)
    text = "".join(f"<x y='{n * 7 % 91}'>印川市</x>" for n in range(900))
    return archive.write({**entries, "Doc_0/Attachs/more.xml": f"<m>{text}</m>".encode()}, level=1)


@dataclass(frozen=True, repr=False)
class Sealed:
    region: Region
    trust: TrustStore
    sm2: bytes
    rsa: bytes
    dual: bytes
    open_sm2: bytes
    """Sealed without closing it: another seal may follow."""
    ofd: bytes
    open_ofd: bytes

    def judge(
        self, data: bytes, *, trust: TrustStore | None = None, status: StatusSource | None = None, **more: object
    ) -> Report:
        clock = more.pop("clock", FixedClock(START))
        context = Context(trust=trust or self.trust, clock=clock, status=status, **more)  # type: ignore[arg-type]
        return judge(data, name="file", context=context)

    def stamp(self, document: bytes, *suites: Suite, closing: bool = True, seal: object = None) -> bytes:
        region = self.region
        order = PdfOrder(document, region.seal_id, Placement(1, 150, 240), region.key(), suites, closing=closing)
        return stamp_pdf(region.room, region.principal, order).document


@pytest.fixture(scope="session")
def sealed(one_region: Region) -> Sealed:
    def pdf(*suites: Suite, closing: bool = True) -> bytes:
        order = PdfOrder(
            paper_with_data(), one_region.seal_id, Placement(1, 150, 240), one_region.key(), suites, closing=closing
        )
        return stamp_pdf(one_region.room, one_region.principal, order).document

    def ofd(*, closing: bool) -> bytes:
        order = OfdOrder(
            _packed_lightly(papers.ofd()), one_region.seal_id, Placement(1, 150, 240), one_region.key(), closing=closing
        )
        return stamp_ofd(one_region.room, one_region.principal, order).document

    return Sealed(
        one_region,
        trust_of(one_region),
        pdf(Suite.SM2),
        pdf(Suite.RSA),
        pdf(Suite.SM2, Suite.RSA),
        pdf(Suite.SM2, closing=False),
        ofd(closing=True),
        ofd(closing=False),
    )


Judge = Callable[..., Report]
