"""What the status service writes (印章状态列表、单枚答复): JWS in JSON (RFC 7515 7.2.2) signed with SM2, read strictly.

The payload is JSON in one spelling; the certificate and its issuing CA stand in `x5c`, so whoever trusts the region's
root can check a file years later without asking anybody. Readers take the original octets, never a re-encoding.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from foundation import base64url, strict_json
from foundation.errors import InvalidInput
from foundation.text import Text
from hsm import signature_value
from hsm.errors import BadSignature
from seal.management.states import Public

ALGORITHM = "SGD_SM3_SM2"
"""GM/T 0006; r and s of 32 octets each, identifier 1234567812345678."""
LIST, ANSWER = "seal-status-list+json", "seal-status+json"
MOST_OCTETS = 128 * 1024 * 1024
_CODE = re.compile(r"[0-9]{14}")
_REASON = re.compile(r"[a-z-]{1,30}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_MOST_CHAIN, _MOST_PERIODS = 4, 1000


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on, until the next one, the seal had this state."""

    state: Public
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Signed:
    """The octets of one signed statement. `certificates`: the signer's, then its issuers without the root."""

    type: str
    signing_input: bytes
    signature: bytes
    """DER."""
    certificates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A list of all seals, or the answer about one: then `number` is None and there is one entry."""

    number: int | None
    this_update: datetime
    next_update: datetime
    seals: Mapping[str, tuple[Period, ...]]
    """Seal code → its public states, oldest first."""

    @property
    def regions(self) -> frozenset[str]:
        return frozenset(code[:6] for code in self.seals)


class BadStatement(InvalidInput):
    def __init__(self, why: str) -> None:
        super().__init__(
            "seal.status_format",
            Text(f"印章状态数据不合格式（{why}）。", f"This is no well-formed seal-status statement ({why})."),
        )


# --- writing ---------------------------------------------------------------------------------------------------------


def payload(statement: Statement) -> bytes:
    """The one spelling of a statement."""
    data: dict[str, Any] = {
        "this_update": spell(statement.this_update),
        "next_update": spell(statement.next_update),
    }
    if statement.number is not None:
        data["number"] = statement.number
    data["seals"] = [_entry(code, statement.seals[code]) for code in sorted(statement.seals)]
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def signing_input(kind: str, certificates: tuple[bytes, ...], content: bytes) -> bytes:
    header = {
        "alg": ALGORITHM,
        "typ": kind,
        "x5c": [base64.b64encode(certificate).decode("ascii") for certificate in certificates],
    }
    head = json.dumps(header, separators=(",", ":")).encode("ascii")
    return f"{base64url.encode(head)}.{base64url.encode(content)}".encode("ascii")


def assemble(signed: bytes, signature: bytes) -> bytes:
    """`signature` in DER, as the signer gives it."""
    head, _, body = signed.partition(b".")
    parts = {
        "payload": body.decode("ascii"),
        "protected": head.decode("ascii"),
        "signature": base64url.encode(signature_value.to_raw(signature)),
    }
    return json.dumps(parts, separators=(",", ":")).encode("ascii")


def _entry(code: str, periods: tuple[Period, ...]) -> dict[str, Any]:
    """The present state first, because that is what most readers look for; what was before it only where there was."""
    *before, now = ({"state": one.state, "since": spell(one.since), "reason": one.reason} for one in periods)
    return {"code": code, **now, **({"before": before} if before else {})}


def spell(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- reading ---------------------------------------------------------------------------------------------------------


def read(data: bytes) -> tuple[Signed, Statement]:
    """Both layers; raises `BadStatement`. Nothing is verified here."""
    if len(data) > MOST_OCTETS:
        raise BadStatement("size")
    outer = _object(data, {"payload", "protected", "signature"})
    head, body, value = (_text(outer, name) for name in ("protected", "payload", "signature"))
    try:
        signature = signature_value.from_raw(_unb64(value), signature_value.SM2_ORDER)
        together = f"{head}.{body}".encode("ascii")
    except (BadSignature, UnicodeEncodeError) as error:
        raise BadStatement("signature") from error
    kind, certificates = _header(_unb64(head))
    return Signed(kind, together, signature, certificates), read_payload(kind, _unb64(body))


def read_signing_input(data: bytes) -> tuple[str, Statement]:
    """What is about to be signed: its type and its content."""
    head, _, body = data.decode("ascii", "replace").partition(".")
    kind, _ = _header(_unb64(head))
    return kind, read_payload(kind, _unb64(body))


def read_payload(kind: str, content: bytes) -> Statement:
    names = {"this_update", "next_update", "seals"} | ({"number"} if kind == LIST else set())
    data = _object(content, names)
    entries = data["seals"]
    number = data.get("number")
    if not isinstance(entries, list) or (kind == ANSWER and len(entries) != 1):
        raise BadStatement("seals")
    if kind == LIST and (type(number) is not int or not 0 < number < 2**31):
        raise BadStatement("number")
    seals = dict(_read_entry(one) for one in entries)
    if len(seals) != len(entries):
        raise BadStatement("a seal named twice")
    this, following = _time(data["this_update"]), _time(data["next_update"])
    if not this < following:
        raise BadStatement("next_update")
    return Statement(number, this, following, seals)


def _header(octets: bytes) -> tuple[str, tuple[bytes, ...]]:
    head = _object(octets, {"alg", "typ", "x5c"})
    chain = head["x5c"]
    if head["alg"] != ALGORITHM or head["typ"] not in (LIST, ANSWER):
        raise BadStatement("header")
    if not isinstance(chain, list) or not 0 < len(chain) <= _MOST_CHAIN:
        raise BadStatement("x5c")
    try:
        return str(head["typ"]), tuple(base64.b64decode(str(one).encode("ascii"), validate=True) for one in chain)
    except ValueError as error:
        raise BadStatement("x5c") from error


def _read_entry(value: object) -> tuple[str, tuple[Period, ...]]:
    if not isinstance(value, dict) or not value.keys() <= {"code", "state", "since", "reason", "before"}:
        raise BadStatement("entry")
    before = value.get("before", [])
    if not isinstance(before, list) or len(before) > _MOST_PERIODS:
        raise BadStatement("before")
    code = value.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise BadStatement("code")
    now = {name: value.get(name) for name in ("state", "since", "reason")}
    periods = tuple(_period(one) for one in (*before, now))
    if any(one.since > following.since for one, following in pairwise(periods)):
        raise BadStatement("order of times")
    return code, periods


def _period(value: object) -> Period:
    if not isinstance(value, dict) or value.keys() != {"state", "since", "reason"}:
        raise BadStatement("state")
    reason = value["reason"]
    if value["state"] not in set(Public) or not isinstance(reason, str) or not _REASON.fullmatch(reason):
        raise BadStatement("state")
    return Period(Public(value["state"]), _time(value["since"]), reason)


def _time(value: object) -> datetime:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise BadStatement("time")
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise BadStatement("time") from error


def _object(data: bytes, names: set[str]) -> dict[str, Any]:
    try:
        value = strict_json.read_object(data, most=MOST_OCTETS)
    except strict_json.Refused as error:
        raise BadStatement("JSON") from error
    if value.keys() != names:
        raise BadStatement("fields")
    return value


def _text(data: dict[str, Any], name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise BadStatement(name)
    return value


def _unb64(text: str) -> bytes:
    try:
        return base64url.decode(text)
    except base64url.NotBase64Url as error:
        raise BadStatement("base64") from error
