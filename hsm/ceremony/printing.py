"""The transcript on paper (打印仪式记录): one HTML page without scripts or links, to be signed by hand by all."""

from __future__ import annotations

from html import escape
from typing import Any

from hsm.ceremony.plan import parse_plan
from hsm.ceremony.transcript import Transcript
from hsm.ceremony.verify import Report
from hsm.digests import sha256

_STYLE = """
body{font:10.5pt/1.5 "Noto Serif CJK SC","Songti SC",serif;max-width:180mm;margin:12mm auto;color:#111}
h1{font-size:18pt}h2{font-size:12pt;margin-top:8mm}table{border-collapse:collapse;width:100%}
td,th{border:0.3pt solid #555;padding:1.2mm 2mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}
.mono{font-family:monospace;font-size:9pt}.big{border:1.5pt solid #a00;color:#a00;padding:3mm;font-weight:bold}
pre{white-space:pre-wrap;border:0.3pt solid #555;padding:2mm;font-size:8.5pt}tr{break-inside:avoid}
"""


def page(transcript: Transcript, report: Report) -> str:
    body = transcript.body
    people = parse_plan(str(body["plan"]).encode()).people
    signing = [("操作 operator", people.operator), *(("见证 witness", name) for name in people.witnesses)]
    return "".join(
        (
            f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{escape(body["title"])}</title>',
            f"<style>{_STYLE}</style><h1>{escape(body['title'])}</h1>",
            _warning(body, report),
            "<h2>概要 / Summary</h2>",
            _table(_summary(body, transcript)),
            "<h2>过程 / Events</h2>",
            _table(
                [("", "时间 time", "步 step", "人 by", "内容 text")]
                + [(e["number"], e["at"], e["step"] or "", e["by"], e["text"]) for e in body["events"]]
            ),
            "<h2>输入与输出 / Inputs and outputs</h2>",
            _table(
                [("", "文件 file", "字节 octets", "SHA-256")]
                + [("入 in", f["name"], f["size"], f["sha256"]) for f in body["inputs"]]
                + [("出 out", f["name"], f["size"], f["sha256"]) for f in body["outputs"]]
            ),
            "<h2>方案 / Plan</h2>",
            f"<pre>{escape(body['plan'])}</pre>",
            "<h2>签字 / Signed by hand</h2>",
            _table([(role, name, "　" * 24) for role, name in signing]),
            "</html>\n",
        )
    )


def _warning(body: Any, report: Report) -> str:
    found = []
    if body["rehearsal"]:
        found.append("演练，不得使用其密钥 / REHEARSAL: no key of it may be used")
    if not body["complete"]:
        found.append("仪式未完成 / NOT COMPLETED")
    found += [f"{fault.zh} / {fault.en}" for fault in report.faults]
    return "".join(f'<p class="big">{escape(one)}</p>' for one in found)


def _summary(body: Any, transcript: Transcript) -> list[tuple[object, ...]]:
    tool = ", ".join(f"{name} {value}" for name, value in body["tool"].items())
    rows: list[tuple[object, ...]] = [
        ("开始 began", body["started_at"]),
        ("结束 ended", body["ended_at"]),
        ("工具 tool", tool),
        ("方案摘要 plan SHA-256", body["plan_sha256"]),
    ]
    rows += [("审批 approved by", f"{one['name']}, {one['at']}") for one in body["approvals"]]
    rows += [(f"签名密钥 signed by {one.key}", sha256(one.spki).hex()) for one in transcript.signatures]
    return rows


def _table(rows: list[tuple[object, ...]]) -> str:
    cells = ("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{''.join(cells)}</table>"
