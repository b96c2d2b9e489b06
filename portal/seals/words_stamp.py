"""Words of the stamping desk (手工盖章用词), each with its English."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text

STAMP: Mapping[str, Text] = {
    "title": Text("手工盖章", "Stamp by hand"),
    "lead": Text(
        "上传 PDF 或 OFD，选好印章和位置，盖章后下载。文件只对您可见，一天后自动清除。",
        "Upload a PDF or OFD, choose seal and place, stamp, download. Only you see the file; it is gone after a day.",
    ),
    "upload": Text("选择文件（PDF 或 OFD，不超过 32 MB）", "Choose a file (PDF or OFD, at most 32 MB)"),
    "upload_go": Text("上传并查看", "Upload and look"),
    "upload_missing": Text("请选择要盖章的文件。", "Choose the file to stamp."),
    "no_seals": Text(
        "本单位没有可在此使用的印章：须为在用且云端托管。请联系印章经办人。",
        "Your department has no seal for this page: it must be in use and kept in the cloud. Ask your seal clerk.",
    ),
    "page_view": Text("页面", "Page"),
    "page_of": Text("第 %(page)s 页，共 %(count)s 页", "Page %(page)s of %(count)s"),
    "go_page": Text("看第几页", "Go to page"),
    "go": Text("查看", "Go"),
    "drag_hint": Text(
        "把印章拖到要盖的位置，或点一下页面。不用脚本时点一下页面即可，也可以直接填写毫米数。",
        "Drag the seal to its place, or click on the page. Without scripts click on the page, or fill in millimetres.",
    ),
    "click_alt": Text("文件页面：点选印章中心的位置", "Page of the document: click where the seal's middle goes"),
    "ofd_sketch": Text(
        "OFD 在此只画出文字和线条，没有图片和原字体；盖章不受影响，请以下载的文件为准。",
        "Of an OFD only words and lines are drawn here, no pictures and not its own fonts. What is stamped is the file "
        "itself, with everything in it.",
    ),
    "which_seal": Text("用哪枚印章", "Which seal"),
    "stamp_all": Text("盖 %(count)s 枚印章", "Stamp %(count)s seals"),
    "by": Text("盖在哪里", "Where"),
    "by_point": Text("本页选定的位置", "At the place on this page"),
    "by_pages": Text("每一页的同一位置", "At this place on every page"),
    "by_keyword": Text("关键字上", "On a keyword"),
    "by_riding": Text("骑缝章", "Over the edges of all pages"),
    "by_field": Text("文件里的签名域", "In a signature field of the file"),
    "x_mm": Text("距左边（毫米）", "From the left (mm)"),
    "y_mm": Text("距上边（毫米）", "From the top (mm)"),
    "centre_hint": Text("从页面左上角量到印章中心。", "From the page's top left corner to the seal's middle."),
    "keyword": Text("关键字", "Keyword"),
    "occurrence": Text("第几处（填 all 为全部）", "Which one (all: every one)"),
    "edge": Text("骑缝边", "Edge"),
    "edge_right": Text("右边", "right"),
    "edge_left": Text("左边", "left"),
    "field": Text("签名域名称", "Name of the field"),
    "look": Text("看看位置", "Show the place"),
    "options": Text("更多选项", "More options"),
    "suites": Text("签名算法（PDF）", "Signature algorithm (PDF)"),
    "suite_sm2": Text("国密 SM2（推荐）", "SM2 (recommended)"),
    "suite_both": Text("国密 SM2 和国际 RSA 双签", "SM2 and RSA"),
    "suite_rsa": Text("国际 RSA", "RSA"),
    "suite_p256": Text("国际 P-256", "P-256"),
    "form": Text("签名格式（PDF）", "Form of the signature (PDF)"),
    "form_pades": Text("通用（PAdES）", "for all readers (PAdES)"),
    "form_gm_cms": Text("国密签名消息", "GM/T 0010 message"),
    "form_gm_seal": Text("国密签章（GB/T 38540）", "GB/T 38540 seal signature"),
    "dated": Text("成文日期", "Date drawn with the seal"),
    "dated_hint": Text("随印章画在页面上；盖多枚时随第一枚。", "Drawn on the page; of several seals with the first."),
    "date_where": Text("日期位置", "Where the date goes"),
    "date_across": Text("压章", "under the ink"),
    "date_under": Text("印章下方", "below the seal"),
    "ofd_version": Text("签章格式（OFD）", "Form of the signature (OFD)"),
    "version_usual": Text("按本区域设置", "as set for this region"),
    "version_4": Text("GB/T 38540-2020（常用）", "GB/T 38540-2020 (usual)"),
    "version_5": Text("GM/T 0031-2025（新版）", "GM/T 0031-2025 (new)"),
    "ofd_document": Text("盖哪一份文档", "Which document of the file"),
    "document_of": Text("第 %(number)s 份文档", "Document %(number)s"),
    "document_hint": Text("这个文件含有多份文档。", "This file holds several documents."),
    "placed": Text("已放好的印章", "Seals placed so far"),
    "placed_lead": Text(
        "按这个顺序盖，正在放的这一枚最后盖。", "Stamped in this order; the one you are placing comes last."
    ),
    "placed_point": Text(
        "第 %(page)s 页，距左 %(x_mm)s、距上 %(y_mm)s 毫米",
        "page %(page)s, %(x_mm)s mm from the left, %(y_mm)s from the top",
    ),
    "placed_pages": Text(
        "每一页，距左 %(x_mm)s、距上 %(y_mm)s 毫米", "every page, %(x_mm)s mm from the left, %(y_mm)s from the top"
    ),
    "placed_keyword": Text("关键字“%(text)s”", "keyword “%(text)s”"),
    "placing": Text("正在放的印章", "The seal you are placing"),
    "add": Text("再加一枚印章", "Add another seal"),
    "remove": Text("去掉", "Take out"),
    "back": Text("不加这一枚", "Not this one after all"),
    "purpose": Text("用章原因（印在签名中）", "Reason, written into the signature"),
    "closing": Text("盖后不得再改动或加盖", "Nothing may be changed or signed afterwards"),
    "matter_hint": Text("字母、数字、点、横线；不要填个人信息。", "Letters, figures, dot, dash. No personal data."),
    "stamp": Text("盖章", "Stamp"),
    "another": Text("换一份文件", "Another file"),
    "bad_number": Text("请填写毫米数，例如 150。", "Fill in millimetres, for example 150."),
    "choose_seal": Text("请选择印章。", "Choose a seal."),
    "stamped": Text("已盖章", "Stamped"),
    "stamped_text": Text("文件已盖章并登记，请下载。", "The file is stamped and on record. Download it."),
    "get_file": Text("下载已盖章文件", "Download the stamped file"),
    "check_file": Text("到真伪核验页核对", "Check it on the verification page"),
    "result_digest": Text("已盖章文件摘要（SHA-256）", "Digest of the stamped file (SHA-256)"),
    "waiting": Text("正在等待审批", "Waiting for approval"),
    "waiting_text": Text(
        "这枚印章的用章规则要求先审批。申请已登记，审批人同意后自动盖章，届时在本页下载。盖的就是您上传的这份文件。",
        "The rules of this seal want an approval first. Your request is on record; it is stamped once the approver "
        "agrees, and you fetch it here. Exactly this file is stamped, no other.",
    ),
    "see_case": Text("查看这项申请", "Look at the request"),
    "ended": Text("没有盖章", "Not stamped"),
    "ended_text": Text(
        "申请被拒绝、撤回或已过期。需要时请重新申请。",
        "The request was refused, withdrawn or ran out. Ask again if needed.",
    ),
    "recorded": Text("正在盖章", "Being stamped"),
    "recorded_text": Text("请稍候，本页会自动刷新。", "One moment; this page reloads by itself."),
    "again": Text("再盖一份", "Stamp another file"),
}
