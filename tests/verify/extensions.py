"""Extensions for hand-made certificates and lists (测试用扩展项), written without the code under test."""

from __future__ import annotations

from datetime import datetime

from foundation import der
from tests.verify.pki import extension

ANY_POLICY = "2.5.29.32.0"
GOLD, SILVER, BRONZE = (f"1.3.6.1.4.1.32473.9.{number}" for number in (1, 2, 3))


def directory(*pairs: tuple[str, str]) -> bytes:
    """A Name; countries are PrintableString, all else UTF8String."""
    kinds = {"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3"}
    rdns = (
        der.sequence(der.oid(kinds[short]), der.printable(text) if short == "C" else der.utf8(text))
        for short, text in pairs
    )
    return der.sequence(*(der.tlv(der.SET, rdn) for rdn in rdns))


def dns(name: str) -> bytes:
    return der.tlv(0x82, name.encode())


def email(name: str) -> bytes:
    return der.tlv(0x81, name.encode())


def uri(name: str) -> bytes:
    return der.tlv(0x86, name.encode())


def address(octets: bytes) -> bytes:
    return der.tlv(0x87, octets)


def other(oid: str) -> bytes:
    return der.tlv(0xA0, der.oid(oid) + der.explicit(0, der.utf8("x")))


def dirname(name: bytes) -> bytes:
    return der.tlv(0xA4, name)


def alternative(*names: bytes) -> bytes:
    return extension("2.5.29.17", der.sequence(*names))


def policies(*oids: str) -> bytes:
    return extension("2.5.29.32", der.sequence(*(der.sequence(der.oid(oid)) for oid in oids)))


def mappings(*pairs: tuple[str, str]) -> bytes:
    return extension(
        "2.5.29.33", der.sequence(*(der.sequence(der.oid(a), der.oid(b)) for a, b in pairs)), critical=True
    )


def policy_constraints(require: int | None = None, inhibit: int | None = None) -> bytes:
    parts = [der.implicit(at, der.integer(count)) for at, count in enumerate((require, inhibit)) if count is not None]
    return extension("2.5.29.36", der.sequence(*parts), critical=True)


def inhibit_any(count: int) -> bytes:
    return extension("2.5.29.54", der.integer(count), critical=True)


def name_constraints(permitted: tuple[bytes, ...] = (), excluded: tuple[bytes, ...] = ()) -> bytes:
    groups = [
        der.explicit(at, b"".join(der.sequence(name) for name in names))
        for at, names in enumerate((permitted, excluded))
        if names
    ]
    return extension("2.5.29.30", der.sequence(*groups), critical=True)


def _reasons(bits: tuple[int, ...]) -> bytes:
    return der.named_bits(*bits)


def point(
    *names: bytes, relative: bytes | None = None, reasons: tuple[int, ...] = (), issuer: bytes | None = None
) -> bytes:
    parts = []
    if names:
        parts.append(der.explicit(0, der.explicit(0, b"".join(names))))
    if relative is not None:
        parts.append(der.explicit(0, der.explicit(1, relative)))
    if reasons:
        parts.append(der.implicit(1, _reasons(reasons)))
    if issuer is not None:
        parts.append(der.explicit(2, dirname(issuer)))
    return der.sequence(*parts)


def crl_points(*points: bytes) -> bytes:
    return extension("2.5.29.31", der.sequence(*points))


def freshest(*points: bytes) -> bytes:
    return extension("2.5.29.46", der.sequence(*points))


def issuing_point(
    *names: bytes,
    users: bool = False,
    authorities: bool = False,
    attributes: bool = False,
    indirect: bool = False,
    reasons: tuple[int, ...] = (),
) -> bytes:
    parts = [der.explicit(0, der.explicit(0, b"".join(names)))] if names else []
    yes = der.boolean(True)
    parts += [der.implicit(1, yes)] if users else []
    parts += [der.implicit(2, yes)] if authorities else []
    parts += [der.implicit(3, _reasons(reasons))] if reasons else []
    parts += [der.implicit(4, yes)] if indirect else []
    parts += [der.implicit(5, yes)] if attributes else []
    return extension("2.5.29.28", der.sequence(*parts), critical=True)


def online() -> bytes:
    """AuthorityInfoAccess with an OCSP address, which nobody here calls."""
    where = der.sequence(der.oid("1.3.6.1.5.5.7.48.1"), uri("http://ocsp.yinchuan.gov.cn/"))
    return extension("1.3.6.1.5.5.7.1.1", der.sequence(where))


def no_check() -> bytes:
    return extension("1.3.6.1.5.5.7.48.1.5", der.null())


def delta(base: int) -> bytes:
    return extension("2.5.29.27", der.integer(base), critical=True)


def keeps_expired(since: datetime) -> bytes:
    return extension("2.5.29.60", der.generalized_time(since))


def entry(serial: int, at: datetime, *, reason: int = 1, issuer: bytes | None = None, odd: bool = False) -> bytes:
    """One line of a list. `issuer`: of the certificate, in an indirect list; `odd`: an unknown critical extension."""
    said = [extension("2.5.29.21", der.enumerated(reason))]
    if issuer is not None:
        said.append(extension("2.5.29.29", der.sequence(dirname(issuer)), critical=True))
    if odd:
        said.append(extension("1.2.3.4.5", der.null(), critical=True))
    return der.sequence(der.integer(serial), der.x509_time(at), der.sequence(*said))
