"""Stamping one OFD (OFD 用章测速): the work on the document, the whole order around it, and the floor.

The document's work is read, placed, prepared, signed with SM2 and verified back, packed, read again and compared with
both of its signatures. The whole order adds register, policy, journal, a time stamp and files, each with its fsync.
The floor is what no program can leave out: the digests and the signature.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

from bench.measure import Figure
from bench.scene import scene
from bench.turns import in_turns
from ca.suites import Suite
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.digests import sm3
from hsm.keys import Algorithm
from hsm.verifying import DEFAULT_SM2_ID, verify
from seal import find, keeping, ses_writing
from seal.compare_ofd import Ordered, check_ofd
from seal.ofd.marking import annotation
from seal.ofd.package import NAMESPACE, Package, write
from seal.ofd.sheets import OfdSheets
from seal.ofd.shown import check_shown
from seal.ofd.signing import Stamp, prepare
from seal.orders import OfdOrder, Placement
from seal.placing import resolve
from seal.stamp import stamp_ofd
from server.house import House
from server.sample import MARKET

PLACE = Placement(1, 150, 240)
_VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"
_number = count()


def paper() -> bytes:
    """One page of text, and a picture that does not shrink."""
    named = f'xmlns:ofd="{NAMESPACE}"'
    lines = "".join(
        f'<ofd:TextObject ID="{10 + n}" Boundary="20 {20 + 5 * n} 170 5" Font="4" Size="4">'
        f'<ofd:TextCode X="0" Y="4">第 {n} 行：本行文字用于测速</ofd:TextCode></ofd:TextObject>'
        for n in range(45)
    )
    parts = {
        "OFD.xml": f'<ofd:OFD {named} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
        "<ofd:DocID>00112233445566778899aabbccddeeff</ofd:DocID></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {named}><ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
        '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/Pages/Page_0/Content.xml": f'<ofd:Page {named}><ofd:Content><ofd:Layer ID="2">{lines}</ofd:Layer>'
        "</ofd:Content></ofd:Page>",
    }
    picture = b"\x89PNG\r\n\x1a\n" + b"".join(sm3(n.to_bytes(4, "big")) for n in range(1400))
    return write({**{name: text.encode() for name, text in parts.items()}, "Doc_0/Res/picture.png": picture})


def figures(house: House) -> Iterator[Figure]:
    document = paper()
    seal = find.in_use(house.seal, MARKET.uscc)
    held = keeping.held(house.seal, find.row_of(house.seal, SYSTEM, seal.id))
    done = stamp_ofd(house.seal, SYSTEM, OfdOrder(document, seal.id, PLACE, f"bench-ofd:{next(_number)}"))
    value = Package.read(done.document).file(_VALUE)
    key = private_keys.generate(Algorithm.SM2)

    def sign(data: bytes) -> None:
        verify(key.spki, Suite.SM2.scheme, data, private_keys.sign(key, data), sm2_id=DEFAULT_SM2_ID)

    def work() -> None:
        package = Package.read(document)
        sheets = OfdSheets.of(package)
        marks = resolve(PLACE, sheets, held.appearance.width, held.appearance.height)
        shown = tuple(annotation(mark, held, sheets) for mark in marks)
        prepared = prepare(package, Stamp(held.esl, shown, done.signing_time, closing=True, body=sheets.body))
        sign(ses_writing.to_be_signed(held.esl, done.signing_time, prepared.data_hash, prepared.property_info))
        finished = Package.read(prepared.finish(value))  # the same digest, so the value made before is right
        check_ofd(package, finished, held, Ordered(done.signing_time, closing=True))
        check_shown(finished, held, sheets, marks)

    data = ses_writing.to_be_signed(held.esl, done.signing_time, bytes(32), "/")

    def order() -> None:
        stamp_ofd(house.seal, SYSTEM, OfdOrder(document, seal.id, PLACE, f"bench-ofd:{next(_number)}"))

    def floor() -> None:
        sm3(document)
        sm3(held.esl)
        sign(data)

    best = in_turns({"work": (work, 30), "order": (order, 10), "floor": (floor, 60)})
    size, least, peer = f"{len(document) / 1000:.0f} kB", best["floor"][0], "the floor (ratio is its part)"
    yield Figure(
        f"stamp a {size} OFD, the document's work", *best["work"], peer, least,
        note=f"seal of {len(held.esl) / 1000:.0f} kB; signed, verified back, compared; no register, no time stamp",
    )  # fmt: skip
    yield Figure(
        f"stamp a {size} OFD, the whole order", *best["order"], peer, least,
        note="recorded, signed under policy, journalled, time stamped, compared, stored",
    )  # fmt: skip
    yield Figure("  the floor: digests, one SM2 signature verified back", *best["floor"])


def main() -> None:
    with scene() as house:
        for figure in figures(house):
            print(json.dumps(figure.as_dict(), ensure_ascii=False))


if __name__ == "__main__":
    main()
