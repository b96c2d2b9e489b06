"""What the signer asks before it signs for seals (用章签名策略): a seal that was recorded, an order that was recorded.

Run in the signer's process. Documents never come here; an order's row holds the digest of the approved bytes, and the
signed octets are bound to seal, certificate, order and time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from uuid import UUID

from ca.reading.shapes import fields, sole
from ca.room import CaRoom
from foundation import der
from foundation.ground import Ground
from hsm.digests import Digest, same, sha256, sm3
from hsm.keys import Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import LATE, Asked, Policies, Stated
from seal import cms
from seal.approval.cloud import policy as cloud
from seal.approval.floors import without_rules
from seal.detached import policy as detached
from seal.formats import HASH_FORMATS, OFD_HASH
from seal.hash_only import policy as hash_only
from seal.management import policy as management
from seal.models import OrderState, SealOrder, SealRow, SealState
from seal.ofd_forms import OfdForm
from seal.pdf_forms import PdfForm
from seal.ses import read_seal
from seal.ses_fields import read_time
from seal.standing import look
from seal.status_service import policy as status

MAKER_KEY = "seal/maker"
"""`seal.maker.KEY`, named again because that module brings the whole PDF library along."""
_NONE: Mapping[str, str] = MappingProxyType({})
_JUST_SEALED = timedelta(minutes=15)
"""Two processes may finish one order; the later one still signs, and finds the first one's result stored."""


def policies(ground: Ground, ca: CaRoom, floors: Mapping[str, int], pinned: Mapping[str, str] = _NONE) -> Policies:
    """From the signer's journal, by seal: `floors`, the newest version of rules; `pinned`, how the seal showed."""
    return {
        Purpose.SEAL_MAKING: partial(check_making, ground),
        Purpose.SEAL_STATUS: partial(status.check, ground),
        Purpose.SEALING: partial(check_sealing, ground, ca, floors, pinned),
        Purpose.APPROVAL: partial(cloud.check, ca),
    }


def check_making(ground: Ground, asked: Asked) -> Stated:
    """SES_SealInfo of a recorded seal: code, name, making time as in its row."""
    with ground.db.read() as session:
        row = session.get(SealRow, _identifier(asked.intent, "seal"))
        if row is None or row.state not in (SealState.RECORDED, SealState.MADE, SealState.IN_USE):
            raise IntentUnknown(asked.intent)
        management.check_file(ground, session, row)
    if asked.ref.name != MAKER_KEY:
        raise PolicyRefused("maker", "签名密钥不是制章者的密钥", "the key is not the seal maker's")
    nothing = der.octet_string(b"")
    made = read_seal(der.sequence(asked.data, nothing, der.oid("1.2"), der.bit_string(b"")))
    if (made.es_id, made.name, made.created) != (row.code, row.name, row.created_at):
        raise IntentUnknown(asked.intent)
    listed = made.certificates or tuple(value for _, value in made.digests)
    own = row.sm2_certificate if made.certificates or row.sm2_certificate is None else sm3(row.sm2_certificate)
    if made.version != (row.ses_version or 4):
        raise IntentUnknown(asked.intent)
    if row.state != SealState.RECORDED and own not in listed:
        raise PolicyRefused("made", "印章已制作", "this seal is made already, with other certificates")
    return Stated(row.created_at, LATE)


def check_sealing(
    ground: Ground, ca: CaRoom, floors: Mapping[str, int], pinned: Mapping[str, str], asked: Asked
) -> Stated:
    """Attributes of a CMS signature, or a TBS_Sign, for one open order and the key of its own seal."""
    word, _, which = asked.intent.rpartition(":")
    found = look(ground.db, _identifier(word, "seal-order"))
    if found is None or which not in ("sm2", "rsa", "p256", "ofd"):
        raise IntentUnknown(asked.intent)
    order, row = found.order, found.seal
    _usable(order, row, asked, ground)
    if asked.ref.name != f"seal/{row.code}/{'sm2' if which == 'ofd' else which}":
        raise PolicyRefused("seal_key", "签名密钥不属于该印章", "the key is not the one of the order's seal")
    stated = _octets(ground, asked, order, row, which)
    floor = floors.get(str(row.id), 0)
    if found.ruled:
        from seal.approval import judge  # reads documents, which the signer does for orders under rules only

        facts = judge.check(ca, asked, order, row, floor, pinned)
    else:
        facts = without_rules(floor)
    return replace(stated, facts={**stated.facts, **facts})


