"""Revocation data as files (撤销信息核验): CRLs (RFC 5280 5), OCSP answers (RFC 6960). Whose, sound, and of when."""

from __future__ import annotations

from collections.abc import Iterator

from ca import oids
from ca.reading import Certificate, CertificateList, OcspResponse, read_crl, read_ocsp_response
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest
from verify import links
from verify.armour import unwrapped
from verify.context import Context
from verify.judged import File, Judged
from verify.links import parsed
from verify.path import PathResult, validate
from verify.paths.faults import display_name
from verify.paths.names import comparable
from verify.report import Finding, SignatureReport, Sub, stamp
from verify.trust import Use
from verify.words import finding

MOST_TOLD = 20


def judge_list(file: File, context: Context) -> Judged:
    """Never raises over what the file holds."""
    data = unwrapped(file.data)
    try:
        if der.parse(data, trailing=True).children(4)[0].tag == der.ENUMERATED:
            return _answer(read_ocsp_response(data), context)
        return _list(read_crl(data), context)
    except (DerError, IndexError) as error:
        return Judged(findings=(finding("file.damaged", str(error)),))


def _list(crl: CertificateList, context: Context) -> Judged:
    known = _named(crl, context)
    issuer = next((one for one in known if links.listed(one.spki, crl)), None)
    found = [finding("list.said", stamp(crl.this_update), stamp(crl.next_update) or "—", len(crl))]
    if crl.next_update is not None and crl.next_update < context.moment.now:
        found.append(finding("list.old", stamp(crl.next_update)))
    if crl.this_update > context.moment.now:
        found.append(finding("list.future"))
    about = crl.issuer.common_name or crl.issuer.text
    algorithm = crl.scheme.value if crl.scheme else None
    return Judged((_report("CRL", about, issuer, known, found, algorithm, context),))


def _named(crl: CertificateList, context: Context) -> list[Certificate]:
    """Authorities we hold of this name; a key identifier sorts and decides nothing."""
    known = context.trust.by_name.get(comparable(crl.issuer.raw), ())
    return sorted(known, key=lambda one: one.subject_key_id != crl.authority_key_id)[:8]


def _answer(answer: OcspResponse, context: Context) -> Judged:
    if answer.status != 0:
        return Judged(findings=(finding("list.refused", answer.status),))
    held = (*context.trust.anchors, *context.trust.intermediates)
    brought = [parsed(item) for item in answer.certificates]
    named = [one for one in (*brought, *held) if _is_responder(one, answer)][:8]
    signer = next((one for one in named if links.answered(one.spki, answer)), None)
    found = list(_told(answer, context))
    if signer is not None and not signer.is_ca and oids.OCSP_SIGNING not in signer.eku:
        found.append(finding("list.not_a_responder"))
    about = display_name(signer) if signer is not None else "OCSP"
    algorithm = answer.scheme.value if answer.scheme else None
    return Judged((_report("OCSP", about, signer, named, found, algorithm, context, tuple(brought)),))


def _is_responder(certificate: Certificate, answer: OcspResponse) -> bool:
    if answer.responder_name is not None:
        return comparable(certificate.subject.raw) == comparable(answer.responder_name.raw)
    key = der.parse(certificate.spki).children(2)[1].as_bits()
    return answer.responder_key_id in (Digest.SHA1.of(key), certificate.subject_key_id)


def _told(answer: OcspResponse, context: Context) -> Iterator[Finding]:
    for single in answer.answers[:MOST_TOLD]:
        until = stamp(single.next_update) or "—"
        yield finding("list.status", f"{single.about.serial:x}", single.status.value, stamp(single.this_update), until)
        if single.next_update is not None and single.next_update < context.moment.now:
            yield finding("list.old", until)


def _report(
    form: str,
    about: str,
    issuer: Certificate | None,
    known: list[Certificate],
    found: list[Finding],
    algorithm: str | None,
    context: Context,
    extra: tuple[Certificate, ...] = (),
) -> SignatureReport:
    path: PathResult | None = None
    sub: Sub | None = None
    if issuer is not None:
        path = validate(issuer, context.trust, extra=extra, moment=context.moment, use=Use.CERTIFICATE)
        sub = path.sub
        found += path.findings
    elif known:
        sub = Sub.SIG_CRYPTO_FAILURE
        found.append(finding("list.forged"))
    else:
        sub = Sub.NO_SIGNING_CERTIFICATE_FOUND
        found.append(finding("list.unknown_issuer", about))
    return SignatureReport(
        name=about,
        kind="list",
        format=form,
        intact=issuer is not None,
        trusted=path is not None and path.trusted,
        sub_indication=sub,
        signer=display_name(issuer) if issuer is not None else None,
        signer_subject=issuer.subject.text if issuer is not None else None,
        algorithm=algorithm,
        certificate_path=path.lines if path is not None else (),
        findings=tuple(found),
    )
