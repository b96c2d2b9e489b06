"""What an order in the register makes (用章类别): its format, and the family that a seal's rules speak of."""

from __future__ import annotations

from collections.abc import Mapping

PDF, OFD, PDF_HASH, OFD_HASH = "pdf", "ofd", "pdf-hash", "ofd-hash"
HASH_FORMATS = frozenset({PDF_HASH, OFD_HASH})
FAMILIES: Mapping[str, str] = {
    PDF: "pdf",
    OFD: "ofd",
    PDF_HASH: "hash",
    OFD_HASH: "hash",
    "cms": "detached",
    "gm-cms": "detached",
    "jws": "detached",
}
"""Format in `seal_order.format` → family. "hash": the server never saw the pages; their digest is the owner's word."""
