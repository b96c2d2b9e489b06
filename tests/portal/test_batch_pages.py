"""A batch of three by hand: one of them no document; begun, worked off, each result with its reason, fetched as ZIP."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from html import unescape
from typing import Any

from foundation.jobs import Worker
from server import upkeep
from tests.portal.house import PageHouse
from tests.seal.papers import ofd, pdf

FORM = {"by": "point", "page": "1", "x_mm": "150", "y_mm": "230", "suites": "sm2", "closing": "yes"}


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def seal_of(ask: Callable[..., Any]) -> str:
    found = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>[^<]*21990000000001', text(ask("/seals/batches", "seal5")))
    assert found is not None
    return found[1]


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr("one.pdf", pdf())
        out.writestr("two.ofd", ofd("二"))
    return buffer.getvalue()


def test_three_documents_one_of_them_none(pages: PageHouse, ask: Callable[..., Any]) -> None:
    files = [(io.BytesIO(archive()), "many.zip"), (io.BytesIO(b"hello"), "note.txt")]
    made = ask("/seals/batches", "seal5", data={**FORM, "seal": seal_of(ask), "files": files})
    assert made.status_code == 303, text(made)[-3000:]
    path = made.headers["Location"].split("?")[0]
    page = text(ask(made.headers["Location"], "seal5"))
    assert "收入 2 份，未收入 1 份" in page
    assert "不是 PDF 或 OFD" in page
    assert ask(path, "seal5", data={"do": "start"}).status_code == 303
    running = text(ask(path, "seal5"))
    assert 'http-equiv="refresh"' in running
    assert ask(path, "seal5", data={"do": "pause"}).status_code == 303
    assert "已暂停" in text(ask(path, "seal5"))
    assert ask(path, "seal5", data={"do": "resume"}).status_code == 303
    ground = pages.house.ground
    Worker(ground.db, ground.jobs, upkeep.handlers(pages.house)).drain()
    done = text(ask(path, "seal5"))
    assert "已完成" in done
    assert "已处理 2 份，共 2 份" in done
    fetched = ask(f"{path}/results.zip", "seal5")
    with zipfile.ZipFile(io.BytesIO(fetched.data)) as found:
        assert [name[-7:] for name in found.namelist()] == ["one.pdf", "two.ofd"]
    assert ask(f"{path}/items/1", "seal5").data.startswith(b"%PDF")
    assert "note.txt" in ask(f"{path}/items.csv", "seal5").get_data(as_text=True)
    late = ask(path, "seal5", data={"do": "start"})
    assert late.status_code == 422
    assert ask(path, "clerk").status_code == 403


def test_what_is_missing_is_said(ask: Callable[..., Any]) -> None:
    nothing = ask("/seals/batches", "seal5", data={**FORM, "seal": seal_of(ask)})
    assert nothing.status_code == 422
    assert "请选择文件" in text(nothing)
    far = {**FORM, "x_mm": "wide", "seal": seal_of(ask), "files": [(io.BytesIO(pdf()), "a.pdf")]}
    assert ask("/seals/batches", "seal5", data=far).status_code == 422
