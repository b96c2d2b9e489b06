"""What is said about signatures that travel as files of their own (签名文件用语): CMS, JWS, time stamps, lists."""

from __future__ import annotations

from verify.report import Severity

_E, _U, _W, _I = Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO

FILES: dict[str, tuple[Severity, str, str]] = {
    "content.missing": (
        _U,
        "这是与原文分离的签名，请同时提供被签名的原文件。",
        "This signature stands apart from what it signs. Give the signed file beside it.",
    ),
    "content.unused": (
        _W,
        "另外提供的原文件与此类文件的核验无关，未使用。",
        "The file given beside it has no part in judging this kind of file and was not used.",
    ),
    "signature.unsigned_attribute": (
        _W,
        "签名带有未受保护的附加属性 {0}，未予采信。",
        "The signature carries the unsigned attribute {0}; it proves nothing and was not relied on.",
    ),
    "cms.encrypted": (
        _U,
        "文件是加密的数字信封，解密之后才能看到签名。",
        "The file is an encrypted envelope. Decrypt it to see what is signed.",
    ),
    "cms.unsupported": (_U, "签名数据类型 {0} 暂不支持。", "Signature data of the type {0} is not supported."),
    "cms.stacked": (
        _W,
        "文件中先后放有多个签名数据，均已核验。",
        "Several signed messages stand one after the other; all of them were judged.",
    ),
    "cms.certificates_only": (
        _I,
        "文件只含证书，没有签名。",
        "The file holds certificates only and no signature.",
    ),
    # --- time stamps
    "timestamp.valid": (_I, "时间戳有效：{0}。", "The time stamp holds: {0}."),
    "timestamp.refused": (
        _E,
        "时间戳机构没有签发时间戳（{0}）。",
        "The authority's answer is a refusal and no time stamp ({0}).",
    ),
    "timestamp.content_differs": (
        _E,
        "提供的原文件与时间戳文件中所含内容不同。",
        "The file given is not the content inside the time stamp file.",
    ),
    # --- revocation data
    "list.said": (
        _I,
        "撤销列表：{0} 发布，{1} 前有效，共 {2} 条。",
        "Revocation list of {0}, good until {1}, with {2} entries.",
    ),
    "list.status": (
        _I,
        "证书 {0} 的状态：{1}（{2} 起，至 {3}）。",
        "Status of certificate {0}: {1} (as of {2}, until {3}).",
    ),
    "list.old": (_U, "撤销信息已过期（{0}），请获取新的。", "This revocation data is out of date ({0}). Get it anew."),
    "list.future": (_E, "撤销信息的发布时间晚于当前时间。", "This revocation data is dated in the future."),
    "list.forged": (
        _E,
        "撤销信息自称由已知机构发布，但签名不成立。",
        "The revocation data names an authority we know, but that authority did not sign it.",
    ),
    "list.unknown_issuer": (
        _U,
        "信任库不认识撤销信息的发布者 {0}。",
        "The issuer of this revocation data, {0}, is not in the trust store.",
    ),
    "list.not_a_responder": (
        _E,
        "签发状态答复的证书没有 OCSP 签名用途。",
        "The certificate that signed this status is not for signing OCSP answers.",
    ),
    "list.refused": (_U, "OCSP 服务没有给出状态（{0}）。", "The OCSP service gave no status ({0})."),
    # --- JSON
    "jws.algorithm_refused": (
        _E,
        "JWS 使用的算法 {0} 不能证明任何人的身份。",
        "The JWS names the algorithm {0}, which proves nobody's identity.",
    ),
    "jws.critical": (
        _U,
        "JWS 要求理解扩展 {0}，暂不支持。",
        "The JWS demands the extension {0}, which is not supported.",
    ),
    "jws.ambiguous": (
        _E,
        "JWS 中有重复的成员，不同程序会读出不同内容。",
        "The JWS states something twice; two programs would read two different things.",
    ),
    "jws.open_header": (
        _W,
        "以下头部参数不受签名保护，未予采信：{0}。",
        "These header parameters are not protected by the signature and were not relied on: {0}.",
    ),
}
