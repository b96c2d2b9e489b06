"""What the signer asks of management before the maker's key signs (制章签名策略): it was applied for and approved.

Read in the signer's own connection. The approval is a keyed digest over the file, by a key that is not in the database:
a row written there by hand makes no seal.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.ground import Ground
from hsm.digests import same
from hsm.service.errors import PolicyRefused
from seal.management import machine
from seal.management.access import APPLY
from seal.management.models import SealFile, SealStep
from seal.management.states import State, Step
from seal.models import SealRow


def check_file(ground: Ground, session: Session, row: SealRow) -> None:
    """The file of this seal is being made (or was just finished by another process), as approved, by another person."""
    file = session.scalars(select(SealFile).where(SealFile.code == row.code)).one_or_none()
    if file is None or file.state not in (State.MAKING, State.MADE):
        raise PolicyRefused(
            "seal_unfiled", "该印章没有批准的制作申请", "no approved application stands behind this seal"
        )
    whole = file.approver is not None and file.approval_mac is not None
    if not whole or not same(file.approval_mac or b"", machine.approval(ground, file, file.approver or "")):
        raise PolicyRefused("seal_approval", "印章档案与审批不符", "the file does not fit its approval")
    if (file.department, file.department_name, file.kind) != (row.department, row.department_name, row.kind):
        raise PolicyRefused("seal_terms", "待制印章与批准的内容不符", "the seal is not the one that was approved")
    did = {
        (step, actor)
        for step, actor in session.execute(
            select(SealStep.step, SealStep.actor).where(
                SealStep.file_id == file.id, SealStep.step.in_((APPLY, Step.APPROVE))
            )
        )
    }
    if not did or (APPLY, file.approver) in did:
        raise PolicyRefused("seal_own", "申请与审批为同一人", "it was approved by who applied for it")
