"""Protecting our answers (应答保护): with the secret the question used, or with the service's own certificate."""

from __future__ import annotations

from ca.cmp import faults
from ca.cmp.callers import Caller
from ca.cmp.faults import Refused
from ca.cmp.message import NO_NAME, Body, Envelope, Message, directory_name, write_body, write_header, write_message
from ca.profiles import profile_named
from ca.room import CaRoom
from ca.services import service
from ca.suites import Suite
from foundation import der
from hsm.keys import Purpose


def protected(
    room: CaRoom,
    caller: Caller,
    message: Message,
    body: bytes,
    nonce: bytes,
    certificates: tuple[bytes, ...],
    *,
    implicit_confirm: bool,
) -> bytes:
    """The answer to an authenticated message."""
    if caller.mac is not None and caller.secret is not None:
        envelope = _envelope(
            room, message, NO_NAME, nonce, message.header.sender_kid, implicit_confirm=implicit_confirm
        )
        header = write_header(envelope, caller.mac.algorithm())
        value = caller.mac.of(caller.secret, der.sequence(header, body))
        return write_message(header, body, value, certificates)
    suite = Suite.SM2 if _sm2(caller) else Suite.RSA
    signer = service(room, suite, profile_named("cmp"), Purpose.CMP)
    sender = directory_name(signer.certificate.subject.raw)
    envelope = _envelope(
        room, message, sender, nonce, signer.certificate.subject_key_id, implicit_confirm=implicit_confirm
    )
    header = write_header(envelope, suite.scheme.algorithm_identifier())
    value = signer.sign(der.sequence(header, body), f"cmp:{(message.header.transaction or b'').hex()}:{nonce.hex()}")
    above = room.authority(f"{suite}-issuing").certificate.der
    extra = dict.fromkeys((signer.certificate.der, above, *certificates))
    return write_message(header, body, value, tuple(extra))


def unprotected(room: CaRoom, message: Message | None, refused: Refused) -> bytes:
    """An error to somebody we do not know: nothing is signed for him."""
    nonce = room.ground.ids.random(16)
    body = write_body(Body.ERROR, der.sequence(faults.status(refused)))
    if message is None:
        return write_message(
            write_header(Envelope(NO_NAME, NO_NAME, room.ground.clock.now(), nonce, nonce), None), body, None
        )
    envelope = _envelope(room, message, NO_NAME, nonce, None, implicit_confirm=False)
    return write_message(write_header(envelope, None), body, None)


def _envelope(
    room: CaRoom, message: Message, sender: bytes, nonce: bytes, kid: bytes | None, *, implicit_confirm: bool
) -> Envelope:
    header = message.header
    return Envelope(
        sender=sender,
        recipient=header.sender,
        time=room.ground.clock.now(),
        transaction=header.transaction or nonce,
        sender_nonce=nonce,
        recipient_nonce=header.sender_nonce,
        sender_kid=kid,
        implicit_confirm=implicit_confirm,
        version=header.version,
    )


def _sm2(caller: Caller) -> bool:
    scheme = caller.certificate.scheme if caller.certificate is not None else None
    return scheme is Suite.SM2.scheme
