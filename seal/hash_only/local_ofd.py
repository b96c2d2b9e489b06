"""Stamping an OFD in the department (本地 OFD 用章): prepare, send the SM3 of Signature.xml, put the answer inside."""

from __future__ import annotations

from ca.suites import Suite
from hsm.digests import sha256
from seal.compare_ofd import Ordered, check_ofd
from seal.hash_only.checking import check_ofd_value
from seal.hash_only.local import Ask, Request, Service
from seal.ofd.marking import annotation
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.ofd.shown import check_shown
from seal.ofd.signing import Stamp, prepare
from seal.placing import resolve


def stamp_ofd(service: Service, request: Request) -> bytes:
    """The sealed package, compared with the approved one."""
    package = Package.read(request.document)
    sheets = OfdSheets.of(package)
    seal = service.seal(Suite.SM2)
    held, look = seal.held(Suite.SM2), seal.appearance
    marks = resolve(request.place, sheets, look.width, look.height)
    document = request.document
    frozen = service.open(Ask("ofd", Suite.SM2, sha256(document), len(document), marks, request.closing))
    shown = tuple(annotation(mark, held, sheets) for mark in marks)
    prepared = prepare(package, Stamp(seal.esl, shown, frozen.signing_time, request.closing))
    value = service.sign(frozen.order_id, prepared.data_hash, prepared.property_info)
    check_ofd_value(value, prepared.data_hash, prepared.property_info, held, frozen.signing_time)
    sealed = prepared.finish(value)
    finished = Package.read(sealed)
    check_ofd(package, finished, held, Ordered(frozen.signing_time, request.closing))
    check_shown(finished, held, sheets, marks)
    return sealed
