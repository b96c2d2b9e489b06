"""Two authorities of the same name, one of them ours (同名机构): a renewed one, or a second installation elsewhere.

What the other one signed is whole, and nobody here vouches for it: that is no forgery, and no proof either.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from foundation.clock import FixedClock
from hsm.keys import Algorithm
from seal.management.states import Public
from seal.status_service.wire import Period
from tests.verify import pki, sealing
from tests.verify.pki import NOW, Entity, Region
from verify.judge import Context, judge
from verify.report import Report, Sub, Verdict
from verify.seal_status import SealStanding
from verify.trust import TrustStore

CODE = "21990000000001"


@dataclass
class Register:
    """Knows the code as a seal that was taken back long ago."""

    asked: list[str] = field(default_factory=list)

    def seal_standing(self, code: str) -> SealStanding | None:
        self.asked.append(code)
        return SealStanding((Period(Public.REVOKED, NOW - timedelta(days=30), "lost"),), NOW)


def region(place: str, algorithm: Algorithm) -> Region:
    """Keys of its own under the names every other has."""

    def one(label: str, issuer: Entity | None, kind: str) -> Entity:
        subject = pki.name(label, "同名市")
        return pki.make(f"{place} {label}", issuer, kind=kind, algorithm=algorithm, subject=subject)

    root = one("root", None, "ca")
    issuing = one("issuing", root, "ca")
    return Region(root, issuing, *(one(label, issuing, kind) for label, kind in _HOLDERS))


_HOLDERS = ((CODE, "seal"), ("maker", "seal"), ("tsa", "tsa"), ("code", "code"))


@pytest.fixture(scope="module", params=[Algorithm.SM2, Algorithm.RSA_2048], ids=["sm2", "rsa"])
def regions(request: pytest.FixtureRequest) -> tuple[Region, Region]:
    return region("ours", request.param), region("theirs", request.param)


def ask(trusted: Region, data: bytes, register: Register | None = None) -> Report:
    issuing = [trusted.issuing.certificate]
    trust = TrustStore.build([trusted.root.certificate], intermediates=issuing, crls=trusted.crls())
    return judge(data, name=None, context=replace(Context(trust, FixedClock(NOW)), seals=register))


def sealed(by: Region) -> bytes:
    return sealing.pdf(by.seal, chain=(by.issuing,), tsa=by.tsa)


def test_the_other_ones_seal_is_whole_and_unknown(regions: tuple[Region, Region]) -> None:
    ours, theirs = regions
    assert ask(theirs, sealed(theirs)).verdict is Verdict.GENUINE
    report = ask(ours, sealed(theirs))
    [one] = report.signatures
    assert (report.verdict, one.intact, one.trusted) == (Verdict.CANNOT_TELL, True, False), report.findings
    assert one.sub_indication is Sub.NO_CERTIFICATE_CHAIN_FOUND
    assert "time.broken" not in {item.code for item in report.findings}


def test_an_altered_certificate_in_a_trusted_stamp_is_still_seen(regions: tuple[Region, Region]) -> None:
    """Whatever it says of its issuer: on a path that holds, nothing stands beside it unproved."""
    ours, _ = regions
    data = sealed(ours)
    issuing = ours.issuing.certificate.hex().encode()
    for where in (data.find(issuing), data.find(issuing.upper())):
        if where < 0:
            continue
        key_id = ours.root.key_id.hex().encode()
        found = max(data.find(key_id, where), data.find(key_id.upper(), where))
        assert where < found < where + len(issuing)
        bad = bytearray(data)
        bad[found] = ord("0") if bad[found] != ord("0") else ord("1")
        report = ask(ours, bytes(bad))
        assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), report.findings
        return
    pytest.fail("the seal brings its issuer along")


def test_a_strangers_code_is_not_asked_about(regions: tuple[Region, Region]) -> None:
    ours, theirs = regions
    register = Register()
    assert ask(ours, sealed(theirs), register).verdict is Verdict.CANNOT_TELL
    assert register.asked == []
    report = ask(ours, sealed(ours), register)
    assert report.verdict is Verdict.NOT_GENUINE
    assert (register.asked, "seal.state_revoked" in {item.code for item in report.findings}) == (
        ["21990000000001"],
        True,
    )
