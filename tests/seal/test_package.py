"""Hostile packages: whatever two readers could read differently is refused, and bombs never unpack."""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seal.ofd import archive
from seal.ofd.package import Limits, Package, PackageError, parse_xml, write
from tests.seal import papers

ROOT = b"<OFD/>"


def _zip(entries: list[tuple[str, bytes]], **changes: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo("placeholder")
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in changes.items():
                setattr(info, key, value)
            archive.writestr(info, data)
    return buffer.getvalue()


def _refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(PackageError) as caught:
        Package.read(data, limits) if limits else Package.read(data)
    assert caught.value.detail.zh
    return caught.value.reason


@pytest.mark.parametrize(
    "name",
    ["../OFD.xml", "/etc/passwd", "Doc_0/../../x", "a\\b.xml", "C:/x", "./x", "Doc_0//x", "x\x00.xml", "a\nb", "x/./y"],
)
def test_a_path_that_leaves_the_package_is_refused(name: str) -> None:
    assert _refused(_zip([("OFD.xml", ROOT), (name, b"x")])) in {"bad_path", "zip_damaged"}


@pytest.mark.parametrize("twin", ["OFD.xml", "ofd.XML", "Doc_0/Ｋ.xml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_some_reader_takes_for_the_same_are_refused(twin: str) -> None:
    entries = [("OFD.xml", ROOT), (twin, b"<evil/>")]
    if twin.startswith("Doc"):
        entries = [("OFD.xml", ROOT), ("Doc_0/\u00e9.xml", b"1"), ("Doc_0/e\u0301.xml", b"2")]
    assert _refused(_zip(entries)) == "duplicate"


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    assert _refused(_zip([("OFD.xml", ROOT), ("x", bytes(50_000_000))])) == "bomb"


def test_a_size_that_lies_is_refused() -> None:
    """The directory says 10 octets, the stream holds a million."""
    data = bytearray(_zip([("OFD.xml", ROOT), ("x", bytes(1_000_000))]))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rindex(signature) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    assert _refused(bytes(data)) in {"zip_damaged", "too_large"}


def test_too_many_and_too_large() -> None:
    many = _zip([("OFD.xml", ROOT), *((f"f{index}", b"") for index in range(20))])
    assert _refused(many, Limits(entries=10)) == "too_many_entries"
    assert _refused(_zip([("OFD.xml", b"x" * 2000)]), Limits(entry_bytes=1000)) == "too_large"


def test_links_and_encrypted_entries_are_refused() -> None:
    assert _refused(_zip([("OFD.xml", ROOT)], create_system=3, external_attr=0o120777 << 16)) == "special_file"
    data = bytearray(_zip([("OFD.xml", ROOT)]))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    assert _refused(bytes(data)) == "encrypted"


def _prefixed(data: bytes) -> bytes:
    return b"PK\x03\x04 something else" + data


def _suffixed(data: bytes) -> bytes:
    return data + b"trailing"


def _gap(data: bytes) -> bytes:
    """An entry's whole local record that the directory does not name."""
    hidden = _zip([("Hidden.xml", b"<evil/>")])
    record = hidden[: hidden.index(b"PK\x01\x02")]
    start = data.index(b"PK\x01\x02")
    moved = bytearray(data[:start] + record + data[start:])
    end = moved.rindex(b"PK\x05\x06")
    moved[end + 16 : end + 20] = struct.pack("<I", start + len(record))
    return bytes(moved)


@pytest.mark.parametrize("change", [_prefixed, _suffixed, _gap])
def test_octets_the_directory_does_not_name_are_refused(change: Callable[[bytes], bytes]) -> None:
    assert _refused(change(papers.ofd())) in {"hidden_octets", "zip_damaged"}


def test_names_that_differ_between_header_and_directory_are_refused() -> None:
    data = papers.ofd().replace(b"OFD.xml", b"OFX.xml", 1)
    assert _refused(data) == "two_tellings"


@pytest.mark.parametrize("offset", [6, 8, 14, 18, 22])
def test_headers_that_tell_another_story_than_the_directory_are_refused(offset: int) -> None:
    """Flags, method, checksum and sizes: streaming readers go by the local header."""
    data = bytearray(papers.ofd())
    data[offset] ^= 1 if offset > 6 else 8
    assert _refused(bytes(data)) in {"two_tellings", "zip_damaged", "encrypted"}


def test_octets_behind_a_deflated_stream_are_refused() -> None:
    """Inside the entry's packed size, but after the stream's end: no reader unpacks them, all carry them."""
    entry = archive._pack("x", b"abc" * 100, 6)
    stuffed = archive.Packed(entry.method, entry.checksum, entry.size, entry.data + b"hidden")
    assert _refused(write({"OFD.xml": ROOT, "x": b"abc" * 100}, packed={"x": stuffed})) == "zip_damaged"


def test_packing_anew_and_taking_over_give_the_same_files() -> None:
    package = Package.read(papers.ofd())
    again = Package.read(package.rewritten({**package.entries, "new.xml": b"<x/>"}))
    assert dict(again.entries) == {**package.entries, "new.xml": b"<x/>"}
    assert again.packed["OFD.xml"] == package.packed["OFD.xml"]


def test_the_writer_makes_what_other_programs_read(tmp_path: Path) -> None:
    (tmp_path / "x.ofd").write_bytes(write({"OFD.xml": ROOT, "Doc_0/附件.xml": b"<a/>" * 500, "x.png": b"\x89PNG12"}))
    answer = subprocess.run(["unzip", "-t", tmp_path / "x.ofd"], check=False, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout
    with zipfile.ZipFile(tmp_path / "x.ofd") as other:
        assert other.namelist() == ["OFD.xml", "Doc_0/附件.xml", "x.png"]
        assert other.testzip() is None


def test_what_is_no_ofd_says_so() -> None:
    assert _refused(b"%PDF-1.7") == "not_zip"
    assert _refused(_zip([("x", b"")])) == "no_root"


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml_doctype"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "xml_doctype"),
        (b"<a>" * 80 + b"</a>" * 80, "xml_depth"),
        (b"<a>" * 100_000, "xml_damaged"),
        (b"not xml", "xml_damaged"),
        (b"", "xml_damaged"),
    ],
)
def test_dangerous_xml_is_refused(xml: bytes, reason: str) -> None:
    with pytest.raises(PackageError) as caught:
        parse_xml(xml, "x.xml")
    assert caught.value.reason == reason


def test_billion_laughs_costs_nothing() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<!DOCTYPE a [<!ENTITY l0 "ha">{levels}]><a>&l11;</a>'.encode()
    with pytest.raises(PackageError):
        parse_xml(xml, "x.xml")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_packages_raise_one_kind_of_error(data: st.DataObject) -> None:
    octets = bytearray(papers.ofd())
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PackageError):
        package = Package.read(bytes(octets))
        for name in package:
            if name.endswith(".xml"):
                package.xml(name)


def test_paths_resolve_from_the_file_that_names_them() -> None:
    package = Package.read(
        write({"OFD.xml": ROOT, "Doc_0/Signs/Sign_0/Signature.xml": b"<a/>", "Doc_0/Document.xml": b"<a/>"})
    )
    assert (
        package.resolve("Sign_0/Signature.xml", base="Doc_0/Signs/Signatures.xml") == "Doc_0/Signs/Sign_0/Signature.xml"
    )
    assert package.resolve("/Doc_0/Document.xml", base="x/y") == "Doc_0/Document.xml"
    assert package.resolve("Doc_0/Document.xml", base="Doc_0/Signs/Signatures.xml") == "Doc_0/Document.xml"
    with pytest.raises(PackageError):
        package.resolve("../Document.xml", base="Doc_0/Signs/Signatures.xml")


def test_names_in_gb18030_read() -> None:
    data = _zip([("OFD.xml", ROOT), ("Doc_0/XXXX.xml", b"<a/>")]).replace(b"XXXX", "附件".encode("gb18030"))
    assert "Doc_0/附件.xml" in Package.read(data)
