"""What a certificate is for (证书角色): official seal, person, code signer. Trust says who vouches; this says for what.

Yinxin's certificates name their profile in the policy's last arc (`<region arc>.1.<number>`, `ca.profiles`).
Certificates of other makers are read by what they say of the subject: an organisation without a person's number.
"""

from __future__ import annotations

from ca import oids
from ca.profiles import CODE_SIGNER, DEPARTMENT_SEAL, PROFILES, SEAL_MAKER, Profile
from ca.reading import Certificate, identity_of
from foundation.der import DerError

_NO_SEALS = tuple(one for one in PROFILES.values() if one not in (DEPARTMENT_SEAL, SEAL_MAKER))
"""A company's own certificate, a device, a web server: whatever name they bear, they are no department's seal."""


def is_official_seal(certificate: Certificate) -> bool:
    """The certificate speaks for an organisation, not for a person or a service."""
    if _has(certificate, DEPARTMENT_SEAL):
        return True
    if any(_has(certificate, profile) for profile in _NO_SEALS):
        return False
    services = {oids.TIME_STAMPING, oids.OCSP_SIGNING}
    if certificate.is_ca or certificate.subject.organization is None or services & set(certificate.eku):
        return False
    try:
        identity = identity_of(certificate)
    except DerError:
        return False
    return identity.citizen_number is None and identity.passport_number is None and identity.military_number is None


def is_code_signer(certificate: Certificate) -> bool:
    return _has(certificate, CODE_SIGNER)


def _has(certificate: Certificate, profile: Profile) -> bool:
    return any(policy.endswith(f".1.{profile.number}") for policy in certificate.policies)
