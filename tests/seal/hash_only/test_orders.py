"""Hash-only stamping without a network: the department's half talks to the room, through a wire that remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import select

from ca.chain import chain
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.errors import InvalidInput, YinxinError
from hsm.digests import sha256
from seal import cms
from seal.hash_only import signing
from seal.hash_only.local import Ask, Frozen, LocalSeal, Request
from seal.hash_only.local_ofd import stamp_ofd
from seal.hash_only.local_pdf import stamp_pdf
from seal.hash_only.orders import Digested, HashOrder
from seal.models import OrderState, SealOrder
from seal.ofd.package import Package
from seal.places import AtKeyword, Placement, Riding
from tests.dying import killed
from tests.seal import oracles, papers
from tests.seal.conftest import MARKET, TRANSPORT, Region, build, clerk

PLACE = Placement(1, 150, 240)


@dataclass
class Wire:
    """The room as the department sees it. Remembers the digests it was asked to sign."""

    region: Region
    key: str
    department: str = MARKET
    digests: list[bytes] = field(default_factory=list)

    def seal(self, suite: Suite) -> LocalSeal:
        found = signing.material(self.region.room, clerk(self.department), self.region.seal_id, suite)
        held = found.held
        return LocalSeal(
            found.seal_name, found.department_name, held.code, held.esl, held.appearance, found.certificate, found.chain
        )

    def open(self, ask: Ask) -> Frozen:
        marks = tuple((one.page, one.left, one.top) for one in ask.marks)
        order = HashOrder(
            f"{ask.format}-hash", ask.sha256, ask.size, self.region.seal_id, marks, f"{self.key}-{ask.part}", ask.suite,
            ask.closing,
        )  # fmt: skip
        opened = signing.open_order(self.region.room, clerk(self.department), order)
        return Frozen(opened.order_id, opened.signing_time)

    def sign(self, order_id: UUID, digest: bytes, property_info: str | None) -> bytes:
        self.digests.append(digest)
        return signing.sign_digest(
            self.region.room, clerk(self.department), order_id, Digested(digest, property_info)
        ).document


def rows(region: Region, key: str) -> list[SealOrder]:
    with region.room.ground.db.read() as session:
        return list(session.scalars(select(SealOrder).where(SealOrder.order_key.startswith(key))))


@pytest.mark.parametrize("suites", [(Suite.SM2,), (Suite.P256,), (Suite.SM2, Suite.RSA)])
def test_a_pdf_is_stamped_by_digest(region: Region, tmp_path: Path, suites: tuple[Suite, ...]) -> None:
    wire = Wire(region, region.key())
    sealed = stamp_pdf(wire, Request(papers.pdf(), PLACE, suites, "签发"))
    assert sealed.startswith(papers.pdf())
    assert oracles.qpdf_clean(tmp_path, sealed)
    found = rows(region, wire.key)
    assert [(row.format, row.state) for row in found] == [("pdf-hash", OrderState.SEALED)] * len(suites)
    assert found[0].document_sha256 == sha256(papers.pdf()).hex()
    if suites[-1] is not Suite.SM2:
        assert "Signature is Valid." in oracles.pdfsig(tmp_path, sealed)[-1]


def test_asking_again_gives_the_same_file(region: Region) -> None:
    """Each half can die at any step: the second run asks for the same digests, and gets the same signatures."""
    key = region.key()
    request = Request(papers.pdf(3), (Riding(), Placement(1, 60, 60)), (Suite.SM2, Suite.RSA))
    first, second = Wire(region, key), Wire(region, key)
    sealed = stamp_pdf(first, request)
    region.clock.advance(seconds=90)
    assert stamp_pdf(second, request) == sealed
    assert first.digests == second.digests
    ofd = Request(papers.ofd("盖章处"), AtKeyword("盖章", dx_mm=60, dy_mm=60), closing=False)
    key = region.key()
    assert stamp_ofd(Wire(region, key), ofd) == stamp_ofd(Wire(region, key), ofd)


def test_an_ofd_is_stamped_by_digest(region: Region, tmp_path: Path) -> None:
    wire = Wire(region, region.key())
    sealed = Package.read(stamp_ofd(wire, Request(papers.ofd(), PLACE)))
    from seal import ses

    signature = ses.read_signature(sealed.file("Doc_0/Signs/Sign_0/SignedValue.dat"))
    assert signature.data_hash == oracles.openssl_sm3(sealed.file("Doc_0/Signs/Sign_0/Signature.xml"))
    assert oracles.openssl_sm2(tmp_path, signature.certificate, signature.signed, signature.signature)
    assert [row.format for row in rows(region, wire.key)] == ["ofd-hash"]


def opened(region: Region, *, format_: str = "pdf-hash", suite: Suite = Suite.SM2, key: str | None = None) -> UUID:
    order = HashOrder(format_, bytes(32), 10, region.seal_id, ((1, 10.0, 10.0),), key or region.key(), suite)
    return signing.open_order(region.room, region.principal, order).order_id


def test_one_order_signs_one_digest(region: Region) -> None:
    order = opened(region)
    first = signing.sign_digest(region.room, region.principal, order, Digested(b"1" * 32)).document
    assert signing.sign_digest(region.room, region.principal, order, Digested(b"1" * 32)).document == first
    with pytest.raises(YinxinError, match=r"seal\.hash_digest_taken"):
        signing.sign_digest(region.room, region.principal, order, Digested(b"2" * 32))
    assert cms.read(first).signers[0].message_digest == b"1" * 32
    assert chain(region.room.ca, cms.read(first).certificates[0])


def test_a_late_digest_would_be_back_dated(region: Region) -> None:
    order = opened(region)
    region.clock.advance(minutes=16)
    with pytest.raises(YinxinError, match=r"seal\.hash_order_stale"):
        signing.sign_digest(region.room, region.principal, order, Digested(b"1" * 32))


def test_somebody_elses_order_is_unknown(region: Region) -> None:
    with pytest.raises(YinxinError, match=r"seal\.hash_order_unknown"):
        signing.sign_digest(region.room, clerk(TRANSPORT), opened(region), Digested(b"1" * 32))
    with pytest.raises(YinxinError, match=r"seal\.unknown"):
        Wire(region, region.key(), TRANSPORT).seal(Suite.SM2)


@pytest.mark.parametrize(
    ("format_", "given"),
    [
        ("pdf-hash", Digested(b"1" * 31)),
        ("pdf-hash", Digested(b"1" * 32, "/Doc_0/Signs/Sign_0/Signature.xml")),
        ("ofd-hash", Digested(b"1" * 32)),
        ("ofd-hash", Digested(b"1" * 32, "/Doc_0/张三的处分决定/Signature.xml")),
        ("ofd-hash", Digested(b"1" * 32, "/../Signature.xml")),
    ],
)
def test_only_a_digest_and_a_plain_path_are_taken(one_region: Region, format_: str, given: Digested) -> None:
    with pytest.raises(InvalidInput, match=r"seal\.hash_prepared"):
        signing.sign_digest(one_region.room, one_region.principal, opened(one_region, format_=format_), given)


def carry_out(home: str, url: str, at: str, seal: str, key: str) -> None:
    """What the child does that is killed on its way."""
    room = build(Path(home), url, FixedClock(datetime.fromisoformat(at)))
    stamp_pdf(Wire(SimpleNamespace(room=room, seal_id=UUID(seal)), key), Request(papers.pdf(), PLACE))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "point", ["seal.hash_opened", "seal.hash_recorded", "seal.recorded", "seal.signed", "seal.stored"]
)
def test_a_server_killed_anywhere_is_finished_by_asking_again(one_region: Region, point: str) -> None:
    region, key = one_region, one_region.key()
    words = (str(region.home), region.url, region.clock.now().isoformat(), str(region.seal_id), key)
    killed("tests.seal.hash_only.test_orders:carry_out", *words, point=point)
    wire, request = Wire(region, key), Request(papers.pdf(), PLACE)
    sealed = stamp_pdf(wire, request)
    assert stamp_pdf(wire, request) == sealed
    assert len(set(wire.digests)) == len(rows(region, key)) == 1


def test_a_changed_answer_is_not_embedded(one_region: Region) -> None:
    """Whoever sits on the wire cannot make the client embed a signature over something else."""

    class Liar(Wire):
        def sign(self, order_id: UUID, digest: bytes, property_info: str | None) -> bytes:
            other = opened(one_region)
            return signing.sign_digest(self.region.room, clerk(MARKET), other, Digested(b"9" * 32)).document

    with pytest.raises(YinxinError, match=r"seal\.compare_failed"):
        stamp_pdf(Liar(one_region, one_region.key()), Request(papers.pdf(), PLACE))
