"""OFD packages signed file by file, and ZIP archives written octet by octet, so that each fault can be made."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hsm.digests import sm3
from seal.ofd.package import NAMESPACE, Package
from tests.seal import papers
from tests.verify import odd_seals
from tests.verify.pki import Entity, Region

NAMED = f'xmlns:ofd="{NAMESPACE}"'


def parts(extra: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """The files of a small readable paper."""
    return {**Package.read(papers.ofd()).entries, **(extra or {})}


def with_lists(files: Mapping[str, bytes], *folders: str) -> dict[str, bytes]:
    """OFD.xml whose documents name their lists of signatures."""
    root = files["OFD.xml"].decode()
    for folder in folders:
        root = root.replace(
            f"<ofd:DocRoot>{folder}/Document.xml</ofd:DocRoot>",
            f"<ofd:DocRoot>{folder}/Document.xml</ofd:DocRoot>"
            f"<ofd:Signatures>/{folder}/Signs/Signatures.xml</ofd:Signatures>",
        )
    return {**files, "OFD.xml": root.encode()}


def listing(*entries: tuple[str, str]) -> bytes:
    items = "".join(f'<ofd:Signature ID="{name}" Type="Seal" BaseLoc="{place}"/>' for name, place in entries)
    return f"<ofd:Signatures {NAMED}>{items}</ofd:Signatures>".encode()


@dataclass(frozen=True)
class Signing:
    """How one signature is written. `references`: (FileRef, octets whose digest is stated)."""

    folder: str = "Doc_0/Signs/Sign_0"
    method: str = "SM3"
    time: str = "20261122020000Z"
    suffix: str = ""
    """More elements after SignedInfo's own."""
    odd: odd_seals.Odd = odd_seals.USUAL
    """Generation and departures of seal and value."""


def signature_xml(references: Iterable[tuple[str, bytes]], how: Signing, *, seal: bool = True) -> bytes:
    items = "".join(
        f'<ofd:Reference FileRef="{name}"><ofd:CheckValue>{base64.b64encode(sm3(octets)).decode()}</ofd:CheckValue>'
        "</ofd:Reference>"
        for name, octets in references
    )
    place = f"<ofd:Seal><ofd:BaseLoc>/{how.folder}/Seal.esl</ofd:BaseLoc></ofd:Seal>" if seal else ""
    return (
        f'<ofd:Signature {NAMED}><ofd:SignedInfo><ofd:Provider ProviderName="other" Version="1"/>'
        "<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>"
        f"<ofd:SignatureDateTime>{how.time}</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{how.method}">{items}</ofd:References>{place}{how.suffix}</ofd:SignedInfo>'
        f"<ofd:SignedValue>/{how.folder}/SignedValue.dat</ofd:SignedValue></ofd:Signature>"
    ).encode()


def sign(
    region: Region,
    files: Mapping[str, bytes],
    covered: Iterable[str],
    how: Signing | None = None,
    *,
    again: Iterable[tuple[str, bytes]] = (),
) -> dict[str, bytes]:
    """The three files of one seal signature over `covered`."""
    how = how or Signing()
    seal = odd_seals.seal(region.maker, region.seal, how.odd)
    references = [*((f"/{name}", files[name]) for name in covered), (f"/{how.folder}/Seal.esl", seal), *again]
    page = signature_xml(references, how)
    value = odd_seals.signature(region.seal, seal, how.odd, page=page, path=f"/{how.folder}/Signature.xml")
    return {
        f"{how.folder}/Signature.xml": page,
        f"{how.folder}/Seal.esl": seal,
        f"{how.folder}/SignedValue.dat": value,
    }


def sealed(
    region: Region,
    extra: Mapping[str, bytes] | None = None,
    *,
    leave: Iterable[str] = (),
    how: Signing | None = None,
) -> dict[str, bytes]:
    """A paper with one seal over everything but `leave` and the list."""
    files = with_lists(parts(extra), "Doc_0")
    made = sign(region, files, [name for name in files if name not in leave], how)
    return {**files, **made, "Doc_0/Signs/Signatures.xml": listing(("s001", "/Doc_0/Signs/Sign_0/Signature.xml"))}


def bare(signer: Entity, files: Mapping[str, bytes], *, over_digest: bool) -> dict[str, bytes]:
    """Type=Sign as older writers made it: the value alone."""
    files = with_lists(files, "Doc_0")
    page = signature_xml(((f"/{name}", octets) for name, octets in files.items()), Signing(), seal=False)
    value = signer.sign(sm3(page) if over_digest else page)
    return {
        **files,
        "Doc_0/Signs/Signatures.xml": listing(("s001", "/Doc_0/Signs/Sign_0/Signature.xml")),
        "Doc_0/Signs/Sign_0/Signature.xml": page,
        "Doc_0/Signs/Sign_0/SignedValue.dat": value,
    }


# --- archives --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One entry; what its header, its descriptor and the directory say can be told apart."""

    name: str
    data: bytes
    local_name: str | None = None
    local_size: int | None = None
    descriptor: tuple[int, int, int] | None = None
    extra: bytes = b""
    gap: bytes = b""
    at: int | None = None
    """Offset the directory gives, when it is another entry's."""


def archive(entries: Iterable[Entry], *, prefix: bytes = b"", suffix: bytes = b"", count: int | None = None) -> bytes:
    body, directory, number = bytearray(prefix), bytearray(), 0
    for entry in entries:
        number += 1
        checksum, size = zlib.crc32(entry.data), len(entry.data)
        offset, flags = len(body), 0x808 if entry.descriptor else 0x800
        local = (entry.local_name or entry.name).encode()
        told = (
            (0, 0, 0) if entry.descriptor else (checksum, size, size if entry.local_size is None else entry.local_size)
        )
        body += struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, flags, 0, 0, 33, *told, len(local), len(entry.extra))
        body += local + entry.extra + entry.data
        if entry.descriptor:
            body += b"PK\x07\x08" + struct.pack("<III", *entry.descriptor)
        body += entry.gap
        name = entry.name.encode()
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, flags, 0, 0, 33, checksum, size, size, len(name), 0, 0, 0, 0, 0,
            offset if entry.at is None else entry.at,
        ) + name  # fmt: skip
    total = number if count is None else count
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, total, total, len(directory), len(body), 0)
    return bytes(body + directory + end + suffix)


def packed(files: Mapping[str, bytes]) -> list[Entry]:
    return [Entry(name, data) for name, data in files.items()]
