"""What a web process in foreign hands asks of the signer, and does not get.

It may write any row and holds the MAC key, for that is what a web process has; it speaks to the desk as its client.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from ca import crl, hierarchy, timestamps
from ca.frozen import freeze
from ca.issue import Subject, issue, tbs_mac
from ca.models import CaCertificate, CaStamp, State
from ca.reading.certificate import read_certificate, read_tbs
from ca.suites import Suite
from foundation import der
from foundation.clock import FixedClock
from foundation.errors import YinxinError
from foundation.principal import SYSTEM
from foundation.settings import Settings
from hsm import private_keys
from hsm.digests import Digest, sha256
from hsm.keys import Algorithm, Purpose
from hsm.service import messages as m
from hsm.service.errors import IntentUnknown, PolicyRefused, SignerClock
from server.house import House, open_house
from tests.bent import bent

DEPARTMENT = "91219901MA10007F6L印川市桑榆里餐饮有限公司"


@dataclass
class Taken:
    """A web process in foreign hands: its house, and its way to the signer."""

    house: House
    clock: FixedClock

    def ask(self, kind: type[m.SignRequest], key: str, intent: str, data: bytes, content: bytes = b"") -> bytes:
        ref = self.house.hsm.keys.signer(key).ref
        channel = self.house.hsm.keys._channel  # type: ignore[attr-defined]
        value: bytes = channel.ask(kind(key, ref.version, intent, data, content), m.Signed).value
        return value

    def recorded(self, request_key: str = "taken") -> CaCertificate:
        """A committed intent whose signature a crash prevented."""
        made = self.issue(request_key)
        with self.house.ground.db.begin() as session:
            row = session.get_one(CaCertificate, made)
            tbs = read_certificate(base64.b64decode(row.der or "")).tbs
            row.state, row.der, row.fingerprint = State.RECORDED, None, None
            row.tbs = base64.b64encode(tbs).decode()
        with self.house.ground.db.read() as session:
            return session.get_one(CaCertificate, made)

    def fresh(self, old: CaCertificate) -> CaCertificate:
        """The same row again under an intent and a serial the signer has never seen."""
        names = [name for name in CaCertificate.__table__.columns.keys() if name != "id"]  # noqa: SIM118 - no mapping
        values = {name: getattr(old, name) for name in names}
        serial = int(old.serial, 16)
        tbs = _swap(_tbs(old), der.integer(serial), der.integer(serial + 1))
        row = CaCertificate(id=self.house.ground.ids.uuid7(), **values)
        row.serial, row.request_key, row.tbs = f"{serial + 1:x}", f"{old.request_key}+", base64.b64encode(tbs).decode()
        with self.house.ground.db.begin() as session:
            session.add(row)
        return row

    def issue(self, request_key: str) -> UUID:
        spki = self.house.hsm.keys.ensure("test/leaf", Algorithm.SM2, {Purpose.CLIENT}).spki
        subject = Subject("21990000000099", organization=DEPARTMENT)
        house, suite = self.house, Suite.SM2
        return issue(
            house.ca,
            SYSTEM,
            suite=suite,
            profile="department-seal",
            subject=subject,
            spki=spki,
            request_key=request_key,
        ).id

    def rewrite(self, row: CaCertificate, tbs: bytes, **columns: object) -> None:
        """The row changed with the MAC made right again: the web process has that key."""
        room = self.house.ca
        values = {**columns, "tbs": base64.b64encode(tbs).decode()}
        values["tbs_mac"] = tbs_mac(room, row.id, str(columns.get("authority", row.authority)), tbs)
        with self.house.ground.db.begin() as session:
            session.execute(update(CaCertificate).where(CaCertificate.id == row.id).values(**values))


@pytest.fixture
def taken(settings: Settings, clock: FixedClock) -> Iterator[Taken]:
    with open_house(settings, clock=clock) as house:
        freeze(house.ca)
        hierarchy.establish(house.ca, [Suite.SM2])
        yield Taken(house, clock)


def _tbs(row: CaCertificate) -> bytes:
    return base64.b64decode(row.tbs or "")


def _swap(tbs: bytes, old: bytes, new: bytes) -> bytes:
    assert tbs.count(old) == 1
    assert len(old) == len(new), "lengths around it stay right"
    return tbs.replace(old, new)


# --- certificates ----------------------------------------------------------------------------------------------------


def test_an_intent_may_be_signed_again_and_other_octets_may_not(taken: Taken) -> None:
    row = taken.recorded()
    first = taken.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), _tbs(row))
    assert first != taken.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), _tbs(row)), "recovery signs anew"
    other = _swap(_tbs(row), b"21990000000099", b"21990000000077")
    with pytest.raises(IntentUnknown):
        taken.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), other)
    taken.rewrite(row, other)
    with pytest.raises(PolicyRefused) as caught:
        taken.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), other)
    assert caught.value.code == "hsm.policy.spent"


def test_an_issued_certificate_is_answered_not_signed_again(taken: Taken) -> None:
    with taken.house.ground.db.read() as session:
        row = session.get_one(CaCertificate, taken.issue("once"))
    made = read_certificate(base64.b64decode(row.der or ""))
    before = taken.house.hsm.keys._channel.ask(m.AskStatus(), m.Status).journal_records  # type: ignore[attr-defined]
    assert taken.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), made.tbs) == made.signature
    after = taken.house.hsm.keys._channel.ask(m.AskStatus(), m.Status).journal_records  # type: ignore[attr-defined]
    assert before == after


@pytest.mark.parametrize("intent", ["", "x", "00000000-0000-7000-8000-000000000000", "seal:1", "%00"])
def test_without_a_committed_intent_nothing_is_signed(taken: Taken, intent: str) -> None:
    row = taken.recorded()
    with pytest.raises(IntentUnknown):
        taken.ask(m.SignCertificate, "ca/sm2-issuing", intent, _tbs(row))


def test_a_sub_ca_for_a_key_of_ones_own_is_refused(taken: Taken) -> None:
    """The row says `issuing`, under the root, MAC and all; the key is the attacker's."""
    with taken.house.ground.db.read() as session:
        real = session.scalars(
            select(CaCertificate).where(CaCertificate.authority == "sm2-root", CaCertificate.profile == "issuing")
        ).one()
    row = taken.recorded()
    own = private_keys.generate(Algorithm.SM2).spki
    template = read_certificate(base64.b64decode(real.der or ""))
    tbs = template.tbs.replace(template.spki, own)
    serial = read_tbs(tbs).serial
    taken.rewrite(
        row,
        tbs,
        authority="sm2-root",
        profile="issuing",
        profile_version=real.profile_version,
        serial=f"{serial + 1:x}",
        not_before=real.not_before,
        not_after=real.not_after,
        recorded_at=real.recorded_at,
    )
    tbs = tbs.replace(der.integer(serial), der.integer(serial + 1))
    taken.rewrite(row, tbs, authority="sm2-root")
    with pytest.raises(PolicyRefused) as caught:
        taken.ask(m.SignCertificate, "ca/sm2-root", str(row.id), tbs)
    assert caught.value.code == "hsm.policy.foreign_ca"


