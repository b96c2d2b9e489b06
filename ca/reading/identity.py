"""Identity extensions (身份标识扩展) of GB/T 20518: who a certificate is about, in numbers.

Reads the arcs of 2012/2018, those of GM/T 0015-2023 and the older ones still in tax certificates. The tag mode of the
IdentifyCode CHOICE is disputed, so implicit and explicit are both read (facts: standards 1.5).
"""

from __future__ import annotations

from dataclasses import dataclass

from ca import oids
from ca.names import text_of
from ca.reading.certificate import Certificate
from ca.reading.shapes import sole
from foundation import der
from foundation.der import DerError

_PLAIN = {
    oids.INSURANCE_NUMBER: "insurance_number",
    oids.REGISTRATION_NUMBER: "registration_number",
    oids.ORGANIZATION_CODE: "organization_code",
    oids.TAXATION_NUMBER: "taxation_number",
    oids.CITIZEN_NUMBER_2023: "citizen_number",
    oids.PASSPORT_NUMBER_2023: "passport_number",
    oids.ORGANIZATION_CODE_2023: "organization_code",
    "1.2.156.10260.4.4.4": "organization_code",
    "1.2.86.11.7.1": "citizen_number",  # before the GM arcs
    "1.2.86.11.7.3": "registration_number",
    "1.2.86.11.7.4": "organization_code",
    "1.2.86.11.7.5": "taxation_number",
}
_CHOICES = ("citizen_number", "military_number", "passport_number")


@dataclass(frozen=True, slots=True)
class IdentityExtensions:
    """Numbers a certificate states. The first three and `insurance_number` are personal data."""

    citizen_number: str | None = None
    military_number: str | None = None
    passport_number: str | None = None
    insurance_number: str | None = None
    registration_number: str | None = None
    organization_code: str | None = None
    taxation_number: str | None = None

    def __repr__(self) -> str:  # an exception or a log that shows this object must not show the numbers
        return "IdentityExtensions(…)"


NO_IDENTITY = IdentityExtensions()


def identity_of(certificate: Certificate) -> IdentityExtensions:
    """Every identity extension found; an unreadable one raises `DerError`."""
    found: dict[str, str] = {}
    for extension in certificate.extensions:
        if extension.oid == oids.IDENTIFY_CODE:
            field, value = _identify_code(der.parse(extension.value))
            found.setdefault(field, value)
        elif extension.oid in _PLAIN:
            found.setdefault(_PLAIN[extension.oid], text_of(der.parse(extension.value)))
    return IdentityExtensions(**found)


def _identify_code(node: der.Node) -> tuple[str, str]:
    number = node.tag & 0x1F
    if node.tag & 0xC0 != 0x80 or number >= len(_CHOICES):
        raise DerError("IdentifyCode")
    if node.tag & 0x20:  # explicit: the string stands inside with its own tag
        return _CHOICES[number], text_of(sole(node))
    try:
        return _CHOICES[number], node.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DerError("IdentifyCode") from error
