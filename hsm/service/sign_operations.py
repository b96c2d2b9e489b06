"""Signing (签名操作): policy, clock, signature, journal; in this order, for every purpose the same.

The journal comes after the mathematics and before the answer: a signature nobody received needs no record, and one
that anybody received has it.
"""

from __future__ import annotations

from functools import partial

from foundation.failpoints import reach
from hsm.digests import sha256
from hsm.errors import PurposeRefused
from hsm.keys import Purpose
from hsm.service import messages as m
from hsm.service.operations import KIB, MIB, Caller, Opened, Operation, anybody
from hsm.service.policies import Asked, approved
from hsm.service.records import SIGN, Entry
from hsm.signing import ToBeSigned

_MOST = {Purpose.CRL: 512 * MIB, Purpose.SEAL_MAKING: 4 * MIB, Purpose.SEALING: 4 * MIB, Purpose.TRANSCRIPT: 4 * MIB}
"""A list of a million entries has 50 MB; a seal's content holds its picture."""


def sign(purpose: Purpose, opened: Opened, caller: Caller, request: m.SignRequest) -> m.Signed:
    del caller
    signer = opened.keys.signer(request.key, request.version)
    if purpose not in signer.ref.purposes:
        raise PurposeRefused(request.key, purpose)
    asked = Asked(signer.ref, purpose, request.intent, request.data, request.content)
    stated = approved(opened.policies, asked, opened.journal, opened.ground.clock, opened.permitted)
    if stated.again is not None:
        return m.Signed(stated.again)
    value = signer.sign(ToBeSigned(purpose, request.data, request.intent))
    opened.journal.write(
        Entry(
            SIGN,
            purpose.value,
            key=str(signer.ref),
            intent=request.intent,
            content=sha256(request.data).hex(),
            signature=sha256(value).hex(),
            stated=stated.at,
            facts=stated.facts,
        )
    )
    reach("signer.journalled")
    return m.Signed(value)


def _operation(purpose: Purpose, request: type[m.SignRequest]) -> Operation[m.SignRequest, m.Signed]:
    most = _MOST.get(purpose, 256 * KIB)
    return Operation(f"sign.{purpose}", request, m.Signed, anybody, partial(sign, purpose), most_octets=most)


OPERATIONS = tuple(_operation(purpose, request) for purpose, request in m.SIGNING.items())
"""Their policy depends on the purpose and is asked inside, after the key is known."""
