"""Was this certificate revoked (撤销状态)? Lists and answers together; all of them are in the trust store."""

from __future__ import annotations

from ca.reading import Certificate
from verify.paths.answers import from_answers
from verify.paths.crls import from_lists
from verify.paths.inquiry import Inquiry, Link
from verify.paths.statements import Revocation, weigh


def status_of(certificate: Certificate, link: Link, inquiry: Inquiry) -> Revocation:
    """The newest usable statements about `certificate`; `inquiry.asking` already names it."""
    inquiry.note(certificate.not_after)
    lists, useless_lists = from_lists(certificate, link, inquiry)
    answers, useless_answers = from_answers(certificate, link, inquiry)
    return weigh((*lists, *answers), useless_lists | useless_answers)
