"""A revocation list (撤销列表) is signed when its number is taken for exactly these octets.

Entries are not read one by one, there may be a million: the digest in the row stands for them. What the row cannot
say, that the list names every revoked certificate, is the checker's to prove afterwards.
"""

from __future__ import annotations

from datetime import timedelta

from ca.models import CaCrl
from ca.reading.crl import read_crl
from ca.room import CaRoom
from foundation import der
from hsm.digests import sha256
from hsm.schemes import scheme_for
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Stated

_LONGEST = timedelta(days=400)


def check(room: CaRoom, asked: Asked) -> Stated:
    algorithm = scheme_for(asked.ref.algorithm).algorithm_identifier()
    found = read_crl(der.sequence(asked.data, algorithm, der.bit_string(b"")))
    scope = _scope(asked.intent, found.number)
    authority = room.authority(scope.partition("/")[0])
    if authority.key_name != asked.ref.name or authority.certificate.spki != asked.ref.spki:
        raise PolicyRefused("issuer", "签名密钥不属于该 CA", "the key is not the one of that CA")
    if found.issuer.raw != authority.certificate.subject.raw:
        raise PolicyRefused("issuer", "颁发者与签名密钥不一致", "the issuer is not the holder of the key")
    if found.next_update is None or not found.this_update < found.next_update <= found.this_update + _LONGEST:
        raise PolicyRefused("next_update", "下次更新时间不合理", "nextUpdate is missing or out of bounds")
    with room.ground.db.read() as session:
        row = session.get(CaCrl, (scope, found.number))
    if row is None or row.tbs_hash != sha256(asked.data).hex():
        raise IntentUnknown(asked.intent)
    return Stated(found.this_update, facts={"number": found.number or 0})


def _scope(intent: str, number: int | None) -> str:
    word, _, rest = intent.partition(":")
    scope, _, last = rest.rpartition(":")
    if word != "crl" or not scope or number is None or last != str(number):
        raise IntentUnknown(intent)
    return scope
