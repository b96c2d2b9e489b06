"""Forms of the steps (办理表单): one for each step the caller may take now, made from the one table of steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ca.schemas import decode
from foundation.errors import InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from portal.seals.words import sentence
from seal.management import destroying, making, reasons, steps
from seal.management.apply import Custody
from seal.management.finding import FileView
from seal.management.making import How
from seal.management.reasons import Reason
from seal.management.states import STEP_WORDS, Step, transition
from seal.management.steps import Given
from seal.room import SealRoom
from seal.tokens import token_key

GRAVE = frozenset({Step.REVOKE, Step.RETIRE, Step.DESTROY, Step.REFUSE, Step.SUSPEND})
"""Ends or stops something: asked twice."""
LASTING = frozenset({Step.REVOKE, Step.RETIRE, Step.DESTROY, Step.REFUSE})
_MAKING = frozenset({Step.BEGIN, Step.MAKE})
_DESTROYING = frozenset({Step.RETIRE, Step.DESTROY})
MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class StepForm:
    step: Step
    label: str
    reasons: list[tuple[str, str]]
    """Empty where there is one only."""
    worded: bool
    grave: bool
    lasting: bool
    filing: bool
    making: bool
    token: bool
    destroying: bool


def forms(file: FileView) -> list[StepForm]:
    return [_form(file, step) for step in file.steps]


def _form(file: FileView, step: Step) -> StepForm:
    row = transition(file.state, step)
    assert row is not None  # noqa: S101 - it was offered for this state
    several = sorted(row.reasons) if len(row.reasons) > 1 else []
    label = sentence(STEP_WORDS[Step.MAKE if step is Step.BEGIN else step])
    return StepForm(
        step,
        label,
        [(one.value, sentence(reasons.WORDS[one])) for one in several],
        row.worded,
        step in GRAVE,
        step in LASTING,
        step is Step.FILE,
        step in _MAKING,
        step in _MAKING and file.custody is Custody.UKEY,
        step in _DESTROYING,
    )


def carry_out(room: SealRoom, principal: Principal, file_id: UUID, step: Step, typed: Mapping[str, str]) -> None:
    """One verb for each kind of step."""
    if step in _MAKING:
        making.make(room, principal, file_id, _how(typed))
    elif step in _DESTROYING:
        destroying.destroy(room, principal, file_id)
    else:
        steps.take(room, principal, file_id, step, _given(typed))


def _given(typed: Mapping[str, str]) -> Given:
    reason = typed.get("reason", "")
    return Given(
        Reason(reason) if reason in set(Reason) else None,
        typed.get("words", "").strip()[:MOST_WORDS] or None,
        typed.get("filing_number", "").strip()[:40] or None,
    )


def _how(typed: Mapping[str, str]) -> How:
    pasted, version = typed.get("token_request", "").strip()[:32_000], typed.get("ses_version", "")
    try:
        token = token_key(decode(pasted)) if pasted else None
    except ValueError as error:
        raise InvalidInput(
            "seal.token_request",
            Text(
                "UKey 的证书申请读不出来，请重新导出并粘贴完整的 PEM 文本。",
                "The UKey's request cannot be read. Export it again and paste the whole PEM text.",
            ),
        ) from error
    return How(token, int(version) if version in ("4", "5") else None)
