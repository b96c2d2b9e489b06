"""Online certificate status (在线证书状态): RFC 6960, RFC 9654, answered by a delegated responder.

Every status comes from the database as it is now; only the signature over an unchanged answer without nonce is kept
for a few minutes. An answer states committed rows, so there is no intent to record and nothing to recover.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from ca import oids
from ca.profiles import OCSP, Role
from ca.reading.crl import Reason
from ca.reading.extensions import read_extensions
from ca.reading.ocsp import CertId, CertStatus, read_cert_id
from ca.reading.shapes import fields, sole
from ca.room import Authority, CaRoom
from ca.services import Service, service
from ca.status import Status, statuses
from ca.template import extension
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest, digest_of_oid, same
from hsm.keys import Purpose

MOST_OCTETS = 16 * 1024
MOST_REQUESTS = 20
MOST_NONCE = 128
LIFE = timedelta(hours=1)
_KEPT_FOR = timedelta(minutes=10)


class Refusal(IntEnum):
    """OCSPResponseStatus other than successful."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    UNAUTHORIZED = 6


@dataclass(frozen=True, slots=True)
class Request:
    asked: tuple[CertId, ...]
    nonce: bytes | None
    """Content of the extension, echoed octet for octet."""


def answer(room: CaRoom, authority: str, request: bytes) -> bytes:
    """An OCSPResponse in DER for any octets at all; faults of the asker are answered, not raised."""
    above = room.authority(authority)
    if above.role is not Role.ISSUING:  # roots publish a list and may be offline
        return refusal(Refusal.UNAUTHORIZED)
    try:
        wanted = read_request(request)
    except DerError:
        return refusal(Refusal.MALFORMED_REQUEST)
    found = _statuses(room, above, wanted.asked)
    now = room.ground.clock.now().replace(microsecond=0)
    place = (above.slug, tuple(one.raw for one in wanted.asked), tuple(found))
    if wanted.nonce is None:
        kept = room.answers.get(place)
        if kept is not None and kept[0] <= now < kept[0] + _KEPT_FOR:
            return kept[1]
    made = _respond(room, service(room, above.suite, OCSP, Purpose.OCSP), wanted, found, now)
    if wanted.nonce is None:
        room.answers.put(place, (now, made))
    return made


def refusal(status: Refusal) -> bytes:
    return der.sequence(der.enumerated(status))


def read_request(data: bytes) -> Request:
    """Parse an OCSPRequest within bounds. A signature of the requester is not asked for and not looked at."""
    if len(data) > MOST_OCTETS:
        raise DerError("OCSP request larger than 16 KiB")
    tbs = fields(der.parse(data), 1, 2, "OCSPRequest")[0]
    parts = {part.tag: part for part in tbs.expect(der.SEQUENCE).children(4)}
    if 0xA0 in parts and sole(parts[0xA0]).as_integer() != 0:
        raise DerError("version of an OCSP request")
    if der.SEQUENCE not in parts:
        raise DerError("no request list")
    asked = []
    for entry in parts[der.SEQUENCE].children(MOST_REQUESTS):
        one = fields(entry, 1, 2, "Request")
        if len(one) == 2:
            _refuse_critical(sole(one[1].expect(0xA0)))
        asked.append(read_cert_id(one[0]))
    if not asked:
        raise DerError("request list is empty")
    return Request(tuple(asked), _nonce(sole(parts[0xA2])) if 0xA2 in parts else None)


def _refuse_critical(extensions: der.Node) -> None:
    if any(found.critical for found in read_extensions(extensions, [])):
        raise DerError("unknown critical extension")


def _nonce(extensions: der.Node) -> bytes | None:
    """RFC 9654 2.1: an OCTET STRING of 1 to 128 octets, anything else is malformed."""
    nonce = None
    for found in read_extensions(extensions, []):
        if found.oid == oids.OCSP_NONCE:
            if not 1 <= len(der.parse(found.value).as_octets()) <= MOST_NONCE:
                raise DerError("nonce length")
            nonce = found.value
        elif found.critical:
            raise DerError("unknown critical extension")
    return nonce


def _statuses(room: CaRoom, above: Authority, asked: tuple[CertId, ...]) -> list[Status]:
    """A CertID that names another issuer, or hashes we do not know, is unknown to us."""
    ours = [one.serial for one in asked if _is_ours(room, above, one)]
    known = statuses(room, above.slug, ours)
    return [known[one.serial] if one.serial in ours and _is_ours(room, above, one) else _UNKNOWN for one in asked]


_UNKNOWN = Status(CertStatus.UNKNOWN)


def _is_ours(room: CaRoom, above: Authority, asked: CertId) -> bool:
    digest = digest_of_oid(asked.digest_oid)
    if digest is None:
        return False
    name, key = _hashes(room, above, digest)
    return same(name, asked.issuer_name_hash) and same(key, asked.issuer_key_hash)


def _hashes(room: CaRoom, above: Authority, digest: Digest) -> tuple[bytes, bytes]:
    place = ("ocsp-hashes", above.slug, digest)
    kept = room.kept.get(place)
    if not isinstance(kept, tuple):
        bits = fields(der.parse(above.certificate.spki), 2, 2, "public key")[1].as_bits()
        kept = room.kept[place] = (digest.of(above.certificate.subject.raw), digest.of(bits))
    return kept


def _respond(room: CaRoom, responder: Service, wanted: Request, found: list[Status], now: datetime) -> bytes:
    """BasicOCSPResponse (RFC 6960 4.2.1), the responder named by its key and sent along."""
    times = der.generalized_time(now) + der.explicit(0, der.generalized_time(now + LIFE))
    singles = (der.sequence(one.raw, _status(status), times) for one, status in zip(wanted.asked, found, strict=True))
    nonce = b"" if wanted.nonce is None else der.explicit(1, der.sequence(extension(oids.OCSP_NONCE, wanted.nonce)))
    tbs = der.sequence(
        der.explicit(2, der.octet_string(Digest.SHA1.of(responder.key_bits))),  # KeyHash is SHA-1 (4.2.1)
        der.generalized_time(now),
        der.sequence(*singles),
        nonce,
    )
    intent = f"ocsp:{responder.key_name}:{room.ground.ids.uuid7()}"
    signature = responder.sign(tbs, intent)
    basic = der.sequence(
        tbs,
        responder.suite.scheme.algorithm_identifier(),
        der.bit_string(signature),
        der.explicit(0, der.sequence(responder.certificate.der)),
    )
    wrapped = der.sequence(_BASIC, der.octet_string(basic))
    return der.sequence(_SUCCESSFUL, der.explicit(0, wrapped))


_BASIC = der.oid(oids.OCSP_BASIC)
_SUCCESSFUL = der.enumerated(0)


def _status(status: Status) -> bytes:
    if status.status is CertStatus.GOOD:
        return b"\x80\x00"
    if status.status is CertStatus.UNKNOWN or status.revoked_at is None:
        return b"\x82\x00"
    said = status.reason if status.reason is not None else Reason.UNSPECIFIED
    reason = b"" if said is Reason.UNSPECIFIED else der.explicit(0, der.enumerated(said))
    return der.implicit(1, der.sequence(der.generalized_time(status.revoked_at), reason))
