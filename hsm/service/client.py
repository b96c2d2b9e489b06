"""The key store of a process without keys (远程密钥库): `KeyStore`, signers and data keys over a channel."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from foundation.audit.trail import Audit
from foundation.errors import YinxinError
from foundation.ids import Ids
from foundation.metrics import SIGNATURE_SECONDS
from foundation.principal import SYSTEM, Principal
from foundation.settings import Settings
from hsm.errors import KeyMissing, PurposeRefused
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.secret_store import Secret
from hsm.secrets import KeyedMac, SealedFields
from hsm.service import messages as m
from hsm.service.channel import Channel
from hsm.service.errors import BadMessage
from hsm.signing import Signer, ToBeSigned, one_by_one
from hsm.sm4 import Aead

_AT_ONCE = 100
"""Certificates in one question: their signatures take a fraction of a second, and others wait for the answer."""
_REMEMBERED = 2.0
"""Seconds a found key is taken as still the newest. The signer itself looks at every signature."""


class RemoteSigner:
    __slots__ = ("_channel", "_ref")

    def __init__(self, channel: Channel, ref: KeyRef) -> None:
        self._channel = channel
        self._ref = ref

    @property
    def ref(self) -> KeyRef:
        return self._ref

    def sign(self, tbs: ToBeSigned) -> bytes:
        ref = self._ref
        if tbs.purpose not in ref.purposes:
            raise PurposeRefused(ref.name, tbs.purpose)
        request = m.SIGNING[tbs.purpose](ref.name, ref.version, tbs.intent, tbs.spend(), tbs.content)
        with SIGNATURE_SECONDS.labels(ref.algorithm.value, tbs.purpose.value).time():
            return self._channel.ask(request, m.Signed).value

    def sign_many(self, tokens: Sequence[ToBeSigned]) -> list[bytes | YinxinError]:
        """Certificates in one question; each other purpose one by one."""
        ref = self._ref
        if any(token.purpose is not Purpose.CERTIFICATE for token in tokens) or Purpose.CERTIFICATE not in ref.purposes:
            return one_by_one(self, tokens)
        answers: list[bytes | YinxinError] = []
        for at in range(0, len(tokens), _AT_ONCE):
            some = tokens[at : at + _AT_ONCE]
            items = tuple(m.CertificateToSign(token.intent, token.spend()) for token in some)
            with SIGNATURE_SECONDS.labels(ref.algorithm.value, Purpose.CERTIFICATE.value).time():
                made = self._channel.ask(m.SignCertificates(ref.name, ref.version, items), m.SignedMany)
            if len(made.values) != len(items):
                raise BadMessage("not as many values as were asked for")
            answers += [value or self._refusal(item) for item, value in zip(items, made.values, strict=True)]
        return answers

    def _refusal(self, item: m.CertificateToSign) -> bytes | YinxinError:
        """Asked alone, it is told why; or it is signed after all, when the cause was a passing one."""
        request = m.SignCertificate(self._ref.name, self._ref.version, item.intent, item.data, b"")
        try:
            return self._channel.ask(request, m.Signed).value
        except YinxinError as error:
            return error


class RemoteKeyStore:
    """`hsm.store.KeyStore`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._found: dict[tuple[str, int | None], tuple[float, RemoteSigner]] = {}
        self._lock = threading.Lock()

    def generate(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        return self._made(m.GenerateKey(name, algorithm, frozenset(purposes), _who(principal)), name)

    def ensure(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        wanted = frozenset(purposes)
        known = self._known(name, None)
        if known is not None and (known.ref.algorithm, known.ref.purposes) == (algorithm, wanted):
            return known.ref
        return self._made(m.EnsureKey(name, algorithm, wanted, _who(principal)), name)

    def renew(self, name: str, *, principal: Principal = SYSTEM) -> KeyRef:
        return self._made(m.RenewKey(name, _who(principal)), name)

    def retire(self, name: str, version: int, *, principal: Principal = SYSTEM) -> None:
        self._channel.ask(m.RetireKey(name, version, _who(principal)), m.Done)
        self._forget(name)

    def find(self, name: str, version: int | None = None) -> KeyRef | None:
        return self._channel.ask(m.FindKey(name, version, active=False), m.Found).ref

    def names(self, prefix: str = "") -> list[str]:
        return list(self._channel.ask(m.NamesOfKeys(prefix), m.Names).names)

    def signer(self, name: str, version: int | None = None) -> Signer:
        known = self._known(name, version)
        if known is not None:
            return known
        ref = self._channel.ask(m.FindKey(name, version, active=True), m.Found).ref
        if ref is None:
            raise KeyMissing(name)
        signer = RemoteSigner(self._channel, ref)
        with self._lock:
            self._found[name, version] = (time.monotonic() + _REMEMBERED, signer)
        return signer

    def _known(self, name: str, version: int | None) -> RemoteSigner | None:
        until, signer = self._found.get((name, version), (0.0, None))
        return signer if time.monotonic() < until else None

    def _made(self, request: object, name: str) -> KeyRef:
        ref = self._channel.ask(request, m.Found).ref
        self._forget(name)
        if ref is None:
            raise KeyMissing(name)
        return ref

    def _forget(self, name: str) -> None:
        with self._lock:
            for place in [place for place in self._found if place[0] == name]:
                del self._found[place]


class RemoteDataKeys:
    """`hsm.secrets.DataKeys`: unwrapped by the signer at first use, kept for the life of this process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._known: dict[str, Mapping[int, Secret]] = {}

    def ensure(self, name: str, algorithm: str) -> Secret:
        """The signer made them when it was opened; which cipher is used now is its setting."""
        del algorithm
        return self.current(name)

    def current(self, name: str) -> Secret:
        known = self._known.get(name) or self._fetch(name)
        return known[max(known)]

    def version(self, name: str, version: int) -> Secret:
        found = self._known.get(name, {}).get(version) or self._fetch(name).get(version)
        if found is None:
            raise KeyMissing(f"{name}#{version}")
        return found

    def rotate(self, name: str, principal: Principal, audit: Audit) -> Secret:
        """Recorded in the trail by the signer, in the transaction that adds the version."""
        del audit
        self._keep(name, self._channel.ask(m.RotateDataKey(name, _who(principal)), m.DataKeys))
        return self.current(name)

    def _fetch(self, name: str) -> Mapping[int, Secret]:
        return self._keep(name, self._channel.ask(m.UnwrapDataKeys(name), m.DataKeys))

    def _keep(self, name: str, found: m.DataKeys) -> Mapping[int, Secret]:
        if not found.keys:
            raise KeyMissing(name)
        known = {one.version: Secret(one.version, one.algorithm, one.key) for one in found.keys}
        self._known[name] = known
        return known


@dataclass(frozen=True)
class RemoteVault:
    """`hsm.vault.OpenVault` of a process without the key-encryption key."""

    secrets: RemoteDataKeys
    cipher: SealedFields
    mac: KeyedMac

    @classmethod
    def over(cls, channel: Channel, settings: Settings, ids: Ids) -> RemoteVault:
        secrets = RemoteDataKeys(channel)
        return cls(secrets, SealedFields(secrets, ids, Aead(settings.keys.field_cipher)), KeyedMac(secrets))


def _who(principal: Principal) -> m.Who:
    return m.Who(principal.kind.value, principal.label)
