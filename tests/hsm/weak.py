"""Weak keys made for real (弱密钥制作): the generators of the faults, deterministic, so a failure can be repeated."""

from __future__ import annotations

from functools import cache
from math import gcd, prod
from random import Random

from foundation import der
from hsm import oids
from hsm.curves import Curve

F4 = 65537


def rsa_spki(modulus: int, exponent: int = F4) -> bytes:
    """Written by hand: `cryptography` would refuse half of these keys, which is why they must reach us as octets."""
    key = der.sequence(der.integer(modulus), der.integer(exponent))
    return der.sequence(der.sequence(der.oid(oids.RSA), der.null()), der.bit_string(key))


def point_spki(curve_oid: str, point: bytes) -> bytes:
    return der.sequence(der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(curve_oid)), der.bit_string(point))


def point(curve: Curve, x: int, y: int) -> bytes:
    return b"\4" + x.to_bytes(curve.octets, "big") + y.to_bytes(curve.octets, "big")


_SIEVE = prod(n for n in range(3, 2000, 2))


def is_prime(n: int) -> bool:
    return (
        (n < 2000 or gcd(n, _SIEVE) == 1) and all(pow(base, n - 1, n) == 1 for base in (2, 3, 5, 7))
        if n > 7
        else n in (2, 3, 5, 7)
    )


def next_prime(n: int) -> int:
    n |= 1
    while not is_prime(n):
        n += 2
    return n


@cache
def roca_modulus(bits: int = 2048) -> int:
    """A prime is k * M + (65537^a mod M), as the library of CVE-2017-15361 made its primes (Nemec et al. 2017, 2.2)."""
    drawn = Random(2017)  # noqa: S311 - repeatable on purpose
    primes = [n for n in range(2, 168) if all(n % m for m in range(2, n))]
    modulus = prod(primes)

    least, most = (3 << (bits // 2 - 2)) // modulus + 1, (1 << (bits // 2)) // modulus - 1

    def one() -> int:
        while True:
            p = drawn.randint(least, most) * modulus + pow(F4, drawn.randrange(1 << 64), modulus)
            if gcd(p - 1, F4) == 1 and is_prime(p):
                return p

    return one() * one()


@cache
def close_modulus(bits: int = 2048, apart: int = 1 << 500) -> int:
    """Two primes that differ in their lower half only, as a generator makes that looks for the second from the first.

    With a distance d, Fermat's method needs about d^2 / (8 * sqrt(n)) rounds: one here.
    """
    drawn = Random(1643)  # noqa: S311 - repeatable on purpose
    p = next_prime(drawn.getrandbits(bits // 2) | 3 << (bits // 2 - 2))
    return p * next_prime(p + apart)


@cache
def sound_primes(bits: int = 2048) -> tuple[int, int]:
    drawn = Random(7)  # noqa: S311 - repeatable on purpose
    size = bits // 2
    p, q = (next_prime(drawn.getrandbits(size) | 3 << (size - 2)) for _ in range(2))
    return p, q


def small_factor_modulus(factor: int) -> int:
    """Three primes, one of them small. The largest below 2^16 lies far beyond the 752 of BR 6.1.6."""
    p = sound_primes()[0]
    return factor * p * next_prime((3 << 2046) // (factor * p))
