"""The plan of a ceremony (仪式方案): one YAML file that says everything, read strictly, approved by its digest.

A name that is not known is refused, a key written twice too: what was reviewed is what is done, and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from foundation.errors import FieldFault, InvalidInput
from foundation.text import Text
from hsm.digests import sha256

MOST_OCTETS = 256 * 1024
MOST_STEPS = 50
Line = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True, pattern=r"^[^\r\n]+$")]
Person = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True, pattern=r"^[^\r\n]+$")]
Suite = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,9}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Serial = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,40}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class GenerateRoot(_Strict):
    do: Literal["generate-root"]
    suite: Suite


class SignSubCa(_Strict):
    do: Literal["sign-sub-ca"]
    suite: Suite
    csr: Line = Field(description="File beside the plan")
    csr_sha256: Sha256


class RevokeSubCa(_Strict):
    do: Literal["revoke-sub-ca"]
    suite: Suite
    serial: Serial
    reason: Literal["ca-compromise", "superseded", "cessation-of-operation", "affiliation-changed"]


class IssueCrl(_Strict):
    do: Literal["issue-crl"]
    suite: Suite
    days: int = Field(ge=7, le=400, description="Until nextUpdate; the next ceremony must come before")


class BackUpKey(_Strict):
    do: Literal["back-up-key"]
    suite: Suite
    to: Literal["passphrase", "shares"]


Step = Annotated[GenerateRoot | SignSubCa | RevokeSubCa | IssueCrl | BackUpKey, Field(discriminator="do")]


class Region(_Strict):
    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    name_zh: Line
    name_en: Line


class People(_Strict):
    author: Person
    approvers: list[Person] = Field(min_length=2, max_length=9)
    operator: Person
    witnesses: list[Person] = Field(min_length=2, max_length=9)
    share_holders: list[Person] = Field(default_factory=list, max_length=5)

    @model_validator(mode="after")
    def _apart(self) -> People:
        """Dual control is between people: who wrote it does not approve it, who types does not witness."""
        if self.author in self.approvers:
            raise ValueError("the author cannot approve the plan")
        if self.operator in self.witnesses:
            raise ValueError("the operator cannot be a witness")
        for group in (self.approvers, self.witnesses, self.share_holders):
            if len(set(group)) != len(group):
                raise ValueError("a person is named twice")
        return self


class Plan(_Strict):
    version: Literal[1]
    title: Line
    location: Line
    region: Region
    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]
    environment: Literal["sample", "production"]
    people: People
    sealed_by: Literal["passphrase", "shares"]
    steps: list[Step] = Field(min_length=1, max_length=MOST_STEPS)

    @model_validator(mode="after")
    def _shares_have_holders(self) -> Plan:
        needs = self.sealed_by == "shares" or any(isinstance(s, BackUpKey) and s.to == "shares" for s in self.steps)
        if needs and len(self.people.share_holders) != 5:
            raise ValueError("five share holders must be named")
        return self


class Reviewed(BaseModel):
    """A plan with the octets it was read from."""

    model_config = ConfigDict(frozen=True)
    plan: Plan
    octets: bytes
    folder: Path

    @property
    def digest(self) -> str:
        return sha256(self.octets).hex()


class _Loader(yaml.SafeLoader):
    """SafeLoader takes the last of two equal keys without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(map(str, keys))) != len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key is written twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_plan(path: Path) -> Reviewed:
    octets = path.read_bytes()
    return Reviewed(plan=parse_plan(octets), octets=octets, folder=path.resolve().parent)


def parse_plan(octets: bytes) -> Plan:
    """Raises `InvalidInput` that names every faulty place."""
    if len(octets) > MOST_OCTETS:
        raise _bad(())
    try:
        return Plan.model_validate(yaml.load(octets, _Loader))  # noqa: S506 - a SafeLoader, stricter
    except ValidationError as error:
        raise _bad(
            tuple(
                FieldFault("/" + "/".join(map(str, fault["loc"])), Text(fault["msg"], fault["msg"]))
                for fault in error.errors()
            )
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = str(getattr(error, "problem", None) or type(error).__name__)
        raise _bad((FieldFault("/", Text(problem, problem)),)) from error


def _bad(faults: tuple[FieldFault, ...]) -> InvalidInput:
    return InvalidInput(
        "hsm.ceremony_plan",
        Text(
            "仪式方案不符合格式，请按提示逐处修改后重新评审。",
            "The ceremony plan is not right. Correct the places named and have it reviewed again.",
        ),
        faults=faults,
    )
