"""Lints before signing (签发前检查): a visible list of small steps, one clause each.

They look at the octets that would be signed, parsed again by `ca.reading`, and compare them with what was ordered. One
failure and nothing is signed (facts: pki 4.3, 7.3; BR 4.3.1.2). pkilint judges every profile in tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ca.lints import core, extensions, names, subject
from ca.lints.proposal import Order, Proposal

__all__ = ["STEPS", "Order", "Proposal", "check"]

STEPS: Final[tuple[Callable[[Proposal], None], ...]] = (
    core.check_encoding,
    core.check_version,
    core.check_serial,
    core.check_algorithm,
    core.check_issuer,
    core.check_subject_is_another,
    core.check_begin,
    core.check_end,
    core.check_time_encoding,
    core.check_public_key,
    core.check_key_is_strong,
    core.check_key_is_not_the_issuers,
    subject.check_order,
    subject.check_encoding,
    subject.check_allowed,
    subject.check_required,
    subject.check_lengths,
    subject.check_characters,
    subject.check_printable,
    subject.check_country,
    subject.check_patterns,
    subject.check_seal_organization,
    subject.check_not_a_test,
    extensions.check_set,
    extensions.check_criticality,
    extensions.check_key_usage,
    extensions.check_basic_constraints,
    extensions.check_constraints,
    extensions.check_extended_key_usage,
    extensions.check_key_identifiers,
    extensions.check_policies,
    extensions.check_addresses,
    extensions.check_numbering,
    extensions.check_identity,
    names.check_kinds,
    names.check_hosts,
    names.check_addresses_named,
    names.check_mailboxes,
    names.check_uris,
    names.check_common_name_is_named,
    core.check_is_what_was_ordered,
)


def check(proposal: Proposal) -> None:
    """Every step in turn; the first that fails raises `LintFailed`."""
    for step in STEPS:
        step(proposal)
