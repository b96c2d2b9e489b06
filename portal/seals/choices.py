"""What can be chosen on the stamping and batch pages (用章选项), worded once for both."""

from __future__ import annotations

from portal.seals.words import sentence
from portal.seals.words_stamp import STAMP

_GROUPS: dict[str, tuple[tuple[str, str], ...]] = {
    "by": (
        ("point", "by_point"),
        ("pages", "by_pages"),
        ("keyword", "by_keyword"),
        ("riding", "by_riding"),
        ("field", "by_field"),
    ),
    "edge": (("right", "edge_right"), ("left", "edge_left")),
    "suites": (("sm2", "suite_sm2"), ("sm2,rsa", "suite_both"), ("rsa", "suite_rsa"), ("p256", "suite_p256")),
    "form": (("pades", "form_pades"), ("gm-cms", "form_gm_cms"), ("gm-seal", "form_gm_seal")),
    "date_where": (("across", "date_across"), ("under", "date_under")),
    "ofd_version": (("4", "version_4"), ("5", "version_5")),
}


def choices(kind: str = "") -> dict[str, list[tuple[str, str]]]:
    """By field: value and words in the reader's language. An OFD has no signature fields to stamp in."""
    found = {name: [(value, sentence(STAMP[word])) for value, word in group] for name, group in _GROUPS.items()}
    if kind == "ofd":
        found["by"] = [one for one in found["by"] if one[0] != "field"]
    return found
