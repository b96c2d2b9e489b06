"""Rules of PDF/A-2 and PDF/A-3 (ISO 19005-2:2011, 19005-3:2012, same numbers), checked without our own writers.

veraPDF is on none of PyPI, npm or Debian; this is the list of rules that licences and sealing could break, read from
the octets and with pikepdf. `violations(data)` gives "clause: what". It is no full validator and does not say so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from tests.seal import pdfa_pages

MOST_STRING, MOST_NAME = 32767, 127
ACTIONS = {"GoTo", "GoToR", "GoToE", "Thread", "URI", "Named", "SubmitForm"}
BLENDS = {
    "Normal", "Compatible", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "ColorDodge", "ColorBurn",
    "HardLight", "SoftLight", "Difference", "Exclusion", "Hue", "Saturation", "Color", "Luminosity",
}  # fmt: skip
FILTERS = {
    "ASCIIHexDecode", "ASCII85Decode", "FlateDecode", "RunLengthDecode", "CCITTFaxDecode", "JBIG2Decode", "DCTDecode",
    "JPXDecode",
}  # fmt: skip


def violations(data: bytes) -> list[str]:
    """Empty for a file that keeps every rule looked at here."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        part, conformance = _claim(pdf)
        found = [*_octets(data), *_offsets(data, pdf)]
        if part not in ("1", "2", "3") or conformance not in ("B", "U", "A"):
            found.append(f"6.6.4: part {part!r}, conformance {conformance!r}")
        profile = _intent(pdf)
        found += [*_intents(pdf), *_catalog(pdf), *_metadata(pdf), *_objects(pdf), *_files(pdf, part), *_signed(pdf)]
        for number, page in enumerate(pdf.pages, 1):
            found += [
                f"{fault} (page {number})" for fault in pdfa_pages.violations(page.obj, profile, part, conformance)
            ]
        if part == "1":
            found += _older(data, pdf)
        for field in _fields(pdf.Root.get("/AcroForm", Dictionary()).get("/Fields", Array())):
            if "/AA" in field or "/A" in field:
                found.append("6.4.1: a field with an action")
    return list(dict.fromkeys(found))


def claims(data: bytes) -> tuple[str, str]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return _claim(pdf)


def _claim(pdf: pikepdf.Pdf) -> tuple[str, str]:
    with pdf.open_metadata() as xmp:
        return str(xmp.get("pdfaid:part", "")), str(xmp.get("pdfaid:conformance", ""))


# --- octets ----------------------------------------------------------------------------------------------------------


def _octets(data: bytes) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[0-7][\r\n]{1,2}%[\x80-\xff]{4}", data):
        yield "6.1.2: header without a comment of four octets above 127"
    if not re.search(rb"%%EOF(\r\n|\r|\n)?\Z", data):
        yield "6.1.3: octets after the last %%EOF"
    for match in re.finditer(rb"endstream", data):
        if data[match.start() - 1 : match.start()] not in (b"\n", b"\r"):
            yield "6.1.7.1: no end of line before endstream"
    for match in re.finditer(rb">>\s*stream(..)", data, re.DOTALL):
        if match[1][:1] != b"\n" and match[1] != b"\r\n":
            yield "6.1.7.1: stream is not followed by an end of line"
    for match in re.finditer(rb"(.)startxref(\r\n|\r|\n)(\d+)(\r\n|\r|\n)%%EOF", data, re.DOTALL):
        at = int(match[3])
        if data[at : at + 4] == b"xref":
            yield from _table(data, at)


def _table(data: bytes, at: int) -> Iterator[str]:
    found = re.compile(rb"xref(\r\n|\r|\n)").match(data, at)
    if found is None:
        yield "6.1.4: xref is not followed by one end of line"
        return
    at = found.end()
    section = re.compile(rb"(\d+) (\d+)(\r\n|\r|\n)")
    while (head := section.match(data, at)) is not None:
        at = head.end() + 20 * int(head[2])
        lines = data[head.end() : at]
        if not re.fullmatch(rb"(\d{10} \d{5} [nf]( \r| \n|\r\n))*", lines):
            yield "6.1.4: entries of the table are not 20 octets each"


