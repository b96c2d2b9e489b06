"""Routes of the verification room (核验接口): public, for whoever holds a file or a code may ask whether it is genuine.

Files are judged and forgotten: nothing uploaded here is stored or logged.
"""

from __future__ import annotations

from foundation.errors import NotFound, Unavailable
from foundation.text import Text
from foundation.web.answers import Binary, Reply
from foundation.web.api import Call, FileField, api, collect
from foundation.web.frame import room
from hsm.sm2 import DEFAULT_SM2_ID, point_of_spki
from verify import base41, codes
from verify.code_trust import code_trust
from verify.reports.asking import ReportForm, written
from verify.reports.sealing import ReportSealer
from verify.room import VerifyRoom
from verify.schemas import CodeBody, CodeKeyOut, CodeTrustOut, FileForm, ReportOut, StatusBody, StatusOut

_FILE = FileField(
    "file",
    Text("PDF、OFD、签名、印章、时间戳、证书或撤销列表", "A PDF, OFD, signature, seal, time stamp, certificate or CRL"),
    media_types=(
        "application/pdf",
        "application/ofd",
        "application/pkix-cert",
        "application/pkcs7-signature",
        "application/jose",
        "application/octet-stream",
    ),
)
_CONTENT = FileField(
    "content",
    Text(
        "与签名分离的原文件，或所核验文件的证据记录（.er）",
        "The file a detached signature is about, or the evidence record (.er) of the file",
    ),
    required=False,
)
_REPORT = Text("所选格式的核验报告", "The report in the form asked for")


@api(
    "POST", "/api/v1/verify/files", tag="verify", summary="核验文件真伪", summary_en="Is this file genuine, and why",
    description=Text(
        "任何内容都会得到完整报告；只有请求本身有误时才返回错误。文件不会被保存。",
        "Whatever the file holds, the answer is a full report; errors are about the request only. Nothing is kept.",
    ),
    form=FileForm, files=(_FILE, _CONTENT), returns=ReportOut,
    also=(Reply(200, _REPORT, "application/xml"), Reply(200, _REPORT, "application/pdf")),
    problems=("too-large", "invalid-input", "unavailable"), rate="upload",
)  # fmt: skip
def judge_file(call: Call[None, None, None, FileForm]) -> ReportOut | Binary:
    upload, beside = call.file("file"), call.files.get("content")
    content = beside[0].data if beside else None
    report = room(VerifyRoom).judge_file(upload.data, upload.filename or None, content=content, strict=call.form.strict)
    if call.form.format is ReportForm.JSON:
        return ReportOut.of(report)
    made = written(room(ReportSealer), report, upload.data, call.form.format, call.form.suite)
    return Binary(made.octets, made.media_type, filename=made.filename)


@api(
    "POST", "/api/v1/verify/codes", tag="verify", summary="核验证照二维码", summary_en="Is this printed code genuine",
    body=CodeBody, returns=ReportOut, problems=("invalid-input",), rate="public",
)  # fmt: skip
def judge_code(call: Call[CodeBody]) -> ReportOut:
    return ReportOut.of(room(VerifyRoom).judge_code(call.body.text))


@api(
    "GET", "/api/v1/verify/code-trust", tag="verify", summary="二维码离线核验所需的密钥与模板",
    summary_en="Keys and templates for checking codes offline", returns=CodeTrustOut, rate="public",
)  # fmt: skip
def get_code_trust(call: Call) -> CodeTrustOut:
    del call
    context = room(VerifyRoom).context()
    known = code_trust(context.trust, context.moment).trust
    return CodeTrustOut(
        cose_algorithm=codes.ALGORITHM,
        sm2_id=DEFAULT_SM2_ID.decode("ascii"),
        alphabet=base41.ALPHABET,
        keys=[
            CodeKeyOut(
                kid=key.kid.hex(),
                point=point_of_spki(key.spki).hex(),
                subject=key.subject,
                not_before=key.not_before,
                not_after=key.not_after,
                revoked=key.revoked_at is not None,
            )
            for key in known.keys
        ],
        templates=[template.to_json() for template in known.templates],
        made_at=context.moment.now,
    )


@api(
    "POST", "/api/v1/verify/status", tag="verify", summary="查询证照当前状态", summary_en="Present status of a licence",
    body=StatusBody, returns=StatusOut, problems=("invalid-input", "not-found", "unavailable"), rate="public",
)  # fmt: skip
def get_status(call: Call[StatusBody]) -> StatusOut:
    source, body = room(VerifyRoom).status, call.body
    if source is None:
        raise Unavailable(
            "verify.no_register",
            Text("本服务没有连接证照登记库。", "This service is not connected to a register of licences."),
        )
    if body.identifier is not None:
        status = source.licence_status(body.identifier)
    else:
        status = source.code_status(body.template or "", body.status_index or 0)
    if status is None:
        raise NotFound(
            "verify.no_such_licence",
            Text(
                "登记库中没有这份证照，请向发证机关核实。",
                "The register holds no such licence. Ask the issuing authority.",
            ),
        )
    return StatusOut.of(status)


ROUTES = collect(globals())
