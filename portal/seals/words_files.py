"""Words of the register and of seal files (印章库与印章档案用词), each with its English."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text
from seal.management.states import Who

REGISTER: Mapping[str, Text] = {
    "title": Text("印章库", "Register of seals"),
    "list": Text("印章列表", "List of seals"),
    "picture": Text("印模", "Picture"),
    "validity": Text("有效期至", "Valid until"),
    "custody": Text("保管", "Kept"),
    "code_hint": Text("编码开头几位", "First digits of the code"),
    "none": Text("没有符合条件的印章。", "No seal matches."),
    "not_coded": Text("批准后取得", "given with the approval"),
    "waiting_title": Text("待我办理", "Waiting for me"),
    "waiting_lead": Text(
        "下列印章等您办理下一步。申请、审批、制作、备案须由不同的人办理。",
        "These seals wait for a step of yours. Applying, approving, making and filing are done by different people.",
    ),
    "waiting_none": Text("目前没有等您办理的印章。", "Nothing waits for you at the moment."),
    "to_do": Text("可办理", "You may"),
    "apply": Text("申请印章", "Apply for a seal"),
    "no_picture": Text("不显示", "not shown"),
}

FILE: Mapping[str, Text] = {
    "facts": Text("印章信息", "About this seal"),
    "ring_text": Text("印文", "Text of the seal"),
    "line_text": Text("横文（用途）", "Line of purpose"),
    "diameter": Text("直径（毫米）", "Diameter (mm)"),
    "custody": Text("保管方式", "How it is kept"),
    "custodian": Text("保管人", "Custodian"),
    "filing_number": Text("备案号", "Filing number"),
    "filed_at": Text("备案时间", "Filed on"),
    "validity": Text("有效期", "Validity"),
    "format": Text("印章格式", "Format of the seal"),
    "version": Text("第几版", "Version"),
    "replaces": Text("替换的印章", "Replaces"),
    "replaced_link": Text("查看原印章", "Look at the seal before"),
    "picture": Text("印模", "Picture"),
    "picture_later": Text(
        "这是将要制作的样子，编码在批准后确定。", "As it will be made; its code comes with the approval."
    ),
    "hidden": Text("个人名章的印模只对经办人员显示。", "A name seal is shown to those who handle it only."),
    "certificates": Text("印章证书", "Certificates of the seal"),
    "certificate": Text("证书", "Certificate"),
    "serial": Text("序列号", "Serial number"),
    "until": Text("有效期至", "Valid until"),
    "no_certificates": Text("制作后才有证书。", "It has certificates once it is made."),
    "history": Text("经过", "What happened"),
    "steps": Text("现在可以办理", "What you may do now"),
    "no_steps": Text(
        "您现在没有可办理的步骤：要么轮到别人，要么您经手过前面的步骤。",
        "There is no step for you now: it is somebody else's turn, or you did a step before.",
    ),
    "why": Text("原因", "Reason"),
    "why_words": Text("说明", "In words"),
    "needed": Text("（必填）", "(needed)"),
    "filing_hint": Text("留空则由系统编号 YZBA-印章编码。", "Left empty, ours is YZBA- and the seal code."),
    "token": Text("UKey 的证书申请（PKCS#10）", "Certificate request of the UKey (PKCS#10)"),
    "token_hint": Text("粘贴保管人 UKey 导出的 PEM 文本。", "Paste the PEM text the custodian's UKey gives out."),
    "ses_version": Text("印章格式", "Format of the seal"),
    "ses_usual": Text("按本区域设置", "As set for this region"),
    "reason_needed": Text(
        "请选择原因；标有“必填”时还须填写说明。", "Choose a reason, and fill in the words where they are needed."
    ),
    "confirm": Text("我已核对印章编码和名称，确认办理。", "I have checked code and name of the seal, and mean this."),
    "confirm_needed": Text("请勾选确认。", "Please tick the confirmation."),
    "irrevocable": Text("此步骤不能撤回。", "This cannot be taken back."),
    "destroy_hint": Text(
        "先停用密钥；两名密钥管理员在密钥机房销毁后，印章转为已销毁。",
        "The keys stop at once. The seal is destroyed when two key custodians have destroyed them in the key room.",
    ),
    "destroy_keys": Text("密钥销毁进度", "How far its keys are"),
    "more": Text("用章", "Use"),
    "rules": Text("用章规则", "Rules of use"),
    "ledger": Text("用章台账", "Ledger of uses"),
    "stamp": Text("用这枚印章盖章", "Stamp with this seal"),
    "status": Text("公开状态", "Published state"),
    "status_link": Text("查看签名的状态证明", "The signed answer about its state"),
    "change": Text("申请变更", "Apply for a change"),
    "done": Text("已办理，状态已更新。", "Done. The state is up to date."),
    "applied": Text("申请已提交，等待审批。", "Your application is on its way to the approver."),
    "keys": Text("密钥", "Key"),
    "esl": Text("下载印章文件（.esl）", "The seal file (.esl)"),
}

CUSTODY: Mapping[str, Text] = {"cloud": Text("云端托管", "in the cloud"), "ukey": Text("UKey", "on a UKey")}
ROLES: Mapping[Who, Text] = {
    Who.KEEPER: Text("单位经办", "clerk of the department"),
    Who.APPROVER: Text("审批人", "approver"),
    Who.MAKER: Text("制章人", "maker"),
    Who.REGISTRAR: Text("备案人", "registrar"),
    Who.SYSTEM: Text("系统", "system"),
}
BEGINNINGS: Mapping[str, Text] = {"apply": Text("申请", "apply"), "adopt": Text("转入管理", "taken over")}
KEYS: Mapping[str, Text] = {
    "pre-active": Text("未启用", "not in use yet"),
    "active": Text("可用", "in use"),
    "retired": Text("已停用，待两名密钥管理员销毁", "stopped, to be destroyed by two key custodians"),
    "destroyed": Text("已销毁", "destroyed"),
}
PUBLIC: Mapping[str, Text] = {
    "not_in_use": Text("未启用", "not in use yet"),
    "in_use": Text("在用", "in use"),
    "suspended": Text("停用", "suspended"),
    "revoked": Text("已注销", "revoked"),
    "superseded": Text("已变更替换", "replaced"),
    "destroyed": Text("已销毁", "destroyed"),
}
