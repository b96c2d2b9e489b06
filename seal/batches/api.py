"""Routes of batches (批量用章接口): parse, authorise, call one function, render."""

from __future__ import annotations

from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, FileField, Media, Streamed, api, collect
from foundation.web.frame import room
from seal.batches import handing, load, report, run
from seal.batches.models import BatchState, ItemState
from seal.batches.schemas import (
    AddedOut,
    BatchBody,
    BatchesOut,
    BatchesQuery,
    BatchOut,
    BatchPath,
    ItemOut,
    ItemPath,
    ItemsOut,
    ItemsQuery,
    ProgressOut,
    ReferencesBody,
    ResultsQuery,
    StateBody,
)
from seal.room import SealRoom

_BATCHES = "/api/v1/seal/batches"
_MIB = 1024 * 1024
_ADDING = ("invalid-input", "not-found", "conflict", "too-large", "unavailable")


@api(
    "POST", _BATCHES, tag="seal", summary="新建用章批次", summary_en="Open a batch of documents to stamp",
    body=BatchBody, returns=BatchOut, status=201, problems=("invalid-input", "not-found"),
    permission=Permission.SEAL_STAMP, audit="seal.batch.create",
)  # fmt: skip
def open_batch(call: Call[BatchBody]) -> BatchOut:
    return BatchOut.of(load.create(room(SealRoom), call.principal, call.body.way(), call.body.about()))


@api(
    "GET", _BATCHES, tag="seal", summary="本单位用章批次", summary_en="The department's batches",
    query=BatchesQuery, returns=BatchesOut, permission=Permission.SEAL_STAMP,
)  # fmt: skip
def list_batches(call: Call[None, BatchesQuery]) -> BatchesOut:
    found = report.listed(room(SealRoom), call.principal, after=call.query.after, limit=call.query.limit)
    return BatchesOut(items=[BatchOut.of(row) for row in found])


@api(
    "GET", _BATCHES + "/{id}", tag="seal", summary="批次进度", summary_en="How a batch stands",
    path=BatchPath, returns=ProgressOut, problems=("not-found",), permission=Permission.SEAL_STAMP,
)  # fmt: skip
def get_batch(call: Call[None, None, BatchPath]) -> ProgressOut:
    return ProgressOut.stands(report.progress(room(SealRoom), call.principal, call.path.id))


@api(
    "POST", _BATCHES + "/{id}/files", tag="seal", summary="向批次添加文件", summary_en="Add documents to a batch",
    path=BatchPath, files=(FileField("file", Text("PDF 或 OFD 文件", "PDFs and OFDs"), many=True),),
    returns=AddedOut, problems=_ADDING, permission=Permission.SEAL_STAMP, audit="seal.batch.add", max_bytes=64 * _MIB,
)  # fmt: skip
def add_files(call: Call[None, None, BatchPath]) -> AddedOut:
    files = [(file.filename, file.data) for file in call.files.get("file", ())]
    taken, refused = load.add_files(room(SealRoom), call.principal, call.path.id, files)
    return AddedOut(taken=taken, refused=refused)


@api(
    "POST", _BATCHES + "/{id}/archive", tag="seal", summary="向批次添加压缩包中的文件",
    summary_en="Add the documents of a ZIP archive to a batch",
    description=Text(
        "大批次可分多个压缩包上传；不合格的条目逐条说明原因，其余照收。",
        "A large batch comes in several archives. Entries that cannot be taken are refused one by one, with a reason.",
    ),
    path=BatchPath, files=(FileField("file", Text("ZIP 压缩包", "The ZIP archive"), media_types=("application/zip",)),),
    returns=AddedOut, problems=_ADDING, permission=Permission.SEAL_STAMP, audit="seal.batch.add", max_bytes=128 * _MIB,
)  # fmt: skip
def add_archive(call: Call[None, None, BatchPath]) -> AddedOut:
    taken, refused = load.add_archive(room(SealRoom), call.principal, call.path.id, call.file("file").data)
    return AddedOut(taken=taken, refused=refused)


@api(
    "POST", _BATCHES + "/{id}/references", tag="seal", summary="向批次添加已用章文件",
    summary_en="Add results of earlier orders to a batch",
    path=BatchPath, body=ReferencesBody, returns=AddedOut, problems=_ADDING, permission=Permission.SEAL_STAMP,
    audit="seal.batch.add",
)  # fmt: skip
def add_references(call: Call[ReferencesBody, None, BatchPath]) -> AddedOut:
    taken, refused = load.add_orders(room(SealRoom), call.principal, call.path.id, call.body.orders)
    return AddedOut(taken=taken, refused=refused)


@api(
    "POST", _BATCHES + "/{id}/start", tag="seal", summary="提交批次", summary_en="Close the list and begin",
    path=BatchPath, returns=BatchOut, problems=("not-found", "conflict", "forbidden"),
    permission=Permission.SEAL_STAMP, audit="seal.batch.start",
)  # fmt: skip
def start_batch(call: Call[None, None, BatchPath]) -> BatchOut:
    return BatchOut.of(run.start(room(SealRoom), call.principal, call.path.id))


