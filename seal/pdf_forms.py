"""What a seal's signature in a PDF looks like (签名格式与级别), and what may follow it: words of an order."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class PdfForm(StrEnum):
    """The structure in /Contents of the SM2 signature; RSA and P-256 are always PAdES. GM/T 0112-2021 (sealing 2.5)."""

    PADES = "pades"
    """ETSI.CAdES.detached: RFC 5652 with the object identifiers everybody reads."""
    GM_CMS = "gm-cms"
    """GM.sm2cms.detached: the message syntax of GM/T 0010 (= GB/T 35275)."""
    GM_SEAL = "gm-seal"
    """GM.sm2seal: SES_Signature of GB/T 38540, the seal itself inside."""

    @property
    def filter(self) -> str:
        """Readers go by the SubFilter; vendors each write their own Filter for the GM ones."""
        return "/Adobe.PPKLite" if self is PdfForm.PADES else "/GM.PKILite"

    @property
    def subfilter(self) -> str:
        return _SUBFILTERS[self]


_SUBFILTERS = {
    PdfForm.PADES: "/ETSI.CAdES.detached",
    PdfForm.GM_CMS: "/GM.sm2cms.detached",
    PdfForm.GM_SEAL: "/GM.sm2seal",
}


class Level(StrEnum):
    """How much proof goes along (ETSI EN 319 142-1 6)."""

    B_B = "b-b"
    """The signature alone: its time is the signer's word."""
    B_T = "b-t"
    """With a time stamp over its value."""
    B_LT = "b-lt"
    """And the certificates and revocation data to judge it by (`seal.longlife`)."""
    B_LTA = "b-lta"
    """And a document time stamp over all of it."""


class Certification(IntEnum):
    """What a first signature lets others do (DocMDP, ISO 32000-2 12.8.2.2)."""

    NOTHING = 1
    FILL_AND_SIGN = 2
    """Fill in the form, sign signature fields the document has."""
    ANNOTATE = 3
    """Comments too."""
