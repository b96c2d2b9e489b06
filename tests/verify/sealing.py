"""Seals of any kind on any paper, from the test PKI: chains and faults that our own rooms would refuse to make."""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from foundation import der
from hsm.digests import Digest
from seal import cms, ses_writing
from seal.cms_writing import template
from seal.pdf.revision import Closing, Revision, Visible, prepare
from seal.pdf_forms import PdfForm
from tests.seal import papers
from tests.verify.pki import NOW, Entity


def token(
    tsa: Entity,
    covered: bytes,
    *,
    at: datetime = NOW,
    altered: bool = False,
    digested: bool = False,
    digest: Digest | None = None,
) -> bytes:
    """A time stamp token over `covered`, or over what has this digest (RFC 3161); `digest`: of the imprint."""
    own, digest = digest or tsa.scheme.digest, tsa.scheme.digest
    imprint = covered if digested and not altered else own.of(covered + (b"!" if altered else b""))
    info = der.sequence(
        der.integer(1),
        der.oid("1.3.6.1.4.1.32473.9"),
        der.sequence(der.sequence(der.oid(own.oid)), der.octet_string(imprint)),
        der.integer(77),
        der.generalized_time(at),
    )
    attributes = der.set_of(
        [
            _attribute(cms.CONTENT_TYPE, der.oid(cms.TST_INFO)),
            _attribute(cms.MESSAGE_DIGEST, der.octet_string(digest.of(info))),
            _attribute(cms.SIGNING_CERTIFICATE_V2, _certificate_id(tsa, digest)),
        ]
    )
    algorithm = der.sequence(der.oid(digest.oid))
    signer = der.sequence(
        der.integer(1),
        der.sequence(tsa.issuer.subject if tsa.issuer else tsa.subject, der.integer(tsa.serial)),
        algorithm,
        der.implicit(0, attributes),
        tsa.scheme.algorithm_identifier(),
        der.octet_string(tsa.sign(attributes)),
    )
    signed = der.sequence(
        der.integer(3),
        der.set_of([algorithm]),
        der.sequence(der.oid(cms.TST_INFO), der.explicit(0, der.octet_string(info))),
        der.implicit(0, der.set_of([tsa.certificate])),
        der.set_of([signer]),
    )
    return der.sequence(der.oid(cms.SIGNED_DATA), der.explicit(0, signed))


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, value))


def _certificate_id(entity: Entity, digest: Digest) -> bytes:
    hashed = der.octet_string(digest.of(entity.certificate))
    named = b"" if digest is Digest.SHA256 else der.sequence(der.oid(digest.oid))
    return der.sequence(der.sequence(der.sequence(named, hashed)))


def pdf(
    signer: Entity,
    *,
    chain: tuple[Entity, ...] = (),
    tsa: Entity | None = None,
    stamped_at: datetime = NOW,
    broken_stamp: bool = False,
    document: bytes | None = None,
    closing: Closing = Closing.CERTIFY_FINAL,
    field: str = "Seal1",
    visible: Visible | None = None,
    seal: bytes | None = None,
) -> bytes:
    """A PDF sealed by `signer` the way our seal room does it, but without asking whether it should. With `seal`, its
    SES_Signature stands in the place of the CMS (GM.sm2seal).
    """
    writer = IncrementalPdfFileWriter(BytesIO(document or papers.pdf()))
    form = template(signer.certificate, tuple(item.certificate for item in chain), signer.scheme)
    room = form.size_with(4000)
    prepared = prepare(
        writer,
        Revision(
            field,
            "seal",
            signer.scheme.digest,
            closing,
            NOW,
            "department",
            None,
            room,
            visible=visible,
            form=PdfForm.GM_SEAL if seal else PdfForm.PADES,
        ),
    )
    if seal is not None:
        return prepared.fill(_seal_signature(signer, seal, prepared.digest))
    attributes = form.signed_attributes(prepared.digest)
    value = signer.sign(attributes)
    stamp = token(tsa, value, at=stamped_at, altered=broken_stamp) if tsa else None
    return prepared.fill(form.assemble(attributes, value, stamp))


def _seal_signature(signer: Entity, seal: bytes, digest: bytes) -> bytes:
    signed = ses_writing.to_be_signed(seal, NOW, digest, "0 0 0 0")
    return ses_writing.signature(signed, signer.certificate, signer.scheme.oid, signer.sign(signed), None)


def fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
