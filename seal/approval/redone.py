"""The signer makes the revision itself (重做比对): what it is asked to sign must be, octet for octet, what the approved
order makes of the approved bytes.

The order is the one kept sealed at the request, held to the terms that were approved; place, look, locks and words
follow from it. So nothing else can stand in a PDF's revision or an OFD's Signature.xml: no shadow object, no other
page, no moved or changed mark. The PDF library is loaded only here, for orders under approvals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ca.room import CaRoom
from foundation.errors import YinxinError
from hsm.service.errors import PolicyRefused
from hsm.service.policies import Asked
from hsm.service.records import Facts
from seal.approval import kept_orders, looks
from seal.approval.models import CaseKind, SealCase, SealLook
from seal.batches.models import SealBatch
from seal.models import SealOrder, SealRow
from seal.orders import Matter, OfdOrder, PdfOrder


def check(
    ca: CaRoom, asked: Asked, order: SealOrder, seal: SealRow, case: SealCase, pinned: Mapping[str, str]
) -> Facts:
    """Facts for the journal; raises `PolicyRefused`. `pinned`: digests of looks signed before, by seal."""
    if order.format not in ("pdf", "ofd"):
        return {}
    from seal.approval import remaking  # not before it is needed: it brings the PDF library into the signer

    with ca.ground.db.read() as session:
        row = session.get(SealLook, seal.id)
        batch = session.get(SealBatch, case.subject_id) if case.kind == CaseKind.BATCH else None
    digest = looks.digest(row) if row is not None else ""
    if row is None or pinned.get(str(seal.id), digest) != digest:
        raise PolicyRefused("look", "印章外观没有登记或被换过", "the look of the seal is not on record, or another one")
    look = remaking.Appearance(row.width, row.height, row.deflated)
    given = _given(ca, case, batch, order)
    try:
        if isinstance(given, PdfOrder):
            remaking.pdf(asked, order, seal, replace(given, document=asked.content[: order.document_size]), look)
        else:
            remaking.ofd(asked, order, replace(given, document=asked.content[: order.document_size]), look)
    except PolicyRefused:
        raise
    except (YinxinError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PolicyRefused(*remaking.OTHER) from error
    return {"look": digest}


def _given(ca: CaRoom, case: SealCase, batch: SealBatch | None, order: SealOrder) -> PdfOrder | OfdOrder:
    """The order as it was given; the digest of its words and the rest of it stand in the terms that were approved."""
    cipher = ca.ground.cipher
    if batch is None and case.sealed_order is None:
        raise PolicyRefused("order_kept", "找不到申请时的用章指令", "the order as it was given is not there")
    try:
        if batch is None:
            kept = (kept_orders.TABLE, "sealed_order", case.id, case.sealed_order or "")
        else:
            pdf, ofd = batch.way.split("\n")
            kept = ("seal_batch", f"way_{order.format}", batch.id, pdf if order.format == "pdf" else ofd)
        given = kept_orders.open_again(cipher, *kept, b"")
    except (YinxinError, ValueError, LookupError, TypeError) as error:
        raise PolicyRefused("order_kept", "找不到申请时的用章指令", "the order as it was given is not there") from error
    if batch is not None and batch.matter:
        given = replace(given, matter=Matter(batch.matter, batch.matter_number))
    from seal.approval import remaking

    if remaking.terms(given, order) != order.terms:
        raise PolicyRefused("terms_other", "用章位置或方式与审批不符", "place or terms are not those approved")
    return given
