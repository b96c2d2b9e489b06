"""The look of a seal for the signer (印章外观登记), which reads no storage.

Written before the first use under approvals. Its digest goes into the signer's journal with the first signature; from
then on another look is refused, whatever the row says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from foundation.ground import Ground
from hsm.digests import sha256
from seal.approval.models import SealLook

if TYPE_CHECKING:  # the signer loads the PDF library only when it needs it
    from seal.pdf.appearance import Appearance


def keep(ground: Ground, seal_id: UUID, look: Appearance) -> None:
    with ground.db.read() as session:
        if session.get(SealLook, seal_id) is not None:
            return
    with ground.db.begin() as session:
        session.merge(SealLook(seal_id=seal_id, width=look.width, height=look.height, deflated=look.deflated))


def digest(row: SealLook) -> str:
    return sha256(f"{row.width} {row.height} ".encode() + row.deflated).hex()