def test_a_leaf_that_calls_itself_a_ca_is_refused(taken: Taken) -> None:
    with taken.house.ground.db.read() as session:
        real = session.scalars(
            select(CaCertificate).where(CaCertificate.authority == "sm2-root", CaCertificate.profile == "issuing")
        ).one()
    row = taken.recorded()
    tbs = read_certificate(base64.b64decode(real.der or "")).tbs
    taken.rewrite(row, tbs, authority="sm2-root")
    with pytest.raises(PolicyRefused) as caught:
        taken.ask(m.SignCertificate, "ca/sm2-root", str(row.id), tbs)
    assert caught.value.code == "hsm.policy.ca_flag"


def test_another_cas_key_is_refused(taken: Taken) -> None:
    row = taken.recorded()
    taken.house.hsm.keys.ensure("ca/other", Algorithm.SM2, {Purpose.CERTIFICATE})
    for key in ("ca/sm2-root", "ca/other"):
        with pytest.raises(PolicyRefused) as caught:
            taken.ask(m.SignCertificate, key, str(row.id), _tbs(row))
        assert caught.value.code == "hsm.policy.issuer"


def test_nothing_is_dated_back_or_ahead(taken: Taken) -> None:
    row = taken.recorded()
    moment = row.not_before
    for shift in (timedelta(days=-400), timedelta(hours=-1), timedelta(hours=1)):
        wrong, end = moment + shift, row.not_after + shift
        row = taken.fresh(row)
        tbs = _tbs(row).replace(der.x509_time(moment), der.x509_time(wrong))
        tbs = tbs.replace(der.x509_time(row.not_after), der.x509_time(end))
        taken.rewrite(row, tbs, not_before=wrong, not_after=end, recorded_at=wrong)
        with pytest.raises(SignerClock):
            taken.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), tbs)


def test_an_intent_of_before_an_outage_is_signed_and_one_left_lying_only_when_permitted(
    taken: Taken, settings: Settings, clock: FixedClock
) -> None:
    row = taken.recorded()
    clock.advance(days=3)
    with open_house(settings, clock=clock) as again:
        fresh = Taken(again, clock)
        fresh.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), _tbs(row))
        clock.advance(days=3)
        with pytest.raises(SignerClock, match="permit"):
            fresh.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), _tbs(row))
        again.hsm.keys._channel.ask(m.PermitLate(str(row.id)), m.Done)  # type: ignore[attr-defined]
        fresh.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), _tbs(row))


def test_a_clock_set_back_signs_nothing(taken: Taken) -> None:
    row = taken.recorded()
    taken.clock.set(taken.clock.now() - timedelta(hours=1))
    with pytest.raises(SignerClock):
        taken.ask(m.SignCertificate, "ca/sm2-issuing", str(row.id), _tbs(row))


# --- lists, answers, stamps ------------------------------------------------------------------------------------------


