"""What stands in many files is worked out once (常见部分): the seal of an office, the template of a kind of licence.

Kept by their exact octets, so nothing rests on one digest standing for another, and a file that differs anywhere is
another one. Neither trust nor time enters; refusals are not kept. Few and small: a hostile file can fill no memory.
"""

from __future__ import annotations

from functools import lru_cache

from hsm.digests import Digest
from hsm.schemes import Scheme
from verify.values import departures

MOST_OCTETS = 512 * 1024
_SEALS, TEMPLATES = 16, 8


def is_template(name: str, content: bytes) -> bool:
    """By the folder every maker uses; a wrong guess costs memory, never a wrong answer."""
    return "/Tpls/" in name and len(content) <= MOST_OCTETS


@lru_cache(maxsize=TEMPLATES)
def template_digest(kind: Digest, content: bytes) -> bytes:
    return kind.of(content)


def seal_departures(spki: bytes, scheme: Scheme, signed: bytes, value: bytes) -> tuple[str, ...]:
    """As `values.departures`, for what a maker signed; raises `BadSignature` anew each time."""
    if len(signed) > MOST_OCTETS:
        return departures(spki, scheme, signed, value)
    return _seal_departures(spki, scheme, signed, value)


_seal_departures = lru_cache(maxsize=_SEALS)(departures)
