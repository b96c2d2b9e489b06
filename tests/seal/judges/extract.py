"""A small reader of signed files that shares nothing with ours (独立提取): qpdf, asn1crypto, the standard library.

It finds, for each signature, the exact octets that were signed, the value and the signer's certificate, and recomputes
by Python's own OpenSSL every digest on the way from the document to these octets.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import posixpath
import zipfile
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

import pikepdf
from asn1crypto import algos, cms, core, parser, x509

_SIGNED_DATA = {"1.2.840.113549.1.7.2": "rfc", "1.2.156.10197.6.1.4.2.2": "gm"}
_DIGESTS = {"1.2.156.10197.1.401": "sm3", "2.16.840.1.101.3.4.2.1": "sha256"}
_NS = "{http://www.ofdspec.org/2016}"


@dataclass(frozen=True)
class Claim:
    """`value` is said to be a signature over `message` by the key of `certificate`."""

    what: str
    certificate: bytes
    message: bytes
    value: bytes
    """DER for SM2."""


@dataclass(frozen=True)
class InPdf:
    subfilter: str
    contents: bytes
    covered: bytes
    end: int
    """Where the revision ends that is covered."""
    whole: bool
    """Everything but the hole of its own value is covered."""


def pdf_signatures(document: bytes) -> list[InPdf]:
    """Every signature dictionary, in the order of the file, as qpdf reads it."""
    found = []
    with pikepdf.open(io.BytesIO(document)) as read:
        for one in read.objects:
            if not isinstance(one, pikepdf.Dictionary) or "/ByteRange" not in one:
                continue
            start, first, second, length = (int(number) for number in one.ByteRange.as_list())
            covered = document[start:first] + document[second : second + length]
            hole = document[first:second]
            holds = start == 0 and hole[:1] == b"<" and hole[-1:] == b">"
            contents = bytes.fromhex(hole[1:-1].decode())
            assert contents == bytes(one.Contents)
            found.append(InPdf(str(one.SubFilter), _first(contents), covered, second + length, whole=holds))
    return sorted(found, key=lambda one: one.end)


def _first(data: bytes) -> bytes:
    """The DER value `data` begins with; what follows must be padding."""
    _, _, _, header, content, trailer = parser.parse(data)
    length = len(header) + len(content) + len(trailer)
    assert not data[length:].strip(b"\x00")
    return data[:length]


def children(data: bytes) -> list[bytes]:
    """The values inside a constructed DER value, whole."""
    _, _, _, header, content, _ = parser.parse(data, strict=True)
    assert len(header) + len(content) == len(data)
    parts = []
    while content:
        _, _, _, head, inner, tail = parser.parse(content)
        length = len(head) + len(inner) + len(tail)
        parts.append(content[:length])
        content = content[length:]
    return parts


def content(data: bytes) -> bytes:
    return bytes(parser.parse(data, strict=True)[4])


def bits(data: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    inside = content(data)
    assert inside[:1] == b"\x00"
    return inside[1:]


def cms_claims(what: str, data: bytes, covered: bytes) -> list[Claim]:
    """The signer of a detached SignedData over `covered`, and of the time stamp over its value."""
    kind, wrapped = children(data)
    assert _oid(kind) in _SIGNED_DATA
    signed = cms.SignedData.load(content(wrapped))
    (signer,) = signed["signer_infos"]
    attributes = {item["type"].dotted: item["values"] for item in signer["signed_attrs"]}
    name = _DIGESTS[signer["digest_algorithm"]["algorithm"].dotted]
    assert attributes["1.2.840.113549.1.9.4"][0].native == hashlib.new(name, covered).digest()
    certificate = _signer_certificate(signed, signer)
    value = signer["signature"].native
    # signed is the SET OF with its universal tag, as 5.4 of RFC 5652 has it
    claims = [Claim(what, certificate, b"\x31" + signer["signed_attrs"].dump()[1:], value)]
    for token, stamped in tokens(data):
        claims += token_claims(f"{what}, time stamp", token, stamped)
    return claims


def tokens(data: bytes) -> list[tuple[bytes, bytes]]:
    """(time stamp token, the value it covers) of a SignedData."""
    signed = cms.SignedData.load(content(children(data)[1]))
    return [
        (item["values"][0].dump(), signer["signature"].native)
        for signer in signed["signer_infos"]
        for item in signer["unsigned_attrs"] or []
        if item["type"].dotted == "1.2.840.113549.1.9.16.2.14"
    ]


def token_claims(what: str, token: bytes, covered: bytes) -> list[Claim]:
    """A time stamp token (RFC 3161): it names the digest of `covered`, and its authority signed that."""
    signed = cms.ContentInfo.load(token)["content"]
    info = signed["encap_content_info"]["content"]
    imprint = info.parsed["message_imprint"]
    name = _DIGESTS[imprint["hash_algorithm"]["algorithm"].dotted]
    assert imprint["hashed_message"].native == hashlib.new(name, covered).digest()
    return cms_claims(what, token, info.contents)


def _signer_certificate(signed: cms.SignedData, signer: cms.SignerInfo) -> bytes:
    named = signer["sid"].chosen
    for one in signed["certificates"]:
        body = one.chosen["tbs_certificate"]
        if (body["issuer"].dump(), body["serial_number"].native) == (
            named["issuer"].dump(),
            named["serial_number"].native,
        ):
            return bytes(one.chosen.dump())
    raise AssertionError("the signer's certificate is not there")


def _oid(data: bytes) -> str:
    return str(core.ObjectIdentifier.load(data).dotted)


def seal_signature_claims(what: str, data: bytes, covered: bytes) -> list[Claim]:
    """SES_Signature of GB/T 38540-2020 or GM/T 0031-2025: its signer, the maker of the seal inside, its time stamp."""
    signed, certificate, _, value, *rest = children(data)
    _, seal, _, digest, *_ = children(signed)
    assert bits(digest) == hashlib.new("sm3", covered).digest()
    claims = [Claim(what, content(certificate), signed, bits(value)), *seal_claims(f"{what}, seal", seal)]
    for stamp in rest:
        (token,) = (bits(one) for one in children(stamp))
        claims += token_claims(f"{what}, time stamp", token, bits(value))
    return claims


def seal_claims(what: str, seal: bytes) -> list[Claim]:
    """SESeal: the maker signed eSealInfo alone."""
    info, certificate, _, value, *rest = children(seal)
    claims = [Claim(f"{what}, maker", content(certificate), info, bits(value))]
    for stamp in rest:
        (token,) = (bits(one) for one in children(stamp))
        claims += token_claims(f"{what}, time stamp", token, bits(value))
    return claims


def pdf_claims(what: str, document: bytes) -> list[Claim]:
    """Every signature of a PDF whose octets SM2 may have signed; each must cover all of its revision."""
    claims = []
    for number, one in enumerate(pdf_signatures(document), 1):
        assert one.whole
        named = f"{what} #{number} {one.subfilter}"
        if one.subfilter == "/GM.sm2seal":
            claims += seal_signature_claims(named, one.contents, one.covered)
        elif one.subfilter == "/ETSI.RFC3161":
            claims += token_claims(named, one.contents, one.covered)
        else:
            claims += cms_claims(named, one.contents, one.covered)
    return claims


def ofd_claims(what: str, package: bytes) -> list[Claim]:
    """Every signature of an OFD, each file it refers to hashed on the way."""
    claims = []
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        lists = [one.text for one in _xml(archive.read("OFD.xml")).iter(f"{_NS}Signatures")]
        for place in (str(one).lstrip("/") for one in lists):
            for entry in _xml(archive.read(place)).iter(f"{_NS}Signature"):
                name = _at(entry.attrib["BaseLoc"], place)
                xml = archive.read(name)
                tree = _xml(xml)
                for reference in tree.iter(f"{_NS}Reference"):
                    octets = archive.read(_at(reference.attrib["FileRef"], name))
                    stated = base64.b64decode(reference.findtext(f"{_NS}CheckValue") or "")
                    assert stated == hashlib.new("sm3", octets).digest()
                value = archive.read(_at(tree.findtext(f"{_NS}SignedValue") or "", name))
                plain = entry.attrib.get("Type") == "Sign"
                read = cms_claims if plain else seal_signature_claims
                claims += read(f"{what} {entry.attrib['ID']}", value, xml)
    return claims


def _xml(data: bytes) -> ET.Element:
    return ET.fromstring(data)  # noqa: S314 - of our own making; another parser than the room's own is the point


def _at(reference: str, base: str) -> str:
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), reference)).lstrip("/")


def jws_claims(what: str, compact: bytes, payload: bytes) -> list[Claim]:
    """A compact JWS with the raw value r‖s; a detached one gets its payload back first (RFC 7515 appendix F)."""
    header, carried, value = compact.decode().split(".")
    assert not carried or _unpadded(carried) == payload
    named = json.loads(_unpadded(header))
    raw = _unpadded(value)
    message = f"{header}.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}".encode()
    half = len(raw) // 2
    der = algos.DSASignature.from_p1363(raw).dump()
    assert half == 32
    return [Claim(what, base64.b64decode(named["x5c"][0]), message, der)]


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_point(certificate: bytes) -> bytes:
    """04 ‖ x ‖ y of an SM2 certificate."""
    key = x509.Certificate.load(certificate)["tbs_certificate"]["subject_public_key_info"]["public_key"]
    return bits(key.dump())


def altered(claim: Claim) -> Claim:
    """The same claim about other octets: every judge must refuse it."""
    return replace(claim, message=claim.message[:-1] + bytes([claim.message[-1] ^ 1]))


def seal_picture(signature: bytes) -> bytes:
    """The octets of the picture in the seal of an SES_Signature of four or five parts."""
    seal = children(children(signature)[0])[1]
    return content(children(children(children(seal)[0])[3])[1])
