"""One plain sentence for whoever has to decide (一句话结论): per signature, the same words in every kind of report.

EN 319 102-1 says in tables 5 and 6 what each sub-indication means; here it is said to a clerk, with what to do next.
Reasons in detail are findings (`verify.words`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from foundation.clock import SHANGHAI
from foundation.text import Text
from verify.indications import Indication, Sub, indication_of
from verify.safe_text import clean

INDICATIONS: Mapping[Indication, Text] = {
    Indication.PASSED: Text("有效", "Valid"),
    Indication.FAILED: Text("无效", "Not valid"),
    Indication.INDETERMINATE: Text("不能确定", "Not certain"),
}
VERDICTS: Mapping[str, Text] = {
    "genuine": Text("真实有效。", "Genuine."),
    "not_genuine": Text("验证不通过。", "Not genuine."),
    "cannot_tell": Text("无法判断。", "Cannot tell."),
}
KINDS: Mapping[str, Text] = {
    "seal": Text("电子印章", "Official seal"),
    "signature": Text("电子签名", "Signature"),
    "timestamp": Text("时间戳", "Time stamp"),
    "certificate": Text("证书", "Certificate"),
    "list": Text("撤销列表", "Revocation list"),
}
FILES: Mapping[str, Text] = {
    "pdf": Text("PDF 文件", "PDF file"),
    "ofd": Text("OFD 文件", "OFD file"),
    "cms": Text("签名文件", "Signature file"),
    "jws": Text("网络签名（JWS）", "Web signature (JWS)"),
    "seal": Text("印章文件", "Seal file"),
    "certificate": Text("数字证书", "Certificates"),
    "list": Text("撤销信息", "Revocation data"),
    "timestamp": Text("时间戳文件", "Time stamp file"),
    "evidence": Text("证据记录", "Evidence record"),
    "code": Text("证照二维码", "Licence code"),
    "unknown": Text("未知格式", "Unknown format"),
}
STATUSES: Mapping[str, Text] = {
    "good": Text("有效", "Valid"),
    "revoked": Text("已吊销", "Revoked"),
    "unknown": Text("状态未知", "Status unknown"),
    "anchor": Text("信任根", "Trusted root"),
}
"""Of one certificate in a path."""
TIME_SOURCES: Mapping[str, Text] = {
    "timestamp": Text("时间戳证明", "Proved by a time stamp"),
    "claimed": Text("签名人自称", "As the signer says"),
}
REASONS: Mapping[Sub, Text] = {
    Sub.FORMAT_FAILURE: Text(
        "签名数据损坏或不合规范，不能采信；请向出具单位索取原文件。",
        "its data is damaged or malformed, so do not rely on it; ask the issuer for the original file.",
    ),
    Sub.HASH_FAILURE: Text(
        "文件内容与签名时不一致，已被改动；不要采信。",
        "the content is not what was signed: it was altered; do not rely on it.",
    ),
    Sub.SIG_CRYPTO_FAILURE: Text(
        "签名值不是该签名人作出的，签名是伪造的或被改动；不要采信。",
        "the value was not made by this signer: forged or altered; do not rely on it.",
    ),
    Sub.REVOKED: Text(
        "签名时签名人的证书已被撤销；不要采信。",
        "the signer's certificate was already revoked when it was made; do not rely on it.",
    ),
    Sub.EXPIRED: Text(
        "签名时签名人的证书已经过期；不要采信。",
        "the signer's certificate had already expired when it was made; do not rely on it.",
    ),
    Sub.NOT_YET_VALID: Text(
        "签名时签名人的证书尚未生效；不要采信。",
        "the signer's certificate was not valid yet when it was made; do not rely on it.",
    ),
    Sub.SIG_CONSTRAINTS_FAILURE: Text(
        "签名本身或其后的改动不符合规则，原因见下；请勿直接采信。",
        "it, or a change made after it, breaks the rules stated below; do not rely on it as it is.",
    ),
    Sub.CHAIN_CONSTRAINTS_FAILURE: Text(
        "签名人的证书不允许用于此用途，或超出签发机构的权限；请勿采信。",
        "the signer's certificate may not be used for this, or its authority went too far; do not rely on it.",
    ),
    Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE: Text(
        "签名人的证书链异常，无法核验完；请联系出具单位。",
        "the signer's chain of certificates could not be checked to its end; contact the issuer.",
    ),
    Sub.CRYPTO_CONSTRAINTS_FAILURE: Text(
        "签名使用的算法已不安全，不足以证明真伪；请联系出具单位重新出具。",
        "the algorithm used is no longer safe and proves too little; ask the issuer for a new one.",
    ),
    Sub.NO_SIGNING_CERTIFICATE_FOUND: Text(
        "签名中没有签名人的证书，不知道是谁签的；请向出具单位核实。",
        "the signer's certificate is missing, so nobody can say who signed; ask the issuer.",
    ),
    Sub.NO_CERTIFICATE_CHAIN_FOUND: Text(
        "签名人不是本系统信任的机构所认证，身份不能确认；请向出具单位核实。",
        "nobody we trust vouches for the signer, so the identity cannot be confirmed; ask the issuer.",
    ),
    Sub.REVOKED_NO_POE: Text(
        "签名人的证书后来被撤销，又没有可信时间证明签名在先；请向出具单位核实。",
        "the signer's certificate was revoked, and no trusted time proves that it is older; ask the issuer.",
    ),
    Sub.REVOKED_CA_NO_POE: Text(
        "签发证书的机构后来被撤销，又没有可信时间证明签名在先；请向出具单位核实。",
        "an authority above the signer was revoked, and no trusted time proves that it is older; ask the issuer.",
    ),
    Sub.OUT_OF_BOUNDS_NO_POE: Text(
        "现在签名人的证书不在有效期内，又没有可信时间证明签名在有效期内作出；请向出具单位核实。",
        "the signer's certificate is not valid now, and no trusted time proves that it was then; ask the issuer.",
    ),
    Sub.OUT_OF_BOUNDS_NOT_REVOKED: Text(
        "签名人的证书现已不在有效期内，此前未被撤销，但没有可信时间证明签名在先；请向出具单位核实。",
        "the certificate is out of its validity, though not revoked, and no trusted time proves when; ask the issuer.",
    ),
    Sub.REVOCATION_OUT_OF_BOUNDS_NO_POE: Text(
        "证书是否被撤销的资料已经过时，不能确认；请稍后再试或向出具单位核实。",
        "what is known about revocation is out of date; try again later, or ask the issuer.",
    ),
    Sub.NO_POE: Text(
        "没有可信时间证明签名当时的状况；请向出具单位核实。",
        "no trusted time proves how things stood when it was made; ask the issuer.",
    ),
    Sub.SIGNED_DATA_NOT_FOUND: Text(
        "没有找到被签名的原文件，请把原文件一并提供。",
        "the file that was signed is missing; give it together with the signature.",
    ),
    Sub.TRY_LATER: Text(
        "暂时查不到证书是否被撤销，请稍后再试。",
        "whether the certificate was revoked cannot be found out now; try again later.",
    ),
    Sub.GENERIC: Text(
        "本系统不能核验这种签名，原因见下；请向出具单位核实。",
        "this system cannot judge it, for the reason stated below; ask the issuer.",
    ),
}


def moment(at: datetime | None) -> str:
    """China time, as a clerk reads it."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


