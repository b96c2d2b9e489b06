"""Signatures beside a file and by digest, under approvals: they wait, and are signed as approved or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from ca.suites import Suite
from hsm.digests import Digest
from hsm.service.errors import PolicyRefused
from seal.approval.errors import CaseEnded, Waiting
from seal.approval.models import CaseState, Decision, SealApproval, SealCase
from seal.detached.orders import DetachedOrder, Digests, Shape
from seal.detached.signing import sign_detached
from seal.hash_only import signing
from seal.hash_only.local import Request
from seal.hash_only.local_ofd import stamp_ofd
from seal.hash_only.local_pdf import stamp_pdf
from seal.hash_only.orders import Digested, HashOrder, OrderStale
from seal.models import SealOrder
from seal.places import Placement
from tests.seal import papers
from tests.seal.conftest import MARKET, Region, clerk
from tests.seal.hash_only.test_orders import Wire
from tests.seal.test_approval import Office, make_office

ME = clerk(MARKET)
CONTENT = b"a contract"


@pytest.fixture(scope="module")
def office(region: Region) -> Iterator[Office]:
    for made in make_office(region):
        made.rule(approvals=2)
        yield made


def approve(office: Office, case_id: UUID | None) -> None:
    assert case_id is not None
    office.first.decide(office.room, case_id)
    office.second.decide(office.room, case_id)


def waiting(office: Office, order: DetachedOrder) -> Waiting:
    with pytest.raises(Waiting) as waits:
        sign_detached(office.room, ME, order)
    return waits.value


@pytest.mark.parametrize("shape", [Shape.CMS, Shape.JWS])
@pytest.mark.parametrize("by_digest", [False, True])
def test_a_signature_beside_a_file_waits_and_is_made_once(office: Office, shape: Shape, by_digest: bool) -> None:
    digests = Digests(Digest.SHA256.of(CONTENT), len(CONTENT), Digest.SM3.of(CONTENT))
    suite = Suite.RSA if shape is Shape.JWS else Suite.SM2
    order = DetachedOrder(digests if by_digest else CONTENT, office.seal_id, office.region.key(), shape, suite)
    waits = waiting(office, order)
    assert waiting(office, order).case_id == waits.case_id
    approve(office, waits.case_id)
    made = sign_detached(office.room, ME, order).document
    assert sign_detached(office.room, ME, order).document == made
    refused = replace(order, order_key=office.region.key())
    case_id = waiting(office, refused).case_id
    assert case_id is not None
    office.first.decide(office.room, case_id, Decision.REFUSE)
    with pytest.raises(CaseEnded):
        sign_detached(office.room, ME, refused)


@pytest.mark.parametrize("what", ["digest", "case", "approval", "state"])
def test_another_file_than_the_approved_one_is_not_signed(office: Office, what: str) -> None:
    """The web process may write any row: the terms, with the digest in them, are what was signed by the approvers."""
    order = DetachedOrder(CONTENT, office.seal_id, office.region.key())
    waits = waiting(office, order)
    if what != "state":
        approve(office, waits.case_id)
    evil = replace(order, content=b"another contract")
    old, new = order.digest().hex(), evil.digest().hex()
    with office.room.ground.db.begin() as session:
        row, case = session.get_one(SealOrder, waits.order_id), session.get_one(SealCase, waits.case_id)
        row.document_sha256, row.document_size = Digest.SHA256.of(b"another contract").hex(), 16
        row.terms = row.terms.replace(old, new)
        if what == "case":
            case.terms = case.terms.replace(old, new)
            case.digest, case.size = row.document_sha256, row.document_size
        elif what == "approval":
            session.execute(delete(SealApproval).where(SealApproval.case_id == case.id))
        elif what == "state":
            row.state, case.state = "recorded", CaseState.APPROVED
    with pytest.raises(PolicyRefused):
        sign_detached(office.room, ME, evil)


def wire(office: Office) -> Wire:
    """The department's half against the room whose signer asks the policies."""
    return Wire(replace(office.region, room=office.room), office.region.key())


@pytest.mark.parametrize("kind", ["pdf", "ofd"])
def test_stamping_by_digest_waits_and_goes_on_where_it_was(office: Office, kind: str) -> None:
    """Approved a while ago, the time is frozen anew when the department comes back: nothing is back-dated or lost."""
    one, clock = wire(office), office.region.clock
    document = papers.pdf() if kind == "pdf" else papers.ofd()
    stamp = stamp_pdf if kind == "pdf" else stamp_ofd
    request = Request(document, Placement(1, 150, 240))
    with pytest.raises(Waiting) as waits:
        stamp(one, request)
    approve(office, waits.value.case_id)
    began = clock.now()
    try:
        clock.advance(hours=3)
        sealed = stamp(one, request)
        assert stamp(one, request) == sealed
    finally:
        office.region.turn_back(began)
    assert len(set(one.digests)) == 1


@pytest.mark.parametrize("what", ["marks", "document", "unapproved", "requester"])
def test_what_was_not_approved_is_not_signed_by_digest(office: Office, what: str) -> None:
    room = office.room
    order = HashOrder("pdf-hash", Digest.SHA256.of(CONTENT), 9, office.seal_id, ((1, 10.0, 20.0),), office.region.key())
    with pytest.raises(Waiting) as waits:
        signing.open_order(room, ME, order)
    order_id = waits.value.order_id
    given = Digested(Digest.SM3.of(b"prepared"))
    with pytest.raises(OrderStale):
        signing.sign_digest(room, ME, order_id, given)
    if what != "unapproved":
        approve(office, waits.value.case_id)
    with room.ground.db.begin() as session:
        row = session.get_one(SealOrder, order_id)
        if what == "marks":
            row.terms = row.terms.replace("[1,10.0,20.0]", "[2,10.0,20.0]")
        elif what == "document":
            row.document_sha256 = Digest.SHA256.of(b"another").hex()
        elif what == "unapproved":
            row.state = "recorded"
            session.execute(update(SealCase).where(SealCase.id == waits.value.case_id).values(state=CaseState.APPROVED))
        else:
            row.principal = "client:other"
    with pytest.raises(PolicyRefused):
        signing.sign_digest(room, ME, order_id, given)
