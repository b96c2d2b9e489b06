"""Weak subject keys meet their refusal: at the request with a pointer, at the lint before signing, at the record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ca.enrol import Enrolment, enrol
from ca.errors import LintFailed
from ca.issue import IssuedCertificate, issue
from ca.models import CaCertificate
from ca.reading import Reason
from ca.revoke import revoke
from ca.suites import Suite
from foundation import der
from foundation.errors import InvalidInput
from foundation.principal import SYSTEM
from hsm import curves, oids
from hsm.digests import sha256
from hsm.keys import Algorithm, Purpose
from hsm.schemes import Scheme
from hsm.sm2 import Sm2PrivateKey
from hsm.weak_keys import WeakKey, Weakness
from tests.ca.conftest import IDENTITIES, SUBJECTS, Region
from tests.hsm.weak import close_modulus, point, point_spki, roca_modulus, rsa_spki, small_factor_modulus, sound_primes

PRODUCT = sound_primes()[0] * sound_primes()[1]
WEAK = {
    "roca": (Suite.RSA, rsa_spki(roca_modulus()), Weakness.ROCA),
    "close": (Suite.RSA, rsa_spki(close_modulus()), Weakness.CLOSE_PRIMES),
    "small": (Suite.RSA, rsa_spki(small_factor_modulus(factor=751)), Weakness.SMALL_FACTOR),
    "exponent-1": (Suite.RSA, rsa_spki(PRODUCT, 1), Weakness.EXPONENT),
    "exponent-3": (Suite.RSA, rsa_spki(PRODUCT, 3), Weakness.EXPONENT),
    "infinity": (Suite.SM2, point_spki(oids.SM2, b"\0"), Weakness.INFINITY),
    "compressed": (Suite.SM2, point_spki(oids.SM2, b"\2" + b"\1" * 32), Weakness.COMPRESSED),
    "off-curve": (Suite.SM2, point_spki(oids.SM2, point(curves.SM2, 5, 5)), Weakness.NOT_ON_CURVE),
}


def request_for(spki: bytes) -> bytes:
    """PKCS#10 around any key. The signature is not looked at: anybody could make it for a key anybody can break."""
    info = der.sequence(der.integer(0), der.sequence(), spki, der.explicit(0, b""))
    return der.sequence(info, Scheme.RSA_SHA256.algorithm_identifier(), der.bit_string(b"\0" * 256))


@pytest.mark.parametrize("name", WEAK)
def test_a_request_for_a_weak_key_is_refused_with_its_reason(region: Region, name: str) -> None:
    suite, spki, weakness = WEAK[name]
    wanted = Enrolment(
        suite, "code-signer", SUBJECTS["code-signer"], IDENTITIES["code-signer"], request_for(spki), f"weak-{name}"
    )
    with pytest.raises(InvalidInput) as caught:
        enrol(region.room, SYSTEM, wanted)
    assert caught.value.code == f"hsm.weak_key.{weakness}"
    assert [fault.pointer for fault in caught.value.faults] == ["/csr"]
    with region.room.ground.db.read() as session:
        assert session.query(CaCertificate).filter_by(request_key=f"weak-{name}").count() == 0


@pytest.mark.parametrize("name", ["roca", "close", "small"])
def test_no_other_way_in_gets_one_signed(region: Region, name: str) -> None:
    """Straight to the issuing function, as our own rooms call it: the lint before signing stops it."""
    suite, spki, _ = WEAK[name]
    with pytest.raises(LintFailed) as caught:
        _issue(region, suite, spki, f"lint-{name}")
    assert caught.value.check == "weak_key"


def _issue(region: Region, suite: Suite, spki: bytes, request_key: str) -> IssuedCertificate:
    return issue(
        region.room,
        SYSTEM,
        suite=suite,
        profile="code-signer",
        subject=SUBJECTS["code-signer"],
        spki=spki,
        identity=IDENTITIES["code-signer"],
        request_key=request_key,
    )


@pytest.mark.parametrize(("reason", "refused"), [(Reason.KEY_COMPROMISE, True), (Reason.SUPERSEDED, False)])
def test_once_compromised_always_compromised(own_region: Region, reason: Reason, refused: bool) -> None:
    spki = own_region.room.keys.ensure("test/lost", Algorithm.SM2, {Purpose.CODE}).spki
    made = _issue(own_region, Suite.SM2, spki, "first")
    revoke(own_region.room, SYSTEM, reason=reason, certificate_id=made.id)
    if not refused:
        assert _issue(own_region, Suite.SM2, spki, "second")
        return
    with pytest.raises(WeakKey) as caught:
        _issue(own_region, Suite.SM2, spki, "second")
    assert caught.value.weakness is Weakness.COMPROMISED
    assert _issue(own_region, Suite.SM2, Sm2PrivateKey.generate().spki, "third")


def test_a_key_on_the_operators_list(own_region: Region, tmp_path_factory: pytest.TempPathFactory) -> None:
    spki = Sm2PrivateKey.generate().spki
    file = tmp_path_factory.mktemp("lists") / "weak.txt"
    file.write_text(f"{sha256(spki).hex()}\n")
    ground = own_region.room.ground
    keys = ground.settings.keys.model_copy(update={"blocklist": (file,)})
    listed = replace(ground, settings=ground.settings.model_copy(update={"keys": keys}))
    region = replace(own_region, room=replace(own_region.room, ground=listed))
    with pytest.raises(WeakKey) as caught:
        _issue(region, Suite.SM2, spki, "listed")
    assert caught.value.weakness is Weakness.LISTED
    file.write_text("# nothing any more\n" * 3)  # read again when it changed, without a restart
    assert _issue(region, Suite.SM2, spki, "listed")
