"""Errors of the signer and of the way to it (签名服务错误)."""

from __future__ import annotations

from foundation.errors import Conflict, Damaged, Forbidden, InvalidInput, Unavailable
from foundation.text import Text


class BadMessage(InvalidInput):
    """Octets on the socket that are not a message of ours; the connection is closed after it."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "hsm.signer_message",
            Text("签名服务收到的报文不合约定。", f"The signer was sent a message that is not one of ours: {why}."),
        )


class SignerAway(Unavailable):
    """The signer does not answer: not started, just dying, or too busy. Nothing was signed that anybody received."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "hsm.signer_away",
            Text(
                "签名进程暂时没有响应，本次操作没有生效，请稍后重试；管理员可执行 yinxin signer status 查看。",
                f"The signer does not answer ({why}). Nothing took effect; try again shortly. Operators: yinxin signer"
                " status.",
            ),
        )


class LongSocketPath(Unavailable):
    def __init__(self, path: str) -> None:
        super().__init__(
            "hsm.signer_socket_path",
            Text(
                f"签名进程的套接字路径过长（系统上限 107 字节）：{path}。请设置较短的 signer.socket。",
                f"The socket path of the signer has more than the system's 107 octets: {path}. Set signer.socket.",
            ),
        )


class OtherInstallation(Unavailable):
    """Production talking to a sample signer, or another region's: refused at the handshake."""

    def __init__(self, ours: str, theirs: str) -> None:
        super().__init__(
            "hsm.other_installation",
            Text(
                f"签名进程属于另一环境（{theirs}），本进程是 {ours}，已拒绝连接。请检查 signer.socket 配置。",
                f"The signer belongs to {theirs}, this process to {ours}; refused. Check the setting signer.socket.",
            ),
        )


class StrangerRefused(Forbidden):
    def __init__(self, uid: int, what: str) -> None:
        super().__init__(
            "hsm.stranger",
            Text(
                f"系统账号 {uid} 不得向签名进程请求“{what}”。请在 signer 配置中登记该账号。",
                f"The account {uid} may not ask the signer for {what}. List it in the signer settings if it should.",
            ),
        )


class PolicyRefused(Forbidden):
    """The octets are not what their purpose allows. `rule` is a stable word, for tests and for the journal."""

    def __init__(self, rule: str, zh: str, en: str) -> None:
        super().__init__(f"hsm.policy.{rule}", Text(f"签名进程拒绝签名：{zh}。", f"The signer refused to sign: {en}."))
        self.rule = rule


class IntentUnknown(Conflict):
    """No committed intent stands behind the request, or other octets do."""

    def __init__(self, intent: str) -> None:
        super().__init__(
            "hsm.intent_unknown",
            Text(
                f"数据库中没有与待签内容一致的签名意向（{intent}），签名进程拒绝签名。",
                f"The database holds no intent {intent} with these octets, so the signer refused to sign.",
            ),
        )


class SignerClock(Unavailable):
    """The signer's own clock rule: never backwards, nothing dated ahead or long ago (T14)."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("hsm.signer_clock", Text(f"签名进程拒绝签名：{zh}。", f"The signer refused to sign: {en}."))


class JournalBroken(Damaged):
    """The journal is not what this signer wrote. It is evidence, so nothing here repairs it."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            "hsm.journal_broken",
            Text(
                f"签名日志 {where} 不连续或被改动（{why}），签名进程拒绝启动。请保全现场，从备份核对后再处理。",
                f"The signing journal is broken at {where}: {why}. The signer refuses to start. Keep the files as they"
                " are and compare them with a backup.",
            ),
        )


class JournalFull(Unavailable):
    def __init__(self, why: str) -> None:
        super().__init__(
            "hsm.journal_unwritable",
            Text(
                f"签名日志无法写入（{why}），没有记录就不签名。请检查磁盘。",
                f"The signing journal cannot be written ({why}). No record, no signature: check the disk.",
            ),
        )
