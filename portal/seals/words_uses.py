"""Words of the approval inbox (用章审批用词), each with its English."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text

USES: Mapping[str, Text] = {
    "title": Text("用章审批", "Approvals of use"),
    "inbox": Text("等我审批", "Waiting for my approval"),
    "inbox_none": Text("目前没有等您审批的用章申请。", "No request waits for your approval."),
    "mine": Text("我提出的申请", "What I asked for"),
    "mine_none": Text("您还没有提出过需要审批的用章申请。", "You have asked for nothing that needs approval."),
    "asked_at": Text("申请时间", "Asked on"),
    "expires": Text("有效至", "Good until"),
    "approvals": Text("已同意", "Agreed"),
    "approvals_needed": Text("须同意人数", "Approvals needed"),
    "case": Text("用章申请", "Request to use a seal"),
    "batch": Text("批次（%(count)s 份）", "Batch (%(count)s documents)"),
    "open": Text("查看", "Look"),
    "document": Text("将要盖章的文件", "The document to be stamped"),
    "from_bytes": Text(
        "页面由将要签章的原始文件直接画出；盖章前文件被换一个字节，就不会盖章。",
        "The page is painted from the very bytes to be signed; if one byte changes, nothing is stamped.",
    ),
    "ofd_sketch": Text(
        "OFD 在此只画出文字和线条，没有图片和原字体，决定前请下载文件查看。",
        "Of an OFD only words and lines are drawn here, no pictures, not its own fonts. Download it before you decide.",
    ),
    "unclear": Text("盖章位置无法确定", "The place of the seal cannot be told"),
    "no_document": Text(
        "这份文件从未传到本系统（仅摘要用章），无法显示。请向申请人索取文件，自行核对摘要后再决定。",
        "This document never came here (stamping by digest only). Ask the requester for it and check its digest first.",
    ),
    "page_of": Text("第 %(page)s 页，共 %(count)s 页", "Page %(page)s of %(count)s"),
    "page_alt": Text("将要盖章的页面", "The page to be stamped"),
    "get_document": Text("下载原始文件", "Download the document"),
    "documents": Text("批次中的文件", "Documents of the batch"),
    "number": Text("序号", "No."),
    "facts": Text("申请内容", "What is asked for"),
    "client": Text("应用", "Program"),
    "by_hand": Text("手工", "By hand"),
    "format": Text("文件格式", "Format"),
    "list_digest": Text("清单摘要（SHA-256）", "Digest of the list (SHA-256)"),
    "state": Text("状态", "State"),
    "ended_reason": Text("说明", "Reason given"),
    "decide": Text("审批", "Decide"),
    "decision": Text("我的决定", "My decision"),
    "approve": Text("同意用章", "Approve"),
    "refuse": Text("不同意", "Refuse"),
    "refuse_reason": Text("不同意的原因", "Why not"),
    "refuse_needed": Text("不同意时请写明原因。", "Say why when you refuse."),
    "cloud": Text("用云签名审批", "Decide with my cloud signature"),
    "cloud_lead": Text(
        "先选择决定并获取验证码，再填验证码签名。验证码只对这一项、这一个决定有效。",
        "Choose your decision, have a code sent, then sign with it. A code counts for this request and decision only.",
    ),
    "send_code": Text("获取验证码", "Send me a code"),
    "code_sent": Text("验证码已发送至 %(phone)s，请尽快填写。", "A code was sent to %(phone)s. Fill it in soon."),
    "sms_code": Text("验证码", "Code"),
    "sign": Text("签名并提交", "Sign and send"),
    "cloud_none": Text(
        "您还没有云签名。开通后不用 UKey 也能审批：提出申请，由证书复审员批准。",
        "You have no cloud signature yet. With one you need no UKey: ask for it, and a registration approver agrees.",
    ),
    "cloud_more": Text("云签名：用途、申请和吊销", "What it is for, asking for it, revoking it"),
    "cloud_waiting": Text("云签名申请正在等待批准。", "Your cloud signature waits for approval."),
    "cloud_active": Text("云签名已开通，证书指纹", "Your cloud signature is ready, fingerprint"),
    "device": Text("用 UKey 或证书工具签名", "Sign with a UKey or a certificate tool"),
    "device_lead": Text(
        "下载待签原文，用您的行政人员证书对它签名（SM2 用默认签名者标识），再把证书指纹和签名填在这里。",
        "Download the statement, sign it with your official's certificate (SM2 with the usual signer ID), then give "
        "the fingerprint of the certificate and the signature here.",
    ),
    "statement": Text("待签原文", "The statement to sign"),
    "get_approve": Text("下载“同意”的原文", "Download the statement to approve"),
    "get_refuse": Text("下载“不同意”的原文", "Download the statement to refuse"),
    "fingerprint": Text(
        "证书指纹（SHA-256，64 位十六进制）", "Fingerprint of the certificate (SHA-256, 64 hex digits)"
    ),
    "signature": Text("签名（Base64）", "Signature (Base64)"),
    "signature_file": Text("或选择签名文件", "Or choose the signature's file"),
    "bad_signature": Text(
        "签名读不出来，请粘贴 Base64 文本或选择签名文件。",
        "The signature cannot be read. Paste it as Base64 or choose its file.",
    ),
    "bad_fingerprint": Text("证书指纹须为 64 位十六进制数。", "A fingerprint has 64 hexadecimal digits."),
    "choose": Text("请选择同意或不同意。", "Choose whether you approve."),
    "withdraw": Text("撤回申请", "Withdraw the request"),
    "withdraw_reason": Text("撤回原因", "Why"),
    "done": Text("已提交。", "Done."),
    "waiting": Text("等待审批", "waiting"),
    "approved": Text("已同意", "approved"),
    "refused": Text("不同意", "refused"),
    "withdrawn": Text("已撤回", "withdrawn"),
    "expired": Text("已过期", "expired"),
    "get_result": Text("取回已盖章文件", "Fetch the stamped file"),
}
