"""What an approver looks at (审批预览): the stored bytes themselves, and pages painted from exactly these bytes."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import Unsupported
from foundation.principal import Principal
from foundation.text import Text
from seal.approval import cases, cases_open
from seal.approval.errors import CaseUnknown
from seal.approval.models import CaseKind
from seal.pdf import painted
from seal.pdf.painted import Painted
from seal.room import SealRoom


def document(room: SealRoom, principal: Principal, case_id: UUID) -> tuple[bytes, str]:
    """The bytes to be signed, held against their digest, and a name for them."""
    case = cases.find(room, principal, case_id)
    if case.kind != CaseKind.ORDER or case.format not in ("pdf", "ofd"):
        raise CaseUnknown  # a batch shows its items, and hash-only orders have no document here
    return cases_open.stored(room, case), f"waiting.{case.format}"


def page(room: SealRoom, principal: Principal, case_id: UUID, number: int) -> Painted:
    """One page of the document, as a picture of exactly the bytes to be signed."""
    octets, name = document(room, principal, case_id)
    if not name.endswith(".pdf"):
        raise Unsupported(
            "seal.no_picture",
            Text("OFD 暂不能显示为图像，请下载后查看。", "An OFD is not painted here. Download it to look at it."),
        )
    return painted.page(octets, number)
