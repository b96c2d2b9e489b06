"""Approvals of a plan (方案审批): named people say yes to a digest, in a file beside the plan, before anything runs."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from foundation.errors import Conflict, Forbidden, InvalidInput
from foundation.text import Text
from hsm.ceremony.plan import Plan, Reviewed


class Approval(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    digest: str
    at: AwareDatetime


_LIST = TypeAdapter(list[Approval])


def file_of(plan: Path) -> Path:
    return plan.with_name(plan.name + ".approvals.json")


def approve(path: Path, reviewed: Reviewed, name: str, typed: str, now: datetime) -> list[Approval]:
    """`typed` is what the approver reads off the reviewed copy: at least 16 digits of the digest."""
    if name not in reviewed.plan.people.approvers:
        raise Forbidden(
            "hsm.ceremony_approver",
            Text(f"{name} 不在方案的审批人名单中。", f"{name} is not among the approvers of this plan."),
        )
    if len(typed) < 16 or not reviewed.digest.startswith(typed.lower()):
        raise Conflict(
            "hsm.ceremony_digest",
            Text(
                "输入的摘要与方案文件不一致：您评审的不是这一份。",
                "That is not the digest of this file: it is not the plan you reviewed.",
            ),
        )
    known = [one for one in read(path) if one.digest == reviewed.digest]
    if any(one.name == name for one in known):
        raise Conflict("hsm.ceremony_approved", Text(f"{name} 已经审批过。", f"{name} has approved already."))
    known.append(
        Approval(name=name, digest=reviewed.digest, at=now.replace(microsecond=0))
    )  # whole seconds, as in transcripts
    file_of(path).write_text(
        json.dumps([one.model_dump(mode="json") for one in known], ensure_ascii=False, indent=1) + "\n", "utf-8"
    )
    return known


def read(path: Path) -> list[Approval]:
    file = file_of(path)
    if not file.exists():
        return []
    try:
        return _LIST.validate_json(file.read_bytes())
    except ValidationError as error:
        raise InvalidInput(
            "hsm.ceremony_approvals", Text("审批文件格式损坏。", "The file of approvals is damaged.")
        ) from error


def lacking(plan: Plan, digest: str, approvals: list[Approval]) -> list[str]:
    """Approvers of this plan who did not approve exactly these octets."""
    given = {one.name for one in approvals if one.digest == digest}
    return [name for name in plan.people.approvers if name not in given]


def demand(plan: Plan, digest: str, approvals: list[Approval]) -> None:
    if names := lacking(plan, digest, approvals):
        raise Forbidden(
            "hsm.ceremony_unapproved",
            Text(
                f"方案尚缺审批：{'、'.join(names)}。改动过的方案须重新审批。",
                f"The plan lacks the approval of {', '.join(names)}. A changed plan must be approved anew.",
            ),
        )
