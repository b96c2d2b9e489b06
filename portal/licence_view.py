"""A licence as a page shows it (证照展示): names and labels in the reader's language, people masked as in the API."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from foundation.web.frame import language
from licence.catalogue import LicenceType, licence_type
from licence.register import Content, Licence
from licence.schemas import items
from portal.languages import day


def type_name(kind: LicenceType) -> str:
    return kind.name_zh if language() == "zh" else kind.name_en


def name_of(licence: Licence) -> str:
    return type_name(licence_type(licence.type_slug))


def pairs_of(content: Content, *, own: bool = False) -> list[tuple[Any, Any]]:
    """Number, authority and dates first, then the data in catalogue order. Holders see the own name in full."""
    found, chinese = content.licence, language() == "zh"
    kind = licence_type(found.type_slug)
    # the validity of most types is a field of its own, which is then shown once
    dated = {spec.key for spec in kind.fields}
    pairs: list[tuple[Any, Any]] = [
        (_("证照编号"), found.shown_number),
        (_("发证机关"), found.department_name),
        (_("颁发日期"), day(found.issued_on)),
    ]
    if "valid_to" not in dated:
        pairs.append((_("有效期至"), day(found.valid_to) if found.valid_to else _("长期")))
    for item in items(content):
        value = found.holder_name if own and item.key == kind.holder_field else item.value
        pairs.append((item.label_zh if chinese else item.label_en, value))
    pairs.append((_("电子证照标识"), found.identifier))
    return pairs
