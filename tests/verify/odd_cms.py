"""CMS messages of every shape (RFC 5652, GM/T 0010) from the test PKI, and from OpenSSL as another maker."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from foundation import der
from hsm.digests import Digest
from seal import cms
from tests.verify.pki import NOW, Entity

CONTENT = "关于印发通知的函\n".encode()


@dataclass(frozen=True)
class Message:
    """One SignedData and what is unusual about it."""

    gm: bool = False
    enclosed: bytes | None = None
    attributes: bool = True
    unsigned: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] | None = None
    bound: bool = True
    value: bytes | None = None
    version: int = 1
    crls: tuple[bytes, ...] = ()


USUAL = Message()


def attribute(kind: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, b"".join(values)))


def signer_info(entity: Entity, covered: bytes, how: Message = USUAL, *, counter: bool = False) -> bytes:
    """`covered`: the octets signed, or with attributes those whose digest is."""
    digest = entity.scheme.digest
    content_type = cms.GM_DATA if how.gm else cms.DATA
    named = der.sequence(entity.issuer.subject if entity.issuer else entity.subject, der.integer(entity.serial))
    told: list[bytes] = [attribute(cms.MESSAGE_DIGEST, der.octet_string(digest.of(covered)))]
    if not counter:
        told += [
            attribute(cms.CONTENT_TYPE, der.oid(content_type)),
            attribute(cms.SIGNING_TIME, der.x509_time(NOW)),
        ]
    if how.bound:
        hashed = der.octet_string(digest.of(entity.certificate))
        which = b"" if digest is Digest.SHA256 else der.sequence(der.oid(digest.oid))
        told.append(attribute(cms.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(der.sequence(which, hashed)))))
    attributes = der.set_of(told)
    value = how.value if how.value is not None else entity.sign(attributes if how.attributes else covered)
    algorithm = der.sequence(der.oid("1.2.156.10197.1.301.1")) if how.gm else entity.scheme.algorithm_identifier()
    return der.sequence(
        der.integer(1),
        named,
        der.sequence(der.oid(digest.oid)),
        *([der.implicit(0, attributes)] if how.attributes else []),
        algorithm,
        der.octet_string(value),
        *([der.implicit(1, der.set_of(how.unsigned))] if how.unsigned else []),
    )


def message(*signers: Entity, content: bytes = CONTENT, how: Message = USUAL, ready: tuple[bytes, ...] = ()) -> bytes:
    """`ready`: further SignerInfos."""
    covered = how.enclosed if how.enclosed is not None else content
    infos = [*(signer_info(one, covered, how) for one in signers), *ready]
    digests = sorted({der.parse(info).children()[2].raw for info in infos})
    kind = der.oid(cms.GM_DATA if how.gm else cms.DATA)
    inside = [der.explicit(0, der.octet_string(how.enclosed))] if how.enclosed is not None else []
    brought = how.certificates if how.certificates is not None else tuple(one.certificate for one in signers)
    signed = der.sequence(
        der.integer(how.version),
        der.tlv(der.SET, b"".join(digests)),
        der.sequence(kind, *inside),
        *([der.implicit(0, der.set_of(brought))] if brought else []),
        *([der.implicit(1, der.set_of(how.crls))] if how.crls else []),
        der.set_of(infos),
    )
    return der.sequence(der.oid(cms.GM_SIGNED_DATA if how.gm else cms.SIGNED_DATA), der.explicit(0, signed))


def openssl(folder: Path, entity: Entity, content: bytes, *options: str, form: str = "DER") -> bytes:
    """What `openssl cms -sign` makes."""
    (folder / "content").write_bytes(content)
    (folder / "signer.der").write_bytes(entity.certificate)
    (folder / "key.der").write_bytes(entity.key.pkcs8())
    for name in ("signer", "key"):
        tool = ["x509"] if name == "signer" else ["pkey"]
        subprocess.run(
            ["openssl", *tool, "-inform", "DER", "-in", f"{name}.der", "-out", f"{name}.pem"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
    subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-in", "content", "-signer", "signer.pem", "-inkey", "key.pem",
         "-outform", form, "-out", "made", *options],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return (folder / "made").read_bytes()
