"""A seal ready for use (待用印章): its SESeal, its look in PDF, and the constant octets of its signatures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ca.suites import Suite
from seal.cms_writing import SignerTemplate
from seal.pdf.appearance import Appearance


@dataclass(frozen=True, slots=True)
class Held:
    """Never changes for one `esl_sha256`, so it is kept in memory between stampings."""

    esl_sha256: str
    code: str
    esl: bytes
    certificates: tuple[bytes, ...]
    """certList of the seal: only these may sign with it."""
    appearance: Appearance
    templates: Mapping[Suite, SignerTemplate]
    gm_template: SignerTemplate
    """SM2 again, in the shape of GM/T 0010."""


def key_name(code: str, suite: Suite) -> str:
    return f"seal/{code}/{suite.value}"
