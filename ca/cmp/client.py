"""Asking another CA over CMP (向上级 CA 申请; RFC 4210, RFC 9483 4.1): enrol, update, revoke.

Nothing of an answer is used before its protection, its transaction number and our nonce in it were checked, and the
certificate is for the key we asked with. Private keys stay where they are: what signs is handed in as a function.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from ca.cmp import crmf, protection
from ca.cmp.answers import AnswerRefused, Granted, granted, revoked
from ca.cmp.crmf import OldCertificate
from ca.cmp.message import NO_NAME, Body, Envelope, Message, directory_name, read_message, write_body, write_header
from ca.cmp.message import write_message as write
from ca.cmp.protection import PasswordMac
from ca.reading.certificate import Certificate, read_certificate
from ca.reading.crl import Reason
from ca.template import extension
from foundation import der
from foundation.clock import Clock
from foundation.ids import Ids
from foundation.text import Text
from hsm.digests import Digest
from hsm.schemes import Scheme

Post = Callable[[bytes], bytes]
"""Send one message, get one back."""
HMAC_SHA256 = "1.2.840.113549.2.9"
_CRL_REASON = "2.5.29.21"


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what signs with it."""

    spki: bytes
    scheme: Scheme
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Shared with the other CA: its reference and the secret."""

    reference: bytes
    secret: bytes


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate that CA gave us, with its key and the certificates between it and the root."""

    certificate: Certificate
    key: Key
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Client:
    """One other CA. `server` is the certificate its signed answers must be made with; a secret needs none."""

    post: Post
    clock: Clock
    ids: Ids
    credential: Secret | Holder
    recipient: bytes = der.sequence()
    """Name of the CA, DER."""
    server: Certificate | None = None

    def enrol(self, key: Key, subject: bytes, extensions: bytes = b"", *, kind: Body = Body.IR) -> Granted:
        """A certificate (ir or cr) for `key` under the Name `subject`, confirmed."""
        template = crmf.write_template(subject=subject, spki=key.spki, extensions=extensions)
        return self._request(kind, crmf.write_request(0, template), key)

    def update(self, key: Key, old: Certificate) -> Granted:
        """The certificate `old` again (kur), for `key`."""
        template = crmf.write_template(subject=old.subject.raw, spki=key.spki, issuer=old.issuer.raw)
        request = crmf.write_request(0, template, OldCertificate(old.issuer.raw, old.serial))
        return self._request(Body.KUR, request, key)

    def revoke(self, certificate: Certificate, reason: Reason) -> None:
        """Ask that `certificate` be revoked (rr)."""
        template = crmf.write_template(issuer=certificate.issuer.raw, serial=certificate.serial, spki=certificate.spki)
        said = extension(_CRL_REASON, der.enumerated(reason))
        body = write_body(Body.RR, der.sequence(der.sequence(template, der.sequence(said))))
        transaction = self.ids.random(16)
        revoked(self._exchange(transaction, self.ids.random(16), None, body, Body.RP))

    def _request(self, kind: Body, request: bytes, key: Key) -> Granted:
        proven = crmf.write_requests(request, key.scheme.algorithm_identifier(), key.sign(request))
        transaction, nonce = self.ids.random(16), self.ids.random(16)
        wanted = {Body.IR: Body.IP, Body.CR: Body.CP, Body.KUR: Body.KUP}[kind]
        message = self._exchange(transaction, nonce, None, write_body(kind, proven), wanted)
        made = granted(message)
        if made.certificate.spki != key.spki:
            raise AnswerRefused(Text("返回的证书不是所申请的密钥。", "The certificate is for another key than asked."))
        if not message.header.implicit_confirm:
            self._confirm(transaction, message, made)
        return made

    def _confirm(self, transaction: bytes, message: Message, made: Granted) -> None:
        scheme = made.certificate.scheme
        digest = (scheme.digest if scheme is not None else Digest.SHA256).of(made.certificate.der)
        status = der.sequence(der.octet_string(digest), der.integer(made.number))
        body = write_body(Body.CERTCONF, der.sequence(status))
        self._exchange(transaction, self.ids.random(16), message.header.sender_nonce, body, Body.PKICONF)

    # --- one message there and back ---------------------------------------------------------------------------------

    def _exchange(self, transaction: bytes, nonce: bytes, returned: bytes | None, body: bytes, wanted: Body) -> Message:
        answer = read_message(self.post(self._protected(transaction, nonce, returned, body)))
        self._check(answer, transaction, nonce)
        if answer.kind != wanted:
            raise AnswerRefused.of(answer)
        return answer

    def _protected(self, transaction: bytes, nonce: bytes, returned: bytes | None, body: bytes) -> bytes:
        own = self.credential
        sender = NO_NAME if isinstance(own, Secret) else directory_name(own.certificate.subject.raw)
        kid = own.reference if isinstance(own, Secret) else own.certificate.subject_key_id
        envelope = Envelope(sender, directory_name(self.recipient), self.clock.now(), transaction, nonce, returned, kid)
        if isinstance(own, Secret):
            mac = PasswordMac(self.ids.random(16), Digest.SHA256, 1000, HMAC_SHA256)
            header = write_header(envelope, mac.algorithm())
            return write(header, body, mac.of(own.secret, der.sequence(header, body)))
        header = write_header(envelope, own.key.scheme.algorithm_identifier())
        value = own.key.sign(der.sequence(header, body))
        return write(header, body, value, (own.certificate.der, *own.chain))

    def _check(self, answer: Message, transaction: bytes, nonce: bytes) -> None:
        """Protection first, then that it answers this very question."""
        header = answer.header
        if header.protection is None or answer.value is None:
            raise AnswerRefused.of(answer)
        if protection.is_mac(header.protection):
            if not isinstance(self.credential, Secret):
                raise AnswerRefused(Text("应答的保护方式不符。", "The answer is protected in another way than asked."))
            protection.check_mac(header.protection, self.credential.secret, answer.protected, answer.value)
        else:
            protection.check_signature(header.protection, self._signer(answer).spki, answer.protected, answer.value)
        if header.transaction != transaction or not hmac.compare_digest(header.recipient_nonce or b"", nonce):
            raise AnswerRefused(Text("应答与本次请求不对应。", "The answer belongs to another request."))

    def _signer(self, answer: Message) -> Certificate:
        """Only the certificate we were told to expect: whoever else signs, is not that CA."""
        if self.server is None:
            raise AnswerRefused(
                Text("没有指定对方的签名证书。", "Name the certificate the other side's answers are signed with.")
            )
        if answer.certificates and read_certificate(answer.certificates[0]).der != self.server.der:
            raise AnswerRefused(Text("应答不是由指定证书签名。", "The answer is signed by another certificate."))
        return self.server
