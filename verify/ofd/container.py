"""Is the ZIP around our own OFD the one we wrote (容器一致性)? APPNOTE 4.3.

Digests protect the files inside, not the archive's own fields or the slack in a deflate stream. Our writer puts the
same fields at every time, so an archive it made can be written again from its parts. Other makers' archives are free in
these fields and are not judged by them.
"""

from __future__ import annotations

import zipfile
import zlib
from functools import lru_cache

from seal.ofd import archive
from seal.ofd.archive import Packed
from seal.ofd.package import Package
from seal.ofd.signing import PROVIDER
from verify.recurring import TEMPLATES, is_template

_LEVELS = (1, 6, 9)
"""What entries are packed with: by our pages, by our sealing, by most other programs."""
_FEW = 64
"""An altered stream differs from the right one in few octets; one made by another zlib in length or in many."""


def is_altered(data: bytes, package: Package, provider: str) -> bool:
    """True when the last signature says our writer made this archive and it cannot have."""
    if provider != PROVIDER:
        return False
    if archive.write(package.entries, packed=package.packed) != data:
        return True
    return any(_bent(name, package.entries[name], one) for name, one in package.packed.items())


def _bent(name: str, content: bytes, one: Packed) -> bool:
    return (_template_is_bent if is_template(name, content) else _is_bent)(content, one)


def _is_bent(content: bytes, one: Packed) -> bool:
    """The stream unpacks to the right octets, yet is not quite what packs them: somebody touched it."""
    if one.method != zipfile.ZIP_DEFLATED:
        return False
    bent = False
    for level in _LEVELS:
        running = zlib.compressobj(level, zlib.DEFLATED, -15)
        ours = running.compress(content) + running.flush()
        if ours == one.data:
            return False
        if len(ours) == len(one.data):
            bent |= sum(1 for left, right in zip(ours, one.data, strict=True) if left != right) <= _FEW
    return bent


_template_is_bent = lru_cache(maxsize=TEMPLATES)(_is_bent)
