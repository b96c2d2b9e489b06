"""Faces of the committed sample data, with codes as long as signed ones."""

from __future__ import annotations

from datetime import date
from functools import cache

from foundation.numbers import make_uscc
from licence import samples
from licence.catalogue import complete, licence_type, validate
from licence.face import Issue, LicenceFace, make_face
from licence.identifiers import Identifier
from licence.rehearsal import code_text

ISSUED = date(2026, 11, 22)
ISSUERS = {
    "business-licence": ("印川市市场监督管理局", make_uscc("11", "219900", "MB100001")),
    "food-operation": ("印川市市场监督管理局", make_uscc("11", "219900", "MB100001")),
    "road-transport": ("印川市交通运输局", make_uscc("11", "219900", "MB100002")),
}
SLUGS = tuple(ISSUERS)
HOST = "https://zwfw.yinchuan.gov.cn"


def face_of(slug: str, row: dict[str, str], serial: int = 1, *, code: str | None = None) -> LicenceFace:
    kind = licence_type(slug)
    data = complete(kind, validate(kind, row), ISSUED)
    name, code18 = ISSUERS[slug]
    number = kind.number_rule.make(data, "219900", serial)
    identifier = str(Identifier(kind.code21, code18, f"{serial * 7919:020d}"))
    issue = Issue(identifier, number, name, code18, ISSUED)
    return make_face(kind, data, issue, code if code is not None else code_text(kind, data, issue, HOST))


@cache
def sample_faces(slug: str) -> tuple[LicenceFace, ...]:
    return tuple(face_of(slug, row, serial) for serial, row in enumerate(samples.rows(slug), 1))


def densest(slug: str) -> LicenceFace:
    return max(sample_faces(slug), key=lambda face: len(face.code_text))


def fullest(slug: str) -> LicenceFace:
    return max(sample_faces(slug), key=lambda face: sum(map(len, face.values.values())))
