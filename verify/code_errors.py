"""Why a printed code is not accepted (二维码错误): each reason is a different answer for the person at the window."""

from __future__ import annotations

from enum import StrEnum

from foundation.errors import InvalidInput
from foundation.text import Text


class CodeFault(StrEnum):
    """Why a code is not accepted; each has its own answer for the person at the window."""

    UNREADABLE = "code.unreadable"
    UNKNOWN_FORMAT = "code.unknown_format"
    UNKNOWN_TEMPLATE = "code.unknown_template"
    KEY_UNKNOWN = "code.key_unknown"
    KEY_NOT_VALID = "code.key_not_valid"
    SIGNATURE_BAD = "code.signature_bad"


WORDS = {
    CodeFault.UNREADABLE: Text(
        "无法识别这段内容：它不是完整的证照二维码，请重新扫描。",
        "This cannot be read: it is not a complete licence code. Scan it again.",
    ),
    CodeFault.UNKNOWN_FORMAT: Text(
        "这是较新或其他格式的二维码，本程序尚不认识，请更新或刷新页面后再试。",
        "This code has a newer or different format that this program does not know. Update it, or load the page again.",
    ),
    CodeFault.UNKNOWN_TEMPLATE: Text(
        "签名正确，但缺少该证照类型的编码模板，请联网更新后再试。",
        "The signature holds, but the template of this licence type is missing. Update with a network and try again.",
    ),
    CodeFault.KEY_UNKNOWN: Text(
        "不认识签发此二维码的密钥，它可能来自其他地区。请联网更新后再试，或向发证机关核实。",
        "The key that signed this code is not known here; it may be another region's. "
        "Update and try again, or ask the issuer.",
    ),
    CodeFault.KEY_NOT_VALID: Text(
        "签发此二维码的证书在签发之日不在有效期内，或已被吊销；请向发证机关核实。",
        "The certificate behind this code was not valid on the day of issue, or has been revoked; "
        "ask the issuing authority.",
    ),
    CodeFault.SIGNATURE_BAD: Text(
        "签名不正确：二维码内容被改动过，或不是该机关签发的；不要采信，请留存线索并报告。",
        "The signature is wrong: the code was altered, or that authority did not issue it; "
        "do not rely on it, keep it and report it.",
    ),
}


class CodeError(InvalidInput):
    """A code that cannot be accepted; `fault` says which of the reasons it is."""

    def __init__(self, fault: CodeFault, why: str) -> None:
        super().__init__(fault.value, WORDS[fault])
        self.fault = fault
        self.why = why
