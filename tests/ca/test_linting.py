"""pkilint clean on every profile of both suites, on lists and on OCSP answers."""

from __future__ import annotations

import pytest

from ca import crl, ocsp
from ca.profiles import PROFILES
from ca.reading import Reason
from ca.revoke import revoke
from ca.suites import USUAL, Suite
from foundation import der
from foundation.principal import SYSTEM
from tests.ca.conftest import Region
from tests.ca.linting import lint_certificate, lint_crl, lint_link, lint_ocsp
from tests.ca.services import certificate_of
from tests.ca.test_ocsp import nonce, request

RFC_8813 = "pkix.key_usage_value_prohibited_for_ec"
"""SM2 keys bear the identifier of ECDSA keys, which may not encipher. SM2 keys do (GB/T 20518; docs/profiles.md)."""


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize("suite", USUAL)
def test_pkilint_finds_nothing_in_a_certificate(region: Region, suite: Suite, profile: str) -> None:
    octets = certificate_of(region, suite, profile)
    found = lint_certificate(octets)
    if suite is Suite.SM2 and PROFILES[profile].encrypts:
        assert [one for one in found if RFC_8813 in one] == found != []
    else:
        assert found == []
    issuer = "root" if PROFILES[profile].is_ca else "issuing"
    assert lint_link(region.room.authority(f"{suite}-{issuer}").certificate.der, octets) == []


def test_pkilint_would_say_so(region: Region) -> None:
    """The judge is awake: a certificate that ends before it begins is found out."""
    made = region.issue(Suite.SM2, "code-signer")
    begin, end = der.x509_time(made.not_before), der.x509_time(made.not_after)
    assert lint_certificate(made.der.replace(begin + end, end + begin)) != []


@pytest.mark.parametrize("suite", USUAL)
@pytest.mark.parametrize("role", ["root", "issuing"])
def test_pkilint_finds_nothing_in_a_list(region: Region, suite: Suite, role: str) -> None:
    gone = region.issue(suite, "code-signer")
    revoke(region.room, SYSTEM, certificate_id=gone.id, reason=Reason.KEY_COMPROMISE)
    assert lint_crl(crl.current(region.room, f"{suite}-{role}")) == []


@pytest.mark.parametrize("suite", USUAL)
def test_pkilint_finds_nothing_in_an_ocsp_answer(region: Region, suite: Suite) -> None:
    gone, there = region.issue(suite, "code-signer"), region.issue(suite, "seal-maker")
    revoke(region.room, SYSTEM, certificate_id=gone.id, reason=Reason.KEY_COMPROMISE)
    data = request(region, suite, gone.serial, there.serial, 99, extensions=nonce(b"n" * 32))
    assert lint_ocsp(ocsp.answer(region.room, f"{suite}-issuing", data)) == []
