"""A time stamp (时间戳) is signed over its recorded serial, imprint and time, at that time.

The signed octets are attributes that hold the digest of the TSTInfo; the TSTInfo itself comes along as their content.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select

from ca import oids
from ca.models import CaStamp
from ca.reading.shapes import fields, sole
from ca.reading.stamp import read_tst_info
from ca.room import CaRoom
from foundation import der
from foundation.rows import Plain
from hsm.digests import same
from hsm.schemes import scheme_for
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Stated

_WITHIN = timedelta(seconds=1)
_STAMPS = Plain(CaStamp)
_BY_SERIAL = select(*_STAMPS.columns).where(_STAMPS.table.c.serial == bindparam("of"))


def check(room: CaRoom, asked: Asked) -> Stated:
    digest, attributes = scheme_for(asked.ref.algorithm).digest, _attributes(asked.data)
    kind, named = attributes.get(oids.ATTRIBUTE_CONTENT_TYPE), attributes.get(oids.ATTRIBUTE_MESSAGE_DIGEST)
    if kind is None or named is None or kind.as_oid() != oids.TST_INFO:
        raise PolicyRefused("stamp_shape", "不是时间戳的签名属性", "these are not the attributes of a time stamp")
    if not same(named.as_octets(), digest.of(asked.content)):
        raise PolicyRefused("stamp_content", "签名属性与 TSTInfo 不符", "the attributes belong to another TSTInfo")
    info = read_tst_info(asked.content)
    with room.ground.db.read_plain() as session:
        row = _STAMPS.one(session, _BY_SERIAL, {"of": f"{info.serial:x}"})
    if row is None or asked.intent != f"stamp:{row.suite}:{row.serial}" or info.digest is None:
        raise IntentUnknown(asked.intent)
    if (row.imprint, row.digest) != (info.imprint, info.digest.value) or abs(row.at - info.time) > _WITHIN:
        raise IntentUnknown(asked.intent)
    if not asked.ref.name.startswith(f"ca/{row.suite}-"):
        raise PolicyRefused("issuer", "签名密钥不属于该时间戳服务", "the key is not the one of that service")
    return Stated(info.time, facts={"serial": row.serial})


def _attributes(octets: bytes) -> dict[str, der.Node]:
    found: dict[str, der.Node] = {}
    for entry in der.parse(octets).expect(der.SET).children(16):
        kind, values = fields(entry, 2, 2, "attribute")
        found[kind.as_oid()] = sole(values.expect(der.SET))
    return found
