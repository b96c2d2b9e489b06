"""Words of the application form (印章申请用词), each with its English."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text

APPLY: Mapping[str, Text] = {
    "title": Text("印章申请", "Apply for a seal"),
    "change_title": Text("印章变更申请", "Apply to change a seal"),
    "lead": Text(
        "为本单位申请印章。先预览，满意后提交；由另一人审批，再由制章、备案人员办理。",
        "For a seal of your own department. Preview it first; another person approves, then it is made and filed.",
    ),
    "change_lead": Text(
        "变更会制作一枚新印章（新编码）。新印章启用时，原印章自动停止使用。",
        "A change makes a new seal with a code of its own. The seal before ends when the new one is taken into use.",
    ),
    "department_name": Text("单位名称", "Name of the department"),
    "kind": Text("印章种类", "Kind of seal"),
    "text": Text("印文（名章填姓名）", "Text of the seal (the name, for a name seal)"),
    "text_hint": Text(
        "一般为单位名称，4 至 36 字；名章 2 至 6 字。",
        "Usually the department's name, 4 to 36 characters; a name 2 to 6.",
    ),
    "line": Text("横文（用途）", "Line of purpose"),
    "line_hint": Text("如：行政审批专用章，不超过 12 字。", "Such as 行政审批专用章, at most 12 characters."),
    "picture_kind": Text("印模式样", "Form of the picture"),
    "picture_usual": Text("按种类的常用式样", "As usual for the kind"),
    "number": Text("号码（椭圆章中央）", "Number (middle of an oval)"),
    "suffix": Text("名章后缀", "After the name"),
    "no_suffix": Text("无", "Nothing"),
    "width": Text("直径或宽（毫米）", "Diameter or width (mm)"),
    "width_hint": Text("留空即用常用尺寸。", "Leave empty for the usual size."),
    "custody": Text("保管方式", "How it is kept"),
    "custodian": Text("保管人", "Custodian"),
    "custodian_hint": Text("用 UKey 保管时必填。", "Needed for a UKey."),
    "why": Text("申请原因", "Reason"),
    "why_needed": Text(
        "请选择申请原因；变更时还须填写说明。", "Choose a reason; for a change say in words what changes, too."
    ),
    "why_words": Text("说明", "In words"),
    "why_hint": Text(
        "变更时必填。内容加密保存，只有经办人员可见。",
        "Needed for a change. Kept encrypted; only those who handle the seal read it.",
    ),
    "preview": Text("预览印模", "Preview"),
    "send": Text("提交申请", "Send the application"),
    "picture": Text("印模预览", "Preview"),
    "nothing": Text(
        "填写后点“预览印模”，印模显示在这里。", "Fill in the form and choose “Preview”; the seal appears here."
    ),
    "size": Text("实际尺寸", "True size"),
    "designer": Text("更多式样与尺寸请用印模设计页试画。", "More forms and sizes can be tried on the design page."),
}
