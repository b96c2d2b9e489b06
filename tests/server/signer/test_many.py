"""Many certificates in one question: each is judged for itself, and nothing leaves that the journal does not have."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from ca import hierarchy
from ca.finishing import IssuedCertificate
from ca.issue import leaf
from ca.issue_many import issue_many
from ca.models import CaCertificate, State
from ca.names import Subject
from ca.reading import NO_IDENTITY, read_certificate
from ca.storing import opened
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.principal import SYSTEM
from foundation.settings import Settings
from hsm import private_keys
from hsm.errors import PurposeRefused
from hsm.keys import Algorithm, Purpose
from hsm.service import messages as m
from hsm.service.errors import IntentUnknown
from hsm.signing import ToBeSigned, sign_all
from hsm.verifying import DEFAULT_SM2_ID, verify
from server.house import House, open_house

KEY = "ca/sm2-issuing"


@pytest.fixture
def house(settings: Settings, clock: FixedClock) -> Iterator[House]:
    with open_house(settings, clock=clock) as found:
        hierarchy.establish(found.ca, [Suite.SM2])
        yield found


def ask(house: House, kind: object) -> m.SignedMany:
    answer: m.SignedMany = house.hsm.keys._channel.ask(kind, m.SignedMany)  # type: ignore[attr-defined]
    return answer


def records(house: House) -> int:
    count: int = house.hsm.keys._channel.ask(m.AskStatus(), m.Status).journal_records  # type: ignore[attr-defined]
    return count


def issued(house: House, *keys: str) -> list[IssuedCertificate]:
    made = issue_many(
        house.ca,
        SYSTEM,
        [
            leaf(
                house.ca,
                Suite.SM2,
                "code-signer",
                subject=Subject("印川市证照码", organization="印川市政务服务和大数据管理局"),
                spki=private_keys.generate(Algorithm.SM2).spki,
                identity=NO_IDENTITY,
                request_key=key,
            )
            for key in keys
        ],
    )
    found = [one for one in made if isinstance(one, IssuedCertificate)]
    assert len(found) == len(keys), made
    return found


def test_a_batch_is_one_question_and_one_record_each(house: House) -> None:
    before = records(house)
    made = issued(house, *(f"many-{number}" for number in range(5)))
    assert records(house) == before + 5
    spki = house.ca.authority("sm2-issuing").certificate.spki
    for one in made:
        certificate = read_certificate(one.der)
        assert certificate.scheme is not None
        verify(spki, certificate.scheme, certificate.tbs, certificate.signature, sm2_id=DEFAULT_SM2_ID)


def _back_to_intent(house: House, made: IssuedCertificate) -> m.CertificateToSign:
    """As if a crash had come before the signature was stored; the signer has it in its journal."""
    with house.ground.db.begin() as session:
        row = session.get_one(CaCertificate, made.id)
        tbs = read_certificate(opened(house.ground.cipher, row, "der")).tbs
        row.state, row.der, row.fingerprint, row.tbs = State.RECORDED, None, None, base64.b64encode(tbs).decode()
    return m.CertificateToSign(str(made.id), tbs)


def test_what_is_refused_leaves_nothing_and_the_others_go_on(house: House) -> None:
    first, second = (_back_to_intent(house, one) for one in issued(house, "one", "two"))
    other = m.CertificateToSign(second.intent, second.data[:-1] + bytes((second.data[-1] ^ 1,)))
    stranger = m.CertificateToSign("00000000-0000-7000-8000-000000000000", first.data)
    ref = house.hsm.keys.signer(KEY).ref
    before = records(house)
    values = ask(house, m.SignCertificates(KEY, ref.version, (other, first, stranger, first, second))).values
    assert [bool(value) for value in values] == [False, True, False, False, False]
    assert records(house) == before + 1, "an intent stands once in a question: a second one would be unknown to it"
    assert ask(house, m.SignCertificates(KEY, ref.version, ())).values == ()


def test_a_refusal_is_told_as_if_it_had_been_asked_alone(house: House) -> None:
    first = _back_to_intent(house, issued(house, "alone")[0])
    signer = house.hsm.keys.signer(KEY)
    tokens = [
        ToBeSigned(Purpose.CERTIFICATE, first.data, first.intent),
        ToBeSigned(Purpose.CERTIFICATE, first.data + b"x", first.intent + "x"),
    ]
    value, refusal = sign_all(signer, tokens)
    assert isinstance(value, bytes)
    assert isinstance(refusal, IntentUnknown)


def test_the_question_is_for_keys_of_cas_only(house: House) -> None:
    ref = house.hsm.keys.signer("ca/sm2-tsa").ref
    with pytest.raises(PurposeRefused):
        ask(house, m.SignCertificates(ref.name, ref.version, ()))
    tokens = [ToBeSigned(Purpose.CERTIFICATE, b"x", "a"), ToBeSigned(Purpose.CERTIFICATE, b"y", "b")]
    assert all(isinstance(one, PurposeRefused) for one in sign_all(house.hsm.keys.signer(ref.name), tokens))