def _offsets(data: bytes, pdf: pikepdf.Pdf) -> Iterator[str]:
    """Where the objects in use stand: on lines of their own (6.1.9)."""
    del pdf
    for match in re.finditer(rb"(?<![0-9])(\d+)( +)(\d+)( +)obj", data):
        before, after = data[match.start() - 1 : match.start()], data[match.end() : match.end() + 1]
        if match[2] != b" " or match[4] != b" ":
            yield "6.1.9: more than one space in front of obj"
        if before not in (b"\n", b"\r") and _is_object(data, match.start(), match[1]):
            yield "6.1.9: no end of line before an object"
        if after not in (b"\n", b"\r") and _is_object(data, match.start(), match[1]):
            yield "6.1.9: no end of line after obj"
    for match in re.finditer(rb"endobj", data):
        if data[match.start() - 1 : match.start()] not in (b"\n", b"\r") or data[match.end() : match.end() + 1] not in (
            b"\n", b"\r",
        ):  # fmt: skip
            yield "6.1.9: endobj does not stand on a line of its own"


def _is_object(data: bytes, at: int, number: bytes) -> bool:
    """Some table says that it begins here; elsewhere the words are inside a stream."""
    del number
    return b"%010d 00000 n" % at in data


def _older(data: bytes, pdf: pikepdf.Pdf) -> Iterator[str]:
    """What part 1 forbids beyond the others (ISO 19005-1)."""
    if re.search(rb"/Type\s*/(XRef|ObjStm)", data):
        yield "1: 6.1.4: cross-reference or object streams"
    if "/EmbeddedFiles" in pdf.Root.get("/Names", Dictionary()) or "/OCProperties" in pdf.Root:
        yield "1: 6.1.11, 6.1.13: embedded files or layers"
    if any(isinstance(item, Stream) and item.get("/Filter") == Name.JPXDecode for item in pdf.objects):
        yield "1: 6.1.10: JPEG 2000"


# --- the document ----------------------------------------------------------------------------------------------------


def _catalog(pdf: pikepdf.Pdf) -> Iterator[str]:
    root, trailer = pdf.Root, pdf.trailer
    if "/Encrypt" in trailer:
        yield "6.1.3: encrypted"
    if "/ID" not in trailer or len(trailer.ID) != 2:
        yield "6.1.3: no file identifier"
    for key, clause in (("/AA", "6.5.2"), ("/Requirements", "6.11"), ("/NeedsRendering", "6.4.2")):
        if key in root:
            yield f"{clause}: {key} in the catalogue"
    form = root.get("/AcroForm", Dictionary())
    if form.get("/NeedAppearances", False):
        yield "6.4.1: NeedAppearances"
    if "/XFA" in form:
        yield "6.4.2: XFA"
    names = root.get("/Names", Dictionary())
    if "/AlternatePresentations" in names or "/JavaScript" in names:
        yield "6.10: alternate presentations or scripts"
    for key in root.get("/Perms", Dictionary()):
        if key not in ("/DocMDP", "/UR3"):
            yield f"6.1.12: {key} in the permissions"


def _intent(pdf: pikepdf.Pdf) -> str | None:
    """Colour space of the PDF/A output intent: b"RGB " and the like."""
    for intent in pdf.Root.get("/OutputIntents", Array()):
        if intent.get("/S") == Name.GTS_PDFA1 and "/DestOutputProfile" in intent:
            return bytes(intent.DestOutputProfile.read_bytes())[16:20].decode("latin-1").strip()
    return None


def _intents(pdf: pikepdf.Pdf) -> Iterator[str]:
    profiles = [one.DestOutputProfile for one in pdf.Root.get("/OutputIntents", Array()) if "/DestOutputProfile" in one]
    if len({one.objgen for one in profiles}) > 1:
        yield "6.2.3: output intents with different profiles"
    for profile in profiles:
        icc = bytes(profile.read_bytes())
        channels = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}.get(icc[16:20])
        if icc[36:40] != b"acsp" or icc[8] > 4 or icc[12:16] not in (b"prtr", b"mntr") or channels != int(profile.N):
            yield "6.2.3: the profile of the output intent is no display or output profile of version 2 or 4"


def _metadata(pdf: pikepdf.Pdf) -> Iterator[str]:
    stream = pdf.Root.get("/Metadata")
    if stream is None:
        yield "6.6.2.1: no metadata"
        return
    if "/Filter" in stream:
        yield "6.6.2.1: metadata are filtered"
    raw = bytes(stream.read_bytes())
    head = raw[:200]
    if b"<?xpacket begin=" not in head or b"bytes=" in head or b"encoding=" in head:
        yield "6.6.2.1: packet header"
    if not pdf.docinfo:
        return
    with pdf.open_metadata() as xmp:
        pairs = {
            "/Title": xmp.get("dc:title"), "/Producer": xmp.get("pdf:Producer"), "/Creator": xmp.get("xmp:CreatorTool"),
            "/Subject": xmp.get("dc:description"), "/Author": "".join(xmp.get("dc:creator", [])) or None,
        }  # fmt: skip
    for key, told in pairs.items():
        if key in pdf.docinfo and str(pdf.docinfo[key]) != (told or ""):
            yield f"6.6.3: {key} of the information dictionary is not what the metadata say"


