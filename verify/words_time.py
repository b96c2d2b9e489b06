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
    "archive.damaged": (
        _W,
        "文件附带的长期验证数据中有 {0} 项无法读取，未予采信。",
        "{0} items of the long-term data in the file cannot be read and were not relied on.",
    ),
}
