"""The centre's own certificate (密钥管理中心证书): with it envelopes are signed and transcripts can be judged."""

from __future__ import annotations

from ca.hierarchy import service_certificate
from ca.profiles import PROFILES
from ca.reading.certificate import Certificate, read_certificate
from ca.room import CaRoom
from ca.suites import Suite
from hsm.escrow.shapes import IssuerSerial
from hsm.keys import Purpose

KMC = PROFILES["kmc"]
TITLE = "密钥管理中心"


def centre_certificate(room: CaRoom) -> Certificate:
    """Made at first use, renewed in time with the same key; SM2 in every region."""
    made = service_certificate(room, Suite.SM2, KMC, Purpose.KEY_CENTRE, title=TITLE)
    return read_certificate(made.der)


def party(certificate: Certificate) -> IssuerSerial:
    return IssuerSerial(certificate.issuer.raw, f"{certificate.serial:x}")
