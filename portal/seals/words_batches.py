"""Words of the batch pages (批量用章用词), each with its English."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.text import Text

BATCHES: Mapping[str, Text] = {
    "title": Text("批量用章", "Batches"),
    "new": Text("新建批次", "A new batch"),
    "lead": Text(
        "选好印章和位置，上传多份文件或 ZIP 压缩包；可再追加，确认后开始盖章。不合格的文件逐份说明原因，其余照常。",
        "Choose seal and place, then upload several files or a ZIP. Add more before you begin. A file that cannot be "
        "stamped is told one by one; the others go on.",
    ),
    "upload": Text("文件（PDF、OFD 或 ZIP，可多选）", "Files (PDF, OFD or ZIP; several at once)"),
    "upload_hint": Text(
        "一次上传不超过 50 MB，可分多次追加，一个批次最多 100,000 份。",
        "At most 50 MB at a time; add more afterwards, 100,000 in all.",
    ),
    "create": Text("上传并新建批次", "Upload and open the batch"),
    "add": Text("追加文件", "Add files"),
    "upload_missing": Text("请选择文件。", "Choose the files."),
    "list": Text("本单位的批次", "Batches of the department"),
    "none": Text("还没有批次。", "There are no batches yet."),
    "opened": Text("新建时间", "Opened"),
    "total": Text("份数", "Files"),
    "batch": Text("批次", "Batch"),
    "progress": Text("进度", "Progress"),
    "progress_text": Text("已处理 %(done)s 份，共 %(total)s 份", "%(done)s of %(total)s done"),
    "sealed": Text("已盖章", "Stamped"),
    "failed": Text("失败", "Failed"),
    "refused": Text("未收入", "Not taken"),
    "ready": Text("待盖章", "To be stamped"),
    "refresh": Text("本页每 3 秒自动刷新。", "This page reloads every 3 seconds."),
    "start": Text("开始盖章", "Begin"),
    "pause": Text("暂停", "Pause"),
    "resume": Text("继续", "Resume"),
    "cancel": Text("取消批次", "Cancel the batch"),
    "cancel_hint": Text("已盖章的文件保留，其余不再盖章。", "What is stamped stays; nothing more is stamped."),
    "waiting_text": Text(
        "这枚印章须先审批：整份清单作为一项申请等待审批，同意后自动开始。",
        "This seal wants approval: the whole list waits as one request and begins by itself once it is agreed.",
    ),
    "see_case": Text("查看申请", "Look at the request"),
    "documents": Text("批次中的文件", "Files of the batch"),
    "page_number": Text("第几页", "On page"),
    "number": Text("序号", "No."),
    "file_name": Text("文件名", "File name"),
    "result": Text("结果", "Result"),
    "why": Text("原因", "Reason"),
    "all_results": Text("下载全部已盖章文件（ZIP）", "Download all stamped files (ZIP)"),
    "item_table": Text("下载条目清单（CSV）", "Download the list of documents (CSV)"),
    "results_next": Text("下载后续部分（ZIP）", "Download the next part (ZIP)"),
    "changed": Text("已办理。", "Done."),
    "added": Text("收入 %(taken)s 份，未收入 %(refused)s 份。", "%(taken)s taken, %(refused)s not taken."),
    "loading": Text("可追加文件", "open for files"),
    "waiting": Text("等待审批", "waiting for approval"),
    "running": Text("盖章中", "being stamped"),
    "paused": Text("已暂停", "paused"),
    "done": Text("已完成", "done"),
    "cancelled": Text("已取消", "cancelled"),
    "batch_refused": Text("未获批准", "not approved"),
    "only": Text("只看", "Show"),
}
