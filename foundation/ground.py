"""The ground (地基服务): the services every room receives, made once by a composition root and passed on."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import Database
from foundation.ids import Ids
from foundation.jobs import JobQueue
from foundation.secrets import FieldCipher, Mac
from foundation.settings import Settings
from foundation.storage import Storage


@dataclass(frozen=True)
class Ground:
    settings: Settings
    db: Database
    clock: Clock
    ids: Ids
    storage: Storage
    audit: Audit
    cipher: FieldCipher
    mac: Mac
    jobs: JobQueue
