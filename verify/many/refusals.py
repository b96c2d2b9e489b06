"""Lines for what could not be read at all (无法读取的条目): a report like any other, and never the end of the run."""

from __future__ import annotations

from foundation.text import Text
from verify.context import Context
from verify.report import Finding, Report, Severity, Verdict

_WORDS = {
    "file.unreadable": ("文件无法读取（{0}）。", "The file cannot be read ({0})."),
    "file.special": (
        "这不是普通文件（管道、设备或套接字），未读取。",
        "This is no regular file (pipe, device or socket) and was not read.",
    ),
    "file.folder_link": (
        "这是指向文件夹的链接，未跟随，以免循环。",
        "This is a link to a folder; it was not followed, for it might lead in circles.",
    ),
    "file.too_deep": ("文件夹层数过多，未进入。", "Folders are nested too deep; this one was not entered."),
    "file.too_large": ("文件超过可验证的大小（{0} MB）。", "The file is larger than can be verified ({0} MB)."),
    "file.cut_short": (
        "输入流在此处中断或损坏，其后内容未读。",
        "The stream ends or is damaged here; what follows was not read.",
    ),
}


def refused(name: str, code: str, context: Context, *values: object) -> Report:
    zh, en = _WORDS[code]
    found = Finding(code, Severity.UNKNOWN, Text(zh.format(*values), en.format(*values)))
    return Report(name, "unknown", "", 0, Verdict.CANNOT_TELL, False, context.moment.now, findings=(found,))  # noqa: FBT003
