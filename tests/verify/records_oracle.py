"""A second reading of evidence records (RFC 4998) by asn1crypto and hashlib alone: it shares no line with ours."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any, ClassVar

from asn1crypto import algos, cms, core, tsp


class Hashes(core.SequenceOf):
    _child_spec = core.OctetString


class Lists(core.SequenceOf):
    _child_spec = Hashes


class Stamp(core.Sequence):
    _fields: ClassVar = [
        ("digest_algorithm", algos.DigestAlgorithm, {"implicit": 0, "optional": True}),
        ("attributes", cms.CMSAttributes, {"implicit": 1, "optional": True}),
        ("reduced_hashtree", Lists, {"implicit": 2, "optional": True}),
        ("time_stamp", cms.ContentInfo),
    ]


class StampChain(core.SequenceOf):
    _child_spec = Stamp


class StampSequence(core.SequenceOf):
    _child_spec = StampChain


class Algorithms(core.SequenceOf):
    _child_spec = algos.DigestAlgorithm


class Record(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("digest_algorithms", Algorithms),
        ("crypto_infos", cms.CMSAttributes, {"implicit": 0, "optional": True}),
        ("encryption_info", core.Sequence, {"implicit": 1, "optional": True}),
        ("sequence", StampSequence),
    ]


SM3 = "1.2.156.10197.1.401"


def digest(oid: str, data: bytes) -> bytes:
    name = {SM3: "sm3", "2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.3": "sha512"}[oid]
    return hashlib.new(name, data).digest()


def tokens(record: bytes, document: bytes) -> list[tuple[bytes, bytes]]:
    """(token, what it must be over) for every stamp, oldest first; fails where a link does not hold."""
    read = Record.load(record, strict=True)
    assert read["version"].native == 1
    listed = {one["algorithm"].dotted for one in read["digest_algorithms"]}
    found: list[tuple[bytes, bytes]] = []
    before: list[bytes] = []
    for chain in read["sequence"]:
        previous: bytes | None = None
        for stamp in chain:
            oid = stamp["digest_algorithm"]["algorithm"].dotted
            assert oid in listed
            leaf = digest(oid, document if previous is None else previous)
            if previous is None and before:
                leaf = digest(oid, leaf + digest(oid, _der_sequence(b"".join(before))))
            root = _root(oid, leaf, stamp["reduced_hashtree"])
            token = stamp["time_stamp"].dump()
            info = tsp.TSTInfo.load(stamp["time_stamp"]["content"]["encap_content_info"]["content"].contents)
            assert info["message_imprint"]["hash_algorithm"]["algorithm"].dotted == oid
            assert info["message_imprint"]["hashed_message"].native == root
            found.append((token, root))
            previous = token
        before.append(chain.dump())
    return found


def _root(oid: str, leaf: bytes, lists: Any) -> bytes:
    current = leaf
    for at, one in enumerate(lists.native or []):
        if at == 0:
            assert leaf in one
        members = one if current in one else [*one, current]
        current = digest(oid, b"".join(sorted(members)))
    return current


def _der_sequence(content: bytes) -> bytes:
    return b"\x30" + _length(len(content)) + content


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def openssl_ts(folder: Path, token: bytes, imprint: bytes, root: bytes, at: int) -> str:
    """`openssl ts -verify` over the imprint; "OK" is in the answer when it holds."""
    paths = {"token.der": token, "root.der": root}
    for name, data in paths.items():
        (folder / name).write_bytes(data)
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", "root.der", "-out", "root.pem"], cwd=folder, check=True)
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-digest", imprint.hex(), "-in", "token.der", "-token_in", "-CAfile", "root.pem",
         "-attime", str(at)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr
