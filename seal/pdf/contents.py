"""What stands in /Contents (签名值): PAdES, the message syntax of GM/T 0010, or SES_Signature of GB/T 38540."""

from __future__ import annotations

from ca import timestamps
from ca.suites import Suite
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal import ses_writing
from seal.cms_writing import SignerTemplate
from seal.held import Held, key_name
from seal.models import SealOrder
from seal.on_demand import hierarchy
from seal.orders import PdfOrder
from seal.pdf.revision import Prepared
from seal.pdf_forms import Level, PdfForm
from seal.room import SealRoom

_TOKEN_ROOM = {Suite.SM2: 1000, Suite.P256: 1000, Suite.RSA: 1350}
"""Octets of a time stamp beside its two certificates, which are about as long as the issuing CA's.

Reserved room is dear: every later reader of the file goes through its hexadecimal digits (facts: sealing 3.5).
"""
_TBS_ROOM = 200
"""Octets of a TBS_Sign and its value beside seal, certificate and time stamp."""


def form_of(order: PdfOrder, suite: Suite) -> PdfForm:
    """The order's form is that of its SM2 signature."""
    return order.form if suite is Suite.SM2 else PdfForm.PADES


def template_of(held: Held, order: PdfOrder, suite: Suite) -> SignerTemplate:
    return held.gm_template if form_of(order, suite) is PdfForm.GM_CMS else held.templates[suite]


def property_info(byte_range: tuple[int, ...]) -> str:
    """PropertyInfo of a seal in a PDF: the protected octets, spelled as the dictionary spells them."""
    return f"/ByteRange [{' '.join(str(number) for number in byte_range)}]"


def most(room: SealRoom, held: Held, order: PdfOrder, suite: Suite) -> int:
    """Octets to reserve."""
    template = template_of(held, order, suite)
    token = 0
    if order.level is not Level.B_B:
        token = _TOKEN_ROOM[hierarchy(room, suite)] + 2 * template.chain_size
    if form_of(order, suite) is PdfForm.GM_SEAL:
        return len(held.esl) + len(template.certificate) + token + _TBS_ROOM
    return template.size_with(token) if token else template.size_without()


def make(room: SealRoom, held: Held, order: PdfOrder, suite: Suite, prepared: Prepared, record: SealOrder) -> bytes:
    """Sign, stamp, put together."""
    template = template_of(held, order, suite)
    seals = form_of(order, suite) is PdfForm.GM_SEAL
    if seals:
        about = property_info(prepared.byte_range)
        signed = ses_writing.to_be_signed(held.esl, record.signing_time, prepared.digest, about)
    else:
        signed = template.signed_attributes(prepared.digest)
    content = prepared.covered if record.approvals else b""  # under approvals the signer looks at the bytes itself
    signer = room.keys.signer(key_name(held.code, suite))
    value = signer.sign(ToBeSigned(Purpose.SEALING, signed, f"seal-order:{record.id}:{suite}", content))
    token = None
    if order.level is not Level.B_B:
        token = timestamps.token(room.ca, hierarchy(room, suite), suite.digest, suite.digest.of(value))
    if seals:
        return ses_writing.signature(signed, template.certificate, template.scheme.oid, value, token)
    return template.assemble(signed, value, token)
