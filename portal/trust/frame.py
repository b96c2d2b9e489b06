"""The frame of the trust pages (互信区域页面框架): who may look, tabs by permission, words by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template

from foundation.principal import Permission, Principal
from foundation.text import Text
from foundation.web.frame import current_principal, require
from portal.languages import pick
from portal.seals.frame import spoken, told
from portal.shell import TRUST, Link
from portal.trust.words import COMMON

_TABS = (
    ("/trust", "tab_regions", TRUST),
    ("/trust/changes", "tab_changes", TRUST),
    ("/trust/lists", "tab_lists", TRUST),
    ("/trust/enter", "tab_enter", (Permission.TRUST_PROPOSE,)),
)


def reader() -> Principal:
    return require(*TRUST)


def proposer() -> Principal:
    return require(Permission.TRUST_PROPOSE)


def page(name: str, words: Mapping[str, Text], **more: Any) -> str:
    """One trust page: its words are `w` in the template, beside those all of them share."""
    principal = current_principal()
    tabs = [Link(url, pick(COMMON[word])) for url, word, needed in _TABS if any(principal.may(one) for one in needed)]
    return render_template(
        f"pages/trust/{name}.html",
        density="dense",
        w=spoken({**COMMON, **words}),
        tabs=tabs,
        may_propose=principal.may(Permission.TRUST_PROPOSE),
        may_decide=principal.may(Permission.TRUST_APPROVE),
        **{"fault": "", "faults": {}, "done": ""} | more,
    )


__all__ = ["page", "proposer", "reader", "told"]
