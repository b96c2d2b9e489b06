"""A message of the certificate management protocol (CMP 报文, RFC 4210 5.1.3): header and body, sent by us, now."""

from __future__ import annotations

from ca.policies.held import certificate_of_key
from ca.reading.shapes import fields, sole
from ca.room import CaRoom
from foundation import der
from hsm.service.errors import PolicyRefused
from hsm.service.policies import Asked, Stated

_DIRECTORY_NAME, _MESSAGE_TIME = 0xA4, 0xA0
_VERSIONS = (2, 3)


def check(room: CaRoom, asked: Asked) -> Stated:
    """ProtectedPart, whose sender is the subject of the key's own certificate."""
    header, body = fields(der.parse(asked.data), 2, 2, "ProtectedPart")
    version, sender, *rest = header.expect(der.SEQUENCE).children(16)
    if version.as_integer() not in _VERSIONS or body.tag & 0xE0 != 0xA0 or not rest:
        raise PolicyRefused("cmp_shape", "不是 CMP 报文", "this is not a protected part of CMP")
    own = certificate_of_key(room, asked.ref)
    if sender.tag != _DIRECTORY_NAME or sole(sender).raw != own.subject.raw:
        raise PolicyRefused("cmp_sender", "发送者不是该密钥的持有者", "the sender is not the holder of the key")
    times = [part for part in rest if part.tag == _MESSAGE_TIME]
    return Stated(sole(times[0]).as_time() if times else None)
