"""Signatures within one question (验签与计数): each pair of key and object once, and each counted.

A DSA key may leave its parameters to the key above it (RFC 3279 2.3.2); until a path says which, such a link is open.
"""

from __future__ import annotations

from functools import lru_cache

from ca.reading import Certificate, CertificateList, OcspResponse
from hsm import dsa
from verify import links
from verify.paths.limits import Budget


class Signatures:
    """Remembers answers, so that sixteen paths over the same link cost one verification."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._known: dict[tuple[bytes, bytes], bool] = {}

    def certificate(self, spki: bytes, certificate: Certificate) -> bool:
        key = (spki, certificate.der)
        if key not in self._known:
            self._budget.sign()
            self._known[key] = links.certified(spki, certificate)
        return self._known[key]

    def crl(self, spki: bytes, crl: CertificateList, remembered: dict[bytes, bool]) -> bool:
        """`remembered` lives with the list in the trust store: a list of 50 MB is verified once per key."""
        if spki not in remembered:
            self._budget.sign()
            remembered[spki] = links.listed(spki, crl)
        return remembered[spki]

    def answer(self, spki: bytes, answer: OcspResponse) -> bool:
        key = (spki, answer.der)
        if key not in self._known:
            self._budget.sign()
            self._known[key] = links.answered(spki, answer)
        return self._known[key]


@lru_cache(maxsize=4096)
def open_key(spki: bytes) -> bool:
    """A DSA key without its parameters: only the path tells them."""
    return dsa.parameters_of(spki) == b""


def completed(spki: bytes, above: bytes) -> bytes:
    """The working public key of RFC 5280 6.1.4 (d) to (f): parameters inherited from the key `above`."""
    if not open_key(spki):
        return spki
    inherited = dsa.parameters_of(above)
    return dsa.with_parameters(spki, inherited) if inherited else spki
