"""What the signer asks before it signs a printed code (二维码签名策略): the accepted intent it belongs to.

The fields in the code are packed and read by nobody here; status index and day of issue bind it to the intent's row,
whose MAC tells an edit by SQL.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from foundation.ground import Ground
from hsm.keys import Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Policies, Stated
from licence import integrity
from licence.models import IntentState, LicenceIntent
from verify import codes
from verify.code_errors import CodeError

KEY = "licence/code"
"""`licence.code.KEY`, named again because that module brings the whole PDF library along."""


def policies(ground: Ground) -> Policies:
    return {Purpose.CODE: partial(check, ground)}


def check(ground: Ground, asked: Asked) -> Stated:
    try:
        parsed = codes.read_to_be_signed(asked.data)
    except CodeError as error:
        raise PolicyRefused("code_shape", "不是证照二维码的待签内容", "this is not the content of a code") from error
    try:
        identifier = UUID(asked.intent)
    except ValueError as error:
        raise IntentUnknown(asked.intent) from error
    with ground.db.read() as session:
        row = session.get(LicenceIntent, identifier)
    if row is None:
        raise IntentUnknown(asked.intent)
    integrity.check(ground.mac, row)
    if (parsed.status_index, parsed.issued_on) != (row.status_index, row.issued_on):
        raise IntentUnknown(asked.intent)
    if row.state == IntentState.UNDONE.value:
        raise PolicyRefused("undone", "该签发意向已撤销", "this intent was undone")
    if asked.ref.name != KEY:
        raise PolicyRefused("code_key", "签名密钥不是二维码密钥", "the key is not the one for codes")
    return Stated()
