"""Revocation data inside an archive time stamp (时间戳内撤销数据), RFC 4998 3.1 and 6, RFC 5652 5.1.

The lists of our CAs stand in the token's `crls`: later than every seal it covers, and covered in turn by its renewal.
So a seal on an OFD, where nothing else can stand, is judged by data of its own days for as long as the record lives.
"""

from __future__ import annotations

from ca import crl
from ca.chain import authorities
from ca.reading.shapes import fields, sole
from ca.room import CaRoom
from foundation import der

MOST_LIST = 64 * 1024
"""A longer list would stand in every record; whoever judges must then hold it himself."""


def lists(room: CaRoom) -> tuple[bytes, ...]:
    known = (crl.current(room, one.slug) for one in authorities(room))
    return tuple(octets for octets in known if len(octets) <= MOST_LIST)


def with_lists(token: bytes, crls: tuple[bytes, ...]) -> bytes:
    """The token with `crls` beside its certificates, which no signature covers. As it is, if it has some already."""
    kind, wrapped = fields(der.parse(token), 2, 2, "token")
    version, digests, content, certificates, *rest = fields(sole(wrapped.expect(0xA0)), 4, 6, "SignedData")
    if certificates.tag != 0xA0 or len(rest) != 1 or not crls:
        return token
    beside = der.implicit(1, der.set_of(crls))
    parts = (version.raw, digests.raw, content.raw, certificates.raw, beside, rest[0].raw)
    return der.sequence(kind.raw, der.explicit(0, der.sequence(*parts)))
