"""Certificates of the region's own services."""

from __future__ import annotations

from ca.hierarchy import service_certificate
from ca.profiles import OCSP, TSA
from ca.room import CaRoom
from ca.suites import Suite
from hsm.keys import Purpose


def service_der(room: CaRoom, suite: Suite, profile: str) -> bytes:
    kind, purpose = (TSA, Purpose.TIMESTAMP) if profile == "tsa" else (OCSP, Purpose.OCSP)
    return service_certificate(room, suite, kind, purpose).der