def _octets(ground: Ground, asked: Asked, order: SealOrder, row: SealRow, which: str) -> Stated:
    """The octets are those of this order's format."""
    if order.format in detached.FORMATS:
        detached.check(asked, order, which, _certificate(row, which))
        return Stated(several=True)
    if (which == "ofd") != (order.format in ("ofd", OFD_HASH)):
        raise IntentUnknown(asked.intent)
    form = PdfForm(json.loads(order.terms).get("form", PdfForm.PADES)) if which == "sm2" else PdfForm.PADES
    if which == "ofd" and json.loads(order.terms).get("form") == OfdForm.SIGN:
        _attributes(asked, row.sm2_certificate, cms.GM_DATA)
    elif which == "ofd" or form is PdfForm.GM_SEAL:
        _tbs_sign(asked, order, row)
    else:
        content = cms.GM_DATA if form is PdfForm.GM_CMS else cms.DATA
        _attributes(asked, _certificate(row, which), content)
    if order.format in HASH_FORMATS:
        with ground.db.read() as session:
            return hash_only.check(session, asked, order)
    return Stated(several=True)


def _certificate(row: SealRow, which: str) -> bytes | None:
    return {"sm2": row.sm2_certificate, "rsa": row.rsa_certificate, "p256": row.p256_certificate}.get(which)


def _usable(order: SealOrder, row: SealRow, asked: Asked, ground: Ground) -> None:
    if row.department != order.department:
        raise IntentUnknown(asked.intent)
    now = ground.clock.now()
    if order.state != OrderState.RECORDED and (order.sealed_at is None or now - order.sealed_at > _JUST_SEALED):
        raise PolicyRefused("order_done", "用章指令已经完成", "the order is carried out already")
    until, since = row.valid_until, row.valid_from
    if row.state != SealState.IN_USE or since is None or until is None or not since <= now <= until:
        raise PolicyRefused("seal_unusable", "印章不在使用状态或有效期内", "the seal is not in use or not valid now")


def _tbs_sign(asked: Asked, order: SealOrder, row: SealRow) -> None:
    """TBS_Sign (GB/T 38540 7.2): our seal, the order's own time, an SM3 digest, a path inside the package."""
    _, seal, time, hashed, _ = fields(der.parse(asked.data), 5, 5, "TBS_Sign")
    if sha256(seal.raw).hex() != row.esl_sha256:
        raise PolicyRefused("seal_other", "待签内容中的印章不是该印章", "the seal inside is another one")
    if read_time(time, []) != order.signing_time.replace(microsecond=0):
        raise PolicyRefused("seal_time", "签章时间与用章记录不符", "the signing time is not the order's")
    if len(hashed.as_bits()) != Digest.SM3.size:
        raise PolicyRefused("seal_digest", "待签摘要不是 SM3", "the digest inside is not SM3")


def _attributes(asked: Asked, certificate: bytes | None, content: str) -> None:
    """A CMS signature over data, naming the seal's own certificate and nothing else (PAdES, EN 319 142-1)."""
    found: dict[str, der.Node] = {}
    for entry in der.parse(asked.data).expect(der.SET).children(8):
        kind, values = fields(entry, 2, 2, "attribute")
        found[kind.as_oid()] = sole(values.expect(der.SET))
    if set(found) != {cms.CONTENT_TYPE, cms.MESSAGE_DIGEST, cms.SIGNING_CERTIFICATE_V2}:
        raise PolicyRefused("seal_shape", "不是用章的签名属性", "these are not the attributes of a seal signature")
    if found[cms.CONTENT_TYPE].as_oid() != content or len(found[cms.MESSAGE_DIGEST].as_octets()) != Digest.SM3.size:
        raise PolicyRefused("seal_shape", "不是用章的签名属性", "these are not the attributes of a seal signature")
    identifiers = fields(found[cms.SIGNING_CERTIFICATE_V2], 1, 2, "signing certificate")[0]
    parts = fields(sole(identifiers), 1, 3, "ESSCertIDv2")
    named = parts[0].tag == der.SEQUENCE
    hashed = parts[1 if named else 0].as_octets()
    digest = Digest.SM3 if named and fields(parts[0], 1, 2, "digest")[0].as_oid() == Digest.SM3.oid else Digest.SHA256
    if certificate is None or not same(hashed, digest.of(certificate)):
        raise PolicyRefused("seal_certificate", "签名属性指向另一证书", "the attributes name another certificate")


def _identifier(intent: str, word: str) -> UUID:
    head, _, rest = intent.partition(":")
    try:
        return UUID(rest) if head == word else UUID(int=0)
    except ValueError as error:
        raise IntentUnknown(intent) from error
