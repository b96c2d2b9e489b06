"""Lists of signatures in a package (签名列表): who may still be added, and naming the lists. GB/T 33190-2016 18.1.

A list that an earlier signature protects is locked. OFD.xml must name a document's list before it is hashed; in a
package of several documents all lists are named at once, so that sealing one never disturbs the seal of another.
"""

from __future__ import annotations

from lxml import etree

from seal.ofd import document as tree
from seal.ofd.document import Body, child, children, qualified, text
from seal.ofd.package import NAMESPACE, ROOT, Package, PackageError, parse_xml

_INTEGRITY, _ENCRYPTION = "ofdentries.xml", "encryptions.xml"


def refuse_forbidden(package: Package, body: Body) -> None:
    """What the file itself says against a signature; raises `PackageError`."""
    names = {name.casefold() for name in package}
    if _INTEGRITY in names:
        raise PackageError(
            "integrity",
            "带有完整性保护清单（GM/T 0099），增加签章会使其失效；请先签章再做完整性保护",
            "an integrity list of GM/T 0099 protects it and would be broken; sign first, protect afterwards",
        )
    if _ENCRYPTION in names:
        raise PackageError("encrypted_content", "内容已加密（GM/T 0099），请先解密", "its content is encrypted")
    permissions = child(package.xml(body.document), "Permissions")
    allowed = child(permissions, "Signature") if permissions is not None else None
    if text(allowed).lower() in ("false", "0"):
        raise PackageError(
            "signature_forbidden", "作者不允许签章（Permissions/Signature）", "its author does not permit signatures"
        )


def refuse_unsignable(package: Package, body: Body) -> tuple[dict[str, bytes], set[str]]:
    """Raise `PackageError` when a signature may not be added; else the files to be signed, and all lists' names."""
    refuse_forbidden(package, body)
    entries = with_lists(package, body)
    lists = {one.list_name for one in tree.bodies(package)}
    changed = {name for name, octets in package.entries.items() if entries[name] is not octets} | {body.list_name}
    refuse_broken(package, changed, lists)
    return entries, lists


def with_lists(package: Package, body: Body) -> dict[str, bytes]:
    """All files with every document's list named, and empty lists made for the documents that are not signed now."""
    entries = dict(package.entries)
    found = tree.bodies(package)
    missing = [one for one in found if one.signatures is None]
    if not missing or (body.signatures is not None and ROOT in protected(package)):
        return entries
    for one in missing:
        if one.list_name in entries:
            raise PackageError("stray_signatures", "含有未登记的签名列表", "it holds an unlisted list of signatures")
        if one.number != body.number:
            entries[one.list_name] = serialise(etree.Element(qualified("Signatures"), nsmap={"ofd": NAMESPACE}))
    entries[ROOT] = _named(entries[ROOT], missing)
    return entries


def refuse_broken(package: Package, changed: set[str], lists: set[str]) -> None:
    """No file that an earlier signature protects may change."""
    broken = protected(package) & changed
    if broken & lists:
        raise PackageError(
            "locked",
            "先前的签章已锁定文件，不允许再增加签章",
            "an earlier signature locks it, no further one may be added",
        )
    if broken:
        raise PackageError(
            "would_break",
            "增加签章须修改先前签章保护的 OFD.xml，会使其失效",
            "a signature would have to change OFD.xml, which an earlier one protects",
        )


def protected(package: Package) -> set[str]:
    """Every file that some signature of some document refers to."""
    names: set[str] = set()
    for body in tree.bodies(package):
        if body.signatures is None:
            continue
        for item in children(package.xml(body.signatures), "Signature"):
            name = package.resolve(item.get("BaseLoc", ""), base=body.signatures)
            info = child(package.xml(name), "SignedInfo")
            references = child(info, "References") if info is not None else None
            for reference in children(references, "Reference") if references is not None else []:
                names.add(package.resolve(reference.get("FileRef", ""), base=name))
    return names


def _named(root: bytes, missing: list[Body]) -> bytes:
    """The list comes last in a body, after DocInfo, DocRoot and Versions (schema order)."""
    element = parse_xml(root, ROOT)
    found = children(element, "DocBody")
    for one in missing:
        named = etree.SubElement(found[one.number - 1], qualified("Signatures"))
        named.text = "/" + one.list_name
    return serialise(element)


def serialise(element: etree._Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(element, encoding="UTF-8")
