"""The printed code of a licence (证照二维码): signed once with the region's code key, then kept with the intent.

Its wire format is `verify.codes`. Before it is kept it is read back and checked the way a window will do it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from ca import issue as certificates
from ca.issue import Subject
from ca.suites import Suite
from foundation.errors import Conflict
from foundation.failpoints import reach
from foundation.principal import Kind, Permission, Principal
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.signing import ToBeSigned
from licence import integrity, intents
from licence.face import code_values
from licence.intents import Frozen
from licence.models import LicenceIntent
from licence.room import LicenceRoom
from licence.sealing import face_terms
from licence.templates import code_template
from verify import codes
from verify.codes import CodeKey, CodeTrust

KEY = "licence/code"

RENEW_BEFORE = timedelta(days=30)
"""A code key is replaced this long before its certificate ends; codes it signed stay good."""
_SELF = Principal(Kind.SYSTEM, "system:licence-code", permissions=frozenset({Permission.CA_ISSUE}))


def establish(room: LicenceRoom) -> CodeKey:
    """The region's code key in force and its certificate, made at the first call and renewed before it ends."""
    ref = room.keys.ensure(KEY, Algorithm.SM2, {Purpose.CODE})
    key = _certified(room, ref)
    if key.not_after - room.ground.clock.now() < RENEW_BEFORE:
        with suppress(Conflict):  # another process renewed it meanwhile
            room.keys.renew(KEY)
        key = _certified(room, room.keys.ensure(KEY, Algorithm.SM2, {Purpose.CODE}))
    return key


def certified_keys(room: LicenceRoom) -> tuple[CodeKey, ...]:
    """Every code key there ever was, newest first: old codes are judged with the key of their day."""
    newest = room.keys.ensure(KEY, Algorithm.SM2, {Purpose.CODE})
    versions = (room.keys.find(KEY, version) for version in range(newest.version, 0, -1))
    return tuple(_certified(room, ref) for ref in versions if ref is not None)


def _certified(room: LicenceRoom, ref: KeyRef) -> CodeKey:
    """The certificate of one version of the key; asked of the CA once per process."""
    known = room.code_keys.get(ref.version)
    if known is not None:
        return known
    region = room.ground.settings.region
    subject = Subject(common_name=f"{region.name_zh}电子证照二维码签名", organization=region.name_zh)
    issued = certificates.issue(
        room.ca,
        _SELF,
        suite=Suite.SM2,
        profile="code-signer",
        subject=subject,
        spki=ref.spki,
        request_key=f"{KEY}#{ref.version}",
    )
    key = CodeKey(issued.der, ref.spki, subject.common_name, issued.not_before, issued.not_after)
    room.code_keys[ref.version] = key
    return key


def signed(room: LicenceRoom, intent: LicenceIntent, frozen: Frozen) -> str:
    """The text to print; signed now, or what an earlier run signed and kept."""
    if intent.code_sealed is not None:
        return _open(room, intent, intent.code_sealed)
    establish(room)
    signer = room.keys.signer(KEY)
    key = _certified(room, signer.ref)  # of the very key that signs, should it be renewed meanwhile
    kind, issue = face_terms(intent, frozen)
    template = code_template(kind)
    values = dict(zip(kind.code_fields, code_values(kind, frozen.data, issue), strict=True))
    draft = codes.prepare(template, values, intent.status_index, intent.issued_on, kid=key.kid)
    signature = signer.sign(ToBeSigned(Purpose.CODE, draft.to_be_signed, str(intent.id)))
    text = codes.assemble(draft, signature, base_url=room.ground.settings.web.public_url)
    # compare: what a window will read out of the page is what was meant
    codes.check(codes.read(text), CodeTrust((key,), (template,)))
    reach("licence.code_signed")
    return _keep(room, intent, text)


def _keep(room: LicenceRoom, intent: LicenceIntent, text: str) -> str:
    """Write the code into the intent unless another process was first; then its code is the code."""
    ground = room.ground
    with ground.db.begin() as session:
        row = intents.load(session, ground, intent.id, lock=True)
        if row.code_sealed is not None:
            return _open(room, row, row.code_sealed)
        row.code_sealed = ground.cipher.encrypt("licence_intent", "code", row.id, text)
        integrity.protect(ground.mac, row)
    return text


def _open(room: LicenceRoom, intent: LicenceIntent, sealed: str) -> str:
    return room.ground.cipher.decrypt("licence_intent", "code", intent.id, sealed)
