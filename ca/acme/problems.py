"""Problems of ACME (RFC 8555 6.7): the document types its clients know."""

from __future__ import annotations

from typing import Any

from foundation.errors import TABLE, YinxinError
from foundation.text import Text

_URN = "urn:ietf:params:acme:error:"


class AcmeError(Exception):
    """`kind` is one of the registered types without its prefix."""

    def __init__(self, kind: str, detail: Text, status: int = 400, *, algorithms: tuple[str, ...] = ()) -> None:
        super().__init__(f"{kind}: {detail.en}")
        self.kind = kind
        self.detail = detail
        self.status = status
        self.algorithms = algorithms

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "type": _URN + self.kind,
            "detail": f"{self.detail.zh} / {self.detail.en}",
            "status": self.status,
        }
        if self.algorithms:
            found["algorithms"] = list(self.algorithms)
        return found


def malformed(zh: str, en: str) -> AcmeError:
    return AcmeError("malformed", Text(zh, en))


def unauthorized(zh: str, en: str) -> AcmeError:
    return AcmeError("unauthorized", Text(zh, en), 403)


_KINDS = {
    "invalid-input": "malformed",
    "unauthenticated": "unauthorized",
    "forbidden": "unauthorized",
    "not-found": "malformed",
    "too-many": "rateLimited",
}


def translated(error: YinxinError) -> AcmeError:
    """What a room refused, in the words of this protocol."""
    status = TABLE[error.kind].status
    return AcmeError(_KINDS.get(error.kind, "serverInternal"), error.detail, 400 if status == 422 else status)