def sentence(kind: str, sub: Sub | None, *, sound: bool, signer: str | None, at: datetime | None, proved: bool) -> Text:
    """`sound`: intact and trusted. Without a sub-indication and unsound it is never called valid."""
    what = KINDS[kind]
    who = clean(signer, 80) if signer else None
    head = Text(
        f"{what.zh}“{who}”" if who else what.zh,
        f"{what.en} of {who}" if who else what.en,
    )
    if sub is None and sound:
        return _valid(head, at, proved=proved)
    state, why = INDICATIONS[indication_of(sub or Sub.GENERIC)], REASONS[sub or Sub.GENERIC]
    return Text(f"{head.zh}：{state.zh}，{why.zh}", f"{head.en}: {state.en.lower()}; {why.en}")


def _valid(head: Text, at: datetime | None, *, proved: bool) -> Text:
    state = INDICATIONS[Indication.PASSED]
    if at is None:
        return Text(f"{head.zh}：{state.zh}。", f"{head.en}: {state.en.lower()}.")
    told = Text("有时间戳证明", "proved by a time stamp") if proved else Text("自称的时间", "as the signer says")
    return Text(
        f"{head.zh}：{state.zh}，时间 {moment(at)}（{told.zh}）。",
        f"{head.en}: {state.en.lower()}, made {moment(at)} China time ({told.en}).",
    )
