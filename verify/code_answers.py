"""What a scanned code can turn out to be (扫码结果): verdict and words of each, for the pages whose scripts pick one.

The words are those of the reports: verdicts of `sentences`, faults of `code_errors`, states of the register of `words`.
A script that checks a code without us so says the same as the verifier does.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.text import Text
from verify import words
from verify.code_errors import WORDS, CodeFault
from verify.code_judge import SEVERITIES
from verify.report import Severity, Verdict
from verify.sentences import VERDICTS
from verify.status import LicenceState

_SOUND = Text("内容确由发证机关签发、未被改动。", "The authority issued it, and it was not altered. ")


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """`short`: what stands behind the verdict in its heading."""

    key: str
    verdict: Verdict
    short: Text | None
    text: Text

    @property
    def heading(self) -> Text:
        word = VERDICTS[self.verdict]
        zh, en = word.zh.rstrip("。"), word.en.rstrip(".")
        return Text(f"{zh}：{self.short.zh}", f"{en}: {self.short.en}") if self.short else Text(zh, en)


_STATES: dict[LicenceState, tuple[Text | None, Text]] = {
    LicenceState.VALID: (None, Text("", "")),
    LicenceState.REVOKED: (
        Text("证照已注销", "licence revoked"),
        Text("不能再使用。", "It may not be used any more."),
    ),
    LicenceState.EXPIRED: (
        Text("证照已过期", "licence expired"),
        Text("请持证人换发。", "Ask the holder to have it renewed."),
    ),
    LicenceState.NOT_YET_VALID: (
        Text("证照尚未生效", "licence not yet in force"),
        Text("生效前不能使用。", "It may not be used before that."),
    ),
    LicenceState.SUSPENDED: (
        Text("证照已暂停", "licence suspended"),
        Text("请联系发证机关。", "Contact the issuing authority."),
    ),
    LicenceState.SUPERSEDED: (
        Text("证照已换发", "licence replaced"),
        Text("请出示新证照。", "Ask for the new one."),
    ),
}
_SHORT = {
    CodeFault.UNREADABLE: Text("不是完整的证照二维码", "no complete licence code"),
    CodeFault.UNKNOWN_FORMAT: Text("不认识的二维码", "a code of an unknown kind"),
}


def _state(state: LicenceState, short: Text | None, then: Text) -> CodeAnswer:
    verdict = Verdict.GENUINE if state is LicenceState.VALID else Verdict.NOT_GENUINE
    return CodeAnswer(state.value, verdict, short, joined(_SOUND, words.timeless(f"licence.{state.value}"), then))


def _fault(fault: CodeFault) -> CodeAnswer:
    verdict = Verdict.NOT_GENUINE if SEVERITIES.get(fault) is Severity.ERROR else Verdict.CANNOT_TELL
    return CodeAnswer(fault.value, verdict, _SHORT.get(fault), WORDS[fault])


def joined(*texts: Text) -> Text:
    """Sentences one after another."""
    return Text("".join(one.zh for one in texts), " ".join(one.en.strip() for one in texts if one.en))


ANSWERS: tuple[CodeAnswer, ...] = (
    *(_state(state, *said) for state, said in _STATES.items()),
    CodeAnswer(
        "offline",
        Verdict.CANNOT_TELL,
        Text("签名有效，状态未知（离线）", "signature valid, status unknown (offline)"),
        joined(_SOUND, words.timeless("licence.status_unavailable")),
    ),
    CodeAnswer(
        "unregistered",
        Verdict.CANNOT_TELL,
        Text("签名有效，登记簿中没有", "signature valid, not in the register"),
        joined(_SOUND, words.timeless("licence.unknown")),
    ),
    *map(_fault, CodeFault),
    CodeAnswer(
        "no_trust",
        Verdict.CANNOT_TELL,
        None,
        Text(
            "本机还没有下载过发证机关的公钥，现在又连不上网络。请联网打开一次本页面后再试。",
            "This device has not fetched the authorities' keys yet, and there is no network now. "
            "Open this page once with a network, then try again.",
        ),
    ),
)
