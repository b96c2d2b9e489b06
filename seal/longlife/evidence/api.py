"""Route of evidence records (证据记录接口): parse, authorise, call one function, render."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, Media, Wire, api, collect
from foundation.web.frame import room
from hsm.digests import Digest
from seal.longlife.evidence.handing_out import for_order
from seal.room import SealRoom


class OrderPath(Wire):
    id: UUID


class EvidenceQuery(Wire):
    line: Literal["sm3", "sha256", "sha384", "sha512"] = Field("sm3", description="Algorithm the record begins with")
    file: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="SHA-256 of the form of the file that is meant; without it, the newest that has a record"
    )


@api(
    "GET", "/api/v1/seal/orders/{id}/evidence", tag="seal", summary="下载用章文件的证据记录",
    summary_en="The evidence record of a sealed file",
    description=Text(
        "RFC 4998 证据记录（.er），用章次日生成，与文件一起保存、一起核验，见 docs/long-life.md。",
        "An RFC 4998 evidence record (.er), made the day after sealing. Keep it beside the file and have both "
        "verified together; see docs/long-life.md.",
    ),
    path=OrderPath, query=EvidenceQuery, returns=Media("application/octet-stream"), problems=("not-found",),
    permission=Permission.SEAL_READ, audit="seal.evidence.export",
)  # fmt: skip
def evidence(call: Call[None, EvidenceQuery, OrderPath]) -> Binary:
    query = call.query
    handed = for_order(room(SealRoom), call.principal, call.path.id, Digest(query.line), query.file)
    return Binary(handed.record, filename=f"{call.path.id}.er", headers={"X-File-SHA256": handed.file_sha256})


ROUTES = collect(globals())
