"""Answering one CMP message (RFC 4210 5.3, RFC 9483): authenticate, do, answer under the same kind of protection."""

from __future__ import annotations

from dataclasses import dataclass

from ca import chain as chains
from ca.cmp import callers, crmf, faults, responder, transactions
from ca.cmp.callers import Caller
from ca.cmp.crmf import OldCertificate
from ca.cmp.faults import Failure, Refused
from ca.cmp.message import ANSWER_TO, Body, Message, read_message, write_body
from ca.cmp.transactions import Asked
from ca.credentials.wishes import Wishes, read_wishes
from ca.enrol import proven_key
from ca.issue import IssuedCertificate
from ca.reading.crl import Reason
from ca.reading.extensions import read_extensions
from ca.reading.shapes import fields
from ca.room import CaRoom
from foundation import der
from foundation.der import DerError
from foundation.errors import YinxinError
from foundation.text import Text

_CA_CERTS = "1.3.6.1.5.5.7.4.17"
_CRL_REASON = "2.5.29.21"


@dataclass(frozen=True, slots=True)
class Done:
    """What goes into the answer."""

    body: bytes
    certificates: tuple[bytes, ...] = ()
    implicit_confirm: bool = False


def answer(room: CaRoom, data: bytes) -> bytes:
    """A PKIMessage for any octets at all; faults of the asker are answered in the protocol."""
    try:
        message = read_message(data)
    except DerError as error:
        return responder.unprotected(room, None, Refused(Failure.BAD_DATA_FORMAT, error.detail))
    try:
        _check_numbers(message)
        caller = callers.authenticate(room, message)
    except Refused as refused:
        return responder.unprotected(room, message, refused)
    except DerError as error:
        return responder.unprotected(room, message, Refused(Failure.BAD_DATA_FORMAT, error.detail))
    nonce = room.ground.ids.random(16)
    try:
        done = _do(room, caller, message, nonce)
    except Refused as refused:
        done = Done(_refusal(message, refused))
    except DerError as error:
        done = Done(_refusal(message, Refused(Failure.BAD_DATA_FORMAT, error.detail)))
    except YinxinError as error:
        done = Done(_refusal(message, faults.translated(error)))
    return responder.protected(
        room, caller, message, done.body, nonce, done.certificates, implicit_confirm=done.implicit_confirm
    )


def _check_numbers(message: Message) -> None:
    header = message.header
    if header.transaction is None or not 8 <= len(header.transaction) <= 64:
        raise Refused(Failure.BAD_REQUEST, Text("须有事务编号。", "A transaction number of 8 to 64 octets is needed."))
    if header.sender_nonce is None or len(header.sender_nonce) < 16:
        raise Refused(Failure.BAD_SENDER_NONCE, Text("须有随机数。", "A nonce of at least 16 octets is needed."))


def _do(room: CaRoom, caller: Caller, message: Message, nonce: bytes) -> Done:
    match message.kind:
        case Body.IR | Body.CR | Body.KUR:
            request = crmf.read_requests(message.body)
            asked = _asked(message, request.template.wishes, request.proven_key())
            if message.kind == Body.KUR:
                made = transactions.update(room, caller, asked, request.old, nonce)
            else:
                made = transactions.enrol(room, caller, asked, nonce)
            return _issued(room, message, request.number, made)
        case Body.P10CR:
            csr = message.body.raw
            asked = _asked(message, read_wishes(csr), proven_key(csr))
            return _issued(room, message, -1, transactions.enrol(room, caller, asked, nonce))
        case Body.CERTCONF:
            return _confirmed(room, caller, message)
        case Body.RR:
            return _revoked(room, caller, message)
        case Body.GENM:
            return _general(room, message)
        case _:
            raise Refused(Failure.BAD_REQUEST, Text("不支持这种消息。", "This kind of message is not supported."))


