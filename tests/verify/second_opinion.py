"""PyHanko's EN 319 102-1 engine as a second opinion about RSA files (第二意见): indication by indication."""

from __future__ import annotations

import asyncio
from datetime import datetime
from io import BytesIO

from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer


def opinion(document: bytes, root: bytes, others: list[bytes], lists: list[bytes], at: datetime) -> str:
    """The sub-indication, or PASSED."""
    anchor = x509.Certificate.load(root)
    either = RevocationCheckingPolicy(
        RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    )
    policy = CertValidationPolicySpec(SimpleTrustManager.build(trust_roots=[anchor]), CertRevTrustPolicy(either))
    known = LocalKnowledge(
        known_crls=[CRLContainer(crl.CertificateList.load(one)) for one in lists],
        known_certs=[anchor, *map(x509.Certificate.load, others)],
    )
    spec = SignatureValidationSpec(
        policy,
        RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
        policy,
        local_knowledge=known,
    )
    signature = PdfFileReader(BytesIO(document)).embedded_regular_signatures[0]
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)
    found = asyncio.run(ades_lta_validation(signature, PdfSignatureValidationSpec(spec), timing_info=timing))
    return getattr(found.ades_subindic, "name", str(found.ades_subindic))
