"""The sentences of the verifier (验证用语): code → severity and words in both languages, one table per subject.

Findings about certificates are made in `verify.paths`, for they name a certificate and times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from foundation.text import Text
from verify.report import Finding, Severity
from verify.words_files import FILES
from verify.words_seals import SEALS
from verify.words_states import STATES
from verify.words_time import TIMES

_E, _U, _W, _I = Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO

_COMMON: dict[str, tuple[Severity, str, str]] = {
    # --- the file as a whole
    "unsigned": (
        _E,
        "文件没有电子签章；页面上的印章图片不能证明任何事。",
        "This file carries no electronic seal; a picture of a seal proves nothing.",
    ),
    "file.too_large": (_U, "文件超过可验证的大小（{0} MB）。", "The file is larger than can be verified ({0} MB)."),
    "file.empty": (_E, "文件是空的。", "The file is empty."),
    "file.unknown_format": (
        _U,
        "不认识这种文件格式，可验证 PDF、OFD、签名、印章、时间戳、证书和证照二维码。",
        "This format is not known. PDF, OFD, signatures, seals, time stamps, certificates and codes can be verified.",
    ),
    "file.damaged": (
        _E,
        "文件已损坏，无法完整读取（{0}）。",
        "The file is damaged and cannot be read as a whole ({0}).",
    ),
    "file.limits": (
        _E,
        "文件结构异常（{0}），已停止解析。",
        "The file's structure is abnormal ({0}); reading was stopped.",
    ),
    "file.no_official_seal": (
        _U,
        "签名有效，但其中没有单位的电子印章。",
        "The signatures hold, but none of them is an official seal.",
    ),
    # --- one signature
    "signature.format": (_E, "签名结构不合规范：{0}。", "The signature structure is not acceptable: {0}."),
    "signature.hash": (_E, "文件内容在签章之后被改动。", "The content was changed after it was sealed."),
    "signature.crypto": (
        _E,
        "签名值与签章人的密钥不符，签名无效。",
        "The signature value does not match the signer's key.",
    ),
    "signature.no_certificate": (
        _U,
        "签名中没有签章人的证书，无法核验。",
        "The signer's certificate is missing, so the signature cannot be checked.",
    ),
    "signature.algorithm_unknown": (_U, "签名算法 {0} 暂不支持。", "The signature algorithm {0} is not supported."),
    "signature.algorithm_weak": (
        _U,
        "签名使用了已不安全的算法 {0}。",
        "The signature uses {0}, which is no longer safe.",
    ),
    "signature.certificate_binding": (
        _E,
        "签名属性指明的是另一张证书。",
        "The signed attributes name another certificate.",
    ),
    "signature.no_certificate_binding": (
        _W,
        "签名没有绑定签章人证书（缺少 signing-certificate 属性）。",
        "The signature does not bind the signer's certificate (no signing-certificate attribute).",
    ),
    "signature.not_canonical": (
        _E,
        "签名数据中有未受保护且不合规范的字节，可能被改动过。",
        "The signature data holds octets that are neither protected nor well-formed; it may have been altered.",
    ),
    "signature.unknown_attribute": (
        _E,
        "签名带有无法核验的附加属性 {0}。",
        "The signature carries an unsigned attribute {0} that cannot be verified.",
    ),
    "signature.unverified_certificate": (
        _E,
        "签名中夹带了无法核验的证书。",
        "The signature carries a certificate that cannot be verified.",
    ),
    "signature.unsupported": (
        _U,
        "签名格式 {0} 暂不支持，不能据此判断。",
        "The signature format {0} is not supported, so nothing can be said about it.",
    ),
    # --- time
    "time.untrusted": (
        _W,
        "时间戳由本信任库不认识的机构签发，签章时间仅为自称。",
        "The time stamp is by an authority not in the trust store; the time is only claimed.",
    ),
    "time.broken": (
        _E,
        "时间戳无效，与签名不符或被改动。",
        "The time stamp is not valid: altered, or made for something else.",
    ),
    "time.claimed": (
        _I,
        "签章时间为签章人自称，没有时间戳证明。",
        "The time of sealing is only claimed; there is no time stamp.",
    ),
    "time.future": (_E, "签章时间晚于当前时间。", "The time of sealing lies in the future."),
    # --- PDF
    "pdf.byte_range": (
        _E,
        "签名覆盖范围（ByteRange）不合规范：{0}。",
        "The signature's ByteRange is not acceptable: {0}.",
    ),
    "pdf.trailing_bytes": (_E, "文件末尾有签章后追加的内容。", "Octets were appended after the end of the file."),
    "pdf.leading_bytes": (_E, "文件开头有 PDF 之外的内容。", "There are octets before the PDF begins."),
    "pdf.changed_after_sealing": (_E, "盖章之后文件又被修改：{0}。", "The file was changed after sealing: {0}."),
    "pdf.second_structure": (
        _E,
        "签名值之后还有第二个数据结构（{0}，{1} 字节），不受签名保护。",
        "A second structure ({0}, {1} octets) stands behind the signature value; nothing protects it.",
    ),
    "pdf.changed_as_permitted": (
        _I,
        "签名之后有改动，均在签名人允许的范围之内：{0}。",
        "It was changed after signing as the signer permitted: {0}.",
    ),
    "pdf.covered": (
        _E,
        "后加的签章“{0}”遮住了第 {1} 页上原已签章的内容。",
        'The later signature "{0}" covers what was sealed before on page {1}.',
    ),
    "pdf.cover_unknown": (
        _U,
        "无法判断后加的签章“{0}”是否遮住了原有内容，请打开文件查看。",
        'It cannot be told whether the later signature "{0}" covers earlier content. Look at the pages.',
    ),
    "pdf.not_permitted": (
        _E,
        "盖章之后的修改超出了签章所允许的范围。",
        "A change after sealing goes beyond what the seal permits.",
    ),
    "pdf.extended": (
        _I,
        "签章之后追加了归档信息或时间戳，不影响内容。",
        "Archive data or time stamps were added after sealing; the content is untouched.",
    ),
    "pdf.sealed_again": (
        _I,
        "此后又有其他有效签章加盖，内容未变。",
        "Other valid seals were added later; the content is untouched.",
    ),
    "pdf.hidden_signature": (
        _W,
        "文件中有不属于任何签名域的签名数据。",
        "There is signature data that belongs to no signature field.",
    ),
    "pdf.empty_field": (_I, "有尚未使用的签名域 {0}。", "The signature field {0} is still empty."),
    "pdf.encrypted": (_U, "文件已加密，请用打开口令解密后再验证。", "The file is encrypted. Decrypt it, then verify."),
    # --- licences and codes
    "licence.valid": (_I, "登记状态：有效（{0} 查询）。", "Register: valid (asked {0})."),
    "licence.revoked": (_E, "该证照已被撤销或注销（{0}）。", "This licence has been revoked ({0})."),
    "licence.not_yet_valid": (_E, "该证照尚未生效（{0}）。", "This licence is not in force yet ({0})."),
    "licence.suspended": (_E, "该证照已被暂停使用（{0}）。", "This licence is suspended ({0})."),
    "licence.expired": (_E, "该证照已过有效期（{0}）。", "This licence has expired ({0})."),
    "licence.superseded": (_E, "该证照已被新证替换（{0}）。", "This licence has been replaced by a newer one ({0})."),
    "licence.unknown": (
        _U,
        "登记部门没有这份证照的记录，请向发证机关核实。",
        "The register holds no such licence. Ask the issuing authority.",
    ),
    "licence.status_not_checked": (
        _W,
        "未联网查询登记状态，不能排除证照此后被撤销。",
        "The register was not asked; the licence may have been revoked since.",
    ),
    "licence.status_unavailable": (
        _U,
        "暂时无法查询登记状态，请稍后再试。",
        "The register cannot be asked now. Try again shortly.",
    ),
    "licence.differs": (_E, "文件所附数据与登记的证照不符。", "The data in the file does not agree with the register."),
    "code.base": (
        _I,
        "二维码指向 {0}；真伪取决于签名，与网址无关。",
        "The code points to {0}; whether it is genuine depends on its signature, not on that address.",
    ),
    # --- certificates
    "certificate.forged": (
        _E,
        "证书自称由已知 CA 签发，但签名不成立：它是伪造的或被改动过。",
        "The certificate names a known issuer, but that issuer did not sign it: forged or altered.",
    ),
    "certificate.valid": (
        _I,
        "证书有效，可追溯到受信任的根。",
        "The certificate is valid and leads to a trusted root.",
    ),
}

_WORDS: Mapping[str, tuple[Severity, str, str]] = {**_COMMON, **SEALS, **STATES, **FILES, **TIMES}


def finding(code: str, *values: object, where: str | None = None, severity: Severity | None = None) -> Finding:
    """The finding of this code; `values` fill the places in its words."""
    usual, zh, en = _WORDS[code]
    return Finding(code, severity or usual, Text(zh.format(*values), en.format(*values)), where)


def timeless(code: str) -> Text:
    """Its words without the values in brackets, for a page that is made before they are known."""
    _, zh, en = _WORDS[code]
    bracketed = re.compile(r"\s?[（(]\{\d\}[^）)]*[）)]|\s?[（(][^（(）)]*\{\d\}[）)]")
    return Text(bracketed.sub("", zh), bracketed.sub("", en))


def joined(code: str, texts: Sequence[Text], *, more: bool = False) -> Finding:
    """The finding of this code about several things; `more` when not all of them are named."""
    usual, zh, en = _WORDS[code]
    zhs, ens = "；".join(text.zh for text in texts), "; ".join(text.en for text in texts)
    return Finding(code, usual, Text(zh.format(f"{zhs} 等" if more else zhs), en.format(f"{ens} …" if more else ens)))
