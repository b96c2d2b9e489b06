"""Would it print? (试排版) — asked before a number is taken, so that bad data burns no number and leaves no intent.

The page is laid out with an identifier and a code of the same length as the real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from foundation import der
from foundation.settings import Settings
from licence.catalogue import LicenceType
from licence.face import Issue, code_values, make_face
from licence.identifiers import Identifier
from licence.render.page import lay_out
from licence.templates import code_template
from verify import codes

_LARGEST = 2**256 - 1
_NO_KEY = bytes(8)
_INDEX = 2**32 - 1


def rehearse(
    settings: Settings,
    kind: LicenceType,
    data: Mapping[str, str],
    *,
    department: str,
    department_name: str,
    issued_on: date,
    number: str | None,
) -> None:
    """Raise `InvalidInput` naming the field that fits neither page nor printed code."""
    if number is None:
        number = kind.number_rule.make(data, settings.region.code, 1)
    issue = Issue(
        identifier=str(Identifier(kind.code21, department, "0" * 20)),
        number=number,
        issuer_name=department_name,
        issuer_code=department,
        issued_on=issued_on,
    )
    lay_out(make_face(kind, data, issue, code_text(kind, data, issue, settings.web.public_url)))


def code_text(kind: LicenceType, data: Mapping[str, str], issue: Issue, base_url: str) -> str:
    """A code as long as the signed one will be; its signature is none."""
    values = dict(zip(kind.code_fields, code_values(kind, data, issue), strict=True))
    draft = codes.prepare(code_template(kind), values, _INDEX, issue.issued_on, kid=_NO_KEY)
    return codes.assemble(draft, der.sequence(der.integer(_LARGEST), der.integer(_LARGEST)), base_url=base_url)
