"""pyHanko with an SM2 signer of one's own, used as its documentation shows: B-B, visible, size estimated by itself.

For each document: key and certificates are loaded from files, as a script or a request handler does; pyHanko estimates
the container by its own dry run; the seal is the same vector drawing. Kind to it: the mathematics is the house's own
libcrypto, the dry run does not sign, and nothing is recorded, compared or stored.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from asn1crypto import algos, keys, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import PdfResources, RawContent
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.sign import fields, signers
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from hsm.sm2 import Sm2PrivateKey
from hsm.verifying import DEFAULT_SM2_ID

_LARGEST = 72


def register() -> None:
    """Object identifiers into asn1crypto's tables, as pyHanko itself does for ML-DSA (facts: sealing 2.2)."""
    keys.NamedCurve.register("sm2p256v1", "1.2.156.10197.1.301", 32)
    _add(algos.DigestAlgorithmId, "1.2.156.10197.1.401", "sm3")
    _add(algos.SignedDigestAlgorithmId, "1.2.156.10197.1.501", "sm2_sm3")


def _add(table: Any, identifier: str, name: str) -> None:
    table.unmap(next(iter(table._map.values())))  # noqa: SLF001 - once, so that the reverse table exists
    table._map[identifier] = name  # noqa: SLF001
    table._reverse_map[name] = identifier  # noqa: SLF001


class Sm2Signer(signers.Signer):
    def __init__(self, certificate: bytes, chain: list[bytes], key: Sm2PrivateKey) -> None:
        self._key = key
        registry = SimpleCertificateStore()
        registry.register_multiple(x509.Certificate.load(one) for one in chain)
        super().__init__(
            signing_cert=x509.Certificate.load(certificate),
            cert_registry=registry,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sm2_sm3"}),
        )

    async def async_sign_raw(  # pyHanko's own signature
        self,
        data: bytes,
        digest_algorithm: str,  # noqa: ARG002
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> bytes:
        return bytes(_LARGEST) if dry_run else self._key.sign(data, sm2_id=DEFAULT_SM2_ID)


class Peer:
    """`look` are the operators of the same vector seal, 120 points square, put there by pyHanko's own stamp."""

    def __init__(self, certificate: bytes, chain: list[bytes], look: bytes, folder: Path) -> None:
        register()
        self._key = folder / "sm2.key"
        self._key.write_bytes(Sm2PrivateKey.generate().pkcs8())
        self._certificates = [folder / f"sm2-{number}.crt" for number in range(len(chain) + 1)]
        for path, der in zip(self._certificates, (certificate, *chain), strict=True):
            path.write_bytes(der)
        self._kept = self._load()
        blend = generic.DictionaryObject({pdf_name("/BM"): pdf_name("/Multiply")})
        resources = PdfResources()
        resources.ext_g_state[pdf_name("/Seal")] = blend
        picture = RawContent(look, resources=resources, box=BoxConstraints(120, 120))
        self._style = StaticStampStyle(border_width=0, background=picture, background_opacity=1)

    def _load(self) -> Sm2Signer:
        own, *others = (path.read_bytes() for path in self._certificates)
        return Sm2Signer(own, others, Sm2PrivateKey.load(self._key.read_bytes()))

    def seal(self, document: bytes) -> bytes:
        return self._seal(document, self._load())

    def seal_kept(self, document: bytes) -> bytes:
        """The same by a program that keeps key and certificates open between documents."""
        return self._seal(document, self._kept)

    def _seal(self, document: bytes, signer: Sm2Signer) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(document))
        fields.append_signature_field(writer, fields.SigFieldSpec("Signature", on_page=0, box=(100, 100, 220, 220)))
        metadata = signers.PdfSignatureMetadata(
            field_name="Signature", md_algorithm="sm3", subfilter=fields.SigSeedSubFilter.PADES
        )
        out = signers.PdfSigner(metadata, signer, stamp_style=self._style).sign_pdf(writer)
        return bytes(out.getbuffer())
