"""Certificate paths (证书路径): a three-link SM2 chain with remembered issuers, beside one bare SM2 verification.

Root, intermediate, issuing CA, leaf, each with its list; every leaf is new, so its signature is checked each time. Bare
and whole are measured in turns, for the machine is shared: their ratio is the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.measure import Figure, measure
from ca.reading import Certificate, read_certificate
from hsm.keys import Algorithm
from hsm.schemes import Scheme
from tests.verify import pki
from verify import links
from verify.moments import Moment
from verify.path import validate
from verify.trust import TrustStore, Use

LEAVES = 400
ROUNDS = 7
FAMILIES = {"SM2": Algorithm.SM2, "P-256": Algorithm.P256}


def figures() -> Iterator[Figure]:
    for name, algorithm in FAMILIES.items():
        yield _warm(name, algorithm)
        yield _cold(name, algorithm)


def _warm(name: str, algorithm: Algorithm) -> Figure:
    trust, leaves = _chain(algorithm)
    issuer, moment = trust.intermediates[-1], Moment(pki.NOW)
    scheme = _scheme(leaves[0])

    def bare(leaf: Certificate) -> None:
        if not links.stands(issuer.spki, scheme, leaf.tbs, leaf.signature):
            raise RuntimeError("the leaf does not stand; a speed would mean nothing")

    def whole(leaf: Certificate) -> None:
        if not validate(leaf, trust, moment=moment, use=Use.SEAL).trusted:
            raise RuntimeError("the path is not trusted; a speed would mean nothing")

    best: dict[str, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for what, work in (("bare", bare), ("whole", whole)):
            links.forget()
            spent = _once(work, leaves)
            best[what] = min(best.get(what, spent), spent)
    note = f"{best['whole'][0] / best['bare'][0]:.2f} × the bare signature"
    peer = f"one {name} verification"
    return Figure(f"path of 3 links, {name}, issuers known", *best["whole"], peer, best["bare"][0], note)


def _cold(name: str, algorithm: Algorithm) -> Figure:
    """Everything anew: three certificates, three lists."""
    trust, leaves = _chain(algorithm)
    data = trust.anchors, trust.intermediates, trust.crls

    def whole() -> None:
        links.forget()
        fresh = TrustStore(data[0], data[1], crls=data[2])
        if not validate(leaves[0], fresh, moment=Moment(pki.NOW), use=Use.SEAL).trusted:
            raise RuntimeError("the path is not trusted; a speed would mean nothing")

    ms, wall = measure(whole, times=20, rounds=5)
    return Figure(f"path of 3 links, {name}, nothing known", ms, wall, note="6 signatures: 3 certificates, 3 lists")


def _once(work: Callable[[Certificate], None], leaves: list[Certificate]) -> tuple[float, float]:
    todo = iter(leaves)
    return measure(lambda: work(next(todo)), times=len(leaves), rounds=1, warm=0)


def _chain(algorithm: Algorithm) -> tuple[TrustStore, list[Certificate]]:
    root = pki.make(f"bench root {algorithm}", kind="ca", algorithm=algorithm)
    middle = pki.make(f"bench middle {algorithm}", root, kind="ca", algorithm=algorithm)
    issuing = pki.make(f"bench issuing {algorithm}", middle, kind="ca", algorithm=algorithm)
    made = [
        pki.make(f"bench leaf {algorithm}", issuing, algorithm=algorithm, organization="印川市市场监督管理局")
        for _ in range(LEAVES)
    ]
    trust = TrustStore.build(
        [root.certificate],
        intermediates=[middle.certificate, issuing.certificate],
        crls=[root.crl(), middle.crl(), issuing.crl()],
    )
    return trust, [read_certificate(one.certificate) for one in made]


def _scheme(certificate: Certificate) -> Scheme:
    if certificate.scheme is None:
        raise RuntimeError("the bench made a certificate with an unknown algorithm")
    return certificate.scheme
