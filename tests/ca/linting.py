"""pkilint in process: its certificate, chain, CRL and OCSP linters as its own commands assemble them."""

from __future__ import annotations

from functools import cache
from typing import Any

from pkilint import loader, pkix
from pkilint.bin import lint_pkix_signer_signee_cert_chain as chain
from pkilint.pkix import certificate, crl, extension, name, ocsp
from pkilint.validation import ValidationFindingSeverity


@cache
def _certificate_linter() -> Any:
    decoders = certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS)
    parts = [
        certificate.create_issuer_validator_container([]),
        certificate.create_validity_validator_container(),
        certificate.create_subject_validator_container([]),
        certificate.create_extensions_validator_container([]),
        certificate.create_spki_validator_container([]),
    ]
    return certificate.create_pkix_certificate_validator_container(decoders, parts)


@cache
def _decoders() -> tuple[Any, ...]:
    return (
        pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
    )


def lint_certificate(octets: bytes) -> list[str]:
    document = loader.load_certificate(octets, "certificate")
    return _findings(_certificate_linter().validate(document.root))


def lint_link(issuer: bytes, subject: bytes) -> list[str]:
    """Names, key identifiers, policies; the signature too where its `cryptography` knows the algorithm."""
    documents: dict[str, Any] = {}
    load = loader.RFC5280CertificateDocumentLoader()
    for role, octets in (("issuer", issuer), ("subject", subject)):
        documents[role] = load.load_document(octets, role, role, documents)
    decode = chain.create_decoder_validation_container()
    results = decode.validate(documents["issuer"].root) + decode.validate(documents["subject"].root)
    return _findings(results + chain.create_issuer_validation_container().validate(documents["issuer"].root))


def lint_crl(octets: bytes) -> list[str]:
    parts = [
        crl.create_issuer_validator_container([]),
        crl.create_validity_validator_container([]),
        crl.create_extensions_validator_container([]),
    ]
    linter = crl.create_pkix_crl_validator_container(list(_decoders()), parts)
    return _findings(linter.validate(loader.load_crl(octets, "crl").root))


def lint_ocsp(octets: bytes) -> list[str]:
    linter = ocsp.create_pkix_ocsp_response_validator_container([ocsp.create_response_decoder(), *_decoders()], [])
    return _findings(linter.validate(loader.load_ocsp_response(octets, "response").root))


def _findings(results: Any) -> list[str]:
    """What stands above INFO; empty is clean."""
    return [
        f"{found.finding.severity.name} {found.finding.code} {result.node.path} {found.message or ''}"
        for result in results
        for found in result.finding_descriptions
        if found.finding.severity < ValidationFindingSeverity.INFO
    ]
