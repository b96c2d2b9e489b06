"""Gathering what vouches for a signer (凭据收集): its chain, and revocation data about each link."""

from __future__ import annotations

from datetime import datetime

from ca.reading import Certificate, read_certificate, read_crl, read_ocsp_response
from foundation.der import DerError
from seal.longlife.archive import Material
from seal.longlife.levels import NotExtendable, NotYet, Sources
from seal.longlife.needs import ALWAYS, Signature, Signer

MOST_CHAIN = 10


def gather(signature: Signature, sources: Sources, held: Material, *, anew: bool) -> Material | None:
    """Raises `NotYet` while data later than the signature is missing. What the file `held` does, save `anew`.

    None for a signature of somebody whose issuer the sources do not know.
    """
    if sources.issuer(signature.signers[0].certificate) is None:
        return None
    certificates: dict[bytes, None] = {}
    crls: dict[bytes, None] = {}
    answers: dict[bytes, None] = {}
    for signer in signature.signers:
        for at, (certificate, issuer) in enumerate(_links(signer, sources)):
            certificates[certificate.der] = None
            certificates[issuer.der] = None
            after = signer.after if at == 0 else ALWAYS
            known = _told(held, certificate, issuer, after)
            status = sources.status(certificate, after) if anew or not known else None
            if status is None:
                if not known:
                    raise NotYet(certificate.subject.common_name or certificate.subject.text)
                continue
            certificates.update(dict.fromkeys(status.certificates))
            crls.update({status.crl: None} if status.crl is not None else {})
            answers.update({status.answer: None} if status.answer is not None else {})
    return Material(tuple(certificates), tuple(crls), tuple(answers))


def _links(signer: Signer, sources: Sources) -> list[tuple[Certificate, Certificate]]:
    """(certificate, issuer) from the signer up to a self-issued one."""
    found: list[tuple[Certificate, Certificate]] = []
    current = signer.certificate
    brought = [read_certificate(item) for item in signer.brought]
    while not current.self_issued:
        issuer = sources.issuer(current) or next(
            (item for item in brought if item.subject.raw == current.issuer.raw and item.der != current.der), None
        )
        if issuer is None or len(found) >= MOST_CHAIN:
            name = current.issuer.common_name or current.issuer.text
            raise NotExtendable(f"找不到签发者“{name}”的证书", f"the certificate of {name!r} cannot be found")
        found.append((current, issuer))
        current = issuer
    return found


def _told(held: Material, certificate: Certificate, issuer: Certificate, after: datetime) -> bool:
    for octets in held.crls:
        crl = read_crl(octets)
        if crl.issuer.raw == issuer.subject.raw and crl.this_update >= after:
            return True
    for octets in held.answers:
        try:
            single = read_ocsp_response(octets).find(certificate.serial)
        except DerError:
            continue  # somebody else's damaged answer tells nothing about this certificate
        if single is not None and single.this_update >= after:
            return True
    return False
