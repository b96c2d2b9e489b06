"""Code templates of our licence types (编码模板): what a printed code leaves out, published in every trust folder.

The dictionary of a type version is a file of its own, made once (`dictionaries/make.py`) and never edited: its hash
stands in every code signed with it. Other fields or words are a new version with a new file; the old one stays
published as long as its licences live.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from licence.catalogue import LicenceType, catalogue
from verify.code_templates import CodeTemplate, TemplateField

DICTIONARIES = Path(__file__).with_name("dictionaries")


def code_template(kind: LicenceType) -> CodeTemplate:
    """The template this type's codes are signed with today."""
    return _template(kind.slug)


@cache
def _template(slug: str) -> CodeTemplate:
    kind = catalogue()[slug]
    return CodeTemplate(
        id=kind.slug,
        version=kind.version,
        licence_type=kind.code21,
        name_zh=kind.name_zh,
        name_en=kind.name_en,
        fields=tuple(TemplateField(key, kind.label(key).zh, kind.label(key).en) for key in kind.code_fields),
        dictionary=(DICTIONARIES / f"{kind.slug}.v{kind.version}.bin").read_bytes(),
        expiry_field="valid_to" if "valid_to" in kind.code_fields else None,
    )


def published() -> tuple[CodeTemplate, ...]:
    """Every template a verifier needs for this region's licences."""
    return tuple(code_template(kind) for kind in catalogue().values())