@api(
    "POST", _BATCHES + "/{id}/state", tag="seal", summary="暂停、继续、取消批次",
    summary_en="Pause, resume or cancel a batch",
    path=BatchPath, body=StateBody, returns=BatchOut, problems=("not-found", "conflict"),
    permission=Permission.SEAL_STAMP, audit="seal.batch.state",
)  # fmt: skip
def change_batch(call: Call[StateBody, None, BatchPath]) -> BatchOut:
    wanted = BatchState(call.body.state)
    return BatchOut.of(run.change(room(SealRoom), call.principal, call.path.id, wanted))


@api(
    "POST", _BATCHES + "/{id}/retry", tag="seal", summary="重试失败的条目", summary_en="Take up again what failed",
    description=Text(
        "批次结束后可重试；已用章的条目不受影响。",
        "For a batch that is done. What is sealed stays as it is.",
    ),
    path=BatchPath, returns=BatchOut, problems=("not-found", "conflict"),
    permission=Permission.SEAL_STAMP, audit="seal.batch.retry",
)  # fmt: skip
def retry_batch(call: Call[None, None, BatchPath]) -> BatchOut:
    return BatchOut.of(run.retry(room(SealRoom), call.principal, call.path.id))


@api(
    "GET", _BATCHES + "/{id}/items", tag="seal", summary="批次条目", summary_en="Items of a batch, with reasons",
    path=BatchPath, query=ItemsQuery, returns=ItemsOut, problems=("not-found",), permission=Permission.SEAL_STAMP,
)  # fmt: skip
def list_items(call: Call[None, ItemsQuery, BatchPath]) -> ItemsOut:
    query = call.query
    state = ItemState(query.state) if query.state else None
    found = report.items(
        room(SealRoom), call.principal, call.path.id, after=query.after, state=state, limit=query.limit
    )
    return ItemsOut(items=[ItemOut.of(item) for item in found])


@api(
    "GET", _BATCHES + "/{id}/items/{number}/document", tag="seal", summary="条目的已盖章文件",
    summary_en="The sealed file of one item",
    path=ItemPath, returns=Media("application/octet-stream"), problems=("not-found", "conflict"),
    permission=Permission.SEAL_STAMP,
)  # fmt: skip
def item_document(call: Call[None, None, ItemPath]) -> Binary:
    item, octets = report.result(room(SealRoom), call.principal, call.path.id, call.path.number)
    return Binary(octets, filename=f"{item.number:06d}.{item.format}")


@api(
    "GET", _BATCHES + "/{id}/results.zip", tag="seal", summary="批量下载已盖章文件（分段 ZIP）",
    summary_en="Sealed files as ZIP, some at a time",
    description=Text(
        "响应头 X-Last-Item 为本段最后一个条目的编号，作为下一段的 after；为 0 时已取完。",
        "The header X-Last-Item is the last item's number, the next part's `after`; 0 when there are no more.",
    ),
    path=BatchPath, query=ResultsQuery, returns=Media("application/zip"), problems=("not-found",),
    permission=Permission.SEAL_STAMP,
)  # fmt: skip
def results(call: Call[None, ResultsQuery, BatchPath]) -> Binary:
    query = call.query
    octets, last = report.results(room(SealRoom), call.principal, call.path.id, after=query.after, most=query.limit)
    return Binary(octets, "application/zip", filename="sealed.zip", headers={"X-Last-Item": str(last)})


@api(
    "GET", _BATCHES + "/{id}/archive.zip", tag="seal", summary="下载全部已盖章文件（流式 ZIP）",
    summary_en="All sealed files as one ZIP",
    description=Text(
        "边读边发，不限条目数；中断后请改用分段下载。",
        "Sent as it is read, however many there are. For downloads that can go on after a break, take the parts.",
    ),
    path=BatchPath, returns=Media("application/zip"), problems=("not-found",), permission=Permission.SEAL_STAMP,
)  # fmt: skip
def whole_archive(call: Call[None, None, BatchPath]) -> Streamed:
    pieces = handing.archive(room(SealRoom), call.principal, call.path.id)
    return Streamed(pieces, "application/zip", "sealed.zip")


@api(
    "GET", _BATCHES + "/{id}/items.csv", tag="seal", summary="批次条目表（CSV）",
    summary_en="All items with their results and reasons, as CSV",
    path=BatchPath, returns=Media("text/csv"), problems=("not-found",), permission=Permission.SEAL_STAMP,
)  # fmt: skip
def items_table(call: Call[None, None, BatchPath]) -> Streamed:
    pieces = handing.table(room(SealRoom), call.principal, call.path.id)
    return Streamed(pieces, "text/csv", "items.csv")


ROUTES = collect(globals())
