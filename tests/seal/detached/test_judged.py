"""What the signing half makes, the verifier judges: one truth on both sides of the house."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ca.suites import Suite
from hsm.digests import Digest
from seal.detached.orders import DetachedOrder, Digests, Shape
from seal.detached.signing import sign_detached
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder, Placement
from seal.stamp import stamp_ofd
from tests.seal import papers
from tests.seal.conftest import Region
from tests.seal.placed import trust_of
from verify.context import Context
from verify.judge import judge
from verify.report import Report, Verdict

CONTENT = b"a file beside its signature"


def verdict(region: Region, data: bytes, content: bytes | None = None) -> Report:
    return judge(data, name=None, context=Context(trust=trust_of(region), clock=region.clock), content=content)


@pytest.mark.parametrize("by_digest", [False, True])
@pytest.mark.parametrize(
    ("shape", "suite"),
    [
        (Shape.CMS, Suite.SM2),
        (Shape.CMS, Suite.RSA),
        (Shape.CMS, Suite.P256),
        (Shape.GM_CMS, Suite.SM2),
        (Shape.JWS, Suite.SM2),
        (Shape.JWS, Suite.RSA),
        (Shape.JWS, Suite.P256),
    ],
)
def test_a_detached_signature_is_genuine_for_its_file_only(
    one_region: Region, shape: Shape, suite: Suite, by_digest: bool
) -> None:
    digests = Digests(Digest.SHA256.of(CONTENT), len(CONTENT), Digest.SM3.of(CONTENT))
    order = DetachedOrder(digests if by_digest else CONTENT, one_region.seal_id, one_region.key(), shape, suite)
    made = sign_detached(one_region.room, one_region.principal, order).document
    report = verdict(one_region, made, CONTENT)
    assert report.verdict is Verdict.GENUINE, [item.text.en for item in report.findings]
    assert all(one.intact and one.trusted for one in report.signatures)
    assert verdict(one_region, made, CONTENT + b"x").verdict is Verdict.NOT_GENUINE


@pytest.mark.parametrize(
    "changes",
    [{}, {"version": 5}, {"time_stamp": False}, {"form": OfdForm.SIGN, "place": ()}],
    ids=["v4", "v5", "no-stamp", "plain"],
)
@pytest.mark.parametrize("closing", [True, False])
def test_every_kind_of_ofd_signature_is_genuine(one_region: Region, changes: dict[str, object], closing: bool) -> None:
    order = OfdOrder(papers.ofd(), one_region.seal_id, Placement(1, 150, 240), one_region.key(), closing)
    sealed = stamp_ofd(one_region.room, one_region.principal, replace(order, **changes)).document  # type: ignore[arg-type]
    report = verdict(one_region, sealed)
    assert report.verdict is Verdict.GENUINE, [(item.code, item.text.en) for item in report.findings]
