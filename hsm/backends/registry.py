"""Which back end a key is in (密钥路由): by the longest prefix of its name when it is made, by its row ever after.

A device is opened at the first use of a key in it, so a process that signs nothing never touches one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from foundation.device_settings import Pkcs11Settings
from foundation.ids import Ids
from foundation.settings import KeySettings
from hsm.backends.backend import Backend
from hsm.backends.errors import BackendUnknown
from hsm.backends.sdf import SdfBackend
from hsm.backends.software import SOFTWARE, SoftwareBackend

PKCS11, SDF = "pkcs11", "sdf"
Maker = Callable[[], Backend]


class Backends:
    def __init__(self, makers: Mapping[str, Maker], routes: Mapping[str, str]) -> None:
        self._makers = makers
        self._routes = sorted(routes.items(), key=lambda route: -len(route[0]))
        self._made: dict[str, Backend] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        return list(self._makers)

    def for_new(self, name: str) -> Backend:
        """Where a new key of that name goes."""
        chosen = next((backend for prefix, backend in self._routes if name.startswith(prefix)), SOFTWARE)
        return self.named(chosen)

    def named(self, name: str | None) -> Backend:
        """The back end of a row; None is software."""
        wanted = name or SOFTWARE
        with self._lock:
            if wanted not in self._made:
                if wanted not in self._makers:
                    raise BackendUnknown(wanted)
                self._made[wanted] = self._makers[wanted]()
            return self._made[wanted]

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, {}
        for backend in made.values():
            backend.close()


def open_backends(settings: KeySettings, ids: Ids) -> Backends:
    """Software, and the devices the settings name."""
    makers: dict[str, Maker] = {SOFTWARE: lambda: SoftwareBackend(ids)}
    if (pkcs11 := settings.pkcs11) is not None:
        makers[PKCS11] = lambda: _pkcs11(pkcs11, ids)
    if (sdf := settings.sdf) is not None:
        makers[SDF] = lambda: SdfBackend(sdf)
    return Backends(makers, settings.routes)


def _pkcs11(settings: Pkcs11Settings, ids: Ids) -> Backend:
    from hsm.backends.cryptoki import CryptokiBackend  # a large library, and only where there is a token

    return CryptokiBackend(settings, ids)


def software_only(ids: Ids) -> Backends:
    return Backends({SOFTWARE: lambda: SoftwareBackend(ids)}, {})
