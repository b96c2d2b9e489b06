"""Why a seal goes from one state to the next (办理原因), as data: codes are published, words for people are here.

Codes hold no personal data, so they may stand in the public status list; what a person adds in words stays sealed.
"""

from __future__ import annotations

from enum import StrEnum

from foundation.text import Text


class Reason(StrEnum):
    NEW_ORGANISATION = "new-organisation"
    BUSINESS_NEED = "business-need"
    NAME_CHANGED = "name-changed"
    PICTURE_CHANGED = "picture-changed"
    VALIDITY_ENDING = "validity-ending"
    KEY_COMPROMISE = "key-compromise"
    MEETS_RULES = "meets-rules"
    INCOMPLETE = "incomplete"
    NOT_ENTITLED = "not-entitled"
    DUPLICATE = "duplicate"
    NO_LONGER_NEEDED = "no-longer-needed"
    MISTAKE = "mistake"
    AS_APPROVED = "as-approved"
    AS_MADE = "as-made"
    HANDED_OVER = "handed-over"
    RECEIVED = "received"
    LOSS_SUSPECTED = "loss-suspected"
    INVESTIGATION = "investigation"
    CUSTODIAN_ABSENT = "custodian-absent"
    CLEARED = "cleared"
    LOST = "lost"
    DISSOLVED = "organisation-dissolved"
    MISUSE = "misuse"
    SUPERSEDED = "superseded"
    LIFE_OVER = "life-over"
    KEYS_DESTROYED = "keys-destroyed"
    ADOPTED = "adopted"


WORDS: dict[Reason, Text] = {
    Reason.NEW_ORGANISATION: Text("单位新设立", "the organisation is new"),
    Reason.BUSINESS_NEED: Text("业务需要", "needed for its business"),
    Reason.NAME_CHANGED: Text("单位名称变更", "the organisation's name changed"),
    Reason.PICTURE_CHANGED: Text("印模式样变更", "the seal's picture changes"),
    Reason.VALIDITY_ENDING: Text("有效期将满", "its validity ends soon"),
    Reason.KEY_COMPROMISE: Text("密钥泄露或疑似泄露", "its key is, or may be, known to others"),
    Reason.MEETS_RULES: Text("符合规定", "it meets the rules"),
    Reason.INCOMPLETE: Text("材料不全或有误", "the application is incomplete or wrong"),
    Reason.NOT_ENTITLED: Text("无权申请该印章", "the applicant is not entitled to such a seal"),
    Reason.DUPLICATE: Text("同类印章已在使用", "such a seal is in use already"),
    Reason.NO_LONGER_NEEDED: Text("不再需要", "no longer needed"),
    Reason.MISTAKE: Text("误操作", "a mistake"),
    Reason.AS_APPROVED: Text("按批准内容制作", "made as approved"),
    Reason.AS_MADE: Text("按制作结果备案", "filed as made"),
    Reason.HANDED_OVER: Text("交付保管人", "handed to its custodian"),
    Reason.RECEIVED: Text("单位已接收", "received by its department"),
    Reason.LOSS_SUSPECTED: Text("疑似遗失或被盗", "loss or theft is suspected"),
    Reason.INVESTIGATION: Text("配合核查", "under investigation"),
    Reason.CUSTODIAN_ABSENT: Text("保管人离岗", "its custodian is away"),
    Reason.CLEARED: Text("停用原因已消除", "the cause of its suspension is gone"),
    Reason.LOST: Text("遗失或被盗", "lost or stolen"),
    Reason.DISSOLVED: Text("单位撤销或合并", "the organisation was dissolved or merged"),
    Reason.MISUSE: Text("违规使用", "misused"),
    Reason.SUPERSEDED: Text("已由新印章替换", "replaced by a new seal"),
    Reason.LIFE_OVER: Text("印章已注销或被替换", "the seal is revoked or replaced"),
    Reason.KEYS_DESTROYED: Text("密钥已销毁", "its keys are destroyed"),
    Reason.ADOPTED: Text("登记管理前已制作", "made before it was managed here"),
}

APPLY = frozenset({Reason.NEW_ORGANISATION, Reason.BUSINESS_NEED})
CHANGE = frozenset(
    {Reason.NAME_CHANGED, Reason.PICTURE_CHANGED, Reason.VALIDITY_ENDING, Reason.KEY_COMPROMISE, Reason.BUSINESS_NEED}
)
REFUSE = frozenset({Reason.INCOMPLETE, Reason.NOT_ENTITLED, Reason.DUPLICATE, Reason.NO_LONGER_NEEDED})
WITHDRAW = frozenset({Reason.NO_LONGER_NEEDED, Reason.MISTAKE})
SUSPEND = frozenset(
    {Reason.LOSS_SUSPECTED, Reason.INVESTIGATION, Reason.CUSTODIAN_ABSENT, Reason.NO_LONGER_NEEDED, Reason.MISUSE}
)
RESUME = frozenset({Reason.CLEARED, Reason.MISTAKE})
REVOKE = frozenset(
    {
        Reason.DISSOLVED,
        Reason.NAME_CHANGED,
        Reason.KEY_COMPROMISE,
        Reason.LOST,
        Reason.MISUSE,
        Reason.NO_LONGER_NEEDED,
        Reason.MISTAKE,
    }
)
