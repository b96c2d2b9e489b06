"""Weak public keys (弱密钥): keys whose private half others can find, refused before anything is certified.

BR 6.1.1.3 and 6.1.6, GB/T 32918.1 6.2.1. Pure arithmetic on the SubjectPublicKeyInfo, bounded: a few milliseconds for
RSA, microseconds for points. What is known by list rather than by arithmetic stands in `Blocklist`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache, lru_cache
from math import gcd, isqrt, prod

from foundation import der
from foundation.der import DerError
from foundation.errors import InvalidInput
from foundation.text import Text
from hsm import curves, oids
from hsm.errors import BadKey

LEAST_RSA_BITS, MOST_RSA_BITS = 2048, 8192
LEAST_EXPONENT, MOST_EXPONENT = 65537, 1 << 256
FERMAT_ROUNDS = 100
_SMALL = 1 << 16
_ROCA_LAST = 167
_SQUARES_MOD_64 = frozenset(n * n % 64 for n in range(64))


class Weakness(StrEnum):
    SIZE = "size"
    EXPONENT = "exponent"
    SMALL_FACTOR = "small_factor"
    PRIME_MODULUS = "prime_modulus"
    ROCA = "roca"
    CLOSE_PRIMES = "close_primes"
    INFINITY = "infinity"
    COMPRESSED = "compressed"
    NOT_ON_CURVE = "not_on_curve"
    TRIVIAL = "trivial"
    LISTED = "listed"
    COMPROMISED = "compromised"


_WHY: dict[Weakness, Text] = {
    Weakness.SIZE: Text(
        "RSA 模数须为 2048 至 8192 位，且为 8 的整数倍", "an RSA modulus has 2048 to 8192 bits, a multiple of 8"
    ),
    Weakness.EXPONENT: Text(
        "RSA 公开指数须为奇数，不小于 65537 且小于 2 的 256 次方",
        "an RSA exponent is odd, at least 65537 and below 2^256",
    ),
    Weakness.SMALL_FACTOR: Text("RSA 模数含有小素因子", "the RSA modulus has a small prime factor"),
    Weakness.PRIME_MODULUS: Text("RSA 模数本身是素数", "the RSA modulus is itself prime"),
    Weakness.ROCA: Text(
        "密钥带有 ROCA（CVE-2017-15361）特征，由有缺陷的芯片库生成",
        "the key has the ROCA fingerprint (CVE-2017-15361) of a faulty chip library",
    ),
    Weakness.CLOSE_PRIMES: Text(
        "两个素数过于接近，费马法即可分解", "the two primes are so close that Fermat's method factors the modulus"
    ),
    Weakness.INFINITY: Text("公钥是无穷远点", "the public key is the point at infinity"),
    Weakness.COMPRESSED: Text("公钥点未采用非压缩形式", "the point is not written uncompressed"),
    Weakness.NOT_ON_CURVE: Text("公钥点不在曲线上", "the point is not on the curve"),
    Weakness.TRIVIAL: Text("私钥是 1 或 n-1，人人可知", "the private key is 1 or n-1, which anybody can tell"),
    Weakness.LISTED: Text(
        "该密钥已公开或由有缺陷的程序生成，列于弱密钥名单", "the key is on the list of published and weakly made keys"
    ),
    Weakness.COMPROMISED: Text(
        "该密钥曾因泄露被撤销，不得再次使用", "a certificate of this key was revoked because the key was compromised"
    ),
}


class WeakKey(InvalidInput):
    """`weakness` says which rule; the remedy is always a new key."""

    def __init__(self, weakness: Weakness) -> None:
        why = _WHY[weakness]
        super().__init__(
            f"hsm.weak_key.{weakness}",
            Text(
                f"公钥不安全，已拒绝：{why.zh}。请重新生成密钥后再申请。",
                f"The public key was refused: {why.en}. Generate a new key and ask again.",
            ),
        )
        self.weakness = weakness
        self.why = why


@lru_cache(maxsize=1024)  # a key is asked about several times on its way; refusals are not kept
def check_strong(spki: bytes) -> None:
    """Raise `WeakKey` with the reason, or `BadKey` when it is no SubjectPublicKeyInfo at all."""
    algorithm, curve, bits = _parts(spki)
    if algorithm in (oids.RSA, oids.RSA_PSS):
        _check_rsa(*_rsa_numbers(bits))
    elif algorithm == oids.EC_PUBLIC_KEY and curve is not None:
        _check_point(curve, bits)


def rsa_numbers(spki: bytes) -> tuple[int, int] | None:
    """Modulus and exponent of an RSA key; None for a key of another kind."""
    algorithm, _, bits = _parts(spki)
    return _rsa_numbers(bits) if algorithm in (oids.RSA, oids.RSA_PSS) else None


@lru_cache(maxsize=1024)
def _parts(spki: bytes) -> tuple[str, str | None, bytes]:
    try:
        identifier, bits = der.parse(spki).expect(der.SEQUENCE).children(most=2)
        algorithm, *parameters = identifier.expect(der.SEQUENCE).children(most=2)
        named = parameters[0].as_oid() if parameters and parameters[0].tag == der.OID else None
        return algorithm.as_oid(), named, bits.as_bits()
    except (DerError, ValueError) as error:
        raise BadKey("not a SubjectPublicKeyInfo") from error


def _rsa_numbers(bits: bytes) -> tuple[int, int]:
    try:
        modulus, exponent = der.parse(bits).expect(der.SEQUENCE).children(most=2)
        return modulus.as_integer(), exponent.as_integer()
    except (DerError, ValueError) as error:
        raise BadKey("not an RSA key") from error


# --- RSA: cheapest question first -------------------------------------------------------------------------------------


def _check_rsa(modulus: int, exponent: int) -> None:
    if modulus <= 0 or not LEAST_RSA_BITS <= modulus.bit_length() <= MOST_RSA_BITS or modulus.bit_length() % 8:
        raise WeakKey(Weakness.SIZE)
    if not exponent & 1 or not LEAST_EXPONENT <= exponent < MOST_EXPONENT:
        raise WeakKey(Weakness.EXPONENT)
    if gcd(modulus, _small_primes_product() % modulus) != 1:
        raise WeakKey(Weakness.SMALL_FACTOR)
    if has_roca_fingerprint(modulus):
        raise WeakKey(Weakness.ROCA)
    if has_close_primes(modulus):
        raise WeakKey(Weakness.CLOSE_PRIMES)
    if pow(2, modulus - 1, modulus) == 1:
        raise WeakKey(Weakness.PRIME_MODULUS)


def has_roca_fingerprint(modulus: int) -> bool:
    """Whether the modulus is a power of 65537 modulo every small prime, as moduli of the faulty library always are.

    A sound modulus is so by chance about once in 2^27.
    """
    return all(modulus % prime in powers for prime, powers in _roca_subgroups())


def has_close_primes(modulus: int, rounds: int = FERMAT_ROUNDS) -> bool:
    """Fermat's method: finds p and q when they differ by little more than the fourth root of the modulus."""
    middle = isqrt(modulus - 1) + 1
    for _ in range(rounds):
        rest = middle * middle - modulus
        if rest & 63 in _SQUARES_MOD_64 and isqrt(rest) ** 2 == rest:
            return True
        middle += 1
    return False


