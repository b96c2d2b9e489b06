"""What the signer asks before a report is signed (核验报告签名策略): recorded just now, and these are its octets.

Run in the signer's process. The key signs PAdES attributes over a recorded digest and nothing else, so a stolen web
process can make reports, each with its row and its line in the journal, but no seal and no licence.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ca.reading.shapes import fields, sole
from foundation import der
from foundation.ground import Ground
from hsm.digests import Digest
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Stated
from seal import cms
from verify.reports.models import VerifyReport

KEYS = "verify/report"
"""Followed by the suite."""
_AT_ONCE = timedelta(minutes=5)
_ATTRIBUTES = {cms.CONTENT_TYPE, cms.MESSAGE_DIGEST, cms.SIGNING_CERTIFICATE_V2}


def check(ground: Ground, asked: Asked) -> Stated:
    with ground.db.read() as session:
        row = session.get(VerifyReport, _identifier(asked.intent))
    if row is None or row.sha256 is not None:
        raise IntentUnknown(asked.intent)
    if asked.ref.name != f"{KEYS}/{row.suite}":
        raise PolicyRefused("report_key", "签名密钥不是核验服务的密钥", "the key is not the verification service's")
    if abs(ground.clock.now() - row.created_at) > _AT_ONCE:
        raise PolicyRefused("report_late", "报告登记已久，请重新核验", "the report was recorded too long ago")
    found = _attributes(asked.data)
    if found[cms.CONTENT_TYPE].as_oid() != cms.DATA or found[cms.MESSAGE_DIGEST].as_octets().hex() != row.digest:
        raise PolicyRefused("report_other", "待签内容不是登记的报告", "these octets are not the recorded report")
    if _named(found[cms.SIGNING_CERTIFICATE_V2]) != row.certificate:
        raise PolicyRefused("report_certificate", "签名属性指向另一证书", "the attributes name another certificate")
    return Stated()


def _attributes(data: bytes) -> dict[str, der.Node]:
    found: dict[str, der.Node] = {}
    for entry in der.parse(data).expect(der.SET).children(8):
        kind, values = fields(entry, 2, 2, "attribute")
        found[kind.as_oid()] = sole(values.expect(der.SET))
    if set(found) != _ATTRIBUTES:
        raise PolicyRefused("report_shape", "不是报告的签名属性", "these are not the attributes of a report")
    return found


def _named(value: der.Node) -> str:
    """The digest in ESSCertIDv2 (RFC 5035 3); its algorithm is named unless it is SHA-256."""
    parts = fields(sole(fields(value, 1, 2, "signing certificate")[0]), 1, 3, "ESSCertIDv2")
    hashed = parts[1 if parts[0].tag == der.SEQUENCE else 0].as_octets()
    if len(hashed) != Digest.SM3.size:
        raise PolicyRefused("report_shape", "不是报告的签名属性", "these are not the attributes of a report")
    return hashed.hex()


def _identifier(intent: str) -> UUID:
    head, _, rest = intent.partition(":")
    try:
        return UUID(rest) if head == "report" else UUID(int=0)
    except ValueError as error:
        raise IntentUnknown(intent) from error
