"""Stamping a PDF in the department (本地 PDF 用章): one revision per suite, each asked for by its digest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from ca.suites import Suite
from foundation.clock import SHANGHAI
from foundation.errors import InvalidInput
from foundation.text import Text
from hsm.digests import sha256
from seal.compare_pdf import check_pdf
from seal.hash_only.checking import check_pdf_value
from seal.hash_only.local import Ask, LocalSeal, Request, Service
from seal.orders import PdfOrder
from seal.pdf import sealing
from seal.pdf.added import check_added
from seal.pdf.document import Inspected, inspect
from seal.pdf.octets import Octets
from seal.pdf.revision import Closing, Revision, prepare
from seal.pdf.sheets import PdfSheets
from seal.pdf.writer import open_writer
from seal.placing import Mark, resolve

_TOKEN_ROOM = 1400
"""Octets of a time stamp beside its two certificates."""
_NOBODY, _NEVER = UUID(int=0), datetime.min.replace(tzinfo=UTC)
_SUITES = ((Suite.SM2,), (Suite.RSA,), (Suite.P256,), (Suite.SM2, Suite.RSA), (Suite.SM2, Suite.P256))


def stamp_pdf(service: Service, request: Request) -> bytes:
    """The sealed file: the approved bytes begin it, and nothing but the signatures was added."""
    if request.suites not in _SUITES:
        raise InvalidInput("seal.suites", Text("签名算法组合不对。", "These suites cannot be combined."))
    order = PdfOrder(request.document, _NOBODY, request.place, "", request.suites, request.reason, request.closing)
    inspected, writer = inspect(request.document, sealing.existing_field(order.place))
    seals = {suite: service.seal(suite) for suite in request.suites}
    first = seals[request.suites[0]]
    look = first.appearance
    marks = resolve(order.place, PdfSheets(inspected, writer, look.width, look.height), look.width, look.height)
    sealed, time = _revisions(service, order, inspected, seals, marks)
    held = first.held(request.suites[0])
    own = {suite: seal.held(suite) for suite, seal in seals.items()}
    held = replace(
        held,
        templates={suite: one.templates[suite] for suite, one in own.items()},
        certificates=tuple(certificate for one in own.values() for certificate in one.certificates),
    )
    check_pdf(inspected, sealed, held, order, time)
    check_added(inspected, sealed, look, order, marks)
    return sealed


def _revisions(
    service: Service, order: PdfOrder, inspected: Inspected, seals: dict[Suite, LocalSeal], marks: tuple[Mark, ...]
) -> tuple[bytes, datetime]:
    """The sealed file, and the time of its last signature."""
    names = sealing.field_names(order, inspected)
    look = seals[order.suites[0]].appearance
    shown = tuple(sealing.visible(mark, look, inspected) for mark in marks)
    shows = sealing.shows_of(order, inspected, shown)
    current: Octets = inspected.data
    approved, time = order.document, _NEVER
    for index, suite in enumerate(order.suites):
        seal, closing = seals[suite], sealing.closing_of(order, inspected, index)
        template = seal.held(suite).templates[suite]
        digest = sha256(approved)
        frozen = service.open(Ask("pdf", suite, digest, len(approved), marks, order.closing, index))
        writer = open_writer(current[:])
        writer.name_after(sha256(frozen.order_id.bytes))
        prepared = prepare(
            writer,
            Revision(
                field=names[index],
                label=seal.name,
                digest=suite.digest,
                closing=closing,
                time=frozen.signing_time.astimezone(SHANGHAI),
                name=seal.department_name,
                reason=order.reason,
                reserved=template.size_with(_TOKEN_ROOM + 2 * template.chain_size),
                visible=shown[0] if index == 0 and shows is None else None,
                shows=shows if index == 0 else None,
                waiting_field=names[1] if index == 0 and closing is Closing.CERTIFY_ONE_MORE else None,
            ),
        )
        value = service.sign(frozen.order_id, prepared.digest, None)
        check_pdf_value(value, prepared.digest, suite, seal.certificate)
        current = approved = prepared.fill_in_memory(value)
        time = frozen.signing_time
    return approved, time
