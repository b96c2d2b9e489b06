"""Entries of regions and lists of them (区域信任条目、信任列表): JSON in one spelling, read strictly and bounded.

One entry: code of GB/T 2260, names, roots in DER each with what it may vouch for, and CAs below them that help to build
a path. A list adds a number, its times and the digest of the list before it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ca.reading import Certificate, read_certificate
from foundation import strict_json
from foundation.der import DerError
from foundation.errors import InvalidInput
from foundation.text import Text
from verify.anchors import AnchorRules, Use, read_rules, write_rules

MOST_OCTETS = 8 * 1024 * 1024
MOST_REGIONS, MOST_ROOTS, MOST_BELOW = 1000, 16, 64
_CODE = re.compile(r"\d{6}")
_SCHEME = re.compile(r"[a-z0-9][a-z0-9.:-]{0,99}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RULES = frozenset({"withdrawn_since", "trusted_from", "trusted_until", "regions", "licence_types"})


class BadEntry(InvalidInput):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(
            "verify.region_entry",
            Text(
                f"区域信任条目有误：{zh}。请更正后重试。",
                f"The region's entry is wrong: {en}. Correct it and try again.",
            ),
        )


@dataclass(frozen=True, slots=True)
class Root:
    certificate: Certificate
    uses: frozenset[Use] | None
    """None: all."""
    rules: AnchorRules

    def to_json(self) -> dict[str, object]:
        uses = {} if self.uses is None else {"uses": sorted(self.uses)}
        return {"certificate": _b64(self.certificate.der), **uses, **write_rules(self.rules)}


@dataclass(frozen=True, slots=True)
class Region:
    """One region and its roots (区域)."""

    code: str
    name_zh: str
    name_en: str
    contact: str
    roots: tuple[Root, ...]
    intermediates: tuple[Certificate, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            "code": self.code,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "contact": self.contact,
            "roots": [root.to_json() for root in self.roots],
            "intermediates": [_b64(one.der) for one in self.intermediates],
        }


@dataclass(frozen=True, slots=True)
class RegionList:
    """One numbered edition. `previous`: SHA-256 of the edition before it as published, None for the first."""

    scheme: str
    number: int
    issued: datetime
    next_update: datetime
    previous: str | None
    regions: tuple[Region, ...]

    def payload(self) -> bytes:
        return spelled(
            {
                "scheme": self.scheme,
                "number": self.number,
                "issued": _spell(self.issued),
                "next_update": _spell(self.next_update),
                "previous": self.previous,
                "regions": [region.to_json() for region in self.regions],
            }
        )


def spelled(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_list(payload: bytes) -> RegionList:
    data = read_object(payload, {"scheme", "number", "issued", "next_update", "previous", "regions"})
    scheme, number, previous = data["scheme"], data["number"], data["previous"]
    if not isinstance(scheme, str) or not _SCHEME.fullmatch(scheme):
        raise BadEntry("scheme 不是名称", "scheme is no name")
    if type(number) is not int or not 0 < number < 2**31:
        raise BadEntry("number 不是编号", "number is no number")
    if previous is not None and not (isinstance(previous, str) and _DIGEST.fullmatch(previous)):
        raise BadEntry("previous 不是摘要", "previous is no digest")
    issued, following = _time(data["issued"], "issued"), _time(data["next_update"], "next_update")
    if issued >= following:
        raise BadEntry("next_update 不晚于 issued", "next_update is not after issued")
    regions = tuple(read_region(one) for one in _list(data["regions"], "regions", MOST_REGIONS))
    if len({region.code for region in regions}) != len(regions):
        raise BadEntry("同一区域出现两次", "a region stands twice")
    prints = [root.certificate.fingerprint for region in regions for root in region.roots]
    if len(set(prints)) != len(prints):
        raise BadEntry("同一根证书属于两个区域", "a root stands twice")
    return RegionList(scheme, number, issued, following, previous, regions)


def read_region(value: object) -> Region:
    names = {"code", "name_zh", "name_en", "contact", "roots", "intermediates"}
    if not isinstance(value, dict) or not names - {"contact", "name_en", "intermediates"} <= value.keys() <= names:
        raise BadEntry("区域字段不全或多余", "fields are missing or unknown")
    code = value["code"]
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise BadEntry("code 须为六位行政区划代码", "code takes the six digits of GB/T 2260")
    roots = tuple(_root(one) for one in _list(value["roots"], "roots", MOST_ROOTS))
    if not roots:
        raise BadEntry("没有根证书", "it has no root")
    below = tuple(_certificate(one) for one in _list(value.get("intermediates", []), "intermediates", MOST_BELOW))
    zh, en, contact = (_text(value.get(name, ""), name) for name in ("name_zh", "name_en", "contact"))
    if not zh:
        raise BadEntry("name_zh 为空", "name_zh is empty")
    return Region(code, zh, en, contact, roots, below)


def _root(value: object) -> Root:
    if not isinstance(value, dict) or not value.keys() <= _RULES | {"certificate", "uses"}:
        raise BadEntry("根证书字段有误", "fields of a root are unknown")
    try:
        uses = frozenset(Use(str(one)) for one in _list(value["uses"], "uses", 16)) if "uses" in value else None
        rules = read_rules({name: value[name] for name in value.keys() & _RULES})
        certificate = _certificate(value["certificate"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadEntry("根证书的用途、范围或时间有误", "uses, scope or times of a root") from error
    if not certificate.is_ca:
        raise BadEntry("根证书不是 CA 证书", "a root is no certificate of an authority")
    return Root(certificate, uses, rules)


def _certificate(value: object) -> Certificate:
    try:
        return read_certificate(base64.b64decode(str(value).encode("ascii"), validate=True))
    except (DerError, ValueError) as error:
        raise BadEntry("证书无法读取", "a certificate cannot be read") from error


def read_object(data: bytes, names: set[str]) -> dict[str, Any]:
    """JSON with exactly these fields, no name twice."""
    try:
        value = strict_json.read_object(data, most=MOST_OCTETS)
    except strict_json.Refused as error:
        if error.why is strict_json.Why.SIZE:
            raise BadEntry("内容过大", "it is too large") from error
        raise BadEntry("不是 JSON", "it is no JSON") from error
    if value.keys() != names:
        raise BadEntry("字段不全或多余", "fields are missing or unknown")
    return value


def _list(value: object, name: str, most: int) -> list[object]:
    if not isinstance(value, list) or len(value) > most:
        raise BadEntry(f"{name} 不是列表或过长", f"{name} is no list, or too long")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        raise BadEntry(f"{name} 过长或含不可见字符", f"{name} is too long or not printable")
    return value


def _time(value: object, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadEntry(f"{name} 不是时间", f"{name} is no time") from error
    if at.tzinfo is None:
        raise BadEntry(f"{name} 缺少时区", f"{name} has no zone")
    return at.astimezone(UTC)


def _spell(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
