"""What a trusted root may vouch for (信任锚约束): policies, names, its last day, and its own constraints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ca.reading import read_certificate
from foundation.errors import InvalidInput
from tests.verify import extensions as ext
from tests.verify.extensions import GOLD, SILVER
from tests.verify.path_cases import CITY, DAY, INSIDE, OUTSIDE, ca, leaf
from tests.verify.pki import NOW, Entity, make
from verify.anchors import read_rules
from verify.moments import Moment
from verify.path import PathResult, PathRules, validate
from verify.report import Sub
from verify.trust import TrustStore, Use


def folder(place: Path, root: Entity, issuer: Entity, rules: dict[str, object]) -> TrustStore:
    """A trust folder as another province would lay it out."""
    for name, data in (("roots/root.cer", root.certificate), ("intermediates/ca.cer", issuer.certificate)):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(data)
    (place / "crls").mkdir(exist_ok=True)
    for at, entity in enumerate((root, issuer)):
        (place / "crls" / f"{at}.crl").write_bytes(entity.crl())
    print_ = read_certificate(root.certificate).fingerprint
    (place / "anchors.json").write_text(json.dumps({print_.upper(): rules}), encoding="utf-8")
    return TrustStore.load(place)


def ask(trust: TrustStore, one: Entity, asked: PathRules | None = None, **more: object) -> PathResult:
    moment = Moment(NOW, **more)  # type: ignore[arg-type]
    certificate = read_certificate(one.certificate)
    return validate(certificate, trust, moment=moment, use=Use.SEAL, asked=asked or PathRules())


def codes(result: PathResult) -> set[str]:
    return {finding.code for finding in result.findings}


@pytest.fixture
def top() -> Entity:
    return make("外省根 CA", kind="ca")


def test_names_a_region_does_not_take_from_somebody_elses_root(tmp_path: Path, top: Entity) -> None:
    issuer = ca("外省签发 CA", top, subject=CITY)
    rules: dict[str, object] = {
        "permitted": [{"directory": [["C", "CN"], ["O", "印川市"]]}],
        "excluded": [{"dns": "x.cn"}],
    }
    trust = folder(tmp_path, top, issuer, rules)
    assert ask(trust, leaf(issuer, subject=INSIDE)).trusted
    assert codes(ask(trust, leaf(issuer, subject=OUTSIDE))) == {"certificate.name_not_permitted"}
    hosted = leaf(issuer, ext.alternative(ext.dns("a.x.cn")), subject=INSIDE)
    assert codes(ask(trust, hosted)) == {"certificate.name_excluded"}


def test_policies_a_region_takes_from_somebody_elses_root(tmp_path: Path, top: Entity) -> None:
    issuer = ca("外省签发 CA", top, ext.policies(GOLD, SILVER))
    trust = folder(tmp_path, top, issuer, {"policies": [GOLD]})
    good = ask(trust, leaf(issuer, ext.policies(GOLD)))
    assert (good.trusted, good.policies) == (True, {GOLD})
    assert codes(ask(trust, leaf(issuer, ext.policies(SILVER)))) == {"certificate.policy"}
    assert codes(ask(trust, leaf(issuer))) == {"certificate.policy"}
    both = PathRules(frozenset((SILVER,)))
    assert codes(ask(trust, leaf(issuer, ext.policies(GOLD)), both)) == {"certificate.policy"}


def test_what_is_older_than_the_withdrawal_still_stands(tmp_path: Path, top: Entity) -> None:
    issuer = ca("外省签发 CA", top)
    trust = folder(tmp_path, top, issuer, {"withdrawn_since": (NOW - 2 * DAY).isoformat()})
    one = leaf(issuer)
    late = ask(trust, one)
    assert (codes(late), late.sub) == ({"certificate.anchor_withdrawn"}, Sub.CHAIN_CONSTRAINTS_FAILURE)
    assert ask(trust, one, proved=NOW - 3 * DAY).trusted
    assert codes(ask(trust, one, proved=NOW - 2 * DAY)) == {"certificate.anchor_withdrawn"}


def test_the_roots_own_constraints_count(top: Entity) -> None:
    """RFC 5937: what the root's certificate states binds those below it."""
    bound = make("受限根 CA", kind="ca", extra=(ext.name_constraints((ext.dirname(CITY),)),), subject=CITY)
    issuer = ca("受限签发 CA", bound, subject=INSIDE)
    trust = TrustStore.build([bound.certificate], intermediates=[issuer.certificate], crls=[bound.crl(), issuer.crl()])
    assert ask(trust, leaf(issuer, subject=ext.directory(("C", "CN"), ("O", "印川市"), ("CN", "公安局")))).trusted
    assert codes(ask(trust, leaf(issuer, subject=OUTSIDE))) == {"certificate.name_not_permitted"}