def _asked(message: Message, wishes: Wishes, spki: bytes) -> Asked:
    header = message.header
    return Asked(header.transaction or b"", message.body.raw, wishes, spki, header.implicit_confirm)


def _issued(room: CaRoom, message: Message, number: int, made: IssuedCertificate) -> Done:
    """CertRepMessage with the chain: to an ir the root too, which a newcomer does not have (5.3.2)."""
    above = chains.chain(room, made.der)
    pair = der.sequence(der.explicit(0, made.der))
    response = der.sequence(der.integer(number), faults.status(), pair)
    roots = der.explicit(1, der.sequence(above[-1])) if message.kind == Body.IR else b""
    body = der.sequence(roots, der.sequence(response))
    return Done(write_body(_answer_kind(message), body), tuple(above[:-1]), message.header.implicit_confirm)


def _answer_kind(message: Message) -> Body:
    return ANSWER_TO[Body(message.kind)]


def _refusal(message: Message, refused: Refused) -> bytes:
    """In the answer of its kind where there is one, as an error message otherwise."""
    status = faults.status(refused)
    if message.kind in ANSWER_TO:
        response = der.sequence(der.integer(-1 if message.kind == Body.P10CR else 0), status)
        return write_body(_answer_kind(message), der.sequence(der.sequence(response)))
    if message.kind == Body.RR:
        return write_body(Body.RP, der.sequence(der.sequence(status)))
    return write_body(Body.ERROR, der.sequence(status))


def _confirmed(room: CaRoom, caller: Caller, message: Message) -> Done:
    """CertStatus: hash, request number, and a status that may reject (5.3.18)."""
    header, statuses = message.header, message.body.expect(der.SEQUENCE).children(2)
    digest: bytes | None = None
    if statuses:
        parts = fields(statuses[0], 2, 4, "CertStatus")
        infos = [part for part in parts[2:] if part.tag == der.SEQUENCE]
        rejected = bool(infos) and fields(infos[0], 1, 3, "PKIStatusInfo")[0].as_integer() not in (0, 1)
        digest = None if rejected else parts[0].as_octets()
    transactions.confirm(room, caller, header.transaction or b"", header.recipient_nonce, digest)
    return Done(write_body(Body.PKICONF, der.null()))


def _revoked(room: CaRoom, caller: Caller, message: Message) -> Done:
    details = fields(crmf.sole_of(message.body), 1, 2, "RevDetails")
    template = crmf.read_template(details[0])
    if template.issuer is None or template.serial is None:
        raise Refused(Failure.BAD_CERT_TEMPLATE, Text("须指明颁发者和序列号。", "State issuer and serial number."))
    reason = _reason(details[1]) if len(details) == 2 else Reason.UNSPECIFIED
    transactions.revoke_one(room, caller, OldCertificate(template.issuer.raw, template.serial), reason)
    return Done(write_body(Body.RP, der.sequence(der.sequence(faults.status()))))


def _reason(extensions: der.Node) -> Reason:
    for one in read_extensions(extensions, []):
        if one.oid == _CRL_REASON:
            value = int.from_bytes(der.parse(one.value).expect(der.ENUMERATED).content, "big")
            try:
                return Reason(value)
            except ValueError as error:
                raise Refused(Failure.BAD_REQUEST, Text("未知的撤销原因。", "That reason is not known.")) from error
    return Reason.UNSPECIFIED


def _general(room: CaRoom, message: Message) -> Done:
    """genm: the CA certificates (RFC 9483 4.3.1), when asked for; other questions are left unanswered."""
    asked = [fields(one, 1, 2, "InfoTypeAndValue")[0].as_oid() for one in message.body.children(10)]
    found = b"".join(one.certificate.der for one in chains.authorities(room))
    said = der.sequence(der.oid(_CA_CERTS), der.sequence(found)) if _CA_CERTS in asked else b""
    return Done(write_body(Body.GENP, der.sequence(said)))
