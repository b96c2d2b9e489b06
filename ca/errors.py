"""Errors of the certificate room (证书服务错误)."""

from __future__ import annotations

from foundation.errors import Conflict, InvalidInput, NotFound, Unavailable
from foundation.text import Text


class LintFailed(InvalidInput):
    """A to-be-signed certificate breaks a rule, so it is not signed. `clause` says which rule."""

    def __init__(self, check: str, clause: str, zh: str, en: str) -> None:
        super().__init__(
            f"ca.lint.{check}",
            Text(
                f"证书内容不符合要求，未签发：{zh}（{clause}）。", f"The certificate was not signed: {en} ({clause})."
            ),
        )
        self.check = check
        self.clause = clause


class CertificateUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__("ca.certificate_unknown", Text("没有找到该证书。", "There is no such certificate."))


class AuthorityUnknown(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__("ca.authority_unknown", Text(f"没有名为 {name} 的 CA。", f"There is no CA named {name}."))


class RequestKeyTaken(Conflict):
    """The same request key came with another request: answering the first certificate would mislead."""

    def __init__(self) -> None:
        super().__init__(
            "ca.request_key_taken",
            Text(
                "该请求编号已用于另一份证书申请，请更换编号后重试。",
                "This request key belongs to a different request. Use a new key.",
            ),
        )


class ClockWentBack(Unavailable):
    """Dating a signature before the last one would be back-dating (T14)."""

    def __init__(self) -> None:
        super().__init__(
            "ca.clock_went_back",
            Text(
                "服务器时钟早于上一次签发的时间，已暂停签发。请校准时钟后重试。",
                "The clock is earlier than the last signature, so nothing was signed. Correct the clock and try again.",
            ),
        )
