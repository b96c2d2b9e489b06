"""Seals and seal signatures that travel by themselves (印章文件核验): `.esl`, `SignedValue.dat`, of all generations.

A seal is judged in the order of GB/T 38540; a seal signature needs what it sealed: Signature.xml of its OFD, or the
signed octets of its PDF.
"""

from __future__ import annotations

from foundation.der import DerError
from seal import ses
from seal.ses import Picture, Seal
from verify.armour import unwrapped
from verify.checked import tell
from verify.cms_check import Document
from verify.context import Context
from verify.judged import File, Judged
from verify.report import Finding
from verify.seal_check import check_seal_file
from verify.seals import check_seal_signature
from verify.words import finding

_MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "gif": b"GIF8", "bmp": b"BM", "jpg": b"\xff\xd8", "ofd": b"PK\x03\x04"}
_SAME = {"jpeg": "jpg"}


def judge_seal(file: File, context: Context) -> Judged:
    """Never raises over what the file holds."""
    data = unwrapped(file.data)
    try:
        seal = ses.read_seal(data)
    except DerError as error:
        return _signature(data, file, context, error)
    checked = check_seal_file(seal, context.trust, context.moment)
    form = f"SESeal {seal.standard.value}"
    return Judged((tell(checked, name=seal.es_id, form=form, coverage="whole_seal"),), tuple(_picture(seal)))


def _signature(data: bytes, file: File, context: Context, error: DerError) -> Judged:
    try:
        signature = ses.read_signature(data)
    except DerError as second:
        return Judged(findings=(finding("file.damaged", (error if b"ES" in data[:64] else second).detail.en),))
    content = file.content
    document = Document(lambda digest: digest.of(content), lambda: content) if content is not None else None
    checked = check_seal_signature(data, document, context.trust, context.moment)
    form = f"SES {signature.standard.value}"
    covered = "content" if content is not None else None
    return Judged((tell(checked, name=signature.seal.es_id, form=form, coverage=covered),))


def _picture(seal: Seal) -> list[Finding]:
    """Its octets are signed by the maker; whether they are what the type says is told, for readers choose by type."""
    picture: Picture = seal.picture
    kind = picture.type.strip().lower()
    known = _MAGIC.get(_SAME.get(kind, kind))
    size = f"{picture.type}, {picture.width}×{picture.height} mm"
    if known is None or not picture.data.startswith(known):
        return [finding("seal.picture_unknown", size)]
    return [finding("seal.picture", size)]
