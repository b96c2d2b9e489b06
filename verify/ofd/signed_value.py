"""What kind of signature an OFD's SignedValue.dat is (签名值种类), and its judgement.

By what it is, not by what @Type says: a seal signature, a GB/T 35275 message, or the bare value of older writers. A
bare value names nobody; it is tried with the certificates we hold and those lying beside it, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from ca.reading import Certificate, read_certificates
from foundation.der import DerError
from hsm.digests import Digest
from hsm.errors import BadSignature
from hsm.schemes import Scheme, scheme_of_oid
from seal import cms, ses
from seal.ofd.package import Package
from verify import values
from verify.checked import Checked
from verify.cms_check import Document, check_cms
from verify.moments import Moment
from verify.ofd.listing import Listed
from verify.path import validate
from verify.report import Sub
from verify.seals import Place, check_seal_signature
from verify.trust import TrustStore, Use
from verify.words import finding

MOST_TRIED = 256
_MOST_BARE = 80
"""A bare SM2 or P-256 value has 64 to 72 octets; damaged structures of a container's size are damaged containers."""


class Tries:
    """How many certificates may still be tried for the bare values of one package."""

    def __init__(self) -> None:
        self._left = MOST_TRIED

    def take(self) -> bool:
        self._left -= 1
        return self._left >= 0


def check_value(
    package: Package, item: Listed, value: bytes, signed: bytes, trust: TrustStore, moment: Moment, tries: Tries
) -> tuple[str, Checked | None]:
    """(form, result); no result for a bare value nobody can be found for. `signed` is Signature.xml."""
    document = Document(lambda digest: digest.of(signed), lambda: signed)
    kind = kind_of(value)
    if kind == "ses":
        seal = package.file(item.seal_file) if item.seal_file is not None and item.seal_file in package else None
        if item.seal_file is not None and seal is None:
            return "OFD SES", Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding("ofd.seal_differs"),))
        place = Place(property_info="/" + item.signature_file, seal_file=seal)
        checked = check_seal_signature(value, document, trust, moment, place)
        return f"OFD {checked.seal['standard'] if checked.seal else 'SES'}", checked
    if kind == "cms":
        return "OFD GB/T 35275", check_cms(value, document, trust, moment, needs_binding=False)
    beside = _beside(package, item)
    return "OFD SM2 bare", check_bare(value, signed, item.method, (*beside, *trust.leaves), trust, moment, tries)


def kind_of(value: bytes) -> str | None:
    """`ses`, `cms`, or None for a bare value."""
    try:
        ses.read_signature(value)
    except DerError:
        pass
    else:
        return "ses"
    try:
        cms.read(value)
    except DerError:
        return None if len(value) <= _MOST_BARE else "ses"
    return "cms"


def check_bare(
    value: bytes,
    signed: bytes,
    method: str,
    candidates: tuple[Certificate, ...],
    trust: TrustStore,
    moment: Moment,
    tries: Tries,
) -> Checked | None:
    """The first candidate whose key made the value, over the octets or over their digest (both were usual)."""
    scheme = scheme_of_oid(method) or Scheme.SM2_SM3
    for certificate in dict.fromkeys(candidates):
        if certificate.is_ca:
            continue
        if not tries.take():
            break
        for message in (signed, scheme.digest.of(signed)):
            try:
                told = values.departures(certificate.spki, scheme, message, value)
            except BadSignature:
                continue
            path = validate(certificate, trust, moment=moment, use=Use.SEAL)
            notes = [finding(code) for code in told if code != values.RAW]
            return Checked(
                intact=True,
                sub=path.sub,
                certificate=certificate,
                scheme=scheme,
                path=path,
                findings=(finding("deviation.bare_value"), *notes, finding("time.claimed"), *path.findings),
            )
    return None


def _beside(package: Package, item: Listed) -> Iterator[Certificate]:
    """Certificates that lie in the signature's folder. They vouch for nothing; the trust store does."""
    folder = PurePosixPath(item.signature_file).parent
    for name in package:
        path = PurePosixPath(name)
        if path.parent == folder and path.suffix.lower() in (".cer", ".crt", ".pem", ".der"):
            try:
                yield from read_certificates(package.file(name))[:4]
            except DerError:
                continue


def digest_document(octets: bytes) -> Document:
    """`octets` as what was signed, whole or by digest."""

    def digest(kind: Digest) -> bytes:
        return kind.of(octets)

    return Document(digest, lambda: octets)
