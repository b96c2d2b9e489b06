"""Where a seal's files lie (印章文件): in storage, named by the seal's own hash, written once."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ca.chain import chain
from ca.suites import Suite
from foundation.errors import Damaged
from foundation.text import Text
from hsm.digests import sha256, sm3
from seal.cms_writing import template
from seal.errors import SealNotInUse
from seal.held import Held
from seal.models import SealRow
from seal.pdf.appearance import Appearance
from seal.room import SealRoom
from seal.ses import read_seal


@dataclass(frozen=True, slots=True)
class Files:
    """What is made once per seal. The PNG is inside the SESeal and not kept twice."""

    esl: bytes
    svg: bytes
    ofd: bytes
    appearance: Appearance


def store(room: SealRoom, code: str, files: Files) -> str:
    """Write all files; returns the SHA-256 of the SESeal that names them."""
    name = sha256(files.esl).hex()
    look = json.dumps({"width": files.appearance.width, "height": files.appearance.height}).encode()
    for ending, data in (
        ("svg", files.svg),
        ("ofd", files.ofd),
        ("form", look + b"\n" + files.appearance.deflated),
        ("esl", files.esl),
    ):
        room.ground.storage.put_new(_key(code, name, ending), data)
    return name


def file(room: SealRoom, row: SealRow, ending: str) -> bytes:
    """One of `esl`, `svg`, `ofd`, `form`."""
    if row.esl_sha256 is None:
        raise SealNotInUse(row.state)
    return room.ground.storage.open(_key(row.code, row.esl_sha256, ending))


def held(room: SealRoom, row: SealRow) -> Held:
    """The seal ready for stamping; read from storage the first time and compared with the hash in its row."""
    if row.esl_sha256 is None:
        raise SealNotInUse(row.state)
    known = room.held.get(row.esl_sha256)
    if known is None or (row.p256_certificate is not None and Suite.P256 not in known.templates):
        known = _load(room, row, row.esl_sha256)
        room.held.put(known)
    return known


def _load(room: SealRoom, row: SealRow, digest: str) -> Held:
    esl = file(room, row, "esl")
    if sha256(esl).hex() != digest:
        raise Damaged(
            "seal.file_damaged",
            Text(
                f"印章 {row.code} 的文件与登记的摘要不符，请从备份恢复。",
                f"The file of seal {row.code} does not match its recorded digest. Restore it from a backup.",
            ),
        )
    head, _, deflated = file(room, row, "form").partition(b"\n")
    size = json.loads(head)
    listed = read_seal(esl)
    own = {Suite.SM2: row.sm2_certificate, Suite.RSA: row.rsa_certificate, Suite.P256: row.p256_certificate}
    # a seal that lists digests (certListType 2) names the same certificates
    digests = {value for _, value in listed.digests}
    certificates = listed.certificates or tuple(one for one in own.values() if one is not None and sm3(one) in digests)
    # the root stays out: verifiers must have it from elsewhere anyway
    signers = {
        suite: (certificate, tuple(chain(room.ca, certificate)[:-1]))
        for suite, certificate in own.items()
        if certificate is not None
    }
    return Held(
        digest,
        row.code,
        esl,
        certificates,
        Appearance(size["width"], size["height"], deflated),
        {suite: template(*signer, suite.scheme) for suite, signer in signers.items()},
        template(*signers[Suite.SM2], Suite.SM2.scheme, gm=True),
    )


def _key(code: str, name: str, ending: str) -> str:
    return f"seals/{code}/{name}.{ending}"
