"""The integrity protocol of GM/T 0099-2020 (完整性保护): OFDEntries.xml, signed, against smuggled files.

It lists the names of all files and protects that list. The contents of the files it does not protect, so a file that
has nothing else is no sealed file, and the report says why.
"""

from __future__ import annotations

from dataclasses import dataclass

from seal.ofd.document import children, sole, text
from seal.ofd.package import ROOT, Package, PackageError
from verify.checked import Checked, tell, tell_unsupported
from verify.cms_check import check_cms
from verify.moments import Moment
from verify.ofd.listing import repeated
from verify.ofd.signed_value import Tries, check_bare, digest_document, kind_of
from verify.report import Finding, SignatureReport
from verify.trust import TrustStore
from verify.words import finding

ENTRIES = "OFDEntries.xml"
MOST_FILES = 4096
_FORM = "OFD GM/T 0099"


@dataclass(frozen=True, slots=True)
class Integrity:
    """The signature over the list, with what is wrong about the files, and the protocol's own files."""

    report: SignatureReport
    own_files: frozenset[str]


def check_integrity(package: Package, trust: TrustStore, moment: Moment) -> Integrity | None:
    """None when the package does not use the protocol. Raises `PackageError` when its list is damaged."""
    if ENTRIES not in package:
        return None
    root = package.xml(ENTRIES)
    location, listed = text(sole(root, "SignedValueLoc")), sole(root, "FileList")
    if not location or listed is None:
        raise PackageError("integrity_list", f"{ENTRIES} 不完整", f"{ENTRIES} is incomplete")
    files = children(listed, "File")
    if len(files) > MOST_FILES:
        raise PackageError("too_many_references", "引用过多", "a signature has too many references")
    names = [package.resolve(item.get("FileLoc", ""), base=ROOT) for item in files]
    value = package.resolve(location, base=ROOT)
    own = frozenset({ENTRIES, value})
    found = _compare(package, names, own)
    report = _signature(package, value, trust, moment, found)
    return Integrity(report, own)


def _compare(package: Package, names: list[str], own: frozenset[str]) -> list[Finding]:
    """Nothing more and nothing less than the list; each file once."""
    known = {*names, *own}
    faults = {
        "ofd.integrity_extra": [name for name in package if name not in known],
        "ofd.integrity_missing": [name for name in names if name not in package],
        "ofd.integrity_twice": repeated(names),
    }
    return [finding(code, "、".join(which[:5])) for code, which in faults.items() if which]


def _signature(
    package: Package, value_file: str, trust: TrustStore, moment: Moment, found: list[Finding]
) -> SignatureReport:
    entries = package.file(ENTRIES)
    if value_file not in package:
        return tell_unsupported(ENTRIES, _FORM, finding("ofd.reference", value_file))
    value, document = package.file(value_file), digest_document(entries)
    checked: Checked | None
    if kind_of(value) == "cms":
        checked = check_cms(value, document, trust, moment, needs_binding=False)
    else:
        checked = check_bare(value, entries, "", trust.leaves, trust, moment, Tries())
    if checked is None:
        return tell_unsupported(ENTRIES, _FORM, finding("ofd.bare_value"))
    return tell(checked, name=ENTRIES, form=_FORM, coverage="file_names", broken_by=tuple(found))
