"""How much work one certificate may cause (核验上限): hostile files end quickly, with a reason.

Counted, not timed: the same file gets the same answer on a slow machine. RFC 5280 8 and CVE-2023-0464 say why.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_DEPTH = 10
"""Certificates in a path, anchor and leaf included. Government hierarchies have three to five; PKITS has seven."""
MOST_PATHS = 16
"""Complete paths judged before giving up. Cross-certified regions have two or three."""
MOST_FAN_OUT = 16
"""Issuers of one name tried for one certificate, the likeliest first: renewals and cross ones, not thousands."""
MOST_NAMESAKES = 64
"""Certificates of one subject name taken from a file."""
MOST_NAMES = 512
"""Different names looked at while searching for an anchor."""
MOST_STEPS = 512
"""Partial paths taken up by the search: a mesh of n authorities has about n! paths."""
MOST_SIGNATURES = 96
"""Signatures checked, an SM2 one is 0.4 ms: about 40 ms in all. A long path with all its lists needs thirty."""
MOST_NAME_COMPARISONS = 50_000
"""Names times subtrees over the whole path: a microsecond each."""
MOST_NESTING = 3
"""Signers of lists that need other lists in turn. Indirect lists need one level, PKITS two."""
MOST_LISTS = 64
"""Lists of one issuer that can speak about one certificate: shards have different points, so a few at most."""


class OutOfBounds(Exception):  # noqa: N818 - never leaves `verify.path`, which turns it into a finding
    """One of the limits was reached; `what` names it for the report."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(slots=True)
class Budget:
    """What is left for one question. Spent from all levels of nesting together."""

    signatures: int = MOST_SIGNATURES
    steps: int = MOST_STEPS
    comparisons: int = MOST_NAME_COMPARISONS

    def sign(self) -> None:
        if self.signatures <= 0:
            raise OutOfBounds("signatures")
        self.signatures -= 1

    def step(self) -> None:
        if self.steps <= 0:
            raise OutOfBounds("paths")
        self.steps -= 1

    def compare(self, count: int) -> None:
        if count > self.comparisons:
            raise OutOfBounds("name constraints")
        self.comparisons -= count
