"""Checking a transcript (核验仪式记录): signatures, plan, approvals, order of time, and the files that came out.

Returns a report; every finding is a sentence. A rehearsal may be sound, and is still a rehearsal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from foundation.errors import YinxinError
from foundation.text import Text
from hsm.ceremony import approvals as approving
from hsm.ceremony.plan import Plan, parse_plan
from hsm.ceremony.transcript import Transcript, signed_octets
from hsm.digests import sha256
from hsm.errors import BadKey, BadSignature
from hsm.public_keys import describe
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify

_SCHEMES = {"SM2": Scheme.SM2_SM3, "P-256": Scheme.ECDSA_SHA256}


@dataclass(frozen=True, slots=True)
class Report:
    faults: tuple[Text, ...]
    rehearsal: bool
    complete: bool
    signed_by: tuple[str, ...]
    """SHA-256 of the public keys whose signatures hold."""

    @property
    def sound(self) -> bool:
        return not self.faults


def check(transcript: Transcript, *, folder: Path | None = None, roots: tuple[bytes, ...] = ()) -> Report:
    """`roots` are public keys (SubjectPublicKeyInfo) that must be among the signers; `folder` holds the outputs."""
    body, faults = transcript.body, []
    signed_by, bad = _signatures(transcript)
    faults += bad
    faults += [
        Text("记录没有被指定的根密钥签名。", "The transcript is not signed by a root key that was asked for.")
        for root in roots
        if sha256(root).hex() not in signed_by
    ]
    try:
        faults += _contents(body)
        faults += _files(body, folder) if folder is not None else ()
    except (KeyError, TypeError, ValueError) as error:
        faults.append(Text(f"记录缺少内容：{error}。", f"The transcript lacks something: {error}."))
    return Report(tuple(faults), bool(body.get("rehearsal", True)), bool(body.get("complete")), signed_by)


def _signatures(transcript: Transcript) -> tuple[tuple[str, ...], list[Text]]:
    octets, good, faults = signed_octets(transcript.body), [], []
    for one in transcript.signatures:
        try:
            verify(one.spki, _scheme(one.spki), octets, one.value, sm2_id=DEFAULT_SM2_ID)
            good.append(sha256(one.spki).hex())
        except (BadSignature, BadKey):
            faults.append(Text(f"密钥 {one.key} 的签名不成立。", f"The signature of {one.key} does not hold."))
    if not good and not faults:
        faults.append(Text("记录没有签名。", "The transcript is not signed."))
    return tuple(good), faults


def _scheme(spki: bytes) -> Scheme:
    return _SCHEMES.get(describe(spki), Scheme.RSA_SHA256)


def _contents(body: Any) -> Iterator[Text]:
    octets = str(body["plan"]).encode()
    if sha256(octets).hex() != body["plan_sha256"]:
        yield Text("方案与其摘要不符。", "The plan does not fit its digest.")
    try:
        plan = parse_plan(octets)
    except YinxinError as error:
        yield error.detail
        return
    given = [approving.Approval.model_validate(one) for one in body["approvals"]]
    for name in approving.lacking(plan, body["plan_sha256"], given):
        yield Text(f"缺少 {name} 的审批。", f"The approval of {name} is missing.")
    if any(one.at > datetime.fromisoformat(body["started_at"]) for one in given):
        yield Text("有审批晚于仪式开始。", "An approval is later than the beginning of the ceremony.")
    yield from _order(body)
    if body["complete"]:
        yield from _steps(plan, body)
    else:
        yield Text("仪式未完成。", "The ceremony was not completed.")


def _order(body: Any) -> Iterator[Text]:
    times = [datetime.fromisoformat(one["at"]) for one in body["events"]]
    ends = datetime.fromisoformat(body["started_at"]), datetime.fromisoformat(body["ended_at"])
    if [one["number"] for one in body["events"]] != list(range(1, len(times) + 1)):
        yield Text("事件编号不连续。", "The events are not numbered one after another.")
    if times != sorted(times) or (times and not ends[0] <= times[0] <= times[-1] <= ends[1]):
        yield Text("事件时间次序不对。", "The times of the events are out of order.")


def _steps(plan: Plan, body: Any) -> Iterator[Text]:
    """Every step begun by the operator and witnessed by every witness."""
    for number in range(1, len(plan.steps) + 1):
        of_step = [(one["kind"], one["by"]) for one in body["events"] if one["step"] == number]
        wanted = [("begun", plan.people.operator), *(("witnessed", name) for name in plan.people.witnesses)]
        if any(one not in of_step for one in wanted):
            yield Text(f"第 {number} 步缺少操作人或见证人。", f"Step {number} lacks its operator or a witness.")


def _files(body: Any, folder: Path) -> Iterator[Text]:
    for one in body["outputs"]:
        path = folder / Path(one["name"]).name
        if not path.is_file():
            yield Text(f"缺少输出文件 {path.name}。", f"The output {path.name} is missing.")
        elif sha256(path.read_bytes()).hex() != one["sha256"]:
            yield Text(f"输出文件 {path.name} 被改动。", f"The output {path.name} was changed.")
