"""The list of a batch (批次清单): its digest is what an approval covers, and the signer finds each item in it.

One line per document that was taken in: number, SHA-256, size, format. Refused entries are not in it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.room import CaRoom
from hsm.digests import Digest
from hsm.service.errors import PolicyRefused
from seal.approval.models import SealCase
from seal.batches.models import ItemState, SealBatchItem

Items: TypeAlias = dict[int, tuple[str, int, str]]
_MOST_KEPT = 2
_kept: OrderedDict[tuple[UUID, str], Items] = OrderedDict()
_lock = threading.Lock()


def read(session: Session, batch_id: UUID) -> Items:
    query = select(SealBatchItem.number, SealBatchItem.document_sha256, SealBatchItem.size, SealBatchItem.format).where(
        SealBatchItem.batch_id == batch_id, SealBatchItem.state != ItemState.REFUSED
    )
    rows = session.execute(query.order_by(SealBatchItem.number).execution_options(yield_per=2000))
    return {number: (digest or "", size, kind or "") for number, digest, size, kind in rows}


def digest(items: Items) -> str:
    running = Digest.SHA256.stream()
    for line in _lines(items):
        running.update(line)
    return running.finalize().hex()


def _lines(items: Items) -> Iterable[bytes]:
    for number, (sha, size, kind) in items.items():
        yield f"{number} {sha} {size} {kind}\n".encode()


def approved(ca: CaRoom, case: SealCase) -> Items:
    """The list whose digest the case names; read once per batch and kept, for its items come one after another."""
    place = (case.subject_id, case.digest)
    with _lock:
        found = _kept.get(place)
    if found is None:
        with ca.ground.db.read() as session:
            found = read(session, case.subject_id)
        if digest(found) != case.digest or len(found) != case.size:
            raise PolicyRefused("list_other", "批次清单与审批不符", "the list of the batch is not the one approved")
        with _lock:
            _kept[place] = found
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return found