@cache
def _primes(below: int) -> tuple[int, ...]:
    sieve = bytearray([1]) * below
    sieve[:2] = b"\0\0"
    for n in range(2, isqrt(below) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, below, n)))
    return tuple(n for n in range(below) if sieve[n])


@cache
def _small_primes_product() -> int:
    return prod(_primes(_SMALL))


@cache
def _roca_subgroups() -> tuple[tuple[int, frozenset[int]], ...]:
    found = []
    for prime in _primes(_ROCA_LAST + 1)[1:]:
        powers, value = {1}, 65537 % prime
        while value != 1:
            powers.add(value)
            value = value * 65537 % prime
        found.append((prime, frozenset(powers)))
    return tuple(found)


# --- points -----------------------------------------------------------------------------------------------------------


def _check_point(curve_oid: str, bits: bytes) -> None:
    """All our curves have cofactor 1, so a point on the curve that is not infinity is in the group (SEC 1 3.2.2.1)."""
    curve = curves.CURVES.get(curve_oid)
    if curve is None:
        return  # which curves are taken is the profile's question
    if bits == b"\0":
        raise WeakKey(Weakness.INFINITY)
    if len(bits) != 1 + 2 * curve.octets or bits[0] != 4:
        raise WeakKey(Weakness.COMPRESSED)
    x, y = int.from_bytes(bits[1 : 1 + curve.octets], "big"), int.from_bytes(bits[1 + curve.octets :], "big")
    if not curve.has(x, y):
        raise WeakKey(Weakness.NOT_ON_CURVE)
    if x == curve.base_x:
        raise WeakKey(Weakness.TRIVIAL)
