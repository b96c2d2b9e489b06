"""T16: whatever is swapped between approval and signature, the signer refuses: 1,000 swaps over every step and both
databases, with real certificates and signatures, on a web process that may write any row and any file.

Every swap starts from an order the signer would sign, and the order is signed at the end, so no refusal is by accident.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ca.room import CaRoom
from foundation.errors import YinxinError
from hsm.digests import Digest, sha256
from hsm.keys import Purpose
from hsm.service.policies import Asked
from seal.approval import cases_open
from seal.approval.models import (
    CaseState,
    Decision,
    PolicyState,
    SealApproval,
    SealCase,
    SealLook,
    SealPolicy,
    SealUse,
)
from seal.approval.rules import Rules
from seal.errors import Swapped
from seal.models import OrderState, SealOrder
from seal.orders import Matter, OfdOrder
from seal.policies import policies
from tests.seal import papers
from tests.seal.conftest import Region
from tests.seal.test_approval import PLACE, Office, make_office

SWAPS = {"sqlite": 840, "postgresql": 160}


class Stop(Exception):  # noqa: N818 - ends a stamping where the signer was asked
    pass


@dataclass
class Approved:
    """An order with its two approvals, and what the signer was asked for it."""

    order_id: UUID
    case_id: UUID
    asked: Asked


class Lent:
    """The engine of a borrowed database: everybody gets the connection of the swap, and nobody can close it."""

    def __init__(self, borrowed: Borrowed) -> None:
        self._borrowed = borrowed

    @property
    def dialect(self) -> Any:
        return self._session.connection().dialect

    def raw_connection(self) -> Lent:
        return self

    def cursor(self) -> Any:
        return self._session.connection().connection.cursor()

    def close(self) -> None:
        """It goes with the session."""

    @property
    def _session(self) -> Session:
        assert self._borrowed.session is not None
        return self._borrowed.session


@dataclass(eq=False)
class Borrowed:
    """The database as the signer would find it, had the swap been committed: a rollback takes it away again."""

    session: Session | None = None

    @contextmanager
    def read(self) -> Iterator[Session]:
        assert self.session is not None
        yield self.session

    read_plain = read

    @property
    def engine(self) -> Lent:
        return Lent(self)


@dataclass
class Bench:
    office: Office
    pdf: Approved
    ofd: Approved
    other: Approved
    borrowed: Any = field(default_factory=Borrowed)

    def __post_init__(self) -> None:
        ground = replace(self.office.room.ground, db=self.borrowed)
        room = CaRoom.build(ground, self.office.room.keys)
        self.policies = policies(ground, room, self.office.guard.floors, self.office.guard.looks)

    def signs(self, asked: Asked) -> bool:
        """Whether the signer would, seeing what `borrowed` shows it."""
        try:
            self.policies[Purpose.SEALING](asked)
        except YinxinError:
            return False
        return True


@pytest.fixture(scope="module")
def bench(region: Region) -> Iterator[Bench]:
    for office in make_office(region):
        office.rule(approvals=0)  # an older, looser version for the attacker to bring back
        office.rule(approvals=2)
        document = papers.pdf(3)
        pdf = _approved(office, office.pdf(document=document, matter=Matter("m", "1")))
        ofd = _approved(office, OfdOrder(papers.ofd("APPROVED"), office.seal_id, PLACE, region.key()))
        other = _approved(office, office.pdf(document=papers.pdf(2), matter=Matter("m", "2")))
        yield Bench(office, pdf, ofd, other)


def _approved(office: Office, order: Any) -> Approved:
    waiting = office.ask(order)
    assert waiting.case_id is not None
    office.first.decide(office.room, waiting.case_id)
    office.second.decide(office.room, waiting.case_id)
    guard, caught = office.guard, list[Asked]()

    def stop(asked: Asked) -> None:
        caught.append(asked)
        raise Stop

    original, guard.check = guard.check, stop  # type: ignore[method-assign]
    try:
        with pytest.raises(Stop):
            office.stamp(order)
    finally:
        guard.check = original  # type: ignore[method-assign]
    return Approved(waiting.order_id, waiting.case_id, caught[0])


Swap = Callable[[Bench, Session, random.Random], Asked | None]
"""Changes rows, or returns other octets to ask for; None asks for the same."""


def _rows(session: Session, bench: Bench) -> tuple[SealOrder, SealCase]:
    return session.get_one(SealOrder, bench.pdf.order_id), session.get_one(SealCase, bench.pdf.case_id)


def _evil(chance: random.Random) -> bytes:
    return papers.pdf(3)[:-1] + bytes([chance.randrange(256)]) + chance.randbytes(chance.randrange(1, 40))


def content_bit(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """One bit of the document as it goes to the signer, the claimed digest made to fit."""
    content = bytearray(bench.pdf.asked.content)
    content[chance.randrange(len(papers.pdf(3)))] ^= 1 << chance.randrange(8)
    return _claiming(bench.pdf.asked, bytes(content))


def content_other(bench: Bench, session: Session, chance: random.Random) -> Asked:
    return _claiming(bench.pdf.asked, _evil(chance) + bench.pdf.asked.content[len(papers.pdf(3)) :])


def content_cut(bench: Bench, session: Session, chance: random.Random) -> Asked:
    return _claiming(bench.pdf.asked, bench.pdf.asked.content[: chance.randrange(len(papers.pdf(3)) + 1)])


def claimed_digest(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """The approved content beside the digest of something else."""
    return replace(_claiming(bench.pdf.asked, _evil(chance)), content=bench.pdf.asked.content)


def _claiming(asked: Asked, content: bytes) -> Asked:
    now, then = Digest.SM3.of(content), Digest.SM3.of(asked.content)
    assert then in asked.data
    return replace(asked, data=asked.data.replace(then, now), content=content)


def content_and_order(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """The order's row fits the other document."""
    order, _ = _rows(session, bench)
    evil = _evil(chance)
    order.document_sha256, order.document_size = sha256(evil).hex(), len(evil)
    return _claiming(bench.pdf.asked, evil + b"added")


