"""Reading the answers of another CA (应答解析): certificate granted, revocation done, or why not."""

from __future__ import annotations

from dataclasses import dataclass

from ca.cmp.faults import Failure
from ca.cmp.message import Body, Message
from ca.reading.certificate import Certificate, read_certificate
from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError, Node
from foundation.errors import Unavailable
from foundation.text import Text


class AnswerRefused(Unavailable):
    """The other CA said no, or its answer cannot be believed."""

    def __init__(self, why: Text) -> None:
        super().__init__(
            "ca.cmp_answer",
            Text(f"上级 CA 的应答不能接受：{why.zh}", f"The other CA's answer cannot be accepted: {why.en}"),
        )

    @classmethod
    def of(cls, message: Message) -> AnswerRefused:
        """An error message, or an answer to something else."""
        if message.kind == Body.ERROR:
            return cls(_reason(fields(message.body, 1, 3, "ErrorMsgContent")[0]))
        return cls(
            Text(f"消息类型 {message.kind} 不符", f"a message of kind {message.kind}, unexpected or unprotected")
        )


@dataclass(frozen=True, slots=True)
class Granted:
    """A new certificate, the number of its request, and the certificates sent along."""

    certificate: Certificate
    number: int
    extra: tuple[bytes, ...]


def granted(message: Message) -> Granted:
    """CertRepMessage with one certificate (RFC 4210 5.3.4)."""
    parts = fields(message.body, 1, 2, "CertRepMessage")
    response = fields(sole(parts[-1].expect(der.SEQUENCE)), 2, 4, "CertResponse")
    if fields(response[1], 1, 3, "PKIStatusInfo")[0].as_integer() not in (0, 1):
        raise AnswerRefused(_reason(response[1]))
    if len(response) < 3:
        raise DerError("no certificate in the answer")
    issued = fields(response[2], 1, 3, "CertifiedKeyPair")[0]
    certificate = read_certificate(sole(issued.expect(0xA0)).raw)
    return Granted(certificate, response[0].as_integer(), message.certificates)


def revoked(message: Message) -> None:
    """RevRepContent (5.3.10)."""
    statuses = fields(message.body, 1, 3, "RevRepContent")[0].expect(der.SEQUENCE).children(4)
    for one in statuses:
        if fields(one, 1, 3, "PKIStatusInfo")[0].as_integer() not in (0, 1):
            raise AnswerRefused(_reason(one))


def _reason(info: Node) -> Text:
    """Texts and failure bits of a PKIStatusInfo, bounded: they are the far side's to invent."""
    parts = fields(info, 1, 3, "PKIStatusInfo")
    texts = [one.as_text()[:200] for part in parts[1:] if part.tag == der.SEQUENCE for one in part.children(5)]
    bits = next((part.as_bits() for part in parts[1:] if part.tag == der.BIT_STRING), b"")
    names = [one.name.lower() for one in Failure if one // 8 < len(bits) and bits[one // 8] & 0x80 >> one % 8]
    said = "; ".join([*texts, *names]) or f"status {parts[0].as_integer()}"
    return Text(said, said)
