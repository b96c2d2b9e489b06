"""Making once more what an order makes of its document (重做), for the signer: `seal.approval.redone` says what for.

Brings the PDF library along, so it is imported when there is something to compare.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ca.reading.shapes import fields
from foundation import der
from hsm.service.errors import PolicyRefused
from hsm.service.policies import Asked
from seal import stamp_ofd, stamp_pdf
from seal.models import SealOrder, SealRow
from seal.ofd.dates import Laid, lay
from seal.ofd.marking import annotation
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.ofd.signing import Stamp
from seal.ofd.signing import prepare as prepare_package
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder, PdfOrder
from seal.pdf import sealing
from seal.pdf.appearance import Appearance
from seal.pdf.dated import with_date
from seal.pdf.document import inspect
from seal.pdf.revision import prepare
from seal.pdf.sheets import PdfSheets
from seal.pdf.writer import open_writer
from seal.placing import resolve

__all__ = ["OTHER", "Appearance", "ofd", "pdf", "terms"]

OTHER = ("added_other", "待签内容在审批通过的文件之外还有别的改动", "more than the approved seal was added")
_RANGE = re.compile(rb"/ByteRange\s*\[\s*0 (\d{1,10}) (\d{1,10}) (\d{1,10})\s*\]")
_HOLE = re.compile(rb"<[0-9A-Fa-f]*>")
_MOST_RESERVED = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Shown:
    appearance: Appearance


def terms(given: PdfOrder | OfdOrder, order: SealOrder) -> str:

    if isinstance(given, PdfOrder) and order.format == "pdf":
        said = stamp_pdf.terms_of(given)
    elif isinstance(given, OfdOrder) and order.format == "ofd":
        said = stamp_ofd.terms_at(given, _version(given, order))
    else:
        raise PolicyRefused("order_kept", "找不到申请时的用章指令", "the order as it was given is not there")
    if given.matter is not None:
        said = {**said, "matter": [given.matter.code, given.matter.number]}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def _version(given: OfdOrder, order: SealOrder) -> int:
    """The settings of its day filled in what the order left open."""
    return int(given.version or json.loads(order.terms).get("version", 4))


def pdf(asked: Asked, order: SealOrder, seal: SealRow, given: PdfOrder, look: Appearance) -> None:
    """Every revision up to the one to be signed, made again on top of the one before."""
    content, last = asked.content, [suite.value for suite in given.suites].index(asked.intent.rpartition(":")[2])
    inspected, writer = inspect(given.document, sealing.existing_field(given.place))
    look = with_date(look, given.dated, given.date_where) if given.dated else look
    marks = resolve(given.place, PdfSheets(inspected, writer, look.width, look.height), look.width, look.height)
    layout = sealing.Layout(given, inspected, marks, look, seal.name, seal.department_name)
    at = len(inspected.data)
    for index in range(last + 1):
        found = _RANGE.search(content, at)
        begin, second, length = (int(number) for number in found.groups()) if found else (0, 0, 0)
        if not at < begin < second or second - begin - 2 > 2 * _MOST_RESERVED:
            raise PolicyRefused(*OTHER)
        sealing.name_revision(writer, order, index)
        prepared = prepare(writer, sealing.revision_of(layout, index, order, (second - begin - 2) // 2))
        if index == last:  # the hole itself never comes here
            wanted = content
        else:
            at = second + length
            wanted = content[:begin] + content[second:at]
            if at > len(content) or not _HOLE.fullmatch(content[begin:second]):
                raise PolicyRefused(*OTHER)
        if prepared.byte_range != (0, begin, second, length) or prepared.covered != wanted:
            raise PolicyRefused(*OTHER)
        if index < last:
            writer = open_writer(content[:at])


def ofd(asked: Asked, order: SealOrder, given: OfdOrder, look: Appearance) -> None:

    plain = given.form is OfdForm.SIGN
    # which seal is inside was looked at before (`seal.policies`)
    esl = None if plain else fields(der.parse(asked.data), 5, 5, "TBS_Sign")[1].raw
    package = Package.read(given.document)
    sheets = OfdSheets.of(package, given.which)
    laid = Laid(package, sheets, ()) if plain else lay(package, sheets, given, look.width, look.height)
    shown = tuple(annotation(mark, _Shown(look), laid.sheets) for mark in laid.marks)
    prepared = prepare_package(laid.package, Stamp(esl, shown, order.signing_time, given.closing, laid.sheets.body))
    if asked.content[order.document_size :] != prepared.entries[prepared.signature_name]:
        raise PolicyRefused(*OTHER)
