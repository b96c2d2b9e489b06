"""Chains under other people's judges: `openssl verify` for RSA whole, for SM2 link by link, and gmssl."""

from __future__ import annotations

from pathlib import Path

import pytest

from ca.chain import authorities, chain
from ca.errors import AuthorityUnknown
from ca.profiles import PROFILES
from ca.reading import read_certificate
from ca.suites import USUAL, Suite
from hsm.keys import Algorithm
from tests.ca.conftest import Region
from tests.ca.oracles import DISTID, gmssl_accepts_sm2, openssl, openssl_accepts_sm2, pem, refused_by_openssl, write
from tests.ca.services import certificate_of

LEAVES = [name for name, profile in PROFILES.items() if not profile.is_ca]
IN_RSA = [name for name in LEAVES if Algorithm.RSA_2048 in PROFILES[name].algorithms]


@pytest.mark.parametrize("profile", IN_RSA)
def test_openssl_verifies_the_whole_rsa_chain(region: Region, tmp_path: Path, profile: str) -> None:
    issuing, root = (region.room.authority(f"rsa-{role}").certificate.der for role in ("issuing", "root"))
    subject = write(tmp_path, "leaf.pem", pem(certificate_of(region, Suite.RSA, profile)))
    anchor, between = write(tmp_path, "root.pem", pem(root)), write(tmp_path, "issuing.pem", pem(issuing))
    at = str(int(region.clock.now().timestamp()) + 60)
    strict = ("-x509_strict", "-policy_check", "-check_ss_sig", "-attime", at)
    assert "OK" in openssl("verify", *strict, "-CAfile", anchor, "-untrusted", between, subject)


@pytest.mark.parametrize("profile", [*LEAVES, "issuing", "root"])
def test_openssl_verifies_each_sm2_link(region: Region, tmp_path: Path, profile: str) -> None:
    room = region.room
    if profile in ("issuing", "root"):
        certificate, above = room.authority(f"sm2-{profile}").certificate, room.authority("sm2-root").certificate
    else:
        certificate, above = (
            read_certificate(certificate_of(region, Suite.SM2, profile)),
            room.authority("sm2-issuing").certificate,
        )
    openssl_accepts_sm2(above.spki, certificate.tbs, certificate.signature)
    assert gmssl_accepts_sm2(above.spki, certificate.tbs, certificate.signature)
    at = str(int(region.clock.now().timestamp()) + 60)
    subject, anchor = write(tmp_path, "s.pem", pem(certificate.der)), write(tmp_path, "a.pem", pem(above.der))
    link = ("verify", "-partial_chain", "-attime", at, "-trusted", anchor, "-vfyopt", DISTID, subject)
    assert "OK" in openssl(*link)


def test_openssl_refuses_an_altered_sm2_certificate(region: Region, tmp_path: Path) -> None:
    certificate = bytearray(region.issue(Suite.SM2, "code-signer").der)
    certificate[certificate.index("电子证照".encode())] ^= 1
    above = region.room.authority("sm2-issuing").certificate
    subject, anchor = write(tmp_path, "s.pem", pem(bytes(certificate))), write(tmp_path, "a.pem", pem(above.der))
    refused_by_openssl("verify", "-partial_chain", "-trusted", anchor, "-vfyopt", DISTID, subject)


@pytest.mark.parametrize("suite", USUAL)
def test_a_chain_is_issuing_then_root(region: Region, suite: Suite) -> None:
    made = chain(region.room, region.issue(suite, "code-signer").der)
    assert made == [region.room.authority(f"{suite}-{role}").certificate.der for role in ("issuing", "root")]
    assert chain(region.room, made[-1]) == []


def test_a_foreign_certificate_has_no_chain_here(region: Region, vectors: Path) -> None:
    foreign = read_certificate(region.issue(Suite.SM2, "code-signer").der)
    renamed = foreign.der.replace("印川市电子政务CA".encode(), "印川市电子政务CB".encode())
    with pytest.raises(AuthorityUnknown):
        chain(region.room, renamed)


def test_authorities_are_listed_roots_first(region: Region) -> None:
    slugs = [authority.slug for authority in authorities(region.room)]
    assert slugs == ["rsa-root", "sm2-root", "rsa-issuing", "sm2-issuing"]
