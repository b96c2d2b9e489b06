"""The transcript (仪式记录): who, when, what the screen said, what came in and out; signed by the ceremony's keys.

The signed octets begin with a line no certificate, list or token begins with, so a root key's signature over a
transcript can never be taken for one over something else.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from foundation.clock import Clock
from foundation.errors import Damaged
from foundation.text import Text
from hsm.digests import sha256

FORMAT = "yinxin-ceremony-1"
PREFIX = b"yinxin ceremony transcript v1\n"


@dataclass(frozen=True, slots=True)
class Signature:
    key: str
    spki: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Transcript:
    body: Mapping[str, Any]
    signatures: tuple[Signature, ...]

    def octets(self) -> bytes:
        signatures = [{"key": s.key, "spki": _text(s.spki), "value": _text(s.value)} for s in self.signatures]
        whole = {"body": self.body, "signatures": signatures}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def signed_octets(body: Mapping[str, Any]) -> bytes:
    return PREFIX + json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_transcript(octets: bytes) -> Transcript:
    try:
        whole = json.loads(octets)
        signatures = tuple(
            Signature(one["key"], base64.b64decode(one["spki"]), base64.b64decode(one["value"]))
            for one in whole["signatures"]
        )
        if set(whole) != {"body", "signatures"} or whole["body"]["format"] != FORMAT:
            raise ValueError("format")  # noqa: TRY301 - told as one refusal below
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(
            "hsm.transcript", Text("仪式记录文件无法读取。", "This is not a readable transcript of a ceremony.")
        ) from error
    return Transcript(whole["body"], signatures)


@dataclass(slots=True)
class Record:
    """The transcript while it is being written."""

    clock: Clock
    head: dict[str, Any]
    events: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)

    def event(self, kind: str, text: str, *, step: int = 0, by: str = "") -> None:
        self.events.append(
            {
                "number": len(self.events) + 1,
                "at": moment(self.clock.now()),
                "step": step,
                "kind": kind,
                "by": by,
                "text": text,
            }
        )

    def took(self, name: str, octets: bytes) -> None:
        self.inputs.append(_file(name, octets))

    def gave(self, name: str, octets: bytes) -> None:
        self.outputs.append(_file(name, octets))

    def body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            **self.head,
            "ended_at": moment(self.clock.now()),
            "events": self.events,
            "inputs": self.inputs,
            "outputs": self.outputs,
        }


def moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def put_new(folder: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """Outputs never replace anything: a second run goes to a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, octets in files:
        with (folder / name).open("xb") as file:
            file.write(octets)


def _file(name: str, octets: bytes) -> dict[str, Any]:
    return {"name": name, "size": len(octets), "sha256": sha256(octets).hex()}


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
