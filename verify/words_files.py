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
    "signature.unsigned_attribute": (
        _W,
        "签名带有未受保护的附加属性 {0}，未予采信。",
        "The signature carries the unsigned attribute {0}; it proves nothing and was not relied on.",
    ),
}
