"""Stamping one PDF of 50 kB (PDF 用章测速): ours as departments get it, pyHanko as usually written, and the floor.

Ours is the whole order: found in the register, inspected, recorded, signed under policy, compared, stored with fsync.
The floor is facts sealing 3.4: a prepared file is copied, hashed, and a signature put into its hole.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import UUID

from bench.measure import Figure, cpu, measure
from bench.peers.pyhanko_simple import Peer as RsaPeer
from bench.peers.pyhanko_sm2 import Peer as Sm2Peer
from bench.scene import scene
from bench.turns import in_turns, with_children
from ca.chain import chain
from ca.suites import Suite
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.keys import Algorithm
from seal import find, keeping
from seal.compare_pdf import RANGE
from seal.held import Held
from seal.orders import PdfOrder, Placement
from seal.pdf_forms import Level
from seal.stamp import stamp_pdf
from server.house import House
from server.sample import MARKET

PLACE = Placement(1, 150, 240)
_number = count()


def paper() -> bytes:
    """One page: text, and a picture that fills the file up to 50 kB."""
    words = "\n".join(f"1 0 0 1 72 {780 - 14 * n} Tm (line {n}: the quick brown fox jumps) Tj" for n in range(45))
    content = f"BT /F1 12 Tf {words} ET q 80 0 0 90 300 60 cm /Im1 Do Q".encode()
    noise = random.Random(1).randbytes(46_000)  # noqa: S311 - no secret
    resources = b"<</Font<</F1 5 0 R>>/XObject<</Im1 6 0 R>>>>"
    image = b"<</Type/XObject/Subtype/Image/Width 200/Height 230/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources" + resources + b">>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        image % len(noise) + b"\nstream\n" + noise + b"\nendstream",
    ]
    data, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"xref\n0 7\n0000000000 65535 f \n%strailer\n<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return data + tail % (table, len(data))


@dataclass(frozen=True, slots=True)
class Bench:
    """A region, the paper and one seal."""

    house: House
    document: bytes
    held: Held
    seal: UUID

    @classmethod
    def of(cls, house: House) -> Bench:
        seal = find.in_use(house.seal, MARKET.uscc)
        return cls(house, paper(), keeping.held(house.seal, find.row_of(house.seal, SYSTEM, seal.id)), seal.id)

    @property
    def size(self) -> str:
        return f"{len(self.document) / 1000:.0f} kB"

    def stamp(self, suites: tuple[Suite, ...] = (Suite.SM2,), level: Level = Level.B_B) -> bytes:
        return _stamp(self.house, self.document, self.seal, suites, level)

    def peers(self, folder: Path) -> dict[str, Callable[[], bytes]]:
        certificate = self.held.templates[Suite.SM2].certificate
        look = zlib.decompress(self.held.appearance.deflated)
        sm2 = Sm2Peer(certificate, chain(self.house.seal.ca, certificate)[:-1], look, folder)
        rsa = RsaPeer(folder)
        return {
            "sm2": lambda: sm2.seal(self.document),
            "kept": lambda: sm2.seal_kept(self.document),
            "rsa": lambda: rsa.seal(self.document),
        }


def figures(house: House) -> Iterator[Figure]:
    bench = Bench.of(house)
    with tempfile.TemporaryDirectory() as folder:
        peers = bench.peers(Path(folder))
        yield from _beside_peers(bench, peers, "", "inspected, recorded, stored", cpu)
        ours, _ = measure(bench.stamp, times=20)
        yield _floor(bench.document, bench.held, bench.stamp(), ours)
        for suite, level in ((Suite.SM2, Level.B_T), (Suite.RSA, Level.B_B), (Suite.RSA, Level.B_T)):
            yield _plain(bench, suite, level, peers[suite.value])
    both = (Suite.SM2, Suite.RSA)
    ms, wall = measure(lambda: bench.stamp(both), times=10)
    yield Figure(f"stamp a {bench.size} PDF, SM2 + RSA B-B", ms, wall, note="two revisions, recorded, stored")
    with scene(apart=True) as region, tempfile.TemporaryDirectory() as folder:
        bench = Bench.of(region)
        note = "as `yinxin serve`: both processes counted"
        yield from _beside_peers(bench, bench.peers(Path(folder)), ", signer apart", note, with_children)


def _beside_peers(
    bench: Bench, peers: dict[str, Callable[[], bytes]], where: str, note: str, clock: Callable[[], float]
) -> Iterator[Figure]:
    """The bar of issue 4 number 20: ours and both peers in turns."""
    best = in_turns({"ours": (bench.stamp, 20), "sm2": (peers["sm2"], 8), "kept": (peers["kept"], 8)}, clock=clock)
    name = f"stamp a {bench.size} PDF, SM2 B-B{where}"
    yield Figure(name, *best["ours"], "pyHanko as usually written, B-B", best["sm2"][0], note)
    kinder = "pyHanko, key and certificates kept open"
    yield Figure("  the same beside a kinder peer", *best["ours"], kinder, best["kept"][0])


def _plain(bench: Bench, suite: Suite, level: Level, peer: Callable[[], bytes]) -> Figure:
    best = in_turns({"ours": (lambda: bench.stamp((suite,), level), 20), "peer": (peer, 4)}, rounds=3)
    name = f"stamp a {bench.size} PDF, {suite.value.upper()} {level.value.upper()}"
    peer_ms = best["peer"][0]
    return Figure(name, *best["ours"], "pyHanko as usually written, B-B", peer_ms, "inspected, recorded, stored")


def _stamp(house: House, document: bytes, seal: UUID, suites: tuple[Suite, ...], level: Level) -> bytes:
    order = PdfOrder(document, seal, PLACE, f"bench-stamping:{next(_number)}", suites, level=level)
    return stamp_pdf(house.seal, SYSTEM, order).document


def _floor(document: bytes, held: Held, sealed: bytes, ours: float) -> Figure:
    """Copy, hash, sign, put together, fill the hole: nothing looked at, nothing kept."""
    match = next(RANGE.finditer(sealed, len(document)))
    _, first, second, length = (int(number) for number in match.groups())
    key = private_keys.generate(Algorithm.SM2)
    template = held.templates[Suite.SM2]

    def fill() -> bytes:
        copy = bytearray(sealed)
        with memoryview(copy) as view:
            running = Suite.SM2.digest.stream()
            running.update(view[:first])
            running.update(view[second : second + length])
        attributes = template.signed_attributes(running.finalize())
        cms = template.assemble(attributes, private_keys.sign(key, attributes), None)
        copy[first + 1 : first + 1 + 2 * len(cms)] = cms.hex().encode()
        return bytes(copy)

    ms, wall = measure(fill, times=100)
    return Figure(
        "  the floor: copy, hash, CMS by concatenation", ms, wall, "ours, B-B", ours, "ratio is floor to ours"
    )


def memory(house: House, times: int) -> Iterator[dict[str, int]]:
    """Octets this process holds for itself (RssAnon), ten times on the way: it must stay flat."""
    document, seal = paper(), find.in_use(house.seal, MARKET.uscc)
    for number in range(times):
        if number % max(times // 10, 1) == 0:
            yield {"stamped": number, "kib": _anonymous()}
        _stamp(house, document, seal.id, (Suite.SM2,), Level.B_B)
    yield {"stamped": times, "kib": _anonymous()}


def _anonymous() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("RssAnon:")[1].split()[0])


def main() -> None:
    """`python -m bench.stamping`, or `python -m bench.stamping 10000` for memory over so many files."""
    with scene() as house:
        if len(sys.argv) > 1:
            for row in memory(house, int(sys.argv[1])):
                print(json.dumps(row))
            return
        for figure in figures(house):
            print(json.dumps(figure.as_dict(), ensure_ascii=False))


if __name__ == "__main__":
    main()
