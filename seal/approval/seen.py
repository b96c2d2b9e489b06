"""Is what the signer is about to sign what was approved? (审批内容核对) It reads the octets behind the digest itself.

A PDF is sealed by adding to it, so the approved file is the beginning of what is covered. An OFD's Signature.xml lists
the digest of every file; all files of the approved package must stand there unchanged. Signatures beside a file and
hash-only ones need no look: their digest stands in the terms that were approved.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from foundation import der
from foundation.der import DerError
from hsm.digests import Digest, same, sha256, sm3
from hsm.service.errors import PolicyRefused
from hsm.service.policies import Asked
from seal import cms
from seal.ofd import document as tree
from seal.ofd.dates import files
from seal.ofd.lists import with_lists
from seal.ofd.package import Package, PackageError, parse_xml
from seal.ofd.signing import referenced

_OTHER = ("approved_other", "待签内容不是审批通过的文件", "what is to be signed is not the document that was approved")


def check(asked: Asked, format_: str, approved_sha256: str, size: int) -> None:
    """Raises `PolicyRefused` unless the content is the approved document with only a seal added."""
    if format_ not in ("pdf", "ofd"):
        return
    document, rest = asked.content[:size], asked.content[size:]
    if len(document) != size or not rest or sha256(document).hex() != approved_sha256:
        raise PolicyRefused(*_OTHER)
    if format_ == "pdf":
        _holds(asked, asked.content)
    else:
        _holds(asked, rest)
        _package(document, rest)


def _holds(asked: Asked, covered: bytes) -> None:
    """The digest inside the octets to be signed is that of `covered`."""
    try:
        claimed = _claimed(der.parse(asked.data))
    except (DerError, IndexError) as error:
        raise PolicyRefused(*_OTHER) from error
    if not any(same(claimed, digest.of(covered)) for digest in (Digest.SM3, Digest.SHA256)):
        raise PolicyRefused(*_OTHER)


def _claimed(node: der.Node) -> bytes:
    """MessageDigest of signed attributes, or dataHash of a TBS_Sign (GB/T 38540 7.2)."""
    if node.tag == der.SEQUENCE:
        return node.children(8)[3].as_bits()
    for entry in node.expect(der.SET).children(8):
        kind, values = entry.children(2)
        if kind.as_oid() == cms.MESSAGE_DIGEST:
            return values.expect(der.SET).children(1)[0].as_octets()
    raise DerError("no digest")


def _package(document: bytes, signature: bytes) -> None:
    try:
        package = Package.read(document)
        found = {
            name.removeprefix("/"): value for name, value in referenced(parse_xml(signature, "Signature.xml")).items()
        }
        bodies = tree.bodies(package)
        lists = {body.list_name for body in bodies}
        dated = {name for body in bodies for name in files(package, body)}
        folders = tuple(f"{name.rpartition('/')[0]}/" for name in lists)
        # what an ordered date changes is made once more, octet for octet, by `redone`
        if not any(_covers(with_lists(package, body), lists | dated, found) for body in bodies):
            raise PolicyRefused(*_OTHER)
        if any(name not in package and not name.startswith(folders) and name not in dated for name in found):
            raise PolicyRefused(*_OTHER)
    except PackageError as error:
        raise PolicyRefused(*_OTHER) from error


def _covers(entries: Mapping[str, bytes], lists: set[str], found: Mapping[str, str]) -> bool:
    """Every file stands there unchanged; lists grow by the new signature."""
    return all(
        name in lists or found.get(name) == base64.b64encode(sm3(octets)).decode() for name, octets in entries.items()
    )
