"""Handing a seal out (导出印章): one ZIP for a UKey or a cloud with SESeal, certificates, pictures and their digests.

The private key never leaves: it stays in our signer, or was on the holder's token from the start.
"""

from __future__ import annotations

import json
from uuid import UUID

from ca.chain import chain
from foundation.principal import Principal
from hsm.digests import sha256, sm3
from seal import find, keeping, recording
from seal.drawing import pdf_file
from seal.drawing.design import draw
from seal.errors import SealNotInUse
from seal.models import SealRow, SealState
from seal.ofd.archive import write
from seal.room import SealRoom
from seal.ses import read_seal

FORMAT = "yinxin-seal-bundle/1"
_EXPORTABLE = frozenset({SealState.MADE, SealState.IN_USE})


def export(room: SealRoom, principal: Principal, seal_id: UUID) -> bytes:
    """The bundle of one of the caller's department's seals; each time it is audited."""
    row = find.row_of(room, principal, seal_id)
    if row.state not in _EXPORTABLE:
        raise SealNotInUse(row.state)
    data = _bundle(room, row)
    with room.ground.db.begin() as session:
        room.ground.audit.record(
            session,
            principal,
            action="seal.export",
            object=f"seal:{row.id}",
            payload={"code": row.code, "esl_sha256": row.esl_sha256, "bundle_sha256": sha256(data).hex()},
        )
    return data


def _bundle(room: SealRoom, row: SealRow) -> bytes:
    held = keeping.held(room, row)
    seal = read_seal(held.esl)
    drawing = draw(recording.design_of(room, row))
    files = {
        "seal.esl": held.esl,
        "picture.png": seal.picture.data,
        "picture.svg": keeping.file(room, row, "svg"),
        "picture.ofd": keeping.file(room, row, "ofd"),
        "picture.pdf": pdf_file.document(drawing, row.name),
        "certificates/maker.cer": seal.maker_certificate,
        **_certificates(room, row, seal.maker_certificate),
    }
    manifest = {
        "format": FORMAT,
        "code": row.code,
        "name": row.name,
        "department": row.department,
        "standard": seal.standard.value,
        "cert_list": seal.list_type.value,
        "key": "token" if row.token_key is not None else "platform",
        "valid_from": seal.valid_from.isoformat(),
        "valid_until": seal.valid_until.isoformat(),
        "files": [
            {"name": name, "size": len(data), "sha256": sha256(data).hex(), "sm3": sm3(data).hex()}
            for name, data in files.items()
        ],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    return write({"manifest.json": text.encode(), **files})


def _certificates(room: SealRoom, row: SealRow, maker: bytes) -> dict[str, bytes]:
    """The seal's own, by suite, and every CA above them and above the maker, once."""
    own = {"sm2": row.sm2_certificate, "rsa": row.rsa_certificate, "p256": row.p256_certificate}
    present = {name: certificate for name, certificate in own.items() if certificate is not None}
    above = dict.fromkeys(ca for leaf in (*present.values(), maker) for ca in chain(room.ca, leaf))
    return {
        **{f"certificates/{name}.cer": certificate for name, certificate in present.items()},
        **{f"certificates/ca-{number}.cer": ca for number, ca in enumerate(above, 1)},
    }
