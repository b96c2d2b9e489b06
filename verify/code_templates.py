"""What a printed code leaves out (编码模板): field order, labels and the deflate dictionary of one licence type.

A template is published, never secret: `trust/templates/<id>.v<n>.json`. Its dictionary's hash is inside the signed
payload, so nobody can change the words of a licence by changing the dictionary.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from foundation.errors import InvalidInput
from foundation.text import Text

MOST_FIELDS = 40
MOST_DICTIONARY = 16 * 1024
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class TemplateField:
    key: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True)
class CodeTemplate:
    """`expiry_field` names the field that holds the last day of validity (`2029-05-31`, `2029年05月31日` or `长期`)."""

    id: str
    version: int
    licence_type: str
    name_zh: str
    name_en: str
    fields: tuple[TemplateField, ...]
    dictionary: bytes
    expiry_field: str | None = None

    def __post_init__(self) -> None:
        keys = [field.key for field in self.fields]
        sound = (
            _ID.fullmatch(self.id) is not None
            and 1 <= self.version <= 9999
            and 1 <= len(keys) <= MOST_FIELDS
            and len(set(keys)) == len(keys)
            and all(_KEY.fullmatch(key) for key in keys)
            and len(self.dictionary) <= MOST_DICTIONARY
            and (self.expiry_field is None or self.expiry_field in keys)
        )
        if not sound:
            raise _damaged(self.id)

    @property
    def dictionary_sha256(self) -> bytes:
        return hashlib.sha256(self.dictionary).digest()

    @property
    def mark(self) -> bytes:
        """The four octets of the dictionary's hash that the signed payload carries."""
        return self.dictionary_sha256[:4]

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "id": self.id,
            "version": self.version,
            "licence_type": self.licence_type,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "fields": [{"key": f.key, "label_zh": f.label_zh, "label_en": f.label_en} for f in self.fields],
            "dictionary": base64.b64encode(self.dictionary).decode(),
            "dictionary_sha256": self.dictionary_sha256.hex(),
        }
        if self.expiry_field is not None:
            document["expiry_field"] = self.expiry_field
        return document

    @property
    def file_name(self) -> str:
        return f"{self.id}.v{self.version}.json"

    def file_bytes(self) -> bytes:
        """What stands in a trust folder; the same template always gives the same octets."""
        return (json.dumps(self.to_json(), ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> CodeTemplate:
        """Raises `InvalidInput` for a template whose dictionary is not the one its hash names."""
        try:
            template = cls(
                id=str(document["id"]),
                version=int(document["version"]),
                licence_type=str(document["licence_type"]),
                name_zh=str(document["name_zh"]),
                name_en=str(document["name_en"]),
                fields=tuple(
                    TemplateField(str(f["key"]), str(f["label_zh"]), str(f["label_en"])) for f in document["fields"]
                ),
                dictionary=base64.b64decode(document["dictionary"], validate=True),
                expiry_field=document.get("expiry_field"),
            )
            stated = str(document["dictionary_sha256"])
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise _damaged(str(document.get("id", "?"))) from error
        if stated != template.dictionary_sha256.hex():
            raise _damaged(template.id)
        return template


def _damaged(name: str) -> InvalidInput:
    return InvalidInput(
        "verify.template_damaged",
        Text(
            f"编码模板“{name[:40]}”已损坏，请从发布地区重新下载。",
            f"The code template {name[:40]!r} is damaged. Download it again from the region that publishes it.",
        ),
    )


def build_dictionary(samples: Iterable[str], size: int = 3072) -> bytes:
    """A deflate preset dictionary from typical field values, GB18030, most useful words last.

    Deflate spells near matches with fewer bits than far ones, and the dictionary's end is nearest. A word's worth is
    how many octets it saves over the samples; words inside an already chosen one bring nothing and are skipped.
    """
    counts: Counter[str] = Counter()
    for sample in samples:
        grams = {sample[at : at + n] for n in range(2, 25) for at in range(len(sample) - n + 1)}
        counts.update(grams)
    worth = {gram: count * (len(gram.encode("gb18030")) - 2) for gram, count in counts.items() if count > 1}
    chosen: list[bytes] = []
    text, total = "", 0
    for gram, _ in sorted(worth.items(), key=lambda item: (-item[1], item[0])):
        encoded = gram.encode("gb18030")
        if gram in text or total + len(encoded) > size:
            continue
        chosen.append(encoded)
        text += gram + "\x1f"
        total += len(encoded)
    return b"".join(reversed(chosen))
