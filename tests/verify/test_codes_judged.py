"""Printed codes through the whole verifier: trust, revocation, expiry, register."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from foundation import der
from foundation.clock import FixedClock
from foundation.errors import Unavailable
from foundation.text import Text
from tests.verify import pki
from tests.verify.make_code_vectors import VALUES, template
from tests.verify.pki import NOW, Region
from verify import codes
from verify.judge import Context, judge_code
from verify.report import Report, Verdict
from verify.status import LicenceState, LicenceStatus
from verify.trust import TrustStore

CODE_POLICY = pki.extension("2.5.29.32", der.sequence(der.sequence(der.oid("1.3.6.1.4.1.32473.219900.1.9"))))
TEMPLATE = template()


@dataclass
class Register:
    """A register in memory, as another province's adapter would be."""

    state: LicenceState | None = LicenceState.VALID
    away: bool = False
    asked: list[object] = field(default_factory=list)

    def licence_status(self, identifier: str) -> LicenceStatus | None:
        return self._answer(identifier)

    def code_status(self, template_id: str, status_index: int) -> LicenceStatus | None:
        return self._answer((template_id, status_index))

    def _answer(self, question: object) -> LicenceStatus | None:
        self.asked.append(question)
        if self.away:
            raise Unavailable("test.away", Text("不可用", "away"))
        return LicenceStatus(self.state, NOW, NOW) if self.state else None


@pytest.fixture
def region() -> Region:
    made = pki.region("codes")
    made.code = pki.make("codes signer", made.issuing, kind="code", organization="印川市", extra=(CODE_POLICY,))
    return made


def store(region: Region, **more: object) -> TrustStore:
    defaults: dict[str, object] = {
        "intermediates": [region.issuing.certificate],
        "leaves": [region.code.certificate, region.seal.certificate],
        "crls": region.crls(),
        "templates": [TEMPLATE],
    }
    return TrustStore.build([region.root.certificate], **(defaults | more))  # type: ignore[arg-type]


def text_of(region: Region, signer: pki.Entity | None = None, **changes: str) -> str:
    signer = signer or region.code
    draft = codes.prepare(TEMPLATE, VALUES | changes, 42, date(2026, 11, 20), kid=codes.kid_of(signer.certificate))
    return codes.assemble(draft, signer.sign(draft.to_be_signed), base_url="https://yz.example.cn")


def ask(region: Region, text: str, register: Register | None = None, **more: object) -> Report:
    trust = more.pop("trust", None) or store(region)
    return judge_code(text, context=Context(trust, FixedClock(NOW), status=register, **more))  # type: ignore[arg-type]


def test_a_good_code_online(region: Region) -> None:
    register = Register()
    report = ask(region, text_of(region), register)
    assert report.verdict is Verdict.GENUINE
    assert register.asked == [("food-operation", 42)]
    assert report.licence is not None
    assert report.licence.state == "valid"
    assert report.licence.values["经营者名称"] == VALUES["CZZT"]
    assert report.signatures[0].signer == "印川市"


def test_a_good_code_offline_says_what_it_did_not_ask(region: Region) -> None:
    register = Register(LicenceState.REVOKED)
    report = ask(region, text_of(region), register, offline=True)
    assert report.verdict is Verdict.GENUINE
    assert report.has("licence.status_not_checked")
    assert register.asked == []


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (LicenceState.REVOKED, "licence.revoked"),
        (LicenceState.SUSPENDED, "licence.suspended"),
        (LicenceState.EXPIRED, "licence.expired"),
        (LicenceState.SUPERSEDED, "licence.superseded"),
        (LicenceState.NOT_YET_VALID, "licence.not_yet_valid"),
    ],
)
def test_what_the_register_says_counts(region: Region, state: LicenceState, code: str) -> None:
    report = ask(region, text_of(region), Register(state))
    assert (report.verdict, report.has(code), report.intact) == (Verdict.NOT_GENUINE, True, True)


def test_a_register_that_is_away_or_does_not_know(region: Region) -> None:
    assert ask(region, text_of(region), Register(away=True)).has("licence.status_unavailable")
    unknown = ask(region, text_of(region), Register(None))
    assert (unknown.verdict, unknown.has("licence.unknown")) == (Verdict.CANNOT_TELL, True)


def test_an_expired_licence_needs_no_register(region: Region) -> None:
    report = ask(region, text_of(region, ZZYXQJZRQ="2026年11月21日"))
    assert (report.verdict, report.has("licence.expired")) == (Verdict.NOT_GENUINE, True)
    assert ask(region, text_of(region, ZZYXQJZRQ="2026年11月22日")).verdict is Verdict.GENUINE
    assert ask(region, text_of(region, ZZYXQJZRQ="长期")).verdict is Verdict.GENUINE


def test_who_may_sign_codes(region: Region) -> None:
    """A seal or a citizen's certificate of the same region is not a code key, however trusted it is."""
    report = ask(region, text_of(region, signer=region.seal))
    assert (report.verdict, report.has("code.key_unknown")) == (Verdict.CANNOT_TELL, True)
    stranger = pki.region("code strangers")
    stranger.code = pki.make("stranger", stranger.issuing, kind="code", extra=(CODE_POLICY,))
    foreign = store(region, leaves=[region.code.certificate, stranger.code.certificate])
    assert ask(region, text_of(region, signer=stranger.code), trust=foreign).has("code.key_unknown")


def test_a_revoked_code_key(region: Region) -> None:
    text = text_of(region)
    region.issuing.revoke(region.code, at=NOW - timedelta(hours=1), reason=4)
    report = ask(region, text)
    assert (report.verdict, report.has("code.key_not_valid")) == (Verdict.NOT_GENUINE, True)


def test_an_unknown_template_is_no_forgery(region: Region) -> None:
    report = ask(region, text_of(region), trust=store(region, templates=[]))
    assert (report.verdict, report.has("code.unknown_template"), report.intact) == (Verdict.CANNOT_TELL, True, True)


def test_revocation_data_of_the_code_key(region: Region) -> None:
    missing = ask(region, text_of(region), trust=store(region, crls=[]))
    assert (missing.verdict, missing.has("revocation.unknown")) == (Verdict.CANNOT_TELL, True)


def test_a_forged_code(region: Region) -> None:
    good = text_of(region)
    forged = good[:-1] + ("0" if good[-1] != "0" else "1")
    report = ask(region, forged)
    assert report.verdict is not Verdict.GENUINE
    middle = len(good) // 2
    swapped = good[:middle] + ("0" if good[middle] != "0" else "1") + good[middle + 1 :]
    assert ask(region, swapped).verdict is not Verdict.GENUINE
