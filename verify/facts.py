"""What a file or code says its licence is (证照要素), in the words every format shares."""

from __future__ import annotations

from collections.abc import Mapping

from verify.codes import CheckedCode
from verify.report import LicenceFacts


def from_document(data: Mapping[str, object]) -> LicenceFacts | None:
    """From the attached `licence.json`; GB/T 36903 short names stand under `metadata`."""
    metadata = data.get("metadata")
    items: Mapping[str, object] = metadata if isinstance(metadata, Mapping) else {}
    identifier = _text(data.get("identifier")) or _text(items.get("ZZBS"))
    if identifier is None:
        return None
    return LicenceFacts(
        identifier=identifier,
        type=_text(data.get("type_name")) or _text(items.get("ZZMC")),
        number=_text(data.get("number")) or _text(items.get("ZZBH")),
        holder=_text(items.get("CZZT")),
    )


def from_items(items: Mapping[str, str]) -> LicenceFacts | None:
    """From DocInfo/CustomDatas of an OFD (GB/T 36903)."""
    if "ZZBS" not in items and "ZZBH" not in items:
        return None
    return LicenceFacts(items.get("ZZBS"), items.get("ZZMC"), items.get("ZZBH"), items.get("CZZT"))


_NUMBERS = ("ZZBH", "number", "licence_number")
_HOLDERS = ("CZZT", "holder_name", "name", "holder")


def from_code(code: CheckedCode) -> LicenceFacts:
    """From a printed code: every field under its Chinese label."""
    values = code.values
    labels = {field.key: field.label_zh for field in code.template.fields}
    return LicenceFacts(
        type=code.template.name_zh,
        number=next((values[key] for key in _NUMBERS if key in values), None),
        holder=next((values[key] for key in _HOLDERS if key in values), None),
        values={labels[key]: value for key, value in values.items()},
        type_code=code.template.licence_type,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
