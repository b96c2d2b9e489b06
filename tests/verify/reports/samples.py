"""One report of every kind of file and every way it can go, for the tests of report formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from foundation import der
from foundation.clock import FixedClock
from hsm.keys import Algorithm
from seal.pdf.revision import Closing
from tests.seal import papers
from tests.verify import odd_cms, pki, sealing, test_seals
from tests.verify.odd_cms import CONTENT, Message
from tests.verify.pdf_attacks import isa_content
from tests.verify.pdf_papers import File, region_of, signed
from tests.verify.pki import NOW, Region
from tests.verify.test_codes_judged import store, text_of
from verify.cms_check import COUNTER_SIGNATURE
from verify.judge import Context, judge, judge_code
from verify.report import Report
from verify.trust import TrustStore

HOSTILE = "工资\u202efdp.exe\x00\x1b[31m<script>&\ud800\ufffe\ufdd0\u2028]]>" + "长" * 600


@dataclass(frozen=True)
class Sample:
    data: bytes
    report: Report


@cache
def region(algorithm: Algorithm = Algorithm.SM2) -> Region:
    return pki.region(f"reports {algorithm}", algorithm)


def context(one: Region, **more: object) -> Context:
    trust = TrustStore.build(
        [one.root.certificate], intermediates=[one.issuing.certificate], leaves=[one.code.certificate], crls=one.crls()
    )
    return replace(Context(trust, FixedClock(NOW)), **more)  # type: ignore[arg-type]


def of(data: bytes, one: Region, *, name: str = "文件", content: bytes | None = None, **more: object) -> Sample:
    return Sample(data, judge(data, name=name, context=context(one, **more), content=content))


def _pdf(algorithm: Algorithm) -> Sample:
    one = region(algorithm)
    return of(sealing.pdf(one.seal, chain=(one.issuing,), tsa=one.tsa), one, name="许可证.pdf")


def _two() -> Sample:
    """Sealed, then sealed again by RSA under another root we know nothing of."""
    one, other = region(), region(Algorithm.RSA_2048)
    first = sealing.pdf(one.seal, chain=(one.issuing,), closing=Closing.OPEN)
    return of(sealing.pdf(other.seal, document=first, closing=Closing.OPEN, field="Seal2"), one)


def _broken() -> Sample:
    one = region()
    data = bytearray(sealing.pdf(one.seal, chain=(one.issuing,), tsa=one.tsa))
    data[60] ^= 1
    return of(bytes(data), one)


def _changed() -> Sample:
    return of(isa_content(File(signed("sm2"))), region_of("sm2"))


def _revoked() -> Sample:
    one = pki.region("reports revoked")
    one.issuing.revoke(one.seal, at=NOW - timedelta(days=1))
    return of(sealing.pdf(one.seal, chain=(one.issuing,)), one)


def _unknown_root() -> Sample:
    return of(sealing.pdf(region().seal), region(Algorithm.P256))


def _cms() -> Sample:
    one = region()
    made = odd_cms.signer_info(one.seal, CONTENT)
    value = der.parse(made).children()[5].as_octets()
    by = odd_cms.attribute(COUNTER_SIGNATURE, odd_cms.signer_info(one.code, value, counter=True))
    how = Message(value=value, unsigned=(by,))
    return of(odd_cms.message(one.seal, how=how), one, name="合同.p7s", content=CONTENT)


def _hostile() -> Sample:
    """Names that would turn a line around, close an element or end a document."""
    one = region()
    entity = pki.make(HOSTILE[:60].replace("\ud800", "\ue000"), one.issuing, organization="印川\u202e局")
    return of(sealing.pdf(entity, chain=(one.issuing,), field="a\u202e<b>"), one, name=HOSTILE)


def _code() -> Sample:
    one = region()
    text = text_of(one)
    known = Context(store(one), FixedClock(NOW))
    return Sample(text.encode(), judge_code(text, context=known))


CASES: dict[str, Callable[[], Sample]] = {
    "pdf-sm2": lambda: _pdf(Algorithm.SM2),
    "pdf-rsa": lambda: _pdf(Algorithm.RSA_2048),
    "pdf-p256": lambda: _pdf(Algorithm.P256),
    "pdf-two": _two,
    "pdf-broken": _broken,
    "pdf-changed": _changed,
    "pdf-revoked": _revoked,
    "pdf-unknown-root": _unknown_root,
    "pdf-unsigned": lambda: of(papers.pdf(), region()),
    "cms": _cms,
    "cms-without-content": lambda: of(odd_cms.message(region().seal), region()),
    "esl": lambda: of(test_seals.seal(region().maker, region().seal), region(), name="公章.esl"),
    "code": _code,
    "certificate": lambda: of(region().seal.certificate, region()),
    "list": lambda: of(region().issuing.crl(), region()),
    "time-stamp": lambda: of(sealing.token(region().tsa, CONTENT), region(), content=CONTENT),
    "unknown": lambda: of(b"hello", region()),
    "hostile": _hostile,
}


@cache
def sample(name: str) -> Sample:
    return CASES[name]()
