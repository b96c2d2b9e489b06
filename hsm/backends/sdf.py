"""Keys in an SDF device (SDF 密码设备, GM/T 0018): SM2 only, Z computed here, `SDF_InternalSign_ECC` over e.

The standard has no call that makes a key pair inside. The vendor's tool makes them at numbered indices; `generate`
assigns one that was never assigned before, and a unique column of the key table keeps two processes from taking one.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Collection, Iterator
from ctypes import byref, c_uint32

from foundation import der
from foundation.der import DerError
from foundation.device_settings import SdfSettings, index_ranges
from hsm import private_keys, signature_value
from hsm.backends import sdf_layout as sdr
from hsm.backends.backend import MOST_RANDOM, Erased, Found, Made, OpenKey, Status, Use, ZSide
from hsm.backends.device_key import DeviceKey, read_kept, write_kept
from hsm.backends.errors import AlgorithmNotHeld, DeviceFault, DeviceFull, DeviceKeyMissing
from hsm.backends.sdf_library import NAME, SdfError
from hsm.backends.sdf_link import DeviceLink, OpenSession
from hsm.backends.worker import Gate, Worker
from hsm.errors import BadCiphertext, BadKey, BadSignature
from hsm.keys import Algorithm
from hsm.sm2 import Sm2PublicKey, spki_of_point

_DECRYPT = "SDF_InternalDecrypt_ECC"
_SHORT = {Use.SIGNING: "sign", Use.DECRYPTION: "enc"}
_EXPORT = {Use.SIGNING: "SDF_ExportSignPublicKey_ECC", Use.DECRYPTION: "SDF_ExportEncPublicKey_ECC"}
_MOST_TEXT = 4096
_NO_SUCH_INDEX = 0x1D  # SDR_INARGERR, which several cards say instead of SDR_KEYNOTEXIST


class SdfBackend:
    name = NAME
    z_side = ZSide.CALLER
    holds_keys = True
    algorithms = frozenset({Algorithm.SM2})
    deciphers = frozenset({Algorithm.SM2})

    def __init__(self, settings: SdfSettings, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._layout = sdr.layout(settings.field_bits)
        self.link = DeviceLink(settings)
        self._worker: Worker[OpenSession] = Worker(
            self.link,
            NAME,
            timeout=settings.timeout_seconds,
            tries=settings.tries,
            gates=[Gate() for _ in range(settings.sessions)],
            pause=pause,
        )

    def generate(
        self, label: str, algorithm: Algorithm, *, use: Use = Use.SIGNING, taken: Collection[str] = ()
    ) -> Made:
        """Assign the next free index. Signing and encryption pairs of one index are two keys and go separately."""
        del label  # a device knows its keys by number only; whose they are stands in our key table
        if algorithm is not Algorithm.SM2:
            raise AlgorithmNotHeld(NAME, algorithm)
        given = set(taken)
        for index in self._indices():
            reference = f"{_SHORT[use]}/{index}"
            if reference not in given:
                spki = self._worker.call(lambda session, at=index: self._public(session, use, at))  # type: ignore[misc]
                if spki is not None:
                    return Made(write_kept(reference, use, spki), reference, spki)
        raise DeviceFull(NAME)

    def open(self, kept: bytes, algorithm: Algorithm) -> DeviceKey:
        if algorithm is not Algorithm.SM2:
            raise AlgorithmNotHeld(NAME, algorithm)
        reference, use, spki = read_kept(NAME, kept)
        found = self._worker.call(lambda session: self._public(session, use, _index(reference)))
        if found is None:
            raise DeviceKeyMissing(NAME, reference)
        if found != spki:
            raise DeviceFault(NAME, f"the key at {reference} is another one than when it was assigned")
        return DeviceKey(self, reference, use, algorithm, spki)

    def sign(self, key: OpenKey, message: bytes) -> bytes:
        return private_keys.sign(key, message)

    def sign_octets(self, key: DeviceKey, octets: bytes) -> bytes:
        index = _index(key.reference)

        def sign(session: OpenSession) -> bytes:
            value = self._layout.new(self._layout.signature)
            arguments = (session.handle, index, octets, len(octets), byref(value))
            self.link.with_right(session, index, lambda: session.library.call("SDF_InternalSign_ECC", *arguments))
            r, s = self._layout.get(value.r), self._layout.get(value.s)
            if r is None or s is None:
                raise DeviceFault(NAME, "ECCSignature is laid out otherwise; see keys.sdf.field_bits")
            der_value = signature_value.write(r, s)
            try:
                signature_value.read_strict(der_value, signature_value.SM2_ORDER)
            except BadSignature as error:
                raise DeviceFault(NAME, "r or s is out of range") from error
            return der_value

        return self._worker.call(sign)

    def decrypt(self, key: OpenKey, sealed: bytes) -> bytes:
        if not isinstance(key, DeviceKey) or key.use is not Use.DECRYPTION:
            raise TypeError("only a key made for decryption decrypts")
        index = _index(key.reference)
        cipher = self._cipher(sealed)

        def decrypt(session: OpenSession) -> bytes:
            session.library.need(_DECRYPT)
            text, length = ctypes.create_string_buffer(_MOST_TEXT), c_uint32(_MOST_TEXT)
            which = (c_uint32(sdr.SGD_SM2_3),) if self._settings.decrypt_with_algorithm else ()
            arguments = (session.handle, c_uint32(index), *which, byref(cipher), text, byref(length))
            try:
                self.link.with_right(session, index, lambda: session.library.call(_DECRYPT, *arguments))
            except SdfError as error:
                if error.call == _DECRYPT and error.kind in sdr.BAD_CIPHERTEXT:
                    raise BadCiphertext from error
                raise
            plain = text.raw[: length.value]
            ctypes.memset(text, 0, _MOST_TEXT)
            return plain

        return self._worker.call(decrypt)

    def destroy(self, kept: bytes) -> Erased:
        read_kept(NAME, kept)
        return Erased.BY_OPERATOR

    def inventory(self) -> list[Found]:
        """The ready pairs at the configured indices."""

        def look(session: OpenSession) -> list[Found]:
            return [
                Found(f"{_SHORT[use]}/{index}", "", Algorithm.SM2)
                for index in self._indices()
                for use in Use
                if self._public(session, use, index) is not None
            ]

        return self._worker.call(look)

    def status(self) -> Status:
        def look(session: OpenSession) -> Status:
            info = sdr.DeviceInfo()
            session.library.call("SDF_GetDeviceInfo", session.handle, byref(info))
            maker, model, serial = (
                part.decode("gb18030", "replace").strip() for part in (info.issuer, info.name, info.serial)
            )
            return Status(maker, model, serial, f"{info.device_version:#x}")

        return self._worker.call(look)

    def random(self, octets: int) -> bytes:
        if not 0 < octets <= MOST_RANDOM:
            raise ValueError(f"1 to {MOST_RANDOM} octets at a time")

        def draw(session: OpenSession) -> bytes:
            buffer = ctypes.create_string_buffer(octets)
            session.library.call("SDF_GenerateRandom", session.handle, octets, buffer)
            return buffer.raw

        return self._worker.call(draw)

    def close(self) -> None:
        self._worker.close()

    def lose_session(self) -> None:
        """As a device that was restarted does: the session handle we hold is dead."""
        self._worker.call(self.link.lose)

    def try_password(self, password: str) -> None:
        """With the first index there is."""
        index = next(self._indices())
        self._worker.call(lambda session: self.link.try_password(session, index, password))

    def _indices(self) -> Iterator[int]:
        for part in index_ranges(self._settings.indices):
            yield from part

    def _public(self, session: OpenSession, use: Use, index: int) -> bytes | None:
        """The SubjectPublicKeyInfo at an index; None when there is no key."""
        key = self._layout.new(self._layout.public_key)
        try:
            session.library.call(_EXPORT[use], session.handle, index, byref(key))
        except SdfError as error:
            self.link.unless_lost(session, error)
            if error.kind in sdr.NO_KEY or error.kind == _NO_SUCH_INDEX:
                return None
            raise
        x, y = self._layout.get(key.x), self._layout.get(key.y)
        if key.bits != 8 * sdr.VALUE or x is None or y is None:
            raise DeviceFault(NAME, "ECCrefPublicKey is laid out otherwise; see keys.sdf.field_bits")
        spki = spki_of_point(b"\x04" + x.to_bytes(sdr.VALUE, "big") + y.to_bytes(sdr.VALUE, "big"))
        try:
            return Sm2PublicKey(spki).spki  # parsed, so that a point off the curve is found now
        except BadKey as error:
            raise DeviceFault(NAME, f"the public key at index {index} is not on the SM2 curve") from error

    def _cipher(self, sealed: bytes) -> ctypes.Structure:
        """SM2Cipher in DER → ECCCipher."""
        try:
            parts = der.parse(sealed).expect(der.SEQUENCE).children(most=4)
            if len(parts) != 4:
                raise BadCiphertext
            x, y = parts[0].as_integer(), parts[1].as_integer()
            check, masked = parts[2].as_octets(), parts[3].as_octets()
        except DerError as error:
            raise BadCiphertext from error
        if not (0 <= x < 1 << 256 and 0 <= y < 1 << 256) or len(check) != 32 or not 0 < len(masked) <= _MOST_TEXT:
            raise BadCiphertext
        put = self._layout.put
        octets = ctypes.c_ubyte
        cipher: ctypes.Structure = self._layout.cipher(len(masked))(
            put(x), put(y), (octets * 32)(*check), len(masked), (octets * len(masked))(*masked)
        )
        return cipher


def _index(reference: str) -> int:
    """`sign/7` → 7."""
    return int(reference.rpartition("/")[2])
