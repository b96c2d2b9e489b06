"""What is said about the state of a seal (印章状态用语; facts: standards 2.5, "seal state error")."""

from __future__ import annotations

from verify.report import Severity

_E, _U, _W, _I = Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO

STATES: dict[str, tuple[Severity, str, str]] = {
    "seal.state_good": (_I, "印章状态：在用（{0} 的数据）。", "State of the seal: in use (as of {0})."),
    "seal.state_not_yet": (
        _E,
        "盖章时印章尚未启用（{0}）。",
        "The seal was not yet in use when it was used ({0}).",
    ),
    "seal.state_suspended": (
        _E,
        "盖章时印章已停用（自 {0}，原因 {1}）。",
        "The seal was suspended when it was used (since {0}, {1}).",
    ),
    "seal.state_revoked": (
        _E,
        "盖章时印章已注销（自 {0}，原因 {1}）。",
        "The seal was revoked when it was used (since {0}, {1}).",
    ),
    "seal.state_superseded": (
        _E,
        "盖章时印章已被新印章替换（自 {0}，原因 {1}）。",
        "The seal was replaced by another when it was used (since {0}, {1}).",
    ),
    "seal.state_later": (
        _I,
        "印章此后{0}（{1}）；时间戳证明盖章在先，签章仍然有效。",
        "The seal was {2} later ({1}); the time stamp proves that this stamp is older, so it stands.",
    ),
    "seal.state_unproved": (
        _U,
        "印章已{0}（{1}），没有时间戳证明盖章在此之前。",
        "The seal is {2} (since {1}), and no time stamp proves that this stamp is older.",
    ),
    "seal.status_unknown": (
        _W,
        "本区划已发布的印章状态中没有这枚印章；它可能由其他系统制作，请向制作单位核实。",
        "The published states of this region do not name this seal; another system may have made it. Ask its maker.",
    ),
    "seal.status_unavailable": (
        _U,
        "暂时无法查询印章状态，请稍后再试。",
        "The state of the seal cannot be asked now. Try again shortly.",
    ),
    "seal.list_refused": (
        _W,
        "信任库中的印章状态列表不可信，未予采用（{0}）。",
        "A list of seal states in the trust store was not believed ({0}).",
    ),
    "seal.status_old": (
        _W,
        "印章状态数据已过期（{0}），请更新状态列表。",
        "The list of seal states is out of date ({0}). Get a newer one.",
    ),
}
