"""What the signer asks before a seal's state is signed (状态发布签名策略): it reads the register itself and compares.

A list must be the one recorded under its number, and say of every seal what the files say now; an answer likewise of
its one seal. So whoever holds the web process cannot have a revoked seal called good.
"""

from __future__ import annotations

from datetime import timedelta

from foundation.ground import Ground
from hsm.digests import sha256
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Stated
from seal.status_service import wire
from seal.status_service.models import SealStatusList
from seal.status_service.register import entries

STATUS_KEY = "seal/status"
"""`signing.KEY`, named again because that module brings the CA's issuing along."""
_LONGEST = timedelta(hours=25)


def check(ground: Ground, asked: Asked) -> Stated:
    if asked.ref.name != STATUS_KEY:
        raise PolicyRefused("seal_status_key", "签名密钥不是状态发布密钥", "the key is not the status publisher's")
    try:
        kind, said = wire.read_signing_input(asked.data)
    except wire.BadStatement as error:
        raise PolicyRefused("seal_status_shape", "不是印章状态数据", "this is no seal-status statement") from error
    if said.next_update - said.this_update > _LONGEST:
        raise PolicyRefused("seal_status_life", "有效期过长", "the statement would be believed for too long")
    with ground.db.read() as session:
        known = entries(session)
        if kind == wire.LIST:
            row = session.get(SealStatusList, said.number)
            if row is None or asked.intent != f"seal-status:list:{said.number}":
                raise IntentUnknown(asked.intent)
            if row.payload_sha256 != sha256(wire.payload(said)).hex():
                raise IntentUnknown(asked.intent)
        elif asked.intent != f"seal-status:{next(iter(said.seals))}:{int(said.this_update.timestamp())}":
            raise IntentUnknown(asked.intent)
    told = known if kind == wire.LIST else {code: known.get(code) for code in said.seals}
    if told != dict(said.seals):
        raise PolicyRefused("seal_status_differs", "与印章登记不符", "the register says something else")
    return Stated(said.this_update)
