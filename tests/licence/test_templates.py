"""Code templates: published ones never change, and they keep every sample licence's code printable."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from licence import samples, templates
from licence.catalogue import catalogue, complete, licence_type, validate
from licence.face import Issue
from licence.identifiers import Identifier
from licence.rehearsal import code_text
from licence.render.qr import MAX_VERSION, version_of
from tests.licence.samples import MARKET, MARKET_NAME
from verify.code_templates import CodeTemplate

DAY = date(2026, 11, 22)
MADE = {
    "business-licence.v1.bin": "0305aa1c94fb269199874f374c51864ada4eccd31e919f594a3223402f6c1d7c",
    "food-operation.v1.bin": "fe6c3c0977db1e608beb4f78dead5b296ecbb660f2034646ab7afac791745f45",
    "road-transport.v1.bin": "7c4773538cdcc86198c3ea3a8b79e251aae11db43381b8b99374408dd4f6a160",
}
"""SHA-256 of each dictionary ever signed with. A new version gets a new line; no line ever changes."""


def test_every_type_has_its_template_and_no_dictionary_was_ever_edited() -> None:
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in templates.DICTIONARIES.glob("*.bin")}
    assert found == MADE
    assert {template.id for template in templates.published()} == set(catalogue())


def test_a_published_template_reads_back_as_it_is() -> None:
    for template in templates.published():
        assert CodeTemplate.from_json(template.to_json()) == template


@pytest.mark.parametrize("slug", sorted(catalogue()))
def test_codes_of_licences_the_dictionary_has_not_seen_stay_printable(slug: str) -> None:
    kind = licence_type(slug)
    versions = []
    for row in samples.rows(slug)[1::2]:
        data = complete(kind, validate(kind, row), DAY)
        number = kind.number_rule.make(data, "219900", 7)
        issue = Issue(str(Identifier(kind.code21, MARKET, "9F8E7D6C5B4A3F2E1D0C")), number, MARKET_NAME, MARKET, DAY)
        versions.append(version_of(code_text(kind, data, issue, "https://yinxin.yinchuan-sample.gov.cn")))
    assert max(versions) <= MAX_VERSION
    assert sorted(versions)[len(versions) // 2] <= 13
