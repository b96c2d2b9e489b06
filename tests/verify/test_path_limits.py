"""Hostile certificates end quickly and with a reason (证书路径攻击): work is counted, so no clock is needed here.

Each attack took other validators minutes or for ever: meshes of cross certificates, piles of namesakes, mapped policies
(CVE-2023-0464), name constraints, circles, self-issued chains, huge and indirect lists.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest

from ca.reading import Certificate, read_certificate
from foundation import der
from hsm.keys import Algorithm
from tests.verify import extensions as ext
from tests.verify import pki
from tests.verify.path_cases import DAY, ca, leaf, root
from tests.verify.pki import NOW, Entity, make
from verify.moments import Moment
from verify.path import PathResult, PathRules, validate
from verify.paths import limits
from verify.paths.limits import Budget
from verify.paths.policies import Graph
from verify.report import Sub
from verify.trust import TrustStore, Use

P256 = Algorithm.P256


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How much was really done, counted where the budget is taken."""
    done = {"sign": 0, "step": 0}
    for name in done:
        real: Callable[[Budget], None] = getattr(Budget, name)

        def counted(self: Budget, name: str = name, real: Callable[[Budget], None] = real) -> None:
            done[name] += 1
            real(self)

        monkeypatch.setattr(Budget, name, counted)
    return done


def read(entities: Iterable[Entity]) -> list[Certificate]:
    return [read_certificate(one.certificate) for one in entities]


def ask(trust: TrustStore, one: Entity, extra: Iterable[Entity] = (), asked: PathRules | None = None) -> PathResult:
    certificate = read_certificate(one.certificate)
    more = {"asked": asked} if asked is not None else {}
    return validate(certificate, trust, extra=read(extra), moment=Moment(NOW), use=Use.CERTIFICATE, **more)


def codes(result: PathResult) -> set[str]:
    return {finding.code for finding in result.findings}


def mesh(size: int, prefix: str) -> tuple[list[Entity], list[Entity]]:
    """`size` authorities, each certified by all others: about size! paths."""
    nodes = [make(f"{prefix} {at}", kind="ca", algorithm=P256) for at in range(size)]
    crossed = [
        make(f"{prefix} {at}", other, kind="ca", algorithm=P256)
        for at, node in enumerate(nodes)
        for other in nodes
        if other is not node
    ]
    return nodes, crossed


def test_a_mesh_that_leads_nowhere_costs_no_signature(spent: dict[str, int]) -> None:
    nodes, crossed = mesh(9, "网")
    result = ask(TrustStore.build([root().certificate]), leaf(nodes[0], algorithm=P256), crossed)
    assert codes(result) == {"certificate.unknown_issuer"}
    assert spent["sign"] == 0


def test_a_mesh_that_leads_to_a_root_ends_at_a_limit(spent: dict[str, int]) -> None:
    """One authority of the mesh is certified by our root, but not as a CA: thousands of paths, none good."""
    nodes, crossed = mesh(9, "网")
    top = root()
    bridge = make("网 8", top, usage=(0,), algorithm=P256)
    result = ask(
        TrustStore.build([top.certificate], crls=[top.crl()]), leaf(nodes[0], algorithm=P256), [*crossed, bridge]
    )
    assert not result.trusted
    assert {"certificate.limits", "certificate.not_a_ca"} <= codes(result)
    assert spent["sign"] <= limits.MOST_SIGNATURES + 1
    assert spent["step"] <= limits.MOST_STEPS + 1


def test_a_mesh_does_not_hide_a_good_path(spent: dict[str, int]) -> None:
    """The same mesh in a file; the trust store knows the issuer, and that is tried first."""
    nodes, crossed = mesh(7, "网")
    top = root()
    direct = make("网 0", top, kind="ca", algorithm=P256)
    trust = TrustStore.build(
        [top.certificate],
        intermediates=[direct.certificate],
        crls=[top.crl(), Entity("网 0", P256, subject=nodes[0].subject).crl()],
    )
    assert ask(trust, leaf(nodes[0], algorithm=P256), crossed).trusted
    assert spent["sign"] <= 6


def _signed(tbs: bytes, like: Certificate) -> bytes:
    """With a signature that was made for something else."""
    return der.sequence(tbs, like.signature_algorithm, der.bit_string(like.signature))


