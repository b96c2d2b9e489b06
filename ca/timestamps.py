"""Time stamps (时间戳): RFC 3161 with SM2 or RSA (GB/T 20520), for our own seals in process and for others over HTTP.

Each token is recorded before it is signed, at a time `ca.stamp_times` vouches for (T14). Signed attributes are signed
as a DER SET OF, for SM2 with Z before it (GB/T 35275).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from ca import oids, stamp_times
from ca.errors import ClockOff, ClockWentBack
from ca.profiles import TSA
from ca.reading.extensions import read_extensions
from ca.reading.shapes import fields
from ca.reading.stamp import read_token
from ca.room import CaRoom
from ca.services import Service, service
from ca.signatures import check_token
from ca.stamp_times import ACCURACY
from ca.suites import Suite
from foundation import der
from foundation.der import DerError
from foundation.errors import Damaged, InvalidInput, Unavailable
from foundation.text import Text
from hsm.digests import Digest, digest_of_oid
from hsm.just_verified import keep, verify_kept
from hsm.keys import Purpose
from hsm.verifying import DEFAULT_SM2_ID

MOST_OCTETS = 16 * 1024
MOST_NONCE = 64
ACCEPTED = frozenset({Digest.SM3, Digest.SHA256, Digest.SHA384, Digest.SHA512})


class Failure(IntEnum):
    """PKIFailureInfo bits of RFC 3161 2.4.2."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    SYSTEM_FAILURE = 25


class Refused(Exception):  # noqa: N818 - it becomes an answer, never an error of ours
    def __init__(self, failure: Failure, why: str) -> None:
        super().__init__(why)
        self.failure = failure
        self.why = why


@dataclass(frozen=True, slots=True)
class Request:
    digest: Digest
    imprint: bytes
    policy: str | None
    nonce: bytes
    """The INTEGER as it came, or nothing."""
    with_certificate: bool


_POLICIES = {Suite.SM2: 1, Suite.RSA: 2, Suite.P256: 3, Suite.ML_DSA: 4}


def policy_of(room: CaRoom, suite: Suite) -> str:
    return f"{room.places.policy_arc}.2.{_POLICIES[suite]}"


# --- in process ------------------------------------------------------------------------------------------------------


def token(room: CaRoom, suite: Suite, digest: Digest, imprint: bytes) -> bytes:
    """A TimeStampToken (ContentInfo) over a digest, with the TSA's certificate inside."""
    if digest not in ACCEPTED or len(imprint) != digest.size:
        raise InvalidInput(
            "ca.timestamp_imprint",
            Text(
                "时间戳只接受 SM3、SHA-256、SHA-384、SHA-512 的摘要。",
                "Time stamps take SM3, SHA-256, SHA-384 or SHA-512 digests.",
            ),
        )
    return _make(room, suite, Request(digest, imprint, None, b"", with_certificate=True))


def _make(room: CaRoom, suite: Suite, request: Request) -> bytes:
    """Record, build, sign, compare."""
    tsa = service(room, suite, TSA, Purpose.TIMESTAMP)
    serial, at = stamp_times.record(room, suite, request.digest, request.imprint)
    info = _tst_info(room, suite, request, serial, at)
    attributes = _signed_attributes(tsa, info)
    signature = tsa.sign(der.tlv(der.SET, attributes), f"stamp:{suite}:{serial:x}", info)
    # the issuing CA goes along, so that whoever trusts the root alone can follow the path years later
    chain = (tsa.certificate.der, room.authority(f"{suite}-issuing").certificate.der)
    octets = _content_info(tsa, info, attributes, signature, chain if request.with_certificate else ())
    made = read_token(octets)
    if made.info.raw != info or made.signer.signed_attributes != der.tlv(der.SET, attributes):
        raise Damaged("ca.signed_other", Text("签名内容与检查内容不一致。", "What was signed is not what was checked."))
    scheme = check_token(made, tsa.certificate, verify_kept)
    # whoever asked compares it with what it is about
    keep(tsa.certificate.spki, scheme, made.signer.signed_attributes, made.signer.signature, sm2_id=DEFAULT_SM2_ID)
    return octets


def _tst_info(room: CaRoom, suite: Suite, request: Request, serial: int, at: datetime) -> bytes:
    """TSTInfo: whole seconds with an accuracy of one, and `ordering` FALSE, which is the default and not written.

    Where tokens can always be ordered, they carry the fractions that order them (RFC 3161 2.4.2).
    """
    ordering = room.ground.settings.ca.stamp_ordering
    return der.sequence(
        der.integer(1),
        der.oid(policy_of(room, suite)),
        der.sequence(_digest_identifier(request.digest), der.octet_string(request.imprint)),
        der.integer(serial),
        der.tlv(der.GENERALIZED_TIME, stamp_times.written(at)) if ordering else der.generalized_time(at),
        der.sequence(der.integer(int(ACCURACY.total_seconds()))),
        der.boolean(value=True) if ordering else b"",
        request.nonce,
    )


def _digest_identifier(digest: Digest) -> bytes:
    return der.sequence(der.oid(digest.oid), der.null())


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, value))


_CONTENT_TYPE = _attribute(oids.ATTRIBUTE_CONTENT_TYPE, der.oid(oids.TST_INFO))


def _signed_attributes(tsa: Service, info: bytes) -> bytes:
    """The attributes in DER order, without the tag: it is SET when signed and [0] when sent (RFC 5652 5.4)."""
    digest = tsa.suite.digest.of(info)
    parts = (_CONTENT_TYPE, _attribute(oids.ATTRIBUTE_MESSAGE_DIGEST, der.octet_string(digest)), _certificate_id(tsa))
    return b"".join(sorted(parts))


