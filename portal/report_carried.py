"""The report a page carries for its own downloads (随页报告): nothing about a file is kept here after the answer.

The buttons post the report back, packed and under our MAC, so that what is downloaded and sealed is what was judged.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import zlib
from datetime import timedelta
from functools import cache

from pydantic import TypeAdapter

from foundation.errors import InvalidInput
from foundation.ground import Ground
from foundation.text import Text
from verify.report import Report

LIFE = timedelta(hours=1)
MOST = 800_000
"""Characters in a form; a report beyond it has no downloads."""
_PURPOSE = "portal.report"


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def carried(ground: Ground, report: Report) -> str:
    """Empty for a report too large to travel in a form."""
    until = int((ground.clock.now() + LIFE).timestamp()).to_bytes(8, "big")
    body = until + zlib.compress(_adapter().dump_json(report), 6)
    text = base64.urlsafe_b64encode(ground.mac.mac(_PURPOSE, body) + body).decode("ascii")
    return text if len(text) <= MOST else ""


def opened(ground: Ground, text: str) -> Report:
    """The report of a page made here within the hour."""
    try:
        octets = base64.b64decode(text[: MOST + 4], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused() from error
    code, body = octets[:32], octets[32:]
    if not hmac.compare_digest(code, ground.mac.mac(_PURPOSE, body)):
        raise _refused()
    if int.from_bytes(body[:8], "big") < ground.clock.now().timestamp():
        raise _refused()
    return _adapter().validate_json(zlib.decompress(body[8:]))


def _refused() -> InvalidInput:
    return InvalidInput(
        "report.carried",
        Text(
            "本页已超过一小时，或内容不完整，不能下载报告。请重新核验一次。",
            "This page is over an hour old or incomplete, so no report can be downloaded. Verify the file again.",
        ),
    )
