"""The key centre behind the signer's socket: web issues pairs and hands out recovered keys without a private octet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ca.hierarchy import establish
from ca.issue import issue
from ca.kmc.asking import open_judicial
from ca.kmc.collecting import collect
from ca.kmc.deliveries import Delivery, deliver
from ca.kmc.guard import escrow_of
from ca.kmc.pairs import enrol_pair
from ca.kmc.recoveries import decide
from ca.kmc.transcript import verify_transcript
from ca.reading import read_certificate
from ca.room import CaRoom
from ca.suites import Suite
from foundation.audit.trail import Audit
from foundation.clock import FixedClock
from foundation.database import Database
from foundation.errors import YinxinError
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import JobQueue
from foundation.principal import SYSTEM
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm.escrow.errors import NotEscrowed, NotYours
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import Allotment, Form
from hsm.keys import Algorithm
from hsm.service.client import RemoteVault
from hsm.sm2 import Sm2PrivateKey
from server.signer import Attached
from tests.ca.conftest import IDENTITIES, SUBJECTS
from tests.ca.kmc.conftest import APPROVERS, OPERATOR, holder
from tests.ca.kmc.recovering import CASE
from tests.hsm.escrow.test_keys import PARTIES
from tests.server.signer.conftest import Served


@pytest.fixture
def web(served: Served, settings: Settings, db: Database, clock: FixedClock) -> Iterator[CaRoom]:
    """A certificate room as the web process has it: everything secret is at the other end of the socket."""
    ids, channel = SystemIds(clock), served.channel(timeout=60.0)
    vault = RemoteVault.over(channel, settings, ids)
    audit, jobs = Audit(vault.mac, clock, ids), JobQueue(clock, ids)
    ground = Ground(settings, db, clock, ids, open_storage(settings), audit, vault.cipher, vault.mac, jobs)
    hsm = Attached(vault, channel).room(ground)
    room = CaRoom.build(ground, hsm.keys, hsm.escrow)
    establish(room, (Suite.SM2,))
    yield room
    channel.close()


def journalled(served: Served) -> list[str]:
    folder = served.settings.journal_dir
    return [path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()]


def test_a_pair_and_a_recovery_over_the_socket(web: CaRoom, served: Served) -> None:
    who = holder()
    made = enrol_pair(web, SYSTEM, who.enrolment("over-the-socket"))
    spki = read_certificate(made.encryption.der).spki
    for delivery in (Delivery.SIGNED_AND_ENVELOPED, Delivery.SKF):
        octets = deliver(web, SYSTEM, made.id, delivery).octets
        centre = web.keys.find("ca/sm2-kmc")
        signer = centre.spki if centre else None
        assert open_envelope(Form(delivery.value), octets, who.key.pkcs8(), spki, signer)
    organ = _organ(web)
    found = open_judicial(web, OPERATOR, [made.encryption.id], organ[1], CASE, "judicial-over-the-socket")
    with pytest.raises(NotYours):
        escrow_of(web).decide(found.id, found.statement.digest, OPERATOR, approve=True)
    for one in APPROVERS[:2]:
        found = decide(web, one, found.id, found.statement.digest, approve=True)
    got = collect(web, OPERATOR, found.id, Form.SM2_ENVELOPED_KEY)
    (only,) = got.keys
    assert open_envelope(Form.SM2_ENVELOPED_KEY, only.envelope.octets, organ[0].pkcs8(), spki)
    assert verify_transcript(got.transcript, [web.authority("sm2-root").certificate.der]).genuine
    trail = "\n".join(journalled(served))
    for what in ("escrow-allot", "escrow-deliver", "escrow-approve", "escrow-release", "escrow-attest"):
        assert f'"{what}"' in trail
    assert only.envelope.sha256 in trail


def _organ(web: CaRoom) -> tuple[Sm2PrivateKey, bytes]:
    receiver = Sm2PrivateKey.generate()
    made = escrow_of(web).allot(Allotment("organ:1", Algorithm.SM2, receiver.spki, "organ:1"), SYSTEM)
    certificate = issue(
        web,
        SYSTEM,
        suite=Suite.SM2,
        profile="legal-person-encryption",
        subject=SUBJECTS["legal-person"],
        identity=IDENTITIES["legal-person"],
        spki=made.spki,
        request_key="organ:1",
    )
    got = escrow_of(web).deliver(made.id, Form.SKF, PARTIES, SYSTEM)
    return Sm2PrivateKey.load(open_envelope(Form.SKF, got.octets, receiver.pkcs8(), made.spki)), certificate.der


def test_the_signer_itself_refuses_a_key_it_does_not_hold(web: CaRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A web process in foreign hands leaves its own check out; the other end has the same one."""
    monkeypatch.setattr("ca.issue_many.require_escrowed", lambda *_: None)
    with pytest.raises(YinxinError) as refused:
        issue(
            web,
            SYSTEM,
            suite=Suite.SM2,
            profile="citizen-encryption",
            subject=SUBJECTS["citizen"],
            identity=IDENTITIES["citizen"],
            spki=Sm2PrivateKey.generate().spki,
            request_key="not-escrowed",
        )
    assert refused.value.code == NotEscrowed().code


def test_spare_keys_over_the_socket(web: CaRoom) -> None:
    escrow_of(web).stock(Algorithm.SM2, 1)
    assert [one.count for one in escrow_of(web).spares()] == [1]