def content_order_and_case(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """All rows fit the other document; only the signatures do not."""
    order, case = _rows(session, bench)
    evil = _evil(chance)
    order.document_sha256 = case.digest = sha256(evil).hex()
    order.document_size = case.size = len(evil)
    return _claiming(bench.pdf.asked, evil + b"added")


def terms(bench: Bench, session: Session, chance: random.Random) -> None:
    order, _ = _rows(session, bench)
    order.terms = order.terms.replace("[1,150,240]", f"[{chance.randrange(1, 4)},{chance.randrange(30, 149)},240]")


def terms_and_case(bench: Bench, session: Session, chance: random.Random) -> None:
    order, case = _rows(session, bench)
    moved = f"[{chance.randrange(1, 4)},{chance.randrange(30, 149)},240]"
    order.terms, case.terms = order.terms.replace("[1,150,240]", moved), case.terms.replace("[1,150,240]", moved)


def seal(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """Order and case say another seal, and that seal's key is asked."""
    order, case = _rows(session, bench)
    transport = bench.office.region.transport
    order.seal_id = transport.id
    order.department = transport.department
    if chance.random() < 0.5:
        case.seal_id = transport.id
    ref = bench.office.region.room.keys.signer(f"seal/{transport.code}/sm2").ref
    return replace(bench.pdf.asked, ref=ref)


def key(bench: Bench, session: Session, chance: random.Random) -> Asked:
    ref = bench.office.region.room.keys.signer(f"seal/{bench.office.region.transport.code}/sm2").ref
    return replace(bench.pdf.asked, ref=ref)


def approvals_moved(bench: Bench, session: Session, chance: random.Random) -> None:
    """The other case's approvals hang under this one."""
    session.execute(delete(SealApproval).where(SealApproval.case_id == bench.pdf.case_id))
    session.execute(
        update(SealApproval).where(SealApproval.case_id == bench.other.case_id).values(case_id=bench.pdf.case_id)
    )


def case_moved(bench: Bench, session: Session, chance: random.Random) -> None:
    """Its use hangs under the other case."""
    session.get_one(SealUse, bench.pdf.order_id).case_id = chance.choice([bench.other.case_id, bench.ofd.case_id])
    if chance.random() < 0.5:
        mine, other = (session.get_one(SealCase, one.case_id) for one in (bench.pdf, bench.other))
        for case, subject in ((mine, UUID(int=1)), (other, bench.pdf.order_id), (mine, bench.other.order_id)):
            case.subject_id = subject
            session.flush()


def order_recycled(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """The other order asks with this one's approvals: one approval is for one use."""
    session.get_one(SealUse, bench.other.order_id).case_id = bench.pdf.case_id
    return bench.other.asked


def expiry(bench: Bench, session: Session, chance: random.Random) -> None:
    _, case = _rows(session, bench)
    case.expires_at += timedelta(seconds=chance.randrange(1, 10**7))


def requester(bench: Bench, session: Session, chance: random.Random) -> None:
    order, case = _rows(session, bench)
    order.principal = case.requester = chance.choice([f"client:x{chance.randrange(99)}", "person:z"])


def requester_is_approver(bench: Bench, session: Session, chance: random.Random) -> None:
    order, case = _rows(session, bench)
    order.principal = case.requester = chance.choice([bench.office.first, bench.office.second]).principal.label


def matter(bench: Bench, session: Session, chance: random.Random) -> None:
    _, case = _rows(session, bench)
    case.matter_number = str(chance.randrange(2, 10**6))


def client(bench: Bench, session: Session, chance: random.Random) -> None:
    _, case = _rows(session, bench)
    case.client_id = f"c{chance.randrange(10**6)}"


def one_approval_less(bench: Bench, session: Session, chance: random.Random) -> None:
    session.delete(chance.choice(_given(session, bench)))


def approval_twice(bench: Bench, session: Session, chance: random.Random) -> None:
    """One real approval stands twice, the second time under the other approver's name."""
    one, two = _given(session, bench)
    if chance.random() < 0.5:
        one, two = two, one
    two.signature, two.certificate = one.signature, one.certificate


def approval_bit(bench: Bench, session: Session, chance: random.Random) -> None:
    one = chance.choice(_given(session, bench))
    value = bytearray(one.signature)
    value[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
    one.signature = bytes(value)


def approval_forged(bench: Bench, session: Session, chance: random.Random) -> None:
    """Signed with a key of our own making, or by somebody who is not named."""
    one = chance.choice(_given(session, bench))
    stranger = chance.choice([bench.office.owner, bench.office.other])
    one.signature = stranger.sign(chance.randbytes(32))
    if chance.random() < 0.5:
        one.certificate = stranger.fingerprint


def decision(bench: Bench, session: Session, chance: random.Random) -> None:
    chance.choice(_given(session, bench)).decision = chance.choice([Decision.REFUSE, "maybe"])


def _given(session: Session, bench: Bench) -> list[SealApproval]:
    query = select(SealApproval).where(SealApproval.case_id == bench.pdf.case_id)
    return list(session.scalars(query.order_by(SealApproval.id)))


def rules_edited(bench: Bench, session: Session, chance: random.Random) -> None:
    """Fewer approvals, or other approvers, written straight into the row, the case made to agree."""
    policy = _policy(session, bench)
    wanted = Rules(
        approvals=chance.choice([0, 1]),
        approvers=(bench.office.first.named, bench.office.other.named),
        per_day=chance.randrange(100, 10**6),
    )
    policy.rules = wanted.canonical
    session.get_one(SealCase, bench.pdf.case_id).policy_sha256 = wanted.digest


def rules_taken_away(bench: Bench, session: Session, chance: random.Random) -> None:
    if chance.random() < 0.5:
        session.execute(delete(SealPolicy).where(SealPolicy.seal_id == bench.office.seal_id))
    else:
        session.execute(update(SealPolicy).values(state=PolicyState.REFUSED))


def rules_of_old(bench: Bench, session: Session, chance: random.Random) -> None:
    """The looser version before, properly signed at its time, made the one in force again."""
    for policy in session.scalars(select(SealPolicy).where(SealPolicy.seal_id == bench.office.seal_id)):
        policy.state = PolicyState.ACTIVE if policy.number == 1 else PolicyState.SUPERSEDED


def rules_renumbered(bench: Bench, session: Session, chance: random.Random) -> None:
    """The same, numbered so that it looks newest."""
    rules_of_old(bench, session, chance)
    for policy in session.scalars(select(SealPolicy).where(SealPolicy.number == 1)):
        policy.number = chance.randrange(50, 10**6)


def rules_unsigned(bench: Bench, session: Session, chance: random.Random) -> None:
    policy = _policy(session, bench)
    for name in chance.sample(["signature", "certificate", "decided_by"], chance.randrange(1, 4)):
        setattr(policy, name, chance.choice([None, b"x" if name == "signature" else "x" * 64]))


def _policy(session: Session, bench: Bench) -> SealPolicy:
    query = select(SealPolicy).where(SealPolicy.state == PolicyState.ACTIVE)
    return session.scalars(query.where(SealPolicy.seal_id == bench.office.seal_id)).one()


def case_state(bench: Bench, session: Session, chance: random.Random) -> None:
    _rows(session, bench)[1].state = chance.choice([CaseState.WAITING, CaseState.WITHDRAWN, CaseState.EXPIRED])


def order_state(bench: Bench, session: Session, chance: random.Random) -> None:
    _rows(session, bench)[0].state = chance.choice([OrderState.WAITING, OrderState.ENDED])


def ofd_file(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """Signature.xml lists another digest for one file of the package, or one file more or less."""
    asked, size = bench.ofd.asked, len(papers.ofd("APPROVED"))
    document, xml = asked.content[:size], asked.content[size:]
    how = chance.randrange(3)
    if how == 0:
        at = xml.index(b"<ofd:CheckValue>") + len(b"<ofd:CheckValue>") + chance.randrange(20)
        xml = xml[:at] + bytes([xml[at] ^ 1]) + xml[at + 1 :]
    elif how == 1:
        start = xml.index(b"<ofd:Reference ")
        xml = xml[:start] + xml[xml.index(b"</ofd:Reference>") + len(b"</ofd:Reference>") :]
    else:
        document = papers.ofd(f"EVIL {chance.randrange(10**6)}")
    hashed = Digest.SM3.of(asked.content[size:])
    assert hashed in asked.data
    return replace(asked, data=asked.data.replace(hashed, Digest.SM3.of(xml)), content=document + xml)


def _revised(bench: Bench, change: Callable[[bytes], bytes]) -> Asked:
    """Something else appended to the approved file, the claimed digest made to fit."""
    size = len(papers.pdf(3))
    document, revision = bench.pdf.asked.content[:size], bench.pdf.asked.content[size:]
    changed = change(revision)
    assert changed != revision
    return _claiming(bench.pdf.asked, document + changed)


def shadow_revision(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """One more object in the seal's revision: unused, or a page, a font, the catalog over again."""
    number = chance.choice([*range(1, 12), 900 + chance.randrange(99)])
    kind = chance.choice([b"/Page /Contents 900 0 R", b"/Catalog /Pages 901 0 R", b"/Font", b"/Action /S /URI"])
    added = b"%d 0 obj\n<< /Type %s >>\nendobj\n" % (number, kind)
    at = chance.choice([b"startxref", b"xref", b"trailer"])
    return _revised(bench, lambda revision: revision.replace(at, added + at, 1))


def revision_before(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """A whole revision of our own making between the approved file and the seal's."""
    document = bench.pdf.asked.content[: len(papers.pdf(3))]
    writer = IncrementalPdfFileWriter(BytesIO(document))
    page = writer.root["/Pages"]["/Kids"].raw_get(chance.randrange(3))
    how = chance.randrange(3)
    if how == 0:  # other content
        text = b"BT /F1 12 Tf 72 %d Td (Pay %d) Tj ET" % (chance.randrange(700), chance.randrange(10**6))
        page.get_object()["/Contents"] = writer.add_object(generic.StreamObject(stream_data=text))
    elif how == 1:  # a page turned, or cut
        page.get_object()["/Rotate"] = generic.NumberObject(chance.choice([90, 180, 270]))  # type: ignore[no-untyped-call]
    else:  # an annotation over it
        note = generic.DictionaryObject({generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText")})  # type: ignore[no-untyped-call]
        page.get_object()["/Annots"] = generic.ArrayObject([writer.add_object(note)])
    writer.mark_update(page.reference)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return _claiming(bench.pdf.asked, out.getvalue() + bench.pdf.asked.content[len(document) :])


def mark_moved(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """Another /Rect for the mark, or another page for it."""

    def moved(revision: bytes) -> bytes:
        place = b"/Rect [ %d %d %d %d ]" % tuple(chance.randrange(600) for _ in range(4))
        if chance.random() < 0.7:
            return re.sub(rb"/Rect\s*\[[^\]]*\]", place, revision, count=1)
        return re.sub(rb"/P (\d+) 0 R", lambda found: b"/P %d 0 R" % (int(found[1]) + 1), revision, count=1)

    return _revised(bench, moved)


def look_changed(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """A bit of the seal's drawing, its size, or how it blends."""

    def changed(revision: bytes) -> bytes:
        how = chance.randrange(3)
        if how == 0:
            at = revision.index(b"stream") + 10 + chance.randrange(200)
            return revision[:at] + bytes([revision[at] ^ 1 << chance.randrange(8)]) + revision[at + 1 :]
        if how == 1:
            return re.sub(rb"/BBox\s*\[[^\]]*\]", b"/BBox [ 0 0 %d 119.0551 ]" % chance.randrange(500), revision)
        return revision.replace(b"/Multiply", chance.choice([b"/Normal", b"/Screen", b"/Difference"]))

    return _revised(bench, changed)


def words_changed(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """What the signature's dictionary says: name, lock, time."""

    def changed(revision: bytes) -> bytes:
        every = [(b"/P 1", b"/P 3"), (b"/DocMDP", b"/DocMDX"), (b"(D:20", b"(D:19"), (b"/TU", b"/TM")]
        old, new = chance.choice([one for one in every if one[0] in revision])
        return revision.replace(old, new)

    return _revised(bench, changed)


def look_row(bench: Bench, session: Session, chance: random.Random) -> None:
    """The seal's look on record is another one, as for a seal never used before."""
    row = session.get_one(SealLook, bench.office.seal_id)
    row.deflated = zlib.compress(b"1 0 0 rg 0 0 %d 9 re f" % chance.randrange(99))


def look_row_and_octets(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """Row and revision agree on another look: the signer's journal remembers the first."""
    row = session.get_one(SealLook, bench.office.seal_id)
    other = zlib.compress(zlib.decompress(row.deflated) + b" %d 0 9 9 re f" % chance.randrange(999), 9)
    asked = _revised(bench, lambda revision: revision.replace(row.deflated, other))
    row.deflated = other
    return asked


def kept_order(bench: Bench, session: Session, chance: random.Random) -> None:
    """The order kept beside the case is another one's, or gone."""
    _, case = _rows(session, bench)
    other = session.get_one(SealCase, bench.other.case_id)
    case.sealed_order = chance.choice([None, other.sealed_order, "x", ""])


def ofd_mark(bench: Bench, session: Session, chance: random.Random) -> Asked:
    """Another box, page or clip for the stamp in Signature.xml, or a second one."""
    asked, size = bench.ofd.asked, len(papers.ofd("APPROVED"))
    document, xml = asked.content[:size], asked.content[size:]
    found = re.search(rb"<ofd:StampAnnot [^>]*/>", xml)
    assert found is not None
    box = b'Boundary="%d %d 42 42"' % (chance.randrange(100), chance.randrange(100))
    moved = re.sub(rb'Boundary="[^"]*"', box, found[0])
    xml = xml.replace(
        found[0], chance.choice([moved, found[0] + moved, moved.replace(b"/>", b' Clip="0 0 1 1"/>'), b""])
    )
    hashed = Digest.SM3.of(asked.content[size:])
    return replace(asked, data=asked.data.replace(hashed, Digest.SM3.of(xml)), content=document + xml)


OCTETS: tuple[Swap, ...] = (
    content_bit, content_other, content_cut, claimed_digest, key, ofd_file, ofd_mark, shadow_revision,
    revision_before, mark_moved, look_changed, words_changed,
)  # fmt: skip
"""These leave the rows alone."""
EVERY: tuple[Swap, ...] = (
    *OCTETS,
    look_row, look_row_and_octets, kept_order, content_and_order, content_order_and_case, terms,
    terms_and_case, seal, approvals_moved, case_moved, order_recycled, expiry, requester, requester_is_approver,
    matter, client, one_approval_less, approval_twice, approval_bit, approval_forged, decision, rules_edited,
    rules_taken_away, rules_of_old, rules_renumbered, rules_unsigned, case_state, order_state,
)  # fmt: skip


def test_a_thousand_swaps_and_nothing_is_signed(bench: Bench) -> None:
    chance, office = random.Random(16), bench.office  # noqa: S311 - swaps to try, no secrets
    whole = [approved.asked for approved in (bench.pdf, bench.ofd, bench.other)]
    for asked in whole:
        office.guard.policies[Purpose.SEALING](asked)  # as committed
    office.guard.floors[str(office.seal_id)] = 2  # the signer has signed under the rules in force
    signed: list[str] = []
    with Session(office.room.ground.db.engine, expire_on_commit=False) as session:
        bench.borrowed.session = session
        for number in range(SWAPS[office.room.ground.db.dialect]):
            swap = EVERY[number % len(EVERY)]
            other = swap(bench, session, chance)
            session.flush()
            if (other is None and swap in OCTETS) or bench.signs(other or bench.pdf.asked):
                signed.append(f"{number} {swap.__name__}")
            session.rollback()
        assert signed == []
        assert all(bench.signs(asked) for asked in whole)


def test_a_swapped_file_in_the_store_is_stamped_by_nobody(bench: Bench) -> None:
    office = bench.office
    order = office.pdf(document=papers.pdf(1, 90))
    waiting = office.ask(order)
    assert waiting.case_id is not None
    with office.room.ground.db.read() as session:
        case = session.get_one(SealCase, waiting.case_id)
    from seal.approval import gate

    path = office.region.home / "files" / gate.waiting_key(case.digest)
    path = path if path.exists() else next(office.region.home.rglob(case.digest))
    path.write_bytes(papers.pdf(1, 180))
    with pytest.raises(Swapped):
        cases_open.stored(office.room, case)
    office.first.decide(office.room, waiting.case_id)
    office.second.decide(office.room, waiting.case_id)
    with pytest.raises(Swapped):
        cases_open.work(office.room, {"case": str(waiting.case_id)})
    assert office.stamp(order).startswith(papers.pdf(1, 90))  # the requester's own bytes are the approved ones
