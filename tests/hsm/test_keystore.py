"""The key store: purposes, one-use tokens, wrapping, moved rows, two threads, the audit row."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from foundation.audit.models import AuditRow
from foundation.audit.trail import Audit
from foundation.errors import Conflict, Damaged, Forbidden, NotFound
from foundation.metrics import REGISTRY
from hsm import private_keys, signing
from hsm.errors import EngineFault, KeyDamaged, KeyExists, KeyMissing, PurposeRefused, TokenSpent
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.keystore import LocalKeyStore
from hsm.models import HsmKey
from hsm.room import HsmRoom
from hsm.schemes import scheme_for
from hsm.signing import ToBeSigned
from hsm.verifying import DEFAULT_SM2_ID, verify


def _check(ref: KeyRef, data: bytes, value: bytes) -> None:
    verify(ref.spki, scheme_for(ref.algorithm), data, value, sm2_id=DEFAULT_SM2_ID)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_signs_and_survives_a_restart(room: HsmRoom, algorithm: Algorithm) -> None:
    ref = room.keys.generate("ca/root", algorithm, {Purpose.CERTIFICATE, Purpose.CRL})
    _check(ref, b"tbs", room.keys.signer("ca/root").sign(ToBeSigned(Purpose.CRL, b"tbs", "intent-1")))
    ground = room.ground
    restarted = LocalKeyStore(ground.db, ground.clock, ground.ids, ground.audit, room.vault.kek)
    assert restarted.find("ca/root") == ref
    signer = restarted.signer("ca/root")
    assert signer.ref == ref
    _check(ref, b"tbs", signer.sign(ToBeSigned(Purpose.CERTIFICATE, b"tbs", "intent-2")))


def test_a_key_serves_only_its_purposes(room: HsmRoom) -> None:
    room.keys.generate("seal/maker", Algorithm.SM2, {Purpose.SEAL_MAKING})
    token = ToBeSigned(Purpose.SEALING, b"document", "intent")
    with pytest.raises(PurposeRefused) as caught:
        room.keys.signer("seal/maker").sign(token)
    assert isinstance(caught.value, Forbidden)
    assert token.spend() == b"document"  # the refusal did not use it up


def test_a_token_signs_once(room: HsmRoom) -> None:
    room.keys.generate("k", Algorithm.SM2, {Purpose.TOKEN})
    signer, token = room.keys.signer("k"), ToBeSigned(Purpose.TOKEN, b"m", "intent-9")
    signer.sign(token)
    with pytest.raises(TokenSpent, match="intent-9") as caught:
        signer.sign(token)
    assert isinstance(caught.value, Conflict)


def test_every_signature_is_counted_by_algorithm_and_purpose(room: HsmRoom) -> None:
    def counted() -> float:
        labels = {"algorithm": "sm2", "purpose": "client"}
        return REGISTRY.get_sample_value("yinxin_signature_seconds_count", labels) or 0.0

    room.keys.generate("k", Algorithm.SM2, {Purpose.CLIENT})
    before = counted()
    room.keys.signer("k").sign(ToBeSigned(Purpose.CLIENT, b"m", "i"))
    assert counted() == before + 1


def test_a_token_signs_once_also_when_threads_race() -> None:
    token, start, outcomes = ToBeSigned(Purpose.TOKEN, b"m", "i"), threading.Barrier(8), []

    def race() -> None:
        start.wait()
        try:
            outcomes.append(token.spend())
        except TokenSpent:
            outcomes.append(None)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count(b"m"), outcomes.count(None)) == (1, 7)


def test_a_token_needs_an_intent_and_keeps_a_copy() -> None:
    with pytest.raises(ValueError, match="intent"):
        ToBeSigned(Purpose.TOKEN, b"m", "")
    approved = bytearray(b"approved")
    token = ToBeSigned(Purpose.TOKEN, approved, "i")
    approved[:] = b"replaced"
    assert token.spend() == b"approved"
    assert "approved" not in repr(token)


@pytest.mark.parametrize("algorithm", [Algorithm.SM2, Algorithm.RSA_2048, Algorithm.P256])
def test_a_wrong_signature_never_leaves(room: HsmRoom, algorithm: Algorithm, monkeypatch: pytest.MonkeyPatch) -> None:
    room.keys.generate("k", algorithm, {Purpose.CODE})
    signer, honest = room.keys.signer("k"), private_keys.sign

    def faulty(key: private_keys.PrivateKey, message: bytes) -> bytes:
        value = bytearray(honest(key, message))
        value[-1] ^= 1
        return bytes(value)

    monkeypatch.setattr(signing.private_keys, "sign", faulty)
    with pytest.raises(EngineFault, match="did not verify back"):
        signer.sign(ToBeSigned(Purpose.CODE, b"m", "i"))


def test_names_are_taken_once(room: HsmRoom) -> None:
    ref = room.keys.generate("k", Algorithm.SM2, {Purpose.CODE})
    with pytest.raises(KeyExists):
        room.keys.generate("k", Algorithm.SM2, {Purpose.CODE})
    assert room.keys.ensure("k", Algorithm.SM2, {Purpose.CODE}) == ref
    for algorithm, purposes in ((Algorithm.P256, {Purpose.CODE}), (Algorithm.SM2, {Purpose.CODE, Purpose.CRL})):
        with pytest.raises(Conflict):
            room.keys.ensure("k", algorithm, purposes)
    with pytest.raises(ValueError, match="name"):
        room.keys.generate("K|1", Algorithm.SM2, {Purpose.CODE})
    with pytest.raises(ValueError, match="purpose"):
        room.keys.generate("other", Algorithm.SM2, set())


def test_processes_that_race_agree_on_one_key(room: HsmRoom) -> None:
    ground = room.ground
    stores = [LocalKeyStore(ground.db, ground.clock, ground.ids, ground.audit, room.vault.kek) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        refs = list(pool.map(lambda s: s.ensure("k", Algorithm.SM2, {Purpose.CODE}), stores))
    assert len(set(refs)) == 1


def test_versions_and_retirement(room: HsmRoom) -> None:
    first = room.keys.generate("k", Algorithm.SM2, {Purpose.CODE})
    second = room.keys.renew("k")
    assert (second.version, second.purposes) == (2, first.purposes)
    assert room.keys.find("k") == second
    assert room.keys.signer("k", 1).ref == first
    room.keys.retire("k", 1)
    assert room.keys.find("k", 1) == first
    with pytest.raises(KeyMissing) as caught:
        room.keys.signer("k", 1)
    assert isinstance(caught.value, NotFound)
    room.keys.retire("k", 2)
    assert room.keys.find("k") is None
    with pytest.raises(KeyMissing):
        room.keys.renew("k")
    with pytest.raises(KeyMissing):
        room.keys.retire("k", 7)
    assert room.keys.names() == ["k"]
    assert room.keys.names("x") == []


def test_a_wrapped_key_moved_to_another_row_is_refused(room: HsmRoom) -> None:
    for name in ("seal/a", "seal/b"):
        room.keys.generate(name, Algorithm.SM2, {Purpose.SEALING})
    with room.ground.db.begin() as session:
        thief, victim = (session.scalars(select(HsmKey).where(HsmKey.name == n)).one() for n in ("seal/a", "seal/b"))
        thief.wrapped, thief.spki = victim.wrapped, victim.spki
    with pytest.raises(KeyDamaged, match="seal/a") as caught:
        room.keys.signer("seal/a")
    assert isinstance(caught.value, Damaged)
    room.keys.signer("seal/b")


@pytest.mark.parametrize(
    "change",
    [
        {"purposes": "certificate,sealing"},
        {"algorithm": "p-256"},
        {"version": 2},
        {"name": "seal/x"},
        {"purposes": "everything"},
        {"wrapped": b"short"},
    ],
)
def test_an_edited_row_is_refused(room: HsmRoom, change: dict[str, object]) -> None:
    room.keys.generate("seal/a", Algorithm.SM2, {Purpose.SEALING})
    with room.ground.db.begin() as session:
        session.execute(update(HsmKey).values(**change))
    with pytest.raises(KeyDamaged):
        room.keys.signer(str(change.get("name", "seal/a")))


def test_a_replaced_public_half_is_refused_even_when_the_key_is_open(room: HsmRoom) -> None:
    room.keys.generate("k", Algorithm.SM2, {Purpose.CODE})
    room.keys.signer("k")
    other = room.keys.generate("other", Algorithm.SM2, {Purpose.CODE})
    with room.ground.db.begin() as session:
        session.execute(update(HsmKey).where(HsmKey.name == "k").values(spki=other.spki))
    with pytest.raises(KeyDamaged):
        room.keys.signer("k")


def test_private_keys_are_parsed_once(room: HsmRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.keys.generate("k", Algorithm.RSA_2048, {Purpose.CODE})
    loads, honest = [], private_keys.load
    monkeypatch.setattr(private_keys, "load", lambda a, p: (loads.append(a), honest(a, p))[1])
    assert len({id(room.keys.signer("k")) for _ in range(5)}) == 1
    assert loads == [Algorithm.RSA_2048]


def test_two_threads_sign_with_one_key(room: HsmRoom) -> None:
    for algorithm in (Algorithm.SM2, Algorithm.P256):
        ref = room.keys.generate(f"k/{algorithm}", algorithm, {Purpose.CODE})
        signer = room.keys.signer(ref.name)

        def work(thread: int, ref: KeyRef = ref, signer: signing.Signer = signer) -> int:
            for number in range(50):
                data = f"{thread}/{number}".encode()
                _check(ref, data, signer.sign(ToBeSigned(Purpose.CODE, data, "i")))
            return 50

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(work, range(2))) == 100


def test_the_private_half_is_nowhere_in_the_database(room: HsmRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[private_keys.PrivateKey] = []
    honest = private_keys.generate
    monkeypatch.setattr(private_keys, "generate", lambda a: (made.append(honest(a)), made[-1])[1])
    room.keys.generate("k", Algorithm.SM2, {Purpose.CODE})
    secret = made[0].pkcs8()[36:68]  # the scalar inside
    with room.ground.db.read() as session:
        row = session.scalars(select(HsmKey)).one()
        rows = [str(vars(r)) for r in session.scalars(select(AuditRow))]
    assert secret not in row.wrapped
    assert all(secret.hex() not in text for text in rows)


def test_generation_is_audited_or_does_not_happen(room: HsmRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.keys.generate("k", Algorithm.SM2, {Purpose.CODE})
    room.keys.retire("k", 1)
    with room.ground.db.read() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.nseq)).all()
    assert actions == ["hsm.key.generate", "hsm.key.retire"]

    def fail(*_: object, **__: object) -> None:
        raise OSError("trail is full")

    monkeypatch.setattr(Audit, "record", fail)
    with pytest.raises(OSError, match="trail"):
        room.keys.generate("lost", Algorithm.SM2, {Purpose.CODE})
    with room.ground.db.read() as session:
        assert session.scalar(select(func.count()).select_from(HsmKey).where(HsmKey.name == "lost")) == 0


def test_checkpoint_notes(room: HsmRoom) -> None:
    signer = room.checkpoint_signer()
    assert signer.name == "127.0.0.1:8000"
    assert len(signer.key_id) == 4
    value = signer.sign(b"127.0.0.1:8000\n3\nroot\n")
    signer.verify(b"127.0.0.1:8000\n3\nroot\n", value)
    with pytest.raises(Exception, match="does not verify"):
        signer.verify(b"127.0.0.1:8000\n2\nroot\n", value)
    assert room.checkpoint_signer().key_id == signer.key_id
    renewed = room.keys.renew("audit/checkpoint")
    assert room.checkpoint_signer().key_id != signer.key_id
    assert renewed.version == 2
