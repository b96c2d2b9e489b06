"""Words for states and reasons (状态用语), one place for every page; colour is never the only sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from ca.profiles import PROFILES
from ca.registration.states import KIND_WORDS, STEP_WORDS, WORDS
from foundation.text import Text
from portal import languages
from verify.sentences import FILES, STATUSES

Tone = str
"""`good`, `warn`, `bad` or `idle`: a class of the style sheet."""


@dataclass(frozen=True, slots=True)
class Word:
    text: Any
    tone: Tone


STATES: Mapping[str, Word] = {
    "valid": Word(_("有效"), "good"),
    "not_yet_valid": Word(_("尚未生效"), "warn"),
    "expired": Word(_("已过期"), "bad"),
    "suspended": Word(_("已暂停"), "warn"),
    "revoked": Word(_("已注销"), "bad"),
    "superseded": Word(_("已换发"), "bad"),
}

REASONS: Mapping[str, Any] = {
    "cancelled": _("注销：持证人申请，或持证主体已终止"),
    "withdrawn": _("撤销：本不应颁发"),
    "punished": _("吊销：行政处罚"),
    "issued-in-error": _("发证错误"),
    "superseded": _("换发：由新证照替代"),
}

JOBS: Mapping[str, Word] = {
    "waiting": Word(_("排队中"), "idle"),
    "running": Word(_("执行中"), "warn"),
    "done": Word(_("已完成"), "good"),
    "failed": Word(_("失败"), "bad"),
}

BATCHES: Mapping[str, Word] = {
    "checking": Word(_("检查中"), "idle"),
    "refused": Word(_("没有受理"), "bad"),
    "filing": Word(_("受理中"), "warn"),
    "done": Word(_("已完成"), "good"),
}

CEREMONIES: Mapping[str, Word] = {
    "sound": Word(_("核验无误"), "good"),
    "rehearsal": Word(_("演练"), "idle"),
    "foreign": Word(_("非本系统密钥"), "warn"),
    "broken-off": Word(_("仪式未完成"), "warn"),
    "faulty": Word(_("核验有问题"), "bad"),
}

CEREMONY_EVENTS: Mapping[str, Any] = {
    "begun": _("开始"),
    "witnessed": _("见证"),
    "checked": _("逐项确认"),
    "screen": _("屏幕显示"),
    "failed": _("中止"),
}

CERTIFICATE: Mapping[str, Word] = {
    "valid": Word(_("有效"), "good"),
    "held": Word(_("已冻结"), "warn"),
    "expired": Word(_("已过期"), "idle"),
    "unfinished": Word(_("签发未完成"), "warn"),
}

_PATH_TONES = {"good": "good", "revoked": "bad", "unknown": "warn", "anchor": "good"}

CERTIFICATE_REASONS: Mapping[int, Any] = {
    0: _("未说明"),
    1: _("密钥泄露"),
    2: _("CA 泄露"),
    3: _("从属关系变更"),
    4: _("被新证书替代"),
    5: _("停止使用"),
    6: _("暂停使用（冻结）"),
    8: _("解冻"),
    9: _("权限收回"),
    10: _("属性机构泄露"),
}

SUITES: Mapping[str, Any] = {
    "sm2": _("国密 SM2"),
    "rsa": _("国际 RSA"),
}


def state(key: str | None) -> Word:
    return STATES.get(str(key), Word(key or "", "idle"))


def job_state(key: str) -> Word:
    return JOBS.get(key, Word(key, "idle"))


def batch_state(key: str) -> Word:
    return BATCHES.get(key, Word(key, "idle"))


def ceremony_state(key: str) -> Word:
    return CEREMONIES[key]


def certificate_state(key: str) -> Word:
    """In a path as the verifier says it, on the pages of the CA with what else it knows."""
    if key in STATUSES:
        return Word(languages.pick(STATUSES[key]), _PATH_TONES[key])
    return CERTIFICATE.get(key, Word(key, "idle"))


def reason(key: str | None) -> Any:
    return REASONS.get(str(key), key or "")


_TONES: Mapping[str, Tone] = {
    "returned": "warn",
    "approved": "good",
    "issued": "good",
    "delivered": "good",
    "done": "good",
    "rejected": "bad",
    "expired": "bad",
}

EVIDENCE: Mapping[str, Any] = {
    "identity": _("身份证明"),
    "business-licence": _("营业执照"),
    "authorisation": _("授权委托书"),
    "appointment": _("任职证明"),
    "other": _("其他材料"),
}


def _begun(text: Text) -> str:
    """The registration room's words stand inside sentences; on a page they begin one."""
    said = languages.pick(text)
    return said[:1].upper() + said[1:]


def profile(name: str) -> str:
    """Title of a certificate profile; an operator's own may be gone again, then its name."""
    found = PROFILES.get(name)
    return languages.pick(found.title) if found is not None else name


FILTERS = {
    "state_word": state,
    "job_word": job_state,
    "certificate_word": certificate_state,
    "ceremony_event": lambda kind: CEREMONY_EVENTS.get(kind, kind),
    "reason_word": reason,
    "registration_state": lambda state: Word(_begun(WORDS[state]), _TONES.get(state, "idle")),
    "registration_kind": lambda kind: _begun(KIND_WORDS[kind]),
    "registration_step": lambda step: _begun(STEP_WORDS[step]) if step in STEP_WORDS else _("建立申请"),
    "evidence_word": lambda kind: EVIDENCE.get(kind, kind),
    "profile_word": profile,
    "certificate_reason": lambda code: CERTIFICATE_REASONS.get(code, code),
    "suite_word": lambda key: SUITES.get(key, key),
    "file_word": lambda key: languages.pick(FILES[key]) if key in FILES else key,
}
