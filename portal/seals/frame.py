"""The frame of the seal pages (印章页面框架): tabs by permission, words by language, faults as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template

from foundation.errors import NotFound, Unauthenticated, YinxinError
from foundation.principal import Permission, Principal
from foundation.text import Text
from foundation.web.frame import current_principal, ground, language
from portal.languages import pick
from portal.seals.words import COMMON
from portal.shell import Link
from seal.management.access import READERS

P = Permission
_TABS: tuple[tuple[str, str, tuple[Permission, ...]], ...] = (
    ("/seals", "tab_register", READERS),
    ("/seals/waiting", "tab_waiting", (P.SEAL_APPLY, P.SEAL_APPROVE, P.SEAL_MAKE, P.SEAL_FILE)),
    ("/seals/apply", "tab_apply", (P.SEAL_APPLY,)),
    ("/seals/stamp", "tab_stamp", (P.SEAL_STAMP,)),
    ("/seals/batches", "tab_batches", (P.SEAL_STAMP,)),
    ("/seals/uses", "tab_uses", (P.SEAL_CONSENT, P.SEAL_STAMP)),
    ("/seals/cloud-key", "tab_cloud", (P.SEAL_CONSENT,)),
    ("/console/seals/design", "tab_design", (P.SEAL_READ,)),
)


def tabs(principal: Principal) -> list[Link]:
    """What this person can use, and nothing greyed out."""
    return [Link(url, pick(COMMON[word])) for url, word, needed in _TABS if any(principal.may(one) for one in needed)]


def spoken(words: Mapping[str, Text]) -> dict[str, str]:
    return {key: pick(text) for key, text in words.items()}


def page(name: str, words: Mapping[str, Text], **more: Any) -> str:
    """One seal page: its words are `w` in the template, beside those all of them share."""
    return render_template(
        f"pages/seals/{name}.html",
        density="dense",
        w=spoken({**COMMON, **words}),
        tabs=tabs(current_principal()),
        **{"fault": "", "faults": {}} | more,
    )


def told(error: YinxinError) -> str:
    """What happened and what to do next, for the page the form came from. What is not theirs stays not found."""
    if isinstance(error, NotFound | Unauthenticated):
        raise error
    further = [one.detail.pick(language()) for one in error.faults]
    return " ".join(dict.fromkeys([error.detail.pick(language()), *further]))


def request_key(given: str = "") -> str:
    """The key of one form: sent twice, it is carried out once."""
    known = 16 <= len(given) <= 64 and given.isascii() and given.replace("-", "").replace("_", "").isalnum()
    return given if known else ground().ids.token(18)
