"""Time stamps that travel as files (时间戳文件核验): tokens and answers of RFC 3161, TimeStampedData of RFC 5544.

A token says when something existed; without that something only the token itself can be judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ca.reading import read_token
from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest
from verify.armour import unwrapped
from verify.checked import tell_stamp
from verify.context import Context
from verify.detect import TIME_STAMPED_DATA
from verify.judged import File, Judged
from verify.report import SignatureReport, Sub, stamp
from verify.stamps import check_stamp
from verify.words import finding

MOST_TOKENS = 16
_FORM = "RFC 3161"
_REFUSED = {2: "rejection", 3: "waiting", 4: "revocation warning", 5: "revocation notification"}


def judge_stamp(file: File, context: Context) -> Judged:
    """Judge every token in the file. Never raises over what it holds."""
    data = unwrapped(file.data)
    try:
        first, *rest = der.parse(data).expect(der.SEQUENCE).children(2)
        if first.tag == der.SEQUENCE:
            return _answer(first, rest, file, context)
        if first.as_oid() == TIME_STAMPED_DATA:
            return _stamped_data(rest[0], file, context)
    except (DerError, IndexError, ValueError) as error:
        return Judged(findings=(finding("file.damaged", str(error)),))
    return Judged((_token(data, file.content, context, "1"),))


def _answer(status: der.Node, rest: list[der.Node], file: File, context: Context) -> Judged:
    """TimeStampResp: granted with a token, or a refusal."""
    granted = fields(status, 1, 3, "PKIStatusInfo")[0].as_integer()
    if granted not in (0, 1) or not rest:
        return Judged(findings=(finding("timestamp.refused", _REFUSED.get(granted, granted)),))
    return Judged((_token(rest[0].raw, file.content, context, "1"),))


def _stamped_data(wrapped: der.Node, file: File, context: Context) -> Judged:
    """RFC 5544 2: the content may be inside; every further token is over the content and the tokens before it."""
    parts = fields(sole(wrapped.expect(0xA0)), 2, 5, "TimeStampedData")
    inside = next((part.content for part in parts if part.tag == der.OCTET_STRING), None)
    evidence = parts[-1]
    if evidence.tag != 0xA0:
        return Judged(findings=(finding("cms.unsupported", "temporal evidence"),))
    items = evidence.children(MOST_TOKENS)
    content = file.content if file.content is not None else inside
    if not items:
        return Judged(findings=(finding("unsigned"),))
    found = [] if file.content is None or inside in (None, file.content) else [finding("timestamp.content_differs")]
    tokens = [fields(item, 1, 2, "TimeStampAndCRL")[0].raw for item in items]
    reports = [_token(token, content if not at else None, context, f"{at + 1}") for at, token in enumerate(tokens)]
    return Judged(tuple(reports), tuple(found))


def _token(data: bytes, content: bytes | None, context: Context, name: str) -> SignatureReport:
    covered: Callable[[Digest], bytes]
    if content is not None:
        whole = content
        covered = lambda digest: digest.of(whole)  # noqa: E731 - two ways to the same function
    else:
        stated = _imprint(data)
        covered = lambda _: stated  # noqa: E731
    result = check_stamp(data, covered, context.trust, context.moment)
    if result.intact and result.trusted:
        result = replace(result, findings=(*result.findings, finding("timestamp.valid", stamp(result.time))))
    report = tell_stamp(result, name=name, form=_FORM, coverage="content" if content is not None else None)
    if content is not None or not report.intact:
        return report
    missing = replace(finding("content.missing"), where=name)
    return replace(
        report,
        intact=False,
        trusted=False,
        sub_indication=report.sub_indication or Sub.SIGNED_DATA_NOT_FOUND,
        findings=(*report.findings, missing),
    )


def _imprint(data: bytes) -> bytes:
    try:
        return read_token(data).info.imprint
    except DerError:
        return b""
