"""The sentences of the verifier about time stamps and archive data (时间与长期验证用语)."""

from __future__ import annotations

from verify.report import Severity

_E, _U, _W, _I = Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO

TIMES: dict[str, tuple[Severity, str, str]] = {
    "time.later": (
        _I,
        "该时间戳晚于所问的时刻，未计入判断。",
        "This time stamp is younger than the moment asked about and was left out of account.",
    ),
    "time.disordered": (
        _W,
        "该时间戳的时间晚于覆盖它的时间戳，自相矛盾，未予采信。",
        "This time stamp is dated after the one that covers it; it contradicts itself and was not relied on.",
    ),
    "time.not_proved": (
        _W,
        "现在无法确认该时间戳的签发机构，签章时间仅为自称。",
        "The authority of this time stamp cannot be confirmed any more; the time is only claimed.",
    ),
    "pdf.time_differs": (
        _W,
        "签名字典中写的时间（{0}）与签名数据中的时间（{1}）不一致；以后者为准。",
        "The time in the signature's dictionary ({0}) is not the one in the signature data ({1}); the latter counts.",
    ),
    "evidence.valid": (
        _I,
        "证据记录证明这个文件在 {0} 已经存在。",
        "The evidence record proves that this file existed at {0}.",
    ),
    "evidence.not_about": (
        _E,
        "证据记录说的不是这个文件，或文件已被改动。",
        "The evidence record is not about this file, or the file was changed.",
    ),
    "evidence.chain": (
        _E,
        "证据记录中的第 {0} 个时间戳没有覆盖它之前的内容。",
        "Time stamp {0} of the evidence record does not cover what stands before it.",
    ),
    "evidence.digest": (
        _E,
        "证据记录中第 {0} 个时间戳的摘要算法不明，或与同组的其他时间戳不一致。",
        "The digest algorithm of time stamp {0} is unknown, or not the one of its chain.",
    ),
    "evidence.disordered": (
        _E,
        "证据记录中第 {0} 个时间戳早于它所覆盖的时间戳。",
        "Time stamp {0} of the evidence record is dated before the one it covers.",
    ),
    "evidence.unlisted_digest": (
        _W,
        "证据记录用到的摘要算法没有全部列在开头。",
        "The evidence record uses a digest algorithm that it does not list at its beginning.",
    ),
    "evidence.damaged": (
        _E,
        "证据记录的结构不合规范（{0}）。",
        "The structure of the evidence record is not acceptable ({0}).",
    ),
    "evidence.encrypted": (
        _U,
        "证据记录是对加密数据出具的，请提供未加密时的记录。",
        "The evidence record is about encrypted data, which is not supported.",
    ),
    "archive.damaged": (
        _W,
        "文件附带的长期验证数据中有 {0} 项无法读取，未予采信。",
        "{0} items of the long-term data in the file cannot be read and were not relied on.",
    ),
}
