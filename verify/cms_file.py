"""A signature that travels as a file (签名文件核验): `.p7s`, `.p7m`, PEM, base64. RFC 5652 and GM/T 0010 (GB/T 35275).

Every signer is judged, counter-signatures too; what no signature protects is named. A detached signature needs the
file it is about, and without it nobody can say what was signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from foundation import der
from foundation.der import DerError
from hsm.digests import Digest
from seal import cms
from seal.cms import SignedData, SignerInfo
from verify.armour import unwrapped
from verify.certificates import judge_chain
from verify.checked import Broken, Checked, tell, tell_unsupported
from verify.cms_check import COUNTER_SIGNATURE, Document, Rules, check_signer
from verify.context import Context
from verify.judged import File, Judged
from verify.report import Finding, SignatureReport, Sub
from verify.words import finding

MOST_STRUCTURES = 4
MOST_COUNTERS = 8
"""Counter-signatures of one signer."""
_SHAPES = {"cms": "CMS (RFC 5652)", "gm": "CMS (GM/T 0010)"}
_SECRET = frozenset(
    {
        "1.2.840.113549.1.7.3",
        "1.2.840.113549.1.7.6",
        "1.2.840.113549.1.9.16.1.23",
        "1.2.156.10197.6.1.4.2.3",
        "1.2.156.10197.6.1.4.2.4",
        "1.2.156.10197.6.1.4.2.5",
    }
)
"""Enveloped, signed and enveloped, or encrypted: who signed can only be seen after decrypting."""
_SIGNER = Rules(names_extras=True)
_COUNTER = Rules(names_extras=True, counter=True)


def judge_cms(file: File, context: Context) -> Judged:
    """Judge the signed messages in the file. Never raises over what it holds."""
    data = unwrapped(file.data)
    reports: list[SignatureReport] = []
    found: list[Finding] = []
    for number in range(MOST_STRUCTURES):
        try:
            signed = cms.read(data)
        except DerError as error:
            found.append(_unread(data, error))
            break
        if not signed.signers and not number:
            return _certificates(signed, context)
        reports += _judge_structure(signed, file.content, context, f"{number + 1}." if number else "")
        data = signed.trailing
        if not data.strip(b"\x00\r\n"):
            return Judged(tuple(reports), tuple(found))
        found.append(finding("cms.stacked"))
    else:
        found.append(finding("file.limits", "stacked signatures"))
    return Judged(tuple(reports), tuple(dict.fromkeys(found)))


def _unread(data: bytes, error: DerError) -> Finding:
    try:
        kind = der.parse(data, trailing=True).children(2)[0].as_oid()
    except (DerError, IndexError):
        return finding("file.damaged", error.detail.en)
    if kind in _SECRET:
        return finding("cms.encrypted")
    if kind not in (cms.SIGNED_DATA, cms.GM_SIGNED_DATA):
        return finding("cms.unsupported", kind)
    return finding("file.damaged", error.detail.en)


def _certificates(signed: SignedData, context: Context) -> Judged:
    """A certificate bag (`.p7b`): signers none, certificates some."""
    if not signed.certificates:
        return Judged(findings=(finding("unsigned"),))
    signatures, found = judge_chain(signed.certificates, context.trust, context.moment)
    return Judged(signatures, (finding("cms.certificates_only"), *found))


def _judge_structure(
    signed: SignedData, content: bytes | None, context: Context, prefix: str
) -> Iterator[SignatureReport]:
    document = _document(signed, content)
    alone = replace(signed, trailing=b"")
    for number, signer in enumerate(signed.signers, 1):
        name = f"{prefix}{number}"
        checked = _check(alone, signer, document, context, _SIGNER)
        covered = "content" if content is not None else "enclosed" if signed.content is not None else None
        yield tell(checked, name=name, form=_SHAPES[signed.dialect], coverage=covered)
        yield from _counters(alone, signer, name, context)


def _document(signed: SignedData, content: bytes | None) -> Document | None:
    """The file given beside the signature, else what it brings along."""
    whole = content if content is not None else signed.content
    return None if whole is None else Document(lambda digest: digest.of(whole), lambda: whole)


def _check(
    signed: SignedData, signer: SignerInfo, document: Document | None, context: Context, rules: Rules
) -> Checked:
    try:
        return check_signer(signed, signer, document, context.trust, context.moment, rules)
    except DerError as error:
        return Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding("signature.format", error.detail.en),))
    except Broken as broken:
        return replace(broken.result, value=signer.signature)


def _counters(signed: SignedData, signer: SignerInfo, name: str, context: Context) -> Iterator[SignatureReport]:
    """Counter-signatures (RFC 5652 11.4): signatures over this signer's value."""
    values = [value for item in signer.unsigned_attributes if item.oid == COUNTER_SIGNATURE for value in item.values]
    form = "CMS counter-signature"
    if len(values) > MOST_COUNTERS:
        yield tell_unsupported(f"{name}.…", form, finding("file.limits", f"{len(values)} counter-signatures"))
    for number, value in enumerate(values[:MOST_COUNTERS], 1):
        place = f"{name}.{number}"
        try:
            counter = cms.read_signer(value)
        except DerError as error:
            broken = finding("signature.format", error.detail.en)
            told = tell(Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(broken,)), name=place, form=form)
            yield replace(told, parent=name, covers=(name,))
            continue
        over = Document(lambda digest: _digest(digest, signer), lambda: signer.signature)
        # it has no content of its own; the octets around it are judged with the signer's
        bare = replace(signed, content=None, content_type=cms.DATA, indefinite=True)
        checked = _check(bare, counter, over, context, _COUNTER)
        told = tell(checked, name=place, form=form, coverage=f"signature {name}")
        yield replace(told, parent=name, covers=(name,))


def _digest(digest: Digest, signer: SignerInfo) -> bytes:
    return digest.of(signer.signature)
