"""Words of rules and ledger (用章规则与台账用词), each with its English."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text

RULES: Mapping[str, Text] = {
    "title": Text("用章规则", "Rules of use"),
    "lead": Text(
        "由一名印章管理人提出，另一名用证书签名同意后生效。没有规则的印章照常使用。",
        "One seal owner proposes, another signs to agree. A seal without rules is used freely.",
    ),
    "versions": Text("各版本", "Versions"),
    "none": Text("这枚印章还没有规则。", "This seal has no rules yet."),
    "number": Text("版本", "Version"),
    "proposed_by": Text("提出人", "Proposed by"),
    "decided_by": Text("确认人", "Decided by"),
    "proposed": Text("等待确认", "waiting for the second person"),
    "active": Text("生效中", "in force"),
    "refused": Text("被否决", "refused"),
    "superseded": Text("已被替换", "replaced"),
    "content": Text("内容", "What they say"),
    "propose": Text("提出新规则", "Propose new rules"),
    "approvals": Text("审批人数", "How many approve"),
    "approvers": Text("审批人", "Who approves"),
    "approvers_hint": Text("勾选已开通云签名的人。", "Tick people who have a cloud signature."),
    "nobody": Text(
        "本单位还没有人开通云签名。审批人可在“用章审批”页申请开通。",
        "Nobody of the department has a cloud signature yet. Approvers ask for one on the page “Approvals of use”.",
    ),
    "others": Text("用 UKey 审批的人", "People who approve with a UKey"),
    "others_each": Text("账号与证书指纹", "Account and certificate"),
    "others_hint": Text(
        "每行一人：账号标识（person: 开头）、空格、证书指纹（64 位十六进制）。",
        "One per line: the account (it begins with person:), a space, the certificate's fingerprint (64 hex digits).",
    ),
    "days": Text("哪几天可用", "On which days"),
    "day_1": Text("周一", "Mon"),
    "day_2": Text("周二", "Tue"),
    "day_3": Text("周三", "Wed"),
    "day_4": Text("周四", "Thu"),
    "day_5": Text("周五", "Fri"),
    "day_6": Text("周六", "Sat"),
    "day_7": Text("周日", "Sun"),
    "valid": Text("申请多久有效", "A request may wait"),
    "period_days": Text("%(count)s 天", "%(count)s days"),
    "period_hours": Text("%(count)s 小时", "%(count)s hours"),
    "period_minutes": Text("%(count)s 分钟", "%(count)s minutes"),
    "start": Text("从几点", "From"),
    "end": Text("到几点", "To"),
    "formats": Text("文件种类", "Kinds of document"),
    "pdf": Text("PDF", "PDF"),
    "ofd": Text("OFD", "OFD"),
    "detached": Text("文件旁签名", "signatures beside a file"),
    "hash": Text("仅摘要", "by digest only"),
    "matters": Text("允许的事项编码（空格分隔）", "Allowed matters (codes, with spaces)"),
    "clients": Text("允许的应用（空格分隔；people 为手工）", "Allowed programs (with spaces; people: by hand)"),
    "per_day": Text("每天最多几次", "At most a day"),
    "in_total": Text("总共最多几次", "At most in total"),
    "valid_minutes": Text("申请有效分钟数", "Minutes a request may wait"),
    "empty_hint": Text("留空即不限。", "Left empty: no limit."),
    "send": Text("提出", "Propose"),
    "decide": Text("确认规则", "Decide on these rules"),
    "own": Text("这是您提出的，须由另一名印章管理人确认。", "You proposed these; another seal owner decides."),
    "agree": Text("同意", "Agree"),
    "refuse": Text("否决", "Refuse"),
    "look": Text("查看", "Look"),
    "no_limit": Text("不限", "no limit"),
    "done": Text("已提交。", "Done."),
}

LEDGER: Mapping[str, Text] = {
    "title": Text("用章台账", "Ledger of uses"),
    "lead": Text(
        "每次用章一行，与审计记录互相印证。姓名已遮盖。",
        "One line for each use, held against the audit trail. Names are masked.",
    ),
    "since": Text("从（日期）", "From (day)"),
    "until": Text("到（日期，不含）", "To (day, not included)"),
    "format": Text("文件格式", "Format"),
    "csv": Text("导出 CSV", "Export as CSV"),
    "none": Text("没有符合条件的用章记录。", "No use matches."),
    "document": Text("文件摘要", "Digest of the document"),
    "result": Text("结果摘要", "Digest of the result"),
    "picture": Text("页面图像摘要", "Digest of the page's picture"),
    "picture_soon": Text("稍后写入", "Soon"),
    "approvers": Text("审批人", "Approved by"),
    "client": Text("应用", "Program"),
    "by_hand": Text("手工", "By hand"),
    "not_seen": Text("仅摘要", "by digest only"),
    "check": Text("与审计记录核对", "Check against the audit trail"),
    "agrees": Text("台账与审计记录一致。", "Ledger and audit trail agree."),
    "differs": Text(
        "下列用章与审计记录不一致，请联系审计员：", "These uses do not agree with the audit trail. Call the auditor:"
    ),
}
