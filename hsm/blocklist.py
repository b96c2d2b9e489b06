"""The list of keys nobody may use (弱密钥名单): published example keys, and what an operator adds from outside.

Two kinds of lines: 64 hexadecimal digits, the SHA-256 of a SubjectPublicKeyInfo; or 20 digits, the form of Debian's
`openssl-blacklist` (end of the SHA-1 of `Modulus=HEX`), so its files for CVE-2008-0166 can be pointed at as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import Unavailable
from foundation.text import Text
from hsm.digests import sha256
from hsm.weak_keys import WeakKey, Weakness, rsa_numbers

PUBLISHED = Path(__file__).with_name("published_keys.txt")
_SPKI_DIGITS, _DEBIAN_DIGITS = 64, 20


@dataclass(frozen=True, slots=True)
class Blocklist:
    digests: frozenset[str]

    @classmethod
    def read(cls, paths: Iterable[Path] = ()) -> Blocklist:
        """The keys we ship with, and those of the given files. A line that is neither kind refuses the whole list."""
        return cls(frozenset(digest for path in (PUBLISHED, *paths) for digest in _lines(path)))

    def check(self, spki: bytes) -> None:
        """Raise `WeakKey` for a listed key."""
        if sha256(spki).hex() in self.digests:
            raise WeakKey(Weakness.LISTED)
        numbers = rsa_numbers(spki)
        if numbers is not None and debian_digest(numbers[0]) in self.digests:
            raise WeakKey(Weakness.LISTED)


def debian_digest(modulus: int) -> str:
    text = f"Modulus={modulus:X}\n".encode()
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()[-_DEBIAN_DIGITS:]


def _lines(path: Path) -> set[str]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, 0) from error
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip().lower()
        if not word:
            continue
        if len(word) not in (_SPKI_DIGITS, _DEBIAN_DIGITS) or not set(word) <= set("0123456789abcdef"):
            raise _unreadable(path, number)
        found.add(word)
    return found


def _unreadable(path: Path, line: int) -> Unavailable:
    """A list that is half understood would let through what it was meant to stop."""
    return Unavailable(
        "hsm.blocklist",
        Text(
            f"弱密钥名单 {path} 无法读取（第 {line} 行）。每行应为 64 位或 20 位十六进制数。",
            f"The list of weak keys {path} cannot be read (line {line}). Each line holds 64 or 20 hexadecimal digits.",
        ),
    )
