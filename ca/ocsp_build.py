"""Signed OCSP answers (在线状态应答): RFC 6960 4.2, by a delegated responder named by its key and sent along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ca import oids
from ca.profiles import OCSP
from ca.reading.crl import Reason
from ca.reading.ocsp import CertStatus
from ca.room import Authority, CaRoom
from ca.services import Service, service
from ca.status import Status
from ca.template import extension
from foundation import der
from hsm.digests import Digest
from hsm.keys import Purpose

_BASIC = der.oid(oids.OCSP_BASIC)
_SUCCESSFUL = der.enumerated(0)


def responder_of(room: CaRoom, above: Authority) -> Service:
    return service(room, above.suite, OCSP, Purpose.OCSP)


def respond(
    room: CaRoom,
    responder: Service,
    said: Sequence[tuple[bytes, Status]],
    now: datetime,
    life: timedelta,
    nonce: bytes | None = None,
) -> bytes:
    """OCSPResponse for these CertIDs. An answer states committed rows: nothing to record first, or to recover."""
    named, trailer = _constants(room, responder)
    produced = der.generalized_time(now)
    times = produced + der.explicit(0, der.generalized_time(now + life))
    singles = (der.sequence(cert_id, _status(status), times) for cert_id, status in said)
    echoed = b"" if nonce is None else der.explicit(1, der.sequence(extension(oids.OCSP_NONCE, nonce)))
    tbs = der.sequence(named, produced, der.sequence(*singles), echoed)
    signature = responder.sign(tbs, f"ocsp:{responder.key_name}:{room.ground.ids.uuid7()}")
    basic = der.sequence(tbs, responder.suite.scheme.algorithm_identifier(), der.bit_string(signature), trailer)
    return der.sequence(_SUCCESSFUL, der.explicit(0, der.sequence(_BASIC, der.octet_string(basic))))


def _constants(room: CaRoom, responder: Service) -> tuple[bytes, bytes]:
    """(responder ID, certificates) of every answer of this responder. KeyHash is SHA-1 (RFC 6960 4.2.1)."""
    place = ("ocsp-constants", responder.key_name)
    known = room.kept.get(place)
    if not isinstance(known, tuple) or known[0] is not responder.certificate:
        named = der.explicit(2, der.octet_string(Digest.SHA1.of(responder.key_bits)))
        trailer = der.explicit(0, der.sequence(responder.certificate.der))
        known = room.kept[place] = (responder.certificate, named, trailer)
    return known[1], known[2]


def _status(status: Status) -> bytes:
    if status.status is CertStatus.GOOD:
        return b"\x80\x00"
    if status.status is CertStatus.UNKNOWN or status.revoked_at is None:
        return b"\x82\x00"
    said = status.reason if status.reason is not None else Reason.UNSPECIFIED
    reason = b"" if said is Reason.UNSPECIFIED else der.explicit(0, der.enumerated(said))
    return der.implicit(1, der.sequence(der.generalized_time(status.revoked_at), reason))