def test_ten_thousand_certificates_in_the_store(spent: dict[str, int]) -> None:
    """Namesakes of the issuer with other keys, and strangers: the key identifier finds the right one."""
    top = root()
    issuer = ca("市级 CA", top)
    one = read_certificate(issuer.certificate)
    pile = []
    for at in range(5000):
        namesake = one.tbs.replace(issuer.key_id, at.to_bytes(20, "big"), 1)
        stranger = one.tbs.replace("市级 CA".encode(), f"{at:09d}".encode(), 1)
        pile += [_signed(tbs, one) for tbs in (namesake, stranger)]
    random.Random(7).shuffle(pile)  # noqa: S311 - any order will do, the same each time
    trust = TrustStore.build(
        [top.certificate], intermediates=[*pile, issuer.certificate], crls=[top.crl(), issuer.crl()]
    )
    assert ask(trust, leaf(issuer)).trusted
    assert spent["sign"] <= 4 + limits.MOST_FAN_OUT


def test_ten_thousand_namesakes_in_a_file(spent: dict[str, int]) -> None:
    """None of them is the issuer, all have its key identifier."""
    top = root()
    issuer = ca("市级 CA", top)
    one = read_certificate(issuer.certificate)
    pile = []
    for at in range(10_000):
        tbs = one.tbs.replace(one.spki[-32:], at.to_bytes(32, "big"), 1)
        pile.append(read_certificate(_signed(tbs, one)))
    certificate = read_certificate(leaf(issuer).certificate)
    trust = TrustStore.build([top.certificate], crls=[top.crl()])
    result = validate(certificate, trust, extra=pile, moment=Moment(NOW), use=Use.CERTIFICATE)
    assert codes(result) == {"certificate.limits"}
    assert result.sub is Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE
    assert spent["sign"] <= limits.MOST_FAN_OUT


def test_a_circle_of_authorities(spent: dict[str, int]) -> None:
    a, b = make("环甲", kind="ca"), make("环乙", kind="ca")
    circle = [make("环甲", b, kind="ca"), make("环乙", a, kind="ca")]
    assert codes(ask(TrustStore.build([root().certificate]), leaf(a), circle)) == {"certificate.unknown_issuer"}
    assert spent["sign"] == 0


def test_self_issued_certificates_do_not_lengthen_a_path_for_ever(spent: dict[str, int]) -> None:
    """They do not count for path lengths (RFC 5280 6.1.4 (l)); they do count for depth."""
    top = root()
    subject = pki.name("换钥不停 CA")
    chain = [ca("换钥 0", top, subject=subject, path_len=0)]
    for at in range(1, 30):
        chain.append(ca(f"换钥 {at}", chain[-1], subject=subject))
    trust = TrustStore.build([top.certificate], crls=[top.crl(), *(one.crl() for one in chain)])
    assert codes(ask(trust, leaf(chain[-1]), chain)) == {"certificate.limits"}
    assert spent["sign"] <= limits.MOST_SIGNATURES + 1
    few = TrustStore.build([top.certificate], crls=[top.crl(), *(one.crl() for one in chain[:4])])
    assert ask(few, leaf(chain[3]), chain[:4]).trusted


# --- policies --------------------------------------------------------------------------------------------------------


def test_policy_mappings_do_not_explode() -> None:
    """Every policy is mapped to every policy, at every depth: 2^64 nodes in the tree of RFC 5280, few in the graph."""
    oids = [f"1.3.6.1.4.1.32473.8.{number}" for number in range(16)]
    everything = [ext.policies(*oids), ext.mappings(*((a, b) for a in oids for b in oids))]
    top = root()
    chain = [ca("策略 0", top, *everything)]
    for at in range(1, 6):
        chain.append(ca(f"策略 {at}", chain[-1], *everything))
    trust = TrustStore.build(
        [top.certificate],
        intermediates=[one.certificate for one in chain],
        crls=[one.crl() for one in (top, *chain)],
    )
    asked = PathRules(frozenset(oids[:1]), explicit_policy=True)
    assert ask(trust, leaf(chain[-1], ext.policies(oids[0])), asked=asked).policies == {oids[0]}


def test_the_graph_grows_with_what_is_stated() -> None:
    graph: Graph | None = Graph()
    oids = [f"1.2.{number}" for number in range(64)]
    for _ in range(limits.MOST_DEPTH):
        assert graph is not None
        graph = graph.descend(oids, any_allowed=True)
        assert graph is not None
        graph = graph.map({oid: frozenset(oids) for oid in oids}, allowed=True)
    assert graph is not None
    assert sum(len(level) for level in graph.levels) <= 64 * limits.MOST_DEPTH + 1