def _certificate_id(tsa: Service) -> bytes:
    """SigningCertificateV2 (RFC 5816): SHA-256 is the default and so not written, SM3 is."""
    digest, certificate = tsa.suite.digest, tsa.certificate
    named = b"" if digest is Digest.SHA256 else der.sequence(der.oid(digest.oid))
    directory = der.explicit(4, certificate.issuer.raw)
    issuer_serial = der.sequence(der.sequence(directory), der.integer(certificate.serial))
    one = der.sequence(named, der.octet_string(digest.of(certificate.der)), issuer_serial)
    return _attribute(oids.ATTRIBUTE_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(one)))


def _content_info(
    tsa: Service, info: bytes, attributes: bytes, signature: bytes, certificates: tuple[bytes, ...]
) -> bytes:
    """SignedData version 3 (RFC 5652 5.1: the content is not id-data), signer by issuer and serial."""
    certificate = tsa.certificate
    digest = _digest_identifier(tsa.suite.digest)
    signer = der.sequence(
        der.integer(1),
        der.sequence(certificate.issuer.raw, der.integer(certificate.serial)),
        digest,
        der.tlv(0xA0, attributes),
        tsa.suite.scheme.algorithm_identifier(),
        der.octet_string(signature),
    )
    signed = der.sequence(
        der.integer(3),
        der.tlv(der.SET, digest),
        der.sequence(der.oid(oids.TST_INFO), der.explicit(0, der.octet_string(info))),
        der.implicit(0, der.set_of(certificates)) if certificates else b"",
        der.tlv(der.SET, signer),
    )
    return der.sequence(der.oid(oids.SIGNED_DATA), der.explicit(0, signed))


# --- over HTTP -------------------------------------------------------------------------------------------------------


def answer(room: CaRoom, suite: Suite | None, request: bytes) -> bytes:
    """A TimeStampResp in DER for any octets at all. Without a suite: the policy asked for, or the digest, decides."""
    try:
        wanted = read_request(request)
        octets = _make(room, suite or _suite_for(room, wanted), _accepted(room, suite, wanted))
    except DerError:
        return rejection(Failure.BAD_DATA_FORMAT, "not a TimeStampReq")
    except Refused as error:
        return rejection(error.failure, error.why)
    except (ClockWentBack, ClockOff):
        return rejection(Failure.TIME_NOT_AVAILABLE, "the clock is not to be trusted")
    except Unavailable:
        return rejection(Failure.SYSTEM_FAILURE, "try again later")
    return der.sequence(der.sequence(der.integer(0)), octets)


def _suite_for(room: CaRoom, wanted: Request) -> Suite:
    """SM3 asks for SM2. A SHA-2 imprint gets RSA unless the SM2 policy is named."""
    if wanted.policy is not None:
        named = next((suite for suite in room.suites if policy_of(room, suite) == wanted.policy), None)
        if named is None:
            raise Refused(Failure.UNACCEPTED_POLICY, "unknown policy")
        return named
    return Suite.SM2 if wanted.digest is Digest.SM3 else Suite.RSA


def _accepted(room: CaRoom, suite: Suite | None, wanted: Request) -> Request:
    if suite is not None and wanted.policy not in (None, policy_of(room, suite)):
        raise Refused(Failure.UNACCEPTED_POLICY, "unknown policy")
    return wanted


def rejection(failure: Failure, why: str) -> bytes:
    """PKIStatusInfo: rejection (2), one line of text, one failure bit."""
    return der.sequence(der.sequence(der.integer(2), der.sequence(der.utf8(why)), der.named_bits(failure)))


def read_request(data: bytes) -> Request:
    """Parse a TimeStampReq (RFC 3161 2.4.1) within bounds."""
    if len(data) > MOST_OCTETS:
        raise DerError("time stamp request larger than 16 KiB")
    version, message, *rest = fields(der.parse(data), 2, 6, "TimeStampReq")
    if version.as_integer() != 1:
        raise Refused(Failure.BAD_REQUEST, "version must be 1")
    algorithm, hashed = fields(message, 2, 2, "MessageImprint")
    digest = digest_of_oid(fields(algorithm, 1, 2, "digest algorithm")[0].as_oid())
    if digest not in ACCEPTED:
        raise Refused(Failure.BAD_ALG, "digest must be SM3, SHA-256, SHA-384 or SHA-512")
    imprint = hashed.as_octets()
    if len(imprint) != digest.size:
        raise Refused(Failure.BAD_DATA_FORMAT, "imprint is not as long as its digest")
    parts = {part.tag: part for part in rest}
    if not parts.keys() <= {der.OID, der.INTEGER, der.BOOLEAN, 0xA0} or len(parts) != len(rest):
        raise DerError("TimeStampReq")
    if 0xA0 in parts:
        read_extensions(der.parse(b"\x30" + parts[0xA0].raw[1:]), [])
        raise Refused(Failure.UNACCEPTED_EXTENSION, "no extension is supported")
    return Request(
        digest,
        imprint,
        parts[der.OID].as_oid() if der.OID in parts else None,
        _nonce(parts.get(der.INTEGER)),
        with_certificate=der.BOOLEAN in parts and parts[der.BOOLEAN].content != b"\x00",
    )


def _nonce(node: der.Node | None) -> bytes:
    if node is None:
        return b""
    node.as_integer()
    if len(node.content) > MOST_NONCE:
        raise Refused(Failure.BAD_REQUEST, "nonce is too long")
    return node.raw
