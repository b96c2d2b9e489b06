"""PKIMessage (RFC 4210 5.1): read within bounds over its original octets, written by concatenation.

All tags of this module are explicit (the ASN.1 module says so); those inside a CertTemplate are implicit (RFC 4211).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError, Node

MOST_OCTETS = 128 * 1024
MOST_CERTIFICATES = 16
_IMPLICIT_CONFIRM = "1.3.6.1.5.5.7.4.13"
_PVNO = (2, 3)


class Body(IntEnum):
    """Tag numbers of PKIBody."""

    IR = 0
    IP = 1
    CR = 2
    CP = 3
    P10CR = 4
    KUR = 7
    KUP = 8
    RR = 11
    RP = 12
    PKICONF = 19
    GENM = 21
    GENP = 22
    ERROR = 23
    CERTCONF = 24


ANSWER_TO = {Body.IR: Body.IP, Body.CR: Body.CP, Body.P10CR: Body.CP, Body.KUR: Body.KUP}


@dataclass(frozen=True, slots=True)
class Header:
    version: int
    sender: bytes
    """GeneralName, DER."""
    recipient: bytes
    time: datetime | None
    protection: Node | None
    sender_kid: bytes | None
    transaction: bytes | None
    sender_nonce: bytes | None
    recipient_nonce: bytes | None
    implicit_confirm: bool


@dataclass(frozen=True, slots=True)
class Message:
    header: Header
    kind: int
    body: Node
    """What stands inside the tag of PKIBody."""
    protected: bytes
    """ProtectedPart: what a MAC or signature covers (5.1.3), from the original octets."""
    value: bytes | None
    """The protection itself."""
    certificates: tuple[bytes, ...]


def read_message(data: bytes) -> Message:
    """Parse one message. Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("message larger than 128 KiB")
    parts = fields(der.parse(data), 2, 4, "PKIMessage")
    header, body = parts[0].expect(der.SEQUENCE), parts[1]
    more = {part.tag: part for part in parts[2:]}
    if set(more) - {0xA0, 0xA1} or len(more) != len(parts) - 2 or body.tag & 0xE0 != 0xA0:
        raise DerError("PKIMessage")
    certificates: tuple[bytes, ...] = ()
    if 0xA1 in more:
        listed = sole(more[0xA1]).expect(der.SEQUENCE).children(MOST_CERTIFICATES)
        certificates = tuple(one.raw for one in listed)
    return Message(
        _header(header),
        body.tag & 0x1F,
        sole(body),
        der.sequence(header.raw, body.raw),
        sole(more[0xA0]).as_bits() if 0xA0 in more else None,
        certificates,
    )


def _header(node: Node) -> Header:
    parts = node.children(12)
    if len(parts) < 3:
        raise DerError("PKIHeader")
    version = parts[0].as_integer()
    if version not in _PVNO:
        raise DerError("version of CMP")
    more = {part.tag: sole(part) for part in parts[3:]}
    if len(more) != len(parts) - 3 or set(more) - {0xA0 | number for number in range(9)}:
        raise DerError("PKIHeader")

    def octets(number: int) -> bytes | None:
        found = more.get(0xA0 | number)
        if found is None:
            return None
        value = found.as_octets()
        if len(value) > 128:
            raise DerError("number of a PKIHeader is too long")
        return value

    return Header(
        version=version,
        sender=parts[1].raw,
        recipient=parts[2].raw,
        time=more[0xA0].as_time() if 0xA0 in more else None,
        protection=more.get(0xA1),
        sender_kid=octets(2),
        transaction=octets(4),
        sender_nonce=octets(5),
        recipient_nonce=octets(6),
        implicit_confirm=0xA8 in more and _IMPLICIT_CONFIRM in _general(more[0xA8]),
    )


def _general(node: Node) -> set[str]:
    return {fields(one, 1, 2, "generalInfo")[0].as_oid() for one in node.expect(der.SEQUENCE).children(20)}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a header is made of; `protection` is the AlgorithmIdentifier of the value to come."""

    sender: bytes
    recipient: bytes
    time: datetime
    transaction: bytes
    sender_nonce: bytes
    recipient_nonce: bytes | None = None
    sender_kid: bytes | None = None
    implicit_confirm: bool = False
    version: int = 2


def write_header(envelope: Envelope, protection: bytes | None) -> bytes:
    def optional(number: int, value: bytes | None) -> bytes:
        return b"" if value is None else der.explicit(number, value)

    def octets(value: bytes | None) -> bytes | None:
        return None if value is None else der.octet_string(value)

    confirm = der.sequence(der.sequence(der.oid(_IMPLICIT_CONFIRM), der.null())) if envelope.implicit_confirm else None
    return der.sequence(
        der.integer(envelope.version),
        envelope.sender,
        envelope.recipient,
        der.explicit(0, der.generalized_time(envelope.time)),
        optional(1, protection),
        optional(2, octets(envelope.sender_kid)),
        der.explicit(4, der.octet_string(envelope.transaction)),
        der.explicit(5, der.octet_string(envelope.sender_nonce)),
        optional(6, octets(envelope.recipient_nonce)),
        optional(8, confirm),
    )


def write_body(kind: Body, content: bytes) -> bytes:
    return der.explicit(kind, content)


def write_message(header: bytes, body: bytes, value: bytes | None, certificates: tuple[bytes, ...] = ()) -> bytes:
    return der.sequence(
        header,
        body,
        b"" if value is None else der.explicit(0, der.bit_string(value)),
        der.explicit(1, der.sequence(*certificates)) if certificates else b"",
    )


def directory_name(name: bytes) -> bytes:
    """GeneralName of a distinguished name (DER Name)."""
    return der.explicit(4, name)


NO_NAME = directory_name(der.sequence())
"""The NULL-DN of a sender that has no certificate yet (RFC 9483 3.1)."""
