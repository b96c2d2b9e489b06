"""What an approver looks at (审批预览): the stored bytes themselves, and pages painted from exactly these bytes."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import Unsupported
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from seal.approval import cases, cases_open
from seal.approval.errors import CaseUnknown
from seal.approval.gate import waiting_key
from seal.approval.models import CaseKind
from seal.batches import report
from seal.batches.report import Item
from seal.errors import Swapped
from seal.pdf import painted
from seal.pdf.painted import Painted
from seal.room import SealRoom


def document(room: SealRoom, principal: Principal, case_id: UUID) -> tuple[bytes, str]:
    """The bytes to be signed, held against their digest, and a name for them."""
    case = cases.find(room, principal, case_id)
    if case.kind != CaseKind.ORDER or case.format not in ("pdf", "ofd"):
        raise CaseUnknown  # a batch shows its items, and hash-only orders have no document here
    return cases_open.stored(room, case), f"waiting.{case.format}"


def items(room: SealRoom, principal: Principal, case_id: UUID, *, after: int = 0, limit: int = 100) -> list[Item]:
    """The documents of a batch that waits, for its approver."""
    case = cases.find(room, principal, case_id)
    if case.kind != CaseKind.BATCH:
        raise CaseUnknown
    return report.items(room, principal, case.subject_id, after=after, limit=limit)


def item_document(room: SealRoom, principal: Principal, case_id: UUID, number: int) -> tuple[bytes, str]:
    """One document of a batch that waits, held against its digest in the list."""
    found = items(room, principal, case_id, after=number - 1, limit=1)
    if not found or found[0].number != number or found[0].document_sha256 is None:
        raise CaseUnknown
    octets = room.ground.storage.open(waiting_key(found[0].document_sha256))
    if sha256(octets).hex() != found[0].document_sha256:
        raise Swapped(f"{case_id}:{number}")
    return octets, f"{number:06d}.{found[0].format}"


def page(room: SealRoom, principal: Principal, case_id: UUID, number: int, *, item: int | None = None) -> Painted:
    """One page of the document, or of one of a batch, as a picture of exactly the bytes to be signed."""
    if item is None:
        octets, name = document(room, principal, case_id)
    else:
        octets, name = item_document(room, principal, case_id, item)
    if not name.endswith(".pdf"):
        raise Unsupported(
            "seal.no_picture",
            Text("OFD 暂不能显示为图像，请下载后查看。", "An OFD is not painted here. Download it to look at it."),
        )
    return painted.page(octets, number)
