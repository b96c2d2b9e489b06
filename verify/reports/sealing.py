"""Sealing a report (核验报告签名): prepare, record, sign, compare; PAdES B-T under the service's own certificate.

Nothing is stored but the row: whoever asked has the report. A crash leaves a row without a result; the signature it may
have made never left, and the next request makes a report of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update

from ca import timestamps
from ca.chain import chain
from ca.issue import Subject
from ca.lasting import lasting
from ca.room import CaRoom
from ca.suites import Suite
from foundation.clock import SHANGHAI
from foundation.errors import Damaged
from foundation.failpoints import reach
from foundation.ground import Ground
from foundation.principal import SYSTEM
from foundation.text import Text
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.signing import Signer, ToBeSigned
from hsm.store import KeyStore
from seal.cms_writing import SignerTemplate, template
from seal.pdf.revision import Closing, Prepared, Revision, prepare
from seal.pdf.writer import open_writer
from verify.cms_check import Document, check_cms
from verify.moments import Moment
from verify.pdf.looking import Sight
from verify.pdf.ranges import coverage
from verify.report import Report
from verify.reports.basis import Basis, fingerprint
from verify.reports.mark import visible
from verify.reports.models import VerifyReport
from verify.reports.pdf_report import write
from verify.reports.policy import KEYS
from verify.reports.xml_report import Validator
from verify.trust import TrustStore

SUITES = (Suite.SM2, Suite.RSA)
_TOKEN_ROOM = 1400


@dataclass(frozen=True, slots=True)
class _Service:
    template: SignerTemplate
    signer: Signer


@dataclass(frozen=True)
class ReportSealer:
    """The verification service's hand; `trust` is the store reports are judged against."""

    ground: Ground
    keys: KeyStore
    ca: CaRoom
    trust: Callable[[], TrustStore]

    @property
    def name(self) -> str:
        return f"{self.ground.settings.region.name_zh}电子文件核验服务"

    def validator(self, suite: Suite = Suite.SM2) -> Validator:
        """Named in XML reports."""
        return Validator(self.name, self._service(suite).template.certificate)

    def sealed(self, report: Report, sights: tuple[Sight, ...] = (), suite: Suite = Suite.SM2) -> bytes:
        """The report as a signed PDF."""
        # 1. prepare
        service = self._service(suite)
        identifier = self.ground.ids.uuid7()
        plain = write(report, Basis(self.name, fingerprint(self.trust()), str(identifier)), sights)
        prepared = self._prepared(plain, service, suite)
        # 2. record
        self._record(identifier, report, suite, prepared, service)
        reach("verify.report.recorded")
        # 3. sign
        signed = service.template.signed_attributes(prepared.digest)
        value = service.signer.sign(ToBeSigned(Purpose.REPORT, signed, f"report:{identifier}"))
        reach("verify.report.signed")
        token = timestamps.token(self.ca, suite, suite.digest, suite.digest.of(value))
        made = prepared.fill_in_memory(service.template.assemble(signed, value, token))
        # 4. compare
        _compare(made, plain, prepared, service, self.trust(), Moment(self.ground.clock.now(), offline=True))
        # 5. store
        self._store(identifier, report, made)
        return made

    def _prepared(self, plain: bytes, service: _Service, suite: Suite) -> Prepared:
        now = self.ground.clock.now().astimezone(SHANGHAI).replace(microsecond=0)
        revision = Revision(
            field="VerificationReport",
            label=self.name,
            digest=suite.digest,
            closing=Closing.CERTIFY_FINAL,
            time=now,
            name=self.name,
            reason=None,
            visible=visible(self.name, suite.value, now),
            reserved=service.template.size_with(_TOKEN_ROOM + 2 * service.template.chain_size),
        )
        return prepare(open_writer(plain), revision)

    def _service(self, suite: Suite) -> _Service:
        """Key and certificate, made and renewed when needed; the same for every caller."""
        name = f"{KEYS}/{suite}"
        key = self.keys.ensure(name, suite.leaf_algorithm, {Purpose.REPORT})
        region = self.ground.settings.region.name_zh
        subject = Subject(self.name, organization=f"{region}政务服务和大数据管理局")
        wanted = f"verify.report:{suite}:{key.version}"
        issued = lasting(self.ca, suite, "verification", subject, key.spki, wanted)
        above = tuple(chain(self.ca, issued.der)[:-1])
        return _Service(template(issued.der, above, suite.scheme), self.keys.signer(name, key.version))

    def _record(self, identifier: UUID, report: Report, suite: Suite, prepared: Prepared, service: _Service) -> None:
        with self.ground.db.begin() as session:
            session.add(
                VerifyReport(
                    id=identifier,
                    document_sha256=report.sha256,
                    verdict=report.verdict.value,
                    judged_at=report.judged_at,
                    suite=suite.value,
                    digest=prepared.digest.hex(),
                    certificate=suite.digest.of(service.template.certificate).hex(),
                    created_at=self.ground.clock.now(),
                )
            )

    def _store(self, identifier: UUID, report: Report, made: bytes) -> None:
        digest = sha256(made).hex()
        with self.ground.db.begin() as session:
            session.execute(update(VerifyReport).where(VerifyReport.id == identifier).values(sha256=digest))
            self.ground.audit.record(
                session,
                SYSTEM,
                action="verify.report.seal",
                object=f"report:{identifier}",
                payload={"document": report.sha256, "verdict": report.verdict.value, "sha256": digest},
            )


def _compare(
    made: bytes, plain: bytes, prepared: Prepared, service: _Service, trust: TrustStore, moment: Moment
) -> None:
    """Read with the verifier's eyes: the pages as written, whole, and signed by this service."""
    found = coverage(made, prepared.byte_range)
    checked = check_cms(found.contents, Document(found.digester, found.octets), trust, moment, needs_binding=True)
    mine = checked.certificate is not None and checked.certificate.der == service.template.certificate
    if not (checked.intact and mine and found.whole_file and made.startswith(plain)):
        raise Damaged(
            "verify.report_compare",
            Text("核验报告复核未通过，没有发出。", "The report failed its comparison and was not handed out."),
        )