# --- name constraints ------------------------------------------------------------------------------------------------


def test_name_constraints_do_not_explode() -> None:
    """Each of 1,000 names against each of 1,000 subtrees, in one small certificate each."""
    trees = tuple(ext.dns(f"d{at}.gov.cn") for at in range(1000))
    top = root()
    middle = ca("约束 CA", top, ext.name_constraints((), trees))
    names = ext.alternative(*(ext.dns(f"n{at}.yc.cn") for at in range(1000)))
    trust = TrustStore.build([top.certificate], intermediates=[middle.certificate], crls=[top.crl(), middle.crl()])
    result = ask(trust, leaf(middle, names))
    assert codes(result) == {"certificate.limits"}
    assert ask(trust, leaf(middle, ext.alternative(ext.dns("n.yc.cn")))).trusted


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_list_of_two_hundred_thousand(spent: dict[str, int]) -> None:
    """Verified once and indexed once for each store, whatever the number of questions."""
    top = root()
    issuer = ca("市级 CA", top)
    entries = tuple(der.sequence(der.integer(0x10_0000_0000 + at), der.x509_time(NOW - DAY)) for at in range(200_000))
    bad = leaf(issuer)
    crl = issuer.crl(more=(*entries, ext.entry(bad.serial, NOW - DAY)))
    trust = TrustStore.build([top.certificate], intermediates=[issuer.certificate], crls=[top.crl(), crl])
    assert codes(ask(trust, bad)) == {"certificate.revoked"}
    before = spent["sign"]
    assert all(ask(trust, leaf(issuer)).trusted for _ in range(5))
    assert spent["sign"] - before == 5  # the leaves alone


def test_an_indirect_list_where_every_entry_has_an_issuer() -> None:
    """More of them than we read: the list is useless, and says so."""
    top = root()
    issuer, office = ca("市级 CA", top), make("列表中心", top, usage=(6,))
    one = leaf(issuer, ext.crl_points(ext.point(issuer=office.subject)))
    line = ext.entry(0x1234567, NOW - DAY, issuer=issuer.subject)
    crl = office.crl(extra=(ext.issuing_point(indirect=True),), more=(line,) * 60_000)
    trust = TrustStore.build(
        [top.certificate], intermediates=[issuer.certificate, office.certificate], crls=[top.crl(), crl]
    )
    result = ask(trust, one)
    assert codes(result) == {"revocation.unknown"}
    assert result.unusable == {"malformed"}


def test_signers_of_lists_that_need_each_other(spent: dict[str, int]) -> None:
    """Office A's status is on B's list, B's on A's: neither vouches for the other."""
    top = root()
    names = [pki.name("列表甲"), pki.name("列表乙")]
    offices = [
        make("列表甲", top, usage=(6,), extra=(ext.crl_points(ext.point(issuer=names[1])),)),
        make("列表乙", top, usage=(6,), extra=(ext.crl_points(ext.point(issuer=names[0])),)),
    ]
    issuer = ca("市级 CA", top)
    one = leaf(issuer, ext.crl_points(ext.point(issuer=names[0])))
    lists = [office.crl(extra=(ext.issuing_point(indirect=True),)) for office in offices]
    shard = top.crl(extra=(ext.issuing_point(authorities=True),))
    trust = TrustStore.build(
        [top.certificate], intermediates=[e.certificate for e in (issuer, *offices)], crls=[shard, *lists]
    )
    result = ask(trust, one)
    assert codes(result) == {"revocation.unknown"}
    assert "signer" in result.unusable
    assert spent["sign"] <= limits.MOST_SIGNATURES


def test_many_lists_of_one_issuer(spent: dict[str, int]) -> None:
    """A folder with a list for every hour of a month: the newest are read, the rest left."""
    top = root()
    issuer = ca("市级 CA", top)
    old = [issuer.crl(at=NOW - DAY * at / 24, number=1000 - at) for at in range(1, 300)]
    bad = leaf(issuer)
    issuer.revoke(bad, at=NOW - DAY)
    trust = TrustStore.build(
        [top.certificate], intermediates=[issuer.certificate], crls=[top.crl(), *old, issuer.crl(number=1000)]
    )
    assert codes(ask(trust, bad)) == {"certificate.revoked"}
    assert spent["sign"] <= limits.MOST_SIGNATURES
