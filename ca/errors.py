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


class ClockOff(Unavailable):
    """The clock jumped, stands still, is off, or nobody can prove that it is right (EN 319 421 7.7.2)."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(
            "ca.clock_off",
            Text(
                f"服务器时钟不可信（偏差 {seconds:.1f} 秒），已停止签发时间戳。请校准时钟；"
                "未配置 ca.clock_server 时还须重启服务。",
                f"The clock is not to be trusted ({why}, {seconds:.1f} s), so no time was signed. Correct the clock; "
                "without ca.clock_server, restart the service as well.",
            ),
        )
        self.why = why


class CertificateUnfinished(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "ca.certificate_unfinished",
            Text(
                "该证书尚未签发完成，请先恢复未完成的签发。",
                "This certificate is not finished. Recover unfinished work first.",
            ),
        )


class CertificateRevoked(Conflict):
    """A revocation is for good: it is neither lifted nor turned into a hold."""

    def __init__(self) -> None:
        super().__init__(
            "ca.certificate_revoked",
            Text(
                "该证书已被撤销，不能挂起或恢复。如需继续使用，请申请新证书。",
                "This certificate is revoked, which cannot be lifted or turned into a hold. Apply for a new one.",
            ),
        )


class NotOnHold(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "ca.not_on_hold",
            Text("该证书没有被挂起，无需解除。", "This certificate is not on hold, so there is nothing to lift."),
        )


class ListUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__("ca.list_unknown", Text("没有这个撤销列表。", "There is no such revocation list."))


class ListBusy(Unavailable):
    """Other processes recorded newer lists each time while ours was read."""

    def __init__(self) -> None:
        super().__init__(
            "ca.list_busy",
            Text(
                "撤销列表正在由其他进程更新，请稍后重试。", "Other processes are making this list. Try again shortly."
            ),
        )


class MassRevocationUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__("ca.mass_unknown", Text("没有找到该批量撤销任务。", "There is no such mass revocation."))
