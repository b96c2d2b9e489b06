"""Signing (签名操作): policy, clock, signature, journal; in this order, for every purpose the same.

The journal comes after the mathematics and before the answer: a signature nobody received needs no record, and one
that anybody received has it.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from foundation.errors import YinxinError
from foundation.failpoints import reach
from hsm.digests import sha256
from hsm.errors import PurposeRefused
from hsm.keys import Purpose
from hsm.service import messages as m
from hsm.service.operations import KIB, MIB, Caller, Opened, Operation, anybody
from hsm.service.policies import Asked, Stated, approved, foreseen
from hsm.service.records import SIGN, Entry
from hsm.signing import Signer, ToBeSigned

_REMEMBERED = 1.0
_MOST = {
    Purpose.CRL: 512 * MIB,
    Purpose.SEAL_MAKING: 4 * MIB,
    Purpose.SEALING: 64 * MIB,
    Purpose.SEAL_STATUS: 192 * MIB,
    Purpose.TRUST_LIST: 16 * MIB,
    Purpose.TRANSCRIPT: 4 * MIB,
}
"""A list of a million entries has 50 MB; a seal's content holds its picture, and the document where
its use was approved."""


def sign(purpose: Purpose, opened: Opened, caller: Caller, request: m.SignRequest) -> m.Signed:
    del caller
    signer = _signer(opened, request.key, request.version)
    if purpose not in signer.ref.purposes:
        raise PurposeRefused(request.key, purpose)
    asked = Asked(signer.ref, purpose, request.intent, request.data, request.content)
    stated = approved(opened.policies, asked, opened.journal, opened.ground.clock, opened.permitted)
    if stated.again is not None:
        return m.Signed(stated.again)
    value = signer.sign(ToBeSigned(purpose, request.data, request.intent))
    opened.journal.write(_entry(purpose, asked, stated, value))
    reach("signer.journalled")
    return m.Signed(value)


def _signer(opened: Opened, key: str, version: int) -> Signer:
    """The key's state is read once a second: a command beside this process may have retired it."""
    until, known = opened.signers.get((key, version), (0.0, None))
    if known is None or time.monotonic() > until:
        known = opened.keys.signer(key, version)
        opened.signers[key, version] = (time.monotonic() + _REMEMBERED, known)
    return known


def sign_certificates(opened: Opened, caller: Caller, request: m.SignCertificates) -> m.SignedMany:
    """As `sign` for each: the policy looks at every one, and the journal has them all before any value leaves."""
    del caller
    signer = opened.keys.signer(request.key, request.version)
    if Purpose.CERTIFICATE not in signer.ref.purposes:
        raise PurposeRefused(request.key, Purpose.CERTIFICATE)
    every = [Asked(signer.ref, Purpose.CERTIFICATE, item.intent, item.data) for item in request.items]
    policies = foreseen(opened.policies, Purpose.CERTIFICATE, every)
    values: list[bytes] = []
    entries: list[Entry] = []
    seen: set[str] = set()
    for item, asked in zip(request.items, every, strict=True):
        if item.intent in seen:  # the journal does not know of the first yet, so it could not refuse the second
            values.append(b"")
            continue
        seen.add(item.intent)
        try:
            stated = approved(policies, asked, opened.journal, opened.ground.clock, opened.permitted)
        except YinxinError:  # told when it is asked for alone
            values.append(b"")
            continue
        if stated.again is not None:
            values.append(stated.again)
            continue
        value = signer.sign(ToBeSigned(Purpose.CERTIFICATE, item.data, item.intent))
        values.append(value)
        entries.append(_entry(Purpose.CERTIFICATE, asked, stated, value))
    if entries:
        opened.journal.write_many(entries)
    reach("signer.journalled")
    return m.SignedMany(tuple(values))


def _entry(purpose: Purpose, asked: Asked, stated: Stated, value: bytes) -> Entry:
    return Entry(
        SIGN,
        purpose.value,
        key=str(asked.ref),
        intent=asked.intent,
        content=sha256(asked.data).hex(),
        signature=sha256(value).hex(),
        stated=stated.at,
        facts=stated.facts,
    )


def _operation(purpose: Purpose, request: type[m.SignRequest]) -> Operation[m.SignRequest, m.Signed]:
    most = _MOST.get(purpose, 256 * KIB)
    return Operation(
        f"sign.{purpose}", request, m.Signed, anybody, partial(sign, purpose), most_octets=most, changes_keys=False
    )


OPERATIONS: tuple[Operation[Any, Any], ...] = (
    *(_operation(purpose, request) for purpose, request in m.SIGNING.items()),
    Operation("sign.certificates", m.SignCertificates, m.SignedMany, anybody, sign_certificates, most_octets=4 * MIB),
)
"""Their policy depends on the purpose and is asked inside, after the key is known."""
