"""Seals at work in the sample region (示例用章): an application that waits, a seal under rules, a document to approve.

Each step asks first whether it was done. The second owner signs the rules with a key made for this and thrown away: the
sample's people have no devices. The approver gets a cloud signature, as everybody can.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from reportlab.pdfgen import canvas
from sqlalchemy import select

from ca.issue import IdentityExtensions, Subject, issue
from ca.reading.certificate import read_certificate
from ca.suites import Suite
from foundation.numbers import citizen_number_check
from foundation.principal import SYSTEM, Kind, Principal
from hsm import private_keys
from hsm.keys import Algorithm
from seal.approval import policy
from seal.approval.cloud import keys
from seal.approval.cloud.models import KeyState, SealCloudKey
from seal.approval.errors import Waiting
from seal.approval.models import Decision, PolicyState
from seal.approval.rules import Approver, Rules
from seal.management.apply import Application, apply
from seal.management.direct import make_directly
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.orders import Matter, PdfOrder, Placement, SealKind, SealRecord, SealRequest
from seal.stamp import stamp_pdf
from server.house import House
from server.sample_people import LOGINS, MARKET
from sso import people
from sso.officials import standing

CODE, LINE = "21990000000004", "合同专用章"
WAITING_LINE = "行政审批专用章"
LASTS = 60 * 24 * 90


def establish_seals(house: House) -> None:
    _application(house)
    request = SealRequest(MARKET.uscc, MARKET.name, CODE, MARKET.name, SealKind.CONTRACT, LINE)
    seal = make_directly(house.seal, SYSTEM, request)
    approver = _approver(house)
    _rules(house, seal, approver)
    _order(house, seal)


def official(house: House, username: str) -> Principal:
    """The person as logged in."""
    login = next(one for one in LOGINS if one.username == username)
    with house.ground.db.read() as session:
        person = people.find(house.ground, session, login.username)
        assert person is not None  # noqa: S101 - established before
        department, permissions = standing(session, person.id)
    return Principal(Kind.OFFICIAL, people.label(person.id), permissions, department=department, person_id=person.id)


def _application(house: House) -> None:
    query = select(SealFile.id).where(SealFile.department == MARKET.uscc, SealFile.line_text == WAITING_LINE)
    with house.ground.db.read() as session:
        if session.scalars(query).first() is not None:
            return
    wanted = Application(
        MARKET.uscc,
        MARKET.name,
        Reason.BUSINESS_NEED,
        MARKET.name,
        SealKind.BUSINESS,
        WAITING_LINE,
        words="窗口办件使用",
    )
    apply(house.seal, official(house, "seal1"), wanted)


def _approver(house: House) -> SealCloudKey:
    principal = official(house, "seal8")
    row = keys.mine(house.cloud, principal) or keys.enrol(house.cloud, principal)
    return row if row.state == KeyState.ACTIVE else keys.agree(house.cloud, official(house, "ra2"), row.id)


def _rules(house: House, seal: SealRecord, approver: SealCloudKey) -> None:
    owner, second = official(house, "seal6"), official(house, "seal7")
    if any(one.state == PolicyState.ACTIVE for one in policy.versions(house.seal, owner, seal.id)):
        return
    rules = Rules(1, (Approver(approver.person, approver.certificate or ""),), valid_minutes=LASTS)
    proposed = policy.propose(house.seal, owner, seal.id, rules)
    key, first17 = private_keys.generate(Algorithm.SM2), "21990119820725145"
    issued = issue(
        house.ca,
        SYSTEM,
        suite=Suite.SM2,
        profile="official",
        subject=Subject("程见山", organization=MARKET.name),
        spki=key.spki,
        identity=IdentityExtensions(
            citizen_number=first17 + citizen_number_check(first17), organization_code=MARKET.uscc
        ),
        request_key=f"sample.rules:{proposed.id}",
    )
    said = policy.statement(house.seal, second, proposed.id, Decision.APPROVE)
    fingerprint = read_certificate(issued.der).fingerprint
    policy.decide(house.seal, second, proposed.id, Decision.APPROVE, fingerprint, private_keys.sign(key, said))


def _order(house: House, seal: SealRecord) -> None:
    order = PdfOrder(
        paper(),
        seal.id,
        Placement(1, 148, 232),
        "sample:waiting",
        reason="合同用章",
        matter=Matter("HT-01", "2026-0117"),
    )
    try:
        stamp_pdf(house.seal, official(house, "seal5"), order)
    except Waiting:  # as it should: it is for the approver of the sample
        return


def paper() -> bytes:
    """A page of an invented contract, the same octets each time."""
    buffer = BytesIO()
    make: Any = canvas.Canvas  # reportlab has no types
    page = make(buffer, pagesize=(595.28, 841.89), invariant=1)
    page.setFont("Times-Bold", 20)
    page.drawCentredString(297, 750, "SERVICE CONTRACT")
    page.setFont("Times-Roman", 12)
    parties = ("Party A: Seal River Market Regulation Bureau", "Party B: Yinchuan Testing Co., Ltd.")
    lines = ("No. YC-2026-0117", "", *parties, "")
    terms = (
        "samples of the third quarter",
        "reports within ten working days",
        "fees as in the annex",
        "two copies each",
    )
    for number, line in enumerate((*lines, *(f"{at}. {text}" for at, text in enumerate(terms, 1)))):
        page.drawString(90, 700 - 24 * number, line)
    page.drawString(90, 190, "Party A (seal):")
    page.drawString(330, 190, "Date:")
    page.showPage()
    page.save()
    return buffer.getvalue()


__all__ = ["CODE", "establish_seals", "official", "paper"]
