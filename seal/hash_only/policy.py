"""What the signer asks before it signs by digest (摘要用章策略): the one digest on record, and soon."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ca.reading.shapes import fields, sole
from foundation import der
from hsm.digests import same
from hsm.service.errors import PolicyRefused
from hsm.service.policies import LATE, Asked, Stated
from seal import cms
from seal.formats import OFD_HASH
from seal.hash_only.models import SealHashDigest
from seal.models import SealOrder


def check(session: Session, asked: Asked, order: SealOrder) -> Stated:
    """The digest inside the octets is the order's; and the order's time is not long gone (no back-dating)."""
    known = session.get(SealHashDigest, order.id)
    if known is None:
        raise PolicyRefused("hash_none", "指令尚未登记摘要", "no digest is on record for this order")
    if order.format == OFD_HASH:
        _, _, _, hashed, info = fields(der.parse(asked.data), 5, 5, "TBS_Sign")
        holds = same(hashed.as_bits(), bytes.fromhex(known.digest))
        holds = holds and info.content.decode("ascii", "replace") == known.property_info
    else:
        holds = same(_message_digest(asked.data), bytes.fromhex(known.digest))
    if not holds:
        raise PolicyRefused("hash_digest", "待签摘要与登记不符", "the digest is not the one on record")
    return Stated(order.signing_time, LATE, several=True)


def _message_digest(attributes: bytes) -> bytes:
    found = b""
    for entry in der.parse(attributes).expect(der.SET).children(8):
        kind, values = fields(entry, 2, 2, "attribute")
        if kind.as_oid() == cms.MESSAGE_DIGEST:
            found = sole(values.expect(der.SET)).as_octets()
    return found
