"""The OFD package (OFD 包): its files, its XML, its paths. GB/T 33190-2016 clause 7.

Everybody who looks into an OFD (seal, verify, licence) goes through here and `seal/ofd/archive.py`, so that no two
readers can see different files in the same octets (T20). It must never follow an external entity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath

from lxml import etree

from seal.ofd import archive
from seal.ofd.archive import Packed, write
from seal.ofd.limits import LIMITS, Limits, PackageError, check_name

__all__ = ["LIMITS", "NAMESPACE", "ROOT", "Limits", "Package", "PackageError", "check_name", "parse_xml", "write"]

NAMESPACE = "http://www.ofdspec.org/2016"
ROOT = "OFD.xml"
_FOLDED_ROOT = ROOT.casefold()


@dataclass(frozen=True, slots=True)
class Package:
    """The files of one OFD, by canonical name (no leading slash), in the order of the archive."""

    entries: Mapping[str, bytes]
    limits: Limits = LIMITS
    packed: Mapping[str, Packed] = field(default_factory=dict, repr=False, compare=False)
    known: dict[str, object] = field(default_factory=dict, repr=False, compare=False)
    """What was once read out of these entries, which never change; frozen values only."""

    @classmethod
    def read(cls, data: bytes, limits: Limits = LIMITS) -> Package:
        """The package in `data`; raises `PackageError`."""
        entries, packed = archive.read(data, limits)
        if ROOT not in entries:
            raise PackageError("no_root", "缺少 OFD.xml，它不是 OFD 文件", "OFD.xml is missing, so it is no OFD")
        if any(name.rpartition("/")[2].casefold() == _FOLDED_ROOT for name in entries if name != ROOT):
            raise PackageError("second_root", "含有第二个 OFD.xml", "it holds a second OFD.xml")
        return cls(entries, limits, packed)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def rewritten(self, entries: Mapping[str, bytes]) -> bytes:
        """A package of `entries`; files that are this package's own are taken over without packing them anew."""
        same = {name: one for name, one in self.packed.items() if entries.get(name) is self.entries[name]}
        return archive.write(entries, packed=same)

    def file(self, name: str) -> bytes:
        try:
            return self.entries[name]
        except KeyError:
            raise PackageError("missing_part", f"缺少文件 {name[:80]}", f"{name[:80]} is missing") from None

    def xml(self, name: str) -> etree._Element:
        """The parsed document element of `name`; no DTD, no entities, bounded depth."""
        return parse_xml(self.file(name), name, self.limits)

    def resolve(self, location: str, *, base: str = "") -> str:
        """The canonical name of an ST_Loc written in file `base`: `/` starts at the root, else at the base's folder.

        Some writers mean the root although they leave the slash away; that reading is taken only when the first one
        finds nothing. Where both find a file, two readers could read two, and it is refused.
        """
        location = location.strip()
        if location.startswith("/"):
            return check_name(location[1:])
        folder = PurePosixPath(base).parent.as_posix() if base else "."
        plain = location.removeprefix("./")
        name = check_name(plain if folder == "." else f"{folder}/{plain}")
        if name == plain or check_name(plain) not in self.entries:
            return name
        if name in self.entries and not location.startswith("./"):
            raise PackageError(
                "ambiguous_path", f"路径 {plain[:80]} 有两种读法", f"{plain[:80]} can be read in two ways"
            )
        return name if name in self.entries else plain


def parse_xml(data: bytes, name: str, limits: Limits = LIMITS) -> etree._Element:
    """One XML document without its dangers: no DOCTYPE at all, so no entity, external or exploding."""
    if len(data) > limits.xml_bytes:
        raise PackageError("xml_too_large", f"{name} 过大", f"{name} is too large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PackageError("xml_damaged", f"{name} 不是完好的 XML", f"{name} is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise PackageError("xml_doctype", f"{name} 带有 DOCTYPE 声明", f"{name} carries a DOCTYPE")
    if _deeper(limits.xml_depth)(root):
        raise PackageError("xml_depth", f"{name} 嵌套过深", f"{name} is nested too deeply")
    return root


@lru_cache(maxsize=8)
def _deeper(most: int) -> etree.XPath:
    """Whether there is an element below `most` others; one step for each level, so each element is seen once."""
    return etree.XPath(f"boolean({'/*' * (most + 1)})")
