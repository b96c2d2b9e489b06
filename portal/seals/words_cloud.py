"""Words of the cloud signatures (云签名用词), each with its English: one's own, and those others ask for."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text

CLOUD: Mapping[str, Text] = {
    "title": Text("我的云签名", "My cloud signature"),
    "lead": Text(
        "云签名是替您保管在密钥库里的一把审批密钥。没有 UKey 时，用它审批用章。",
        "A cloud signature is a key kept for you in the key store. With it you approve uses of seals without a UKey.",
    ),
    "only": Text(
        "它只能对“用章申请”表示同意或不同意，不能登录、不能签其他文件。",
        "It can only approve or refuse requests to use a seal: it logs nobody in and signs nothing else.",
    ),
    "each": Text(
        "每次审批都要用发到您手机上的验证码，一个验证码只对那一份申请、那一个决定有效。",
        "Each decision takes a code sent to your phone, which counts for that request and that decision only.",
    ),
    "whose": Text(
        "只有您本人能用；管理员、其他审批人都不能代签。",
        "Nobody but you can use it: no administrator and no other approver.",
    ),
    "what_for": Text("它是做什么的", "What it is for"),
    "state_of": Text("现在的状态", "How it stands"),
    "none": Text("您还没有云签名。", "You have no cloud signature."),
    "ask": Text("申请开通云签名", "Ask for a cloud signature"),
    "ask_hint": Text(
        "申请由证书复审员批准。批准后立即生成密钥和写有您姓名的证书。",
        "A registration approver decides. Once agreed, the key and a certificate with your name are made at once.",
    ),
    "asked": Text("已提交申请，等待证书复审员批准。", "You asked; a registration approver will decide."),
    "agreed": Text("已批准，正在生成密钥和证书。", "Agreed; key and certificate are being made."),
    "active": Text("可以使用。", "Ready to use."),
    "next": Text("下一步", "Next"),
    "tell": Text(
        "请把下面这一行交给印章管理人，写进用章规则的“审批人”。规则里有您之后，申请会出现在“用章审批”里。",
        "Give this line to the owner of the seal, for “approvers” in the seal's rules. "
        "Once you are named there, requests come to your approvals.",
    ),
    "line": Text("审批人一行", "The approver's line"),
    "go_inbox": Text("去看等我审批的申请", "See what waits for me"),
    "fingerprint": Text("证书指纹（SHA-256）", "Fingerprint of the certificate (SHA-256)"),
    "asked_at": Text("申请时间", "Asked"),
    "decided_at": Text("批准时间", "Decided"),
    "decided_by": Text("批准人", "By"),
    "ended_at": Text("结束时间", "Ended"),
    "revoke": Text("吊销云签名", "Revoke it"),
    "revoke_hint": Text(
        "换手机号、离岗或怀疑有人冒用时请吊销。立即生效，不能恢复；以后可以重新申请。",
        "Revoke it when you change your phone, leave your post or suspect somebody. It ends at once and for good; "
        "you may ask for another.",
    ),
    "compromised": Text("怀疑已被别人使用（证书按密钥泄露吊销）", "Somebody else may have used it"),
    "sure": Text("我确认吊销", "I am sure"),
    "be_sure": Text("请勾选“我确认吊销”。", "Tick “I am sure” first."),
    "revoked_done": Text("已吊销，立即生效。", "Revoked, from now on."),
    "asked_done": Text("已提交申请。", "You asked for one."),
    "past": Text("以前的云签名", "Earlier ones"),
    "state_requested": Text("等待批准", "waiting for approval"),
    "state_agreed": Text("正在生成", "being made"),
    "state_active": Text("使用中", "in use"),
    "state_refused": Text("未批准", "refused"),
    "state_revoked": Text("已吊销", "revoked"),
    "person": Text("申请人", "Person"),
    "unit": Text("单位", "Department"),
}

OFFICE: Mapping[str, Text] = {
    "title": Text("云签名审批", "Cloud signatures"),
    "lead": Text(
        "用章审批人申请的云签名在这里批准。批准前请确认申请人仍在岗、负责用章审批。",
        "Approvers of uses ask for cloud signatures; agree to them here. Make sure first that the person is still in "
        "post and approves uses of seals.",
    ),
    "waiting": Text("等待批准", "Waiting"),
    "waiting_none": Text("没有等待批准的申请。", "Nothing waits."),
    "in_use": Text("使用中", "In use"),
    "in_use_none": Text("目前没有使用中的云签名。", "No cloud signature is in use."),
    "ended": Text("已结束", "Ended"),
    "agree": Text("批准并生成", "Agree and make it"),
    "refuse": Text("不批准", "Refuse"),
    "own": Text("您自己的申请须由另一人批准。", "Another person has to agree to your own."),
    "finish": Text("继续生成", "Finish making it"),
    "agreed_done": Text("已批准，密钥和证书已生成。", "Agreed; key and certificate are made."),
    "refused_done": Text("已记录为不批准。", "Refused."),
}
