"""PKIFailureInfo (RFC 4210 5.2.3): why a request was refused, in the words clients know."""

from __future__ import annotations

from enum import IntEnum

from foundation import der
from foundation.errors import YinxinError
from foundation.text import Text


class Failure(IntEnum):
    """Bit numbers."""

    BAD_ALG = 0
    BAD_MESSAGE_CHECK = 1
    BAD_REQUEST = 2
    BAD_TIME = 3
    BAD_CERT_ID = 4
    BAD_DATA_FORMAT = 5
    BAD_POP = 9
    CERT_REVOKED = 10
    CERT_CONFIRMED = 11
    BAD_RECIPIENT_NONCE = 13
    BAD_SENDER_NONCE = 18
    BAD_CERT_TEMPLATE = 19
    SIGNER_NOT_TRUSTED = 20
    TRANSACTION_ID_IN_USE = 21
    NOT_AUTHORIZED = 23
    SYSTEM_UNAVAIL = 24
    SYSTEM_FAILURE = 25


class Refused(Exception):  # noqa: N818 - it becomes an answer of the protocol, never an error of ours
    def __init__(self, failure: Failure, detail: Text) -> None:
        super().__init__(f"{failure.name}: {detail.en}")
        self.failure = failure
        self.detail = detail


_KINDS = {
    "invalid-input": Failure.BAD_CERT_TEMPLATE,
    "unauthenticated": Failure.NOT_AUTHORIZED,
    "forbidden": Failure.NOT_AUTHORIZED,
    "not-found": Failure.BAD_CERT_ID,
    "conflict": Failure.BAD_REQUEST,
    "unavailable": Failure.SYSTEM_UNAVAIL,
}


def translated(error: YinxinError) -> Refused:
    return Refused(_KINDS.get(error.kind, Failure.SYSTEM_FAILURE), error.detail)


ACCEPTED, REJECTION = 0, 2


def status(refused: Refused | None = None) -> bytes:
    """PKIStatusInfo: accepted, or rejected with text and reason."""
    if refused is None:
        return der.sequence(der.integer(ACCEPTED))
    text = f"{refused.detail.zh} / {refused.detail.en}"
    return der.sequence(der.integer(REJECTION), der.sequence(der.utf8(text)), der.named_bits(refused.failure))
