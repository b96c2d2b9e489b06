"""What stands behind the signature inside /Contents (签名值之后的数据): zeros of the reserved place, and nothing else.

Some products stack a second structure there, a GM one behind an RSA one (facts: sealing 2.5). Nothing binds it to the
first, readers show one or the other, so it is named and refused: two signatures belong in two fields.
"""

from __future__ import annotations

from foundation import der
from foundation.der import DerError
from seal import cms, ses
from verify.report import Finding
from verify.words import finding


def behind(contents: bytes) -> Finding | None:
    """The finding about whatever follows the first structure; None for padding, and for what is no structure."""
    try:
        rest = contents[der.parse(contents, trailing=True).end :].lstrip(b"\x00")
    except DerError:
        return None  # indefinite lengths and damage are judged where the structure is read
    if not rest:
        return None
    return finding("pdf.second_structure", _name(rest), len(rest))


def _name(data: bytes) -> str:
    try:
        whole = data[: der.parse(data, trailing=True).end]
    except DerError:
        return "?"
    try:
        return "GM/T 0010 SignedData" if cms.read(whole).dialect == "gm" else "CMS SignedData"
    except DerError:
        pass
    try:
        return f"SES_Signature {ses.read_signature(whole).standard.value}"
    except DerError:
        return "ASN.1"
