"""The self-test: every known answer counts, and a process that fails it does not start."""

from __future__ import annotations

import dataclasses

import pytest

from foundation.clock import FixedClock
from foundation.database import Database
from foundation.ids import SystemIds
from foundation.settings import Settings
from hsm import libcrypto, selftest, sm2_cipher
from hsm.errors import BadSignature, EngineFault, Reason, SelfTestFailed
from hsm.known_answers import KNOWN, KnownAnswers
from hsm.models import HsmKek
from hsm.room import unseal
from hsm.sm2 import Sm2PrivateKey, Sm2PublicKey


def test_it_passes_here() -> None:
    assert selftest.run() == list(selftest.TESTS)


def _spoilt(value: str | bytes) -> str | bytes:
    if isinstance(value, bytes):
        return value + b"!"
    return value[:-1] + ("0" if value[-1] != "0" else "1")


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(KnownAnswers)])
def test_every_known_answer_counts(name: str) -> None:
    broken = dataclasses.replace(KNOWN, **{name: _spoilt(getattr(KNOWN, name))})
    with pytest.raises(SelfTestFailed, match="refusing to start"):
        selftest.run(broken)


def test_a_verifier_that_accepts_everything_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sm2PublicKey, "verify", lambda *_, **__: None)
    with pytest.raises(SelfTestFailed, match="altered input was accepted"):
        selftest.run()


def test_a_verifier_that_accepts_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BadSignature(Reason.MISMATCH)

    monkeypatch.setattr(Sm2PublicKey, "verify", refuse)
    with pytest.raises(SelfTestFailed):
        selftest.run()


def test_a_stuck_nonce_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sm2PrivateKey, "sign", lambda *_, **__: b"always the same")
    with pytest.raises(SelfTestFailed, match="nonce"):
        selftest.run()


def test_a_decryption_that_ignores_the_check_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm2_cipher, "decrypt", lambda *_: KNOWN.sm2_text)
    with pytest.raises(SelfTestFailed, match="altered input was accepted"):
        selftest.run()


def test_stuck_randomness_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest.os, "urandom", lambda size: b"\x07" * size)
    with pytest.raises(SelfTestFailed, match="randomness"):
        selftest.run()


def test_a_process_that_fails_does_not_unseal(
    settings: Settings, db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(selftest.TESTS, "sm3", lambda _: selftest._same("SM3", b"", "00"))
    with pytest.raises(SelfTestFailed):
        unseal(settings, db, clock, SystemIds(clock))
    with db.read() as session:
        assert session.get(HsmKek, 1) is None


def test_one_process_has_one_library() -> None:
    used = libcrypto.engine()
    assert libcrypto.configure(None) is used
    with pytest.raises(EngineFault, match="already in use"):
        libcrypto.configure("/another/libcrypto.so")
