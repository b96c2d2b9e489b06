"""Certificates only (证书包, .p7b): a SignedData without signers, as browsers and EST carry chains (RFC 5652 5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from foundation import der

_SIGNED_DATA, _DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"


def certificates_only(certificates: Sequence[bytes], crls: Sequence[bytes] = ()) -> bytes:
    """ContentInfo, DER; the order is DER's, so readers must not take the first for the leaf."""
    signed = der.sequence(
        der.integer(1),
        der.set_of(()),
        der.sequence(der.oid(_DATA)),
        der.implicit(0, der.set_of(certificates)),
        der.implicit(1, der.set_of(crls)) if crls else b"",
        der.set_of(()),
    )
    return der.sequence(der.oid(_SIGNED_DATA), der.explicit(0, signed))
