"""Keys in a PKCS#11 token (PKCS#11 密码设备): RSA and P-256 by the standard's mechanisms, SM2 by the vendor's numbers.

Digests are made here and only they cross over, so a CRL of 50 MB signs as fast as a certificate. Without configured
numbers SM2 is refused: SoftHSM, for one, would take the SM2 curve and make an ECDSA signature over it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from pkcs11.constants import Attribute
from pkcs11.types import Object, SignMixin

from foundation import der
from foundation.device_settings import Pkcs11Settings
from foundation.ids import Ids
from hsm import private_keys
from hsm.backends import cryptoki_keys as objects
from hsm.backends.backend import MOST_RANDOM, Erased, Found, Made, OpenKey, Status, Use, ZSide
from hsm.backends.cryptoki_keys import Sm2Numbers
from hsm.backends.cryptoki_link import NAME, OpenToken, TokenLink, gate_of
from hsm.backends.device_key import DeviceKey, read_kept, write_kept
from hsm.backends.errors import AlgorithmNotHeld, DeviceFault, DeviceKeyMissing
from hsm.backends.worker import Worker
from hsm.keys import Algorithm
from hsm.oids import SHA256
from hsm.signature_value import P256_ORDER, SM2_ORDER, from_raw, read_strict

_ID_OCTETS = 14
_SETTLE = 0.5
_RAW_OCTETS = 64
_DIGEST_INFO = der.sequence(der.sequence(der.oid(SHA256), der.null()), der.octet_string(bytes(32)))[:-32]
_ORDERS = {Algorithm.SM2: SM2_ORDER, Algorithm.P256: P256_ORDER}


class CryptokiBackend:
    name = NAME
    holds_keys = True
    deciphers: frozenset[Algorithm] = frozenset()

    def __init__(self, settings: Pkcs11Settings, ids: Ids, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._ids = ids
        self._pause = pause
        self._sm2 = _sm2_numbers(settings)
        self.z_side = ZSide(settings.sm2_z)
        self.link = TokenLink(settings)
        self._worker: Worker[OpenToken] = Worker(
            self.link,
            NAME,
            timeout=settings.timeout_seconds,
            tries=settings.tries,
            gates=[gate_of(str(settings.module))],
            pause=pause,
        )
        self._swept = False

    @property
    def algorithms(self) -> frozenset[Algorithm]:
        found = {*objects.RSA_BITS, Algorithm.P256}
        return frozenset(found | {Algorithm.SM2} if self._sm2 else found)

    def generate(
        self, label: str, algorithm: Algorithm, *, use: Use = Use.SIGNING, taken: Collection[str] = ()
    ) -> Made:
        del taken  # references are random
        if algorithm not in self.algorithms or use is not Use.SIGNING:
            raise AlgorithmNotHeld(NAME, f"{algorithm} ({use})")
        self._sweep_once()
        key_id = objects.MARK + self._ids.random(_ID_OCTETS)

        def make(token: OpenToken) -> bytes:
            objects.remove(token.session, key_id)  # a try that failed half-way
            return objects.generate(token.session, key_id, label, algorithm, self._sm2, NAME)

        spki = self._worker.call(make)
        return Made(write_kept(key_id.hex(), use, spki), key_id.hex(), spki)

    def open(self, kept: bytes, algorithm: Algorithm) -> DeviceKey:
        reference, use, spki = read_kept(NAME, kept)
        key = DeviceKey(self, reference, use, algorithm, spki)

        def look(token: OpenToken) -> None:
            _private(token, reference)
            public = objects.find_public(token.session, bytes.fromhex(reference))
            if public is not None and objects.spki_of(public, algorithm, NAME) != spki:
                raise DeviceFault(NAME, f"the public half of {reference} is another one than when it was made")

        self._worker.call(look)
        return key

    def sign(self, key: OpenKey, message: bytes) -> bytes:
        return private_keys.sign(key, message)

    def sign_octets(self, key: DeviceKey, octets: bytes) -> bytes:
        how = objects.sign_with(key.algorithm, self._sm2, NAME)
        data = _DIGEST_INFO + octets if key.algorithm not in _ORDERS else octets
        value = self._worker.call(lambda token: _private(token, key.reference).sign(data, mechanism=how))
        return value if key.algorithm not in _ORDERS else _as_der(value, _ORDERS[key.algorithm])

    def decrypt(self, key: OpenKey, sealed: bytes) -> bytes:
        del key, sealed
        raise AlgorithmNotHeld(NAME, "decryption")

    def destroy(self, kept: bytes) -> Erased:
        reference, _, _ = read_kept(NAME, kept)

        def destroy(token: OpenToken) -> None:
            token.keys.pop(reference, None)
            objects.remove(token.session, bytes.fromhex(reference))

        self._worker.call(destroy)
        return Erased.GONE

    def inventory(self) -> list[Found]:
        def look(token: OpenToken) -> list[Found]:
            return [
                Found(_reference(key), str(key[Attribute.LABEL]), objects.algorithm_of(key, self._sm2))
                for key in objects.ours(token.session)
            ]

        return self._worker.call(look)

    def status(self) -> Status:
        def look(token: OpenToken) -> Status:
            about = token.session.token
            version = ".".join(map(str, about.firmware_version))
            return Status(about.manufacturer_id, about.model, about.serial.decode("ascii", "replace"), version)

        return self._worker.call(look)

    def random(self, octets: int) -> bytes:
        if not 0 < octets <= MOST_RANDOM:
            raise ValueError(f"1 to {MOST_RANDOM} octets at a time")
        return self._worker.call(lambda token: token.session.generate_random(octets * 8))

    def close(self) -> None:
        self._worker.close()

    def lose_session(self) -> None:
        """As a token that was pulled out and put back in does: every handle we hold is dead."""
        self._worker.call(self.link.close)

    def try_password(self, password: str) -> None:
        self._worker.call(lambda token: self.link.try_pin(token, password))

    def sweep(self) -> int:
        """Destroy half pairs; how many there were. Looked at twice, as another process may be in the middle of one."""
        seen = self._worker.call(lambda token: objects.half_pairs(token.session))
        if not seen:
            return 0
        self._pause(_SETTLE)
        still = seen & self._worker.call(lambda token: objects.half_pairs(token.session))

        def remove(token: OpenToken) -> None:
            for key_id in still:
                objects.remove(token.session, key_id)

        self._worker.call(remove)
        return len(still)

    def _sweep_once(self) -> None:
        if not self._swept:
            self.sweep()
            self._swept = True


def _sm2_numbers(settings: Pkcs11Settings) -> Sm2Numbers | None:
    if settings.sm2_sign_mechanism is None or settings.sm2_generate_mechanism is None:
        return None
    return Sm2Numbers(settings.sm2_generate_mechanism, settings.sm2_sign_mechanism, settings.sm2_key_type)


def _private(token: OpenToken, reference: str) -> SignMixin:
    """Looked up once per session: on SoftHSM a look-up reads every object file."""
    key = token.keys.get(reference)
    if key is None:
        key = objects.find(token.session, bytes.fromhex(reference))
        if key is None:
            raise DeviceKeyMissing(NAME, reference)
        token.keys[reference] = key
    return key


def _reference(key: Object) -> str:
    return bytes(key[Attribute.ID]).hex()


def _as_der(value: bytes, order: int) -> bytes:
    """PKCS#11 says r‖s; a vendor's SM2 may answer in DER at once."""
    if len(value) == _RAW_OCTETS:
        return from_raw(value, order)
    read_strict(value, order)
    return value