@pytest.mark.parametrize(
    "rules",
    [
        {"policy": ["1.2.3"]},
        {"policies": "1.2.3"},
        {"withdrawn_since": "yesterday"},
        {"withdrawn_since": "2026-11-22T00:00:00"},
        {"permitted": [{"dns": "a.cn", "uri": "b.cn"}]},
        {"permitted": [{"iris": "scan"}]},
        {"excluded": [{"directory": [["Planet", "Erde"]]}]},
    ],
    ids=json.dumps,
)
def test_rules_nobody_can_read_stop_the_load(tmp_path: Path, top: Entity, rules: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_rules(rules)
    with pytest.raises(InvalidInput) as refused:
        folder(tmp_path, top, ca("外省签发 CA", top), rules)
    assert refused.value.code == "verify.trust_damaged"


def test_a_root_for_seals_alone_still_speaks_for_the_signers_of_its_lists(top: Entity) -> None:
    issuer = ca("外省签发 CA", top)
    lister = ca("外省列表密钥", top, subject=issuer.subject, usage=(6,))
    made = TrustStore.build(
        [top.certificate], intermediates=[issuer.certificate, lister.certificate], crls=[top.crl(), lister.crl()]
    )
    print_ = made.anchors[0].fingerprint
    scoped = TrustStore(made.anchors, made.intermediates, crls=made.crls, purposes={print_: frozenset({Use.SEAL})})
    assert ask(scoped, leaf(issuer)).trusted


# --- remembered issuers ----------------------------------------------------------------------------------------------


def test_remembered_issuers_keep_to_their_time_and_their_rules(top: Entity) -> None:
    """The same store asked in any order gives what a fresh one gives."""
    issuer = ca("记忆 CA", top, ext.policies(GOLD), start=NOW - 30 * DAY, days=60)
    top.revoke(issuer, at=NOW + 10 * DAY, reason=5)
    one = leaf(issuer, ext.policies(GOLD), days=20, start=NOW - 25 * DAY)
    data = ([top.certificate], [issuer.certificate], [top.crl(days=90), issuer.crl(at=NOW - 6 * DAY, days=96)])

    def store() -> TrustStore:
        return TrustStore.build(data[0], intermediates=data[1], crls=data[2])

    kept = store()
    certificate = read_certificate(one.certificate)
    questions = [
        (Moment(NOW + days * DAY, proved=None if proved is None else NOW + proved * DAY), PathRules(policies))
        for days in (-31, -30, -6, -5, 0, 9, 10, 11, 29, 30, 31)
        for proved in (None, -26, -6)
        for policies in (None, frozenset((SILVER,)))
    ]
    for moment, asked in (*questions, *reversed(questions)):
        mine = validate(certificate, kept, moment=moment, use=Use.SEAL, asked=asked)
        fresh = validate(certificate, store(), moment=moment, use=Use.SEAL, asked=asked)
        assert (mine.sub, mine.lines, mine.findings) == (fresh.sub, fresh.lines, fresh.findings)
    assert len({validate(certificate, kept, moment=m, use=Use.SEAL, asked=a).sub for m, a in questions}) >= 4


def test_what_is_against_an_issuer_is_never_remembered_as_good(top: Entity) -> None:
    issuer = ca("坏 CA", top, usage=(6,))
    trust = TrustStore.build([top.certificate], intermediates=[issuer.certificate], crls=[top.crl(), issuer.crl()])
    for _ in range(2):
        assert codes(ask(trust, leaf(issuer))) == {"certificate.may_not_certify"}