def test_a_list_without_its_number_taken_is_refused(taken: Taken) -> None:
    octets = crl.publish(taken.house.ca, "sm2-issuing")
    from ca.reading.crl import read_crl

    found = read_crl(octets)
    assert taken.ask(m.SignCrl, "ca/sm2-issuing", f"crl:sm2-issuing:{found.number}", found.tbs)
    for intent in ("crl:sm2-issuing:999", f"crl:sm2-tsa:{found.number}", "crl", f"crl:sm2-root:{found.number}"):
        with pytest.raises(YinxinError):
            taken.ask(m.SignCrl, "ca/sm2-issuing", intent, found.tbs)
    later = found.tbs.replace(der.x509_time(found.this_update), der.x509_time(found.this_update + timedelta(seconds=1)))
    with pytest.raises(IntentUnknown):
        taken.ask(m.SignCrl, "ca/sm2-issuing", f"crl:sm2-issuing:{found.number}", later)
    with pytest.raises(PolicyRefused):
        taken.ask(m.SignCrl, "ca/sm2-root", f"crl:sm2-issuing:{found.number}", found.tbs)


def test_a_stamp_needs_its_row_its_content_and_its_time(taken: Taken) -> None:
    room = taken.house.ca
    made = timestamps.token(room, Suite.SM2, Digest.SM3, Digest.SM3.of(b"x"))
    from ca.reading.stamp import read_token

    found = read_token(made)
    intent, attributes, info = f"stamp:sm2:{found.info.serial:x}", found.signer.signed_attributes, found.info.raw
    assert taken.ask(m.SignTimestamp, "ca/sm2-tsa", intent, attributes, info)
    for wrong in (b"", bent(info)):
        with pytest.raises(YinxinError):
            taken.ask(m.SignTimestamp, "ca/sm2-tsa", intent, attributes, wrong)
    with taken.house.ground.db.begin() as session:
        session.execute(update(CaStamp).where(CaStamp.serial == f"{found.info.serial:x}").values(imprint=bytes(32)))
    with pytest.raises(IntentUnknown):
        taken.ask(m.SignTimestamp, "ca/sm2-tsa", intent, attributes, info)


def test_a_checkpoint_is_the_tree_of_the_database_or_nothing(taken: Taken) -> None:
    from foundation.audit.checkpoint import body, parse_note

    note = taken.house.checkpoint()
    assert note is not None
    said = parse_note(note.note)
    key = "audit/checkpoint"
    assert taken.ask(m.SignCheckpoint, key, f"checkpoint:{sha256(said.body()).hex()}", said.body())
    for size, root in ((said.size - 1, said.root), (said.size, bytes(32)), (said.size + 1, said.root)):
        forged = body(said.origin, size, root)
        with pytest.raises(PolicyRefused):
            taken.ask(m.SignCheckpoint, key, "checkpoint:x", forged)
    with pytest.raises(PolicyRefused):
        taken.ask(m.SignCheckpoint, key, "checkpoint:x", body("other.example", said.size, said.root))


# --- what is signed for one purpose is signed for no other -----------------------------------------------------------


def test_octets_of_one_purpose_are_refused_for_every_other(taken: Taken) -> None:
    row = taken.recorded()
    samples = {
        "certificate": _tbs(row),
        "list": read_crl_tbs(taken),
        "text": b"any text",
        "nothing": b"",
        "zeros": bytes(64),
        "deep": b"\x30\x80" * 2000,
        "json": json.dumps({"alg": "none"}).encode(),
    }
    keys = {
        m.SignOcsp: "ca/sm2-ocsp",
        m.SignTimestamp: "ca/sm2-tsa",
        m.SignSealMaking: "seal/maker",
        m.SignToken: "sso/token-es256/1",
        m.SignCheckpoint: "audit/checkpoint",
        m.SignCode: "licence/code",
    }
    taken.house.hsm.keys.ensure("seal/maker", Algorithm.SM2, {Purpose.SEAL_MAKING})
    taken.house.hsm.keys.ensure("sso/token-es256/1", Algorithm.P256, {Purpose.TOKEN})
    taken.house.hsm.keys.ensure("licence/code", Algorithm.SM2, {Purpose.CODE})
    taken.house.checkpoint_signer()
    for kind, key in keys.items():
        for name, octets in samples.items():
            with pytest.raises(YinxinError) as caught:
                taken.ask(kind, key, str(row.id), octets)
            assert caught.value.kind in ("forbidden", "conflict", "invalid-input"), (kind, name, caught.value)


def read_crl_tbs(taken: Taken) -> bytes:
    from ca.reading.crl import read_crl

    return read_crl(crl.publish(taken.house.ca, "sm2-issuing")).tbs


def test_a_purpose_without_a_policy_is_refused(taken: Taken) -> None:
    taken.house.hsm.keys.ensure("test/client", Algorithm.SM2, {Purpose.CLIENT})
    with pytest.raises(PolicyRefused) as caught:
        taken.ask(m.SignClient, "test/client", "i", b"x")
    assert caught.value.code == "hsm.policy.none"
