"""Words all seal pages share (印章页面共用词), each with its English, beside what they stand for."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text
from portal.languages import pick
from portal.wording import Word
from seal.management.states import WORDS, State

COMMON: Mapping[str, Text] = {
    "section": Text("印章", "Seals"),
    "tab_register": Text("印章库", "Register"),
    "tab_waiting": Text("待我办理", "Waiting for me"),
    "tab_apply": Text("印章申请", "Apply for a seal"),
    "tab_stamp": Text("手工盖章", "Stamp by hand"),
    "tab_batches": Text("批量用章", "Batches"),
    "tab_uses": Text("用章审批", "Approvals of use"),
    "tab_cloud": Text("云签名", "Cloud signature"),
    "tab_design": Text("印模设计", "Design a seal"),
    "crumbs": Text("位置", "You are here"),
    "not_done": Text("没有办成", "That did not work"),
    "correct": Text("请更正后再提交", "Please correct this and send it again"),
    "optional": Text("（选填）", "(optional)"),
    "all": Text("全部", "All"),
    "filter": Text("筛选", "Filter"),
    "next": Text("下一页", "Next page"),
    "first": Text("回到第一页", "Back to the first page"),
    "please_choose": Text("请选择", "Please choose"),
    "seal": Text("印章", "Seal"),
    "code": Text("印章编码", "Seal code"),
    "name": Text("印章名称", "Name of the seal"),
    "kind": Text("种类", "Kind"),
    "state": Text("状态", "State"),
    "department": Text("所属单位", "Department"),
    "when": Text("时间", "Time"),
    "who": Text("经办人", "By"),
    "reason": Text("原因", "Reason"),
    "words": Text("说明", "In words"),
    "download": Text("下载", "Download"),
    "page": Text("页", "page"),
    "matter": Text("事项编码", "Code of the matter"),
    "matter_number": Text("办件编号", "Number of the case"),
    "file": Text("文件", "Document"),
    "size": Text("大小", "Size"),
    "digest": Text("文件摘要（SHA-256）", "Digest of the file (SHA-256)"),
    "requester": Text("申请人", "Requested by"),
}

_TONES = {
    State.IN_USE: "good",
    State.SUSPENDED: "warn",
    State.REFUSED: "bad",
    State.REVOKED: "bad",
    State.SUPERSEDED: "bad",
    State.DESTROYING: "bad",
    State.DESTROYED: "bad",
    State.WITHDRAWN: "idle",
}
SHORT = {State.APPROVED: Text("待制作", "to be made"), State.MADE: Text("待备案", "to be filed")}
STATES: Mapping[State, tuple[Text, str]] = {
    state: (SHORT.get(state, words), _TONES.get(state, "warn")) for state, words in WORDS.items()
}


def sentence(text: Text) -> str:
    """As it stands at the beginning of a cell or a choice."""
    said = pick(text)
    return said[:1].upper() + said[1:]


def state_word(state: State) -> Word:
    """The state and its colour; colour is never the only sign."""
    text, tone = STATES[state]
    return Word(sentence(text), tone)
