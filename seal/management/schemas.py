"""What crosses the wire in seal management (印章管理接口数据)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from ca.schemas import decode
from foundation.web.api import Wire, bad
from seal.design_schemas import PictureBody
from seal.kinds import KINDS, SealKind
from seal.management.apply import Application, Custody
from seal.management.destroying import SealKey
from seal.management.finding import FileView, StepView
from seal.management.making import How
from seal.management.reasons import WORDS, Reason
from seal.management.states import STEP_WORDS, Public, State, Step, Who, steps_from
from seal.management.states import WORDS as STATES
from seal.management.steps import Given
from seal.ses import CertificateList
from seal.tokens import token_key

Words = Annotated[str, Field(min_length=1, max_length=500, description="Why, in words; kept encrypted")]


class FilePath(Wire):
    id: UUID


class ApplyBody(Wire):
    department: str = Field(pattern=r"^[0-9A-Z]{18}$", description="Unified social credit code; your own department's")
    department_name: str = Field(min_length=2, max_length=60)
    kind: SealKind = SealKind.NAME
    ring_text: str = Field(min_length=2, max_length=36, description="What the seal says; on a name seal, the name")
    line_text: str | None = Field(None, min_length=1, max_length=12, description="Below the star: the purpose")
    diameter_mm: float = Field(42.0, ge=10, le=60)
    picture: PictureBody | None = Field(
        None, description="The whole design, for what is not the usual round seal; its text is ring_text again"
    )
    custody: Custody = Custody.CLOUD
    custodian: str | None = Field(None, min_length=2, max_length=60, description="Who holds it; needed for a UKey")
    reason: Reason
    words: Words | None = None
    replaces: UUID | None = Field(None, description="File of the seal to change (变更)")

    @model_validator(mode="after")
    def _one_text(self) -> ApplyBody:
        if self.picture is not None and (self.picture.text, self.picture.line) != (self.ring_text, self.line_text):
            raise bad(
                "picture 的 text、line 须与 ring_text、line_text 一致。",
                "Text and line of the picture must be ring_text and line_text.",
            )
        return self

    def application(self) -> Application:
        return Application(
            department=self.department,
            department_name=self.department_name,
            reason=self.reason,
            ring_text=self.ring_text,
            kind=self.kind,
            line_text=self.line_text,
            diameter=self.diameter_mm,
            picture=self.picture.design() if self.picture else None,
            custody=self.custody,
            custodian=self.custodian,
            words=self.words,
            replaces=self.replaces,
        )


class StepBody(Wire):
    step: Literal["withdraw", "approve", "refuse", "file", "issue", "accept", "suspend", "resume", "revoke"]
    reason: Reason | None = Field(None, description="Needed where a step has several; see seal-kinds")
    words: Words | None = None
    filing_number: str | None = Field(None, max_length=40, description="备案号, with `file`; one of ours if left out")

    def given(self) -> Given:
        return Given(self.reason, self.words, self.filing_number)


class MakeStepBody(Wire):
    """Empty for a seal kept in the cloud."""

    token_request: str | None = Field(
        None, max_length=32_000, description="PKCS#10 of the custodian's UKey: DER in base64, or PEM"
    )

    @field_validator("token_request")
    @classmethod
    def _decodes(cls, value: str | None) -> str | None:
        if value is not None:
            decode(value)
        return value

    ses_version: Literal[4, 5] | None = Field(None, description="4: GB/T 38540-2020, 5: GM/T 0031-2025")
    cert_list: CertificateList | None = None

    def how(self) -> How:
        token = None if self.token_request is None else token_key(decode(self.token_request))
        return How(token, self.ses_version, self.cert_list)


class ListQuery(Wire):
    state: State | None = None
    waiting: bool = Field(default=False, description="Only what waits for a step of yours")
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=200)


class FileOut(Wire):
    id: UUID
    code: str | None
    state: State
    state_zh: str
    state_en: str
    kind: SealKind
    kind_code: str = Field(description="Of seal-making systems: 01 unit … 99 other")
    department: str
    department_name: str
    ring_text: str
    line_text: str | None
    diameter_mm: float
    picture_kind: str | None
    custody: Custody
    custodian: str | None
    version: int
    replaces: UUID | None
    seal: UUID | None
    filing_number: str | None
    filed_at: datetime | None
    public_state: Public | None
    created_at: datetime
    changed_at: datetime
    steps: list[Step] = Field(description="What the caller may do now")

    @classmethod
    def of(cls, file: FileView) -> FileOut:
        return cls(
            id=file.id,
            code=file.code,
            state=file.state,
            state_zh=STATES[file.state].zh,
            state_en=STATES[file.state].en,
            kind=file.kind,
            kind_code=KINDS[file.kind].code,
            department=file.department,
            department_name=file.department_name,
            ring_text=file.ring_text,
            line_text=file.line_text,
            diameter_mm=file.diameter,
            picture_kind=file.picture_kind,
            custody=file.custody,
            custodian=file.custodian,
            version=file.version,
            replaces=file.replaces,
            seal=file.seal_id,
            filing_number=file.filing_number,
            filed_at=file.filed_at,
            public_state=file.public,
            created_at=file.created_at,
            changed_at=file.changed_at,
            steps=list(file.steps),
        )


class FilesOut(Wire):
    items: list[FileOut]
    next: UUID | None


class HistoryLine(Wire):
    number: int
    step: str
    source: State | None
    target: State
    role: Who
    actor: str
    reason: Reason
    reason_zh: str
    reason_en: str
    words: str | None
    at: datetime

    @classmethod
    def of(cls, line: StepView) -> HistoryLine:
        return cls(
            number=line.number,
            step=line.step,
            source=line.source,
            target=line.target,
            role=line.role,
            actor=line.actor,
            reason=line.reason,
            reason_zh=WORDS[line.reason].zh,
            reason_en=WORDS[line.reason].en,
            words=line.words,
            at=line.at,
        )


class HistoryOut(Wire):
    items: list[HistoryLine]


class KeyOut(Wire):
    name: str
    version: int
    state: str

    @classmethod
    def of(cls, key: SealKey) -> KeyOut:
        return cls(name=key.name, version=key.version, state=key.state)


class KeysOut(Wire):
    items: list[KeyOut]


class AppliedOut(Wire):
    id: UUID
    state: State


class StateOut(Wire):
    state: State


class KindOut(Wire):
    kind: SealKind
    code: str
    gm_type: int = Field(description="GM/T 0031: 1 organisation, 2 personal")
    zh: str
    en: str


class StepOut(Wire):
    step: Step
    source: State
    target: State
    who: list[Who]
    reasons: list[Reason]
    worded: bool
    zh: str
    en: str


class RulesOut(Wire):
    """Kinds of seals, and the table of steps with their reasons: what a form needs."""

    kinds: list[KindOut]
    steps: list[StepOut]

    @classmethod
    def build(cls) -> RulesOut:
        kinds = [
            KindOut(kind=kind, code=facts.code, gm_type=facts.gm_type, zh=facts.words.zh, en=facts.words.en)
            for kind, facts in KINDS.items()
        ]
        steps = [
            StepOut(
                step=row.step,
                source=row.source,
                target=row.target,
                who=sorted(row.who),
                reasons=sorted(row.reasons),
                worded=row.worded,
                zh=STEP_WORDS[row.step].zh,
                en=STEP_WORDS[row.step].en,
            )
            for state in State
            for row in steps_from(state)
        ]
        return cls(kinds=kinds, steps=steps)
