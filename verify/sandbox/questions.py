"""What a reading process may ask (沙箱提问): registers, allowed addresses, a look at the pages. It has none of these.

Below, `Ask` and its faces stand in for the real sources; above, `Answers` puts the questions to them. Whoever took over
the process can ask what anybody may ask on the public page, and fetch what the settings allow to be fetched.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from foundation.errors import Unavailable
from foundation.text import Text
from verify.changes import Box
from verify.context import Context
from verify.pdf.looking import Sight, look
from verify.sandbox.wire import Ended
from verify.seal_status import SealStanding
from verify.status import LicenceStatus
from verify.times.online import Asking, Transport

Ask = Callable[[dict[str, Any]], Any]
"""Puts one question and waits for its answer."""
MOST_QUESTIONS = 512
MOST_WORDS = 4096


@dataclass(frozen=True, slots=True)
class Away:
    """The answer when a source is away for now."""


def _answered(answer: Any) -> Any:
    if isinstance(answer, Away):
        raise Unavailable("verify.source_away", Text("登记库暂时无法查询。", "The register is away for now."))
    return answer


@dataclass(frozen=True, slots=True)
class AskedStatus:
    """A `StatusSource` and a `SealStatusSource`."""

    ask: Ask

    def licence_status(self, identifier: str) -> LicenceStatus | None:
        found: LicenceStatus | None = _answered(self.ask({"ask": "licence", "of": identifier}))
        return found

    def code_status(self, template_id: str, status_index: int) -> LicenceStatus | None:
        found: LicenceStatus | None = _answered(self.ask({"ask": "code", "of": template_id, "index": status_index}))
        return found

    def seal_standing(self, code: str) -> SealStanding | None:
        found: SealStanding | None = _answered(self.ask({"ask": "seal", "of": code}))
        return found


@dataclass(frozen=True, slots=True)
class AskedTransport:
    """A `Transport`."""

    ask: Ask

    def get(self, url: str) -> bytes | None:
        found: bytes | None = self.ask({"ask": "get", "of": url})
        return found

    def post(self, url: str, body: bytes, kind: str) -> bytes | None:
        words = base64.b64encode(body).decode("ascii")
        found: bytes | None = self.ask({"ask": "post", "of": url, "body": words, "kind": kind})
        return found


@dataclass(frozen=True, slots=True)
class AskedEyes:
    """`verify.pdf.looking.look` from a process that may start none; of the file it was given, and no other."""

    ask: Ask
    data: bytes

    def __call__(
        self, data: bytes, ends: tuple[int, int], pages: Sequence[int], covering: Sequence[Box]
    ) -> tuple[Sight, ...] | None:
        if data != self.data:
            return None
        found: tuple[Sight, ...] | None = self.ask(
            {"ask": "look", "ends": list(ends), "pages": list(pages), "covering": [list(box) for box in covering]}
        )
        return found


def transport_of(context: Context) -> Transport | None:
    online = None if context.offline else context.trust.online
    return online.transport if isinstance(online, Asking) else None


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything asked is checked for its type first: it comes from below."""

    context: Context
    data: bytes
    left: Callable[[], float]
    """Seconds that are left for the file: a look counts, a register does not."""

    def waits(self, question: dict[str, Any]) -> bool:
        """Whether answering depends on others, so that the file's clock stands still meanwhile."""
        return question.get("ask") != "look"

    def __call__(self, question: dict[str, Any]) -> Any:
        match question:
            case {"ask": "licence", "of": str(of)}:
                register = self.context.status
                return _tried(lambda: register.licence_status(of)) if register is not None else None
            case {"ask": "code", "of": str(of), "index": int(index)}:
                source = self.context.status
                return _tried(lambda: source.code_status(of, index)) if source is not None else None
            case {"ask": "seal", "of": str(of)}:
                seals = self.context.seals
                return _tried(lambda: seals.seal_standing(of)) if seals is not None else None
            case {"ask": "get", "of": str(of)}:
                transport = transport_of(self.context)
                return transport.get(of) if transport is not None else None
            case {"ask": "post", "of": str(of), "body": str(body), "kind": "application/ocsp-request" as kind}:
                transport = transport_of(self.context)
                return transport.post(of, _octets(body), kind) if transport is not None else None
            case {"ask": "look", "ends": [int(first), int(last)], "pages": list(pages), "covering": list(boxes)}:
                return self._look(first, last, pages, boxes)
        raise Ended("question")

    def _look(self, first: int, last: int, pages: list[Any], boxes: list[Any]) -> tuple[Sight, ...] | None:
        numbers = all(type(page) is int for page in pages) and len(pages) <= MOST_WORDS
        flat = [tuple(map(float, box)) for box in boxes if isinstance(box, list) and len(box) == 4]
        if not numbers or len(flat) != len(boxes) or not 0 <= first <= last <= len(self.data):
            raise Ended("look")
        seconds = self.left() - _TO_FINISH
        if seconds <= 0:
            return None
        return look(self.data, (first, last), pages, covering=[(a, b, c, d) for a, b, c, d in flat], wall=seconds)


_TO_FINISH = 0.7
"""Seconds kept back from a look, so that the report still gets out in time."""


def _tried(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except Unavailable:
        return Away()


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Ended("base64") from error
