"""Seals and seal signatures with every departure the field shows (facts: standards 2.6), one knob each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gmssl import sm2 as gmssl_sm2

from foundation import der
from hsm.digests import sm3
from tests.verify.pki import NOW, Entity

ALGORITHM = der.oid("1.2.156.10197.1.501")
PAGE = b"<Signature/>"
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"
DAY = timedelta(days=1)
Mangle = Callable[[bytes], bytes]


def plain(value: bytes) -> bytes:
    return value


def raw(value: bytes) -> bytes:
    """Bare r‖s."""
    r, s = (part.as_integer() for part in der.parse(value).children())
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def padded(value: bytes) -> bytes:
    """Integers with superfluous zeros in front."""
    return der.sequence(*(der.tlv(der.INTEGER, b"\x00\x00" + part.content) for part in der.parse(value).children()))


def negative(value: bytes) -> bytes:
    """The leading zero of a high r left out, so that it reads as negative; needs such a value."""
    return der.sequence(*(der.tlv(der.INTEGER, part.content.lstrip(b"\x00")) for part in der.parse(value).children()))


def has_high_number(value: bytes) -> bool:
    return any(part.content[0] == 0 for part in der.parse(value).children())


def signed(entity: Entity, message: bytes, mangle: Mangle) -> bytes:
    """A value by `entity`; for `negative` one that has a high number, which every other has."""
    value = entity.sign(message)
    while mangle is negative and not has_high_number(value):
        value = entity.sign(message)
    return mangle(value)


def without_z(entity: Entity, digest: bytes) -> bytes:
    """An SM2 value over a bare digest, as one vendor makes it; by the second implementation, ours refuses to."""
    inner = der.parse(der.parse(entity.key.pkcs8()).children(4)[2].as_octets())
    scalar = inner.children()[1].as_octets().hex()
    made = gmssl_sm2.CryptSM2(private_key=scalar, public_key="").sign(digest, f"{0x1234567890ABCDEF:064x}")
    return der.sequence(*(der.integer(int(made[at : at + 64], 16)) for at in (0, 64)))


@dataclass(frozen=True)
class Odd:
    """What is unusual. Defaults make a proper GB/T 38540-2020 signature."""

    header: int = 4
    shape: int = 2020
    version: int = 4
    seal_value: Mangle = plain
    value: Mangle = plain
    extension: bytes | None = None
    signature_extension: bytes | None = None
    listed: bytes | None = None
    created: bytes | None = None
    seal_stamp: Callable[[bytes], bytes] | None = None
    make_value: Callable[[Entity, bytes, bytes], bytes] | None = None
    """(signer, TBS_Sign, dataHash) → the value itself."""
    name: bytes = der.utf8("印川市市场监督管理局")
    code: bytes = der.ia5("21990000000001")
    size: int = 42


USUAL = Odd()


def seal(maker: Entity, user: Entity, odd: Odd = USUAL, *, at: datetime = NOW - 20 * DAY) -> bytes:
    time = der.x509_time if odd.shape == 2014 else der.generalized_time
    items = der.sequence(odd.listed or der.octet_string(user.certificate))
    kind = () if odd.shape == 2014 else (der.integer(1),)
    info = der.sequence(
        der.sequence(der.ia5("ES"), der.integer(odd.header), der.ia5("test")),
        odd.code,
        der.sequence(
            der.integer(1),
            odd.name,
            *kind,
            items,
            odd.created or time(at),
            time(at),
            time(NOW + 900 * DAY),
        ),
        der.sequence(
            der.ia5("PNG"), der.octet_string(b"\x89PNG\r\n\x1a\n"), der.integer(odd.size), der.integer(odd.size)
        ),
        *([der.sequence(odd.extension)] if odd.extension else []),
    )
    certificate = der.octet_string(maker.certificate)
    if odd.shape == 2014:
        value = signed(maker, der.sequence(info, certificate, ALGORITHM), odd.seal_value)
        return der.sequence(info, der.sequence(certificate, ALGORITHM, der.bit_string(value)))
    value = signed(maker, info, odd.seal_value)
    stamp = [der.explicit(0, der.bit_string(odd.seal_stamp(value)))] if odd.seal_stamp else []
    return der.sequence(info, certificate, ALGORITHM, der.bit_string(value), *stamp)


def signature(
    user: Entity, seal_data: bytes, odd: Odd = USUAL, *, at: datetime = NOW, page: bytes = PAGE, path: str = PATH
) -> bytes:
    certificate, digest = der.octet_string(user.certificate), sm3(page)
    fields = [der.integer(odd.version), seal_data]
    if odd.shape == 2014:
        time = at.strftime("%Y%m%d%H%M%SZ").encode()
        tbs = der.sequence(*fields, der.bit_string(time), der.bit_string(digest), der.ia5(path), certificate, ALGORITHM)
        return der.sequence(tbs, der.bit_string(signed(user, tbs, odd.value)))
    more = [der.explicit(0, der.sequence(odd.signature_extension))] if odd.signature_extension else []
    tbs = der.sequence(*fields, der.generalized_time(at), der.bit_string(digest), der.ia5(path), *more)
    value = odd.make_value(user, tbs, digest) if odd.make_value else signed(user, tbs, odd.value)
    return der.sequence(tbs, certificate, ALGORITHM, der.bit_string(value))


def extension(oid: str, critical: bytes = b"") -> bytes:
    """ExtData with the octets of its BOOLEAN as given."""
    return der.sequence(der.oid(oid), critical, der.octet_string(b"2.1"))
