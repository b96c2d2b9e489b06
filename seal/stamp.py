"""Stamping a document (用章): one door for PDF and OFD; `seal.carrying_out` is what both have in common.

Whether the caller may stamp at all is checked by the route; here, that the seal is its department's own.
"""

from __future__ import annotations

from seal.stamp_ofd import stamp_ofd
from seal.stamp_pdf import stamp_pdf

__all__ = ["stamp_ofd", "stamp_pdf"]
