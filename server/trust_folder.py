"""Writing a trust folder (导出信任库): everything another province needs to judge our files without calling us.

`roots/ intermediates/ certificates/` in DER, `crls/`, `ocsp/`, `templates/` of the printed codes, one time stamp token.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from ca import crl, ocsp, timestamps
from ca.chain import authorities
from ca.profiles import OCSP, TSA, Role
from ca.reading import Certificate, read_certificate
from ca.services import service
from ca.suites import Suite
from foundation import der
from hsm.digests import Digest
from hsm.keys import Purpose
from licence import code
from licence.templates import published
from seal.maker import maker
from seal.models import SealRow, SealState
from seal.status_service import publishing
from server.house import House


def write(house: House, folder: Path) -> None:
    for authority in authorities(house.ca):
        kind = "roots" if authority.role is Role.ROOT else "intermediates"
        _put(folder / kind / f"{authority.slug}.cer", authority.certificate.der)
        _put(folder / "crls" / f"{authority.slug}.crl", crl.current(house.ca, authority.slug))
    for name, certificate in _leaves(house):
        _put(folder / "certificates" / f"{name}.cer", certificate)
        _put(folder / "ocsp" / f"{name}.ors", _status(house, read_certificate(certificate)))
    for template in published():
        _put(folder / "templates" / template.file_name, template.file_bytes())
    _put(folder / "seal-status" / "list.json", publishing.current(house.seal))
    for suite in house.ca.suites:
        digest = Digest.SM3 if suite is Suite.SM2 else Digest.SHA256
        token = timestamps.token(house.ca, suite, digest, digest.of(b"yinxin trust folder"))
        _put(folder / f"timestamp-{suite.value}.tst", token)


def _leaves(house: House) -> list[tuple[str, bytes]]:
    found = [("seal-maker", maker(house.seal).certificate)]
    found += [(f"code-signer-{key.kid.hex()}", key.certificate) for key in code.certified_keys(house.licence)]
    for suite in house.ca.suites:
        for profile, purpose in ((TSA, Purpose.TIMESTAMP), (OCSP, Purpose.OCSP)):
            found.append((f"{suite.value}-{profile.name}", service(house.ca, suite, profile, purpose).certificate.der))
    with house.ground.db.read() as session:
        seals = session.scalars(select(SealRow).where(SealRow.state == SealState.IN_USE).order_by(SealRow.code)).all()
    for seal in seals:
        own = {
            Suite.SM2: seal.sm2_certificate,
            Suite.RSA: seal.rsa_certificate,
            Suite.P256: seal.p256_certificate,
        }
        found += [(f"seal-{seal.code}-{suite.value}", octets) for suite, octets in own.items() if octets]
    return found


def status_request(certificate: Certificate, issuer: Certificate) -> bytes:
    """An OCSPRequest for one certificate, CertID by SHA-256 (RFC 6960 4.1.1)."""
    key_bits = der.parse(issuer.spki).children(2)[1].as_bits()
    algorithm = der.sequence(der.oid(Digest.SHA256.oid), der.null())
    cert_id = der.sequence(
        algorithm,
        der.octet_string(Digest.SHA256.of(issuer.subject.raw)),
        der.octet_string(Digest.SHA256.of(key_bits)),
        der.integer(certificate.serial),
    )
    return der.sequence(der.sequence(der.sequence(der.sequence(cert_id))))


def _status(house: House, certificate: Certificate) -> bytes:
    issuer = next(one for one in authorities(house.ca) if one.certificate.subject.raw == certificate.issuer.raw)
    return ocsp.answer(house.ca, issuer.slug, status_request(certificate, issuer.certificate))


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
