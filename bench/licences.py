"""Licences issued and sealed (签发与用章): the whole, and its parts, beside floors and pyHanko as usually written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import segno

from bench.measure import Figure, measure
from bench.peers import openssl
from bench.peers.pyhanko_simple import Peer
from ca.suites import Suite
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.backends.backend import OpenKey
from hsm.keys import Algorithm
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify
from licence import intents, sealing
from licence.face import make_face
from licence.intents import IssueRequest
from licence.issue import issue
from licence.models import LicenceIntent
from licence.render.ofd import write_ofd
from licence.render.page import lay_out
from licence.render.pdf import write_pdf
from licence.render.qr import matrix
from seal.find import in_use
from seal.orders import OfdOrder, PdfOrder
from seal.stamp import stamp_ofd, stamp_pdf
from server.demo import DATA
from server.house import House
from server.sample import MARKET

BOTH = (Suite.SM2, Suite.RSA)
_number = count()


def _request(suites: tuple[Suite, ...]) -> IssueRequest:
    return IssueRequest("food-operation", DATA, f"bench:{next(_number)}", suites)


def figures(house: House) -> Iterator[Figure]:
    department = MARKET.client()
    first = issue(house.licence, department, _request((Suite.SM2,)))
    intent, frozen, text = _frozen(house, first.id)
    kind, terms = sealing.face_terms(intent, frozen)
    face = make_face(kind, frozen.data, terms, text)
    page = lay_out(face)
    pages = sealing.render(intent, frozen, text)
    seal = in_use(house.seal, MARKET.uscc)

    yield from _parts(house, face, page, text)
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(Path(folder))
        peer_ms, _ = measure(lambda: peer.seal(pages.pdf), times=5)
    for name, suites in (("SM2", (Suite.SM2,)), ("RSA", (Suite.RSA,)), ("SM2 + RSA", BOTH)):
        ms, wall = measure(
            lambda s=suites: stamp_pdf(  # type: ignore[misc]  # a lambda with a default
                house.seal, SYSTEM, PdfOrder(pages.pdf, seal.id, pages.place, f"bench:{next(_number)}", s)
            ),
            times=20,
        )
        note = "B-T, visible, recorded, verified back, stored" + (" ×2" if suites is BOTH else "")
        yield Figure(f"seal one PDF, {name}", ms, wall, "pyHanko SimpleSigner, RSA-2048 B-B", peer_ms, note)
    ms, wall = measure(
        lambda: stamp_ofd(house.seal, SYSTEM, OfdOrder(pages.ofd, seal.id, pages.place, f"bench:{next(_number)}")),
        times=20,
    )
    yield Figure("seal one OFD, SM2", ms, wall, note="SES_Signature v4 with time stamp, recorded, compared, stored")
    for name, suites in (("SM2", (Suite.SM2,)), ("SM2 + RSA", BOTH)):
        ms, wall = measure(lambda s=suites: issue(house.licence, department, _request(s)), times=20)  # type: ignore[misc]
        yield Figure(f"issue one licence, {name}", ms, wall, note="PDF and OFD, code, numbers, audit, all stored")


def _parts(house: House, face: object, page: object, text: str) -> Iterator[Figure]:
    ms, wall = measure(lambda: lay_out(face), times=20)  # type: ignore[arg-type]
    yield Figure("  lay out the page", ms, wall)
    ms, wall = measure(lambda: write_pdf(page, face), times=20)  # type: ignore[arg-type]
    yield Figure("  write the PDF page", ms, wall, note="fonts subset by HarfBuzz")
    ms, wall = measure(lambda: write_ofd(page, face), times=20)  # type: ignore[arg-type]
    yield Figure("  write the OFD page", ms, wall)
    peer, _ = measure(lambda: segno.make(text, error="m", boost_error=False, micro=False), times=5)
    ms, wall = measure(lambda: matrix(text), times=20)
    yield Figure("  QR symbol", ms, wall, "segno, automatic mask", peer)
    key = private_keys.generate(Algorithm.SM2)  # the service signs nothing for which the database holds no intent
    message = b"m" * 600
    ms, wall = measure(lambda: _sign_and_verify(key, message), times=300)
    floor, check = openssl.speed("sm2")
    note = f"openssl alone: sign {floor:.2f} ms, verify {check:.2f} ms"
    yield Figure("  SM2 signature, verified back", ms, wall, "openssl speed sm2: sign + verify", floor + check, note)
    data = b"x" * 100_000
    ms, wall = measure(lambda: house.ground.storage.put_new(f"bench/{next(_number)}", data), times=50)
    yield Figure("  store 100 kB, fsynced", ms, wall)


def _sign_and_verify(key: OpenKey, message: bytes) -> None:
    verify(key.spki, Scheme.SM2_SM3, message, private_keys.sign(key, message), sm2_id=DEFAULT_SM2_ID)


def _frozen(house: House, licence: UUID) -> tuple[LicenceIntent, intents.Frozen, str]:
    from sqlalchemy import select

    from licence.code import signed
    from licence.models import LicenceRow

    with house.ground.db.read() as session:
        row = session.get_one(LicenceRow, licence)
        intent = session.scalars(select(LicenceIntent).where(LicenceIntent.id == row.intent_id)).one()
    frozen = intents.thaw(house.ground, intent)
    return intent, frozen, signed(house.licence, intent, frozen)
