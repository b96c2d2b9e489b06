"""A second opinion on what was done to a PDF after a signature (签章后的改动): pyHanko's comparison of objects.

It may only make our judgement stricter: alone it would accept a foreign picture laid over a seal as "form filling"
(facts: sealing 5.3).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from verify.pdf.structure import Signature, Structure, reading

# a hostile file must not be able to write our log, and the report says everything
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Changes:
    """`illegal` says why no later change of this kind is acceptable."""

    illegal: str | None = None
    permitted: bool = True
    """By the signature's own DocMDP."""


_CEILING = {1: ModificationLevel.LTA_UPDATES, 2: ModificationLevel.FORM_FILLING, 3: ModificationLevel.ANNOTATIONS}


def changes_after(structure: Structure, signature: Signature, revision: int) -> Changes:
    """Compare every revision after `revision` with it; raises `PdfTrouble` when that cannot be done."""
    with reading(), structure.reader.working():
        lock = FieldMDPSpec.from_pdf_object(signature.field_mdp) if signature.field_mdp is not None else None
        level = signature.doc_mdp
        permission = MDPPerm(level) if level in _CEILING else None
        result = DEFAULT_DIFF_POLICY.review_file(structure.reader, revision, field_mdp_spec=lock, doc_mdp=permission)
        if isinstance(result, SuspiciousModification):
            return Changes(illegal=str(result)[:160] or "content", permitted=False)
        ceiling = _CEILING.get(level if level is not None else 3, ModificationLevel.LTA_UPDATES)
        return Changes(permitted=bool(result.modification_level <= ceiling))