def _objects(pdf: pikepdf.Pdf) -> Iterator[str]:
    for item in pdf.objects:
        if isinstance(item, Stream):
            filters = item.get("/Filter", Array())
            for one in filters if isinstance(filters, Array) else [filters]:
                if str(one)[1:] not in FILTERS:
                    yield f"6.1.7.2: filter {one}"
            if {"/F", "/FFilter", "/FDecodeParms"} & set(item.keys()):
                yield "6.1.7.1: a stream outside the file"
            yield from _stream(item)
        if isinstance(item, Dictionary | Stream):
            yield from _dictionary(item)


def _stream(item: Any) -> Iterator[str]:
    kind = item.get("/Subtype")
    if kind == Name.Image and ({"/Alternates", "/OPI"} & set(item.keys()) or item.get("/Interpolate", False)):
        yield "6.2.8: alternates, OPI or interpolation of an image"
    if kind == Name.Form and {"/OPI", "/PS", "/Ref"} & set(item.keys()):
        yield "6.2.9: a form that points outside"
    if kind == Name.PS:
        yield "6.2.9: PostScript"


def _dictionary(item: Any) -> Iterator[str]:
    for key, value in item.items():
        if len(key.encode()) - 1 > MOST_NAME:
            yield "6.1.13: a name over 127 octets"
        if isinstance(value, pikepdf.String) and len(bytes(value)) > MOST_STRING and key != "/Contents":
            yield "6.1.13: a string over 32767 octets"
    action = item.get("/S")
    if item.get("/Type") == Name.Action and str(action)[1:] not in ACTIONS:
        yield f"6.5.1: action {action}"
    if item.get("/Type") == Name.ExtGState or "/BM" in item:
        blend = item.get("/BM", Name.Normal)
        if not isinstance(blend, Name) or str(blend)[1:] not in BLENDS:
            yield f"6.2.10: blend mode {blend}"
        if {"/TR", "/HTO"} & set(item.keys()) or item.get("/TR2", Name.Default) != Name.Default:
            yield "6.2.5: transfer functions"


def _files(pdf: pikepdf.Pdf, part: str) -> Iterator[str]:
    associated = {one.objgen for one in pdf.Root.get("/AF", Array())}
    for item in pdf.objects:
        if not isinstance(item, Dictionary) or "/EF" not in item:
            continue
        if part == "2" and not bytes(item.EF.F.read_bytes()).startswith(b"%PDF-"):
            yield "6.8: PDF/A-2 embeds PDF/A files only"
        if not {"/F", "/UF", "/AFRelationship"} <= set(item.keys()):
            yield "6.8: file specification without F, UF or AFRelationship"
        if "/Subtype" not in item.EF.F:
            yield "6.8: embedded file without a media type"
        if item.objgen not in associated:
            yield "6.8: embedded file that is associated with nothing"


def _signed(pdf: pikepdf.Pdf) -> Iterator[str]:
    """6.1.12 on references, 6.4.3 and annex B on the values."""
    for field in _fields(pdf.Root.get("/AcroForm", Dictionary()).get("/Fields", Array())):
        value = field.get("/V")
        if field.get("/FT") != Name.Sig or value is None:
            continue
        for reference in value.get("/Reference", Array()):
            if {"/DigestLocation", "/DigestMethod", "/DigestValue"} & set(reference.keys()):
                yield "6.1.12: digest in a signature reference"
        contents = bytes(value.Contents)
        if contents[:1] != b"\x30" or b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" not in contents[:40]:
            yield "6.4.3: the signature is no PKCS#7 object"
        gap = value.ByteRange
        if len(gap) != 4 or int(gap[0]) != 0:
            yield "6.4.3: ByteRange"


def _fields(fields: Any, depth: int = 0) -> Iterator[Any]:
    for field in fields:
        yield field
        if depth < 20:
            yield from _fields((kid for kid in field.get("/Kids", Array()) if "/T" in kid), depth + 1)
