"""Routes for the office side (批量、时限、提醒接口): bulk files, the revocation clock, expiry notices."""

from __future__ import annotations

from ca.registration import batches, bulk, deadlines, notices, rows, sheet
from ca.registration.answers import BatchesOut, BatchOut, CaseOut, CasesOut, NoticeOut, NoticesOut
from ca.registration.room import RegistrationRoom
from ca.registration.schemas import BulkForm, RegistrationPath
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, FileField, Media, api, collect
from foundation.web.frame import room

_BULK = "/api/v1/ca/registration-batches"
_FILERS = (Permission.RA_APPLY, Permission.RA_REVIEW)
_WATCHERS = (*_FILERS, Permission.RA_APPROVE, Permission.AUDIT_READ)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@api(
    "POST", _BULK, tag="ca-registration", summary="批量申请（CSV、XLSX）",
    summary_en="Apply in bulk from CSV or XLSX, up to 10,000 lines",
    description=Text(
        "整份文件先检查，默认有一行有误就整份不受理；逐行给出行号、列号和原因。同一行不会重复受理。",
        "The whole file is checked first; by default one faulty line keeps it out. Faults come with line, column and "
        "reason. The same line is never filed twice.",
    ),
    form=BulkForm, files=(FileField("file", max_bytes=sheet.MOST_OCTETS, media_types=("text/csv", _XLSX)),),
    returns=BatchOut, status=202, problems=("forbidden", "unsupported"), permission=_FILERS,
    audit="ca.registration.bulk",
)  # fmt: skip
def upload_batch(call: Call[None, None, None, BulkForm]) -> BatchOut:
    desk, form = room(RegistrationRoom), call.form
    identifier = bulk.upload(
        desk,
        call.principal,
        call.file("file").data,
        profile=form.profile,
        suite=form.suite,
        channel=form.channel,
        partial=form.partial,
    )
    return BatchOut.of(batches.find(desk, call.principal, identifier))


@api(
    "GET", _BULK, tag="ca-registration", summary="批量申请列表", summary_en="Bulk files and how they stand",
    returns=BatchesOut, permission=_WATCHERS,
)  # fmt: skip
def list_batches(call: Call) -> BatchesOut:
    return BatchesOut(items=[BatchOut.of(one) for one in batches.listed(room(RegistrationRoom), call.principal)])


@api(
    "GET", _BULK + "/template", tag="ca-registration", summary="批量申请模板", summary_en="An empty table, CSV",
    returns=Media("text/csv"), permission=_WATCHERS,
)  # fmt: skip
def get_template(call: Call) -> Binary:
    del call
    return Binary(rows.template().encode(), "text/csv; charset=utf-8", filename="registrations.csv")


@api(
    "GET", _BULK + "/{id}", tag="ca-registration", summary="批量申请进度",
    summary_en="One bulk file: progress and faults",
    path=RegistrationPath, returns=BatchOut, permission=_WATCHERS,
)  # fmt: skip
def get_batch(call: Call[None, None, RegistrationPath]) -> BatchOut:
    return BatchOut.of(batches.find(room(RegistrationRoom), call.principal, call.path.id))


@api(
    "GET", "/api/v1/ca/revocation-deadlines", tag="ca-registration", summary="撤销请求时限",
    summary_en="Open revocation requests and the time left, the most pressing first",
    returns=CasesOut, login=True,
)  # fmt: skip
def list_deadlines(call: Call) -> CasesOut:
    return CasesOut(items=[CaseOut.of(one) for one in deadlines.cases(room(RegistrationRoom), call.principal)])


@api(
    "GET", "/api/v1/ca/expiry-notices", tag="ca-registration", summary="到期提醒", summary_en="Expiry notices written",
    returns=NoticesOut, login=True,
)  # fmt: skip
def list_notices(call: Call) -> NoticesOut:
    return NoticesOut(items=[NoticeOut.of(one) for one in notices.listed(room(RegistrationRoom), call.principal)])


ROUTES = collect(globals())
