"""The pulse of the lists (列表脉搏): a few numbers that differ as soon as any of our lists would be told differently.

For whoever keeps what was made of the lists: same pulse, and none due yet, means that asking for every list again
would bring the same octets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal, or_, select

from ca.crl_build import after, in_scope
from ca.crl_names import ListName, has_delta
from ca.models import CaAuthority, CaCrl, CaRevocation
from ca.revocation_models import CaRelease
from ca.room import Authority
from foundation.glances import named


def columns(authorities: Iterable[Authority]) -> list[ColumnElement[Any]]:
    """To be selected together: how many CAs there are; of each list its newest number, and whether it lags behind."""
    found: list[ColumnElement[Any]] = [named(select(func.count()).select_from(CaAuthority), "authorities")]
    for place, authority in enumerate(authorities):
        names = [ListName(authority.slug)]
        if has_delta(authority):
            names.append(ListName(authority.slug, delta=True))
        for name in names:
            found += _list(name, f"{place}_{name.kind.value}")
    return found


def _list(name: ListName, label: str) -> list[ColumnElement[Any]]:
    published = select(func.max(CaCrl.number)).where(CaCrl.scope == name.scope, CaCrl.sha256.is_not(None))
    newest = func.coalesce(published.scalar_subquery(), literal(-1))
    news = (exists().where(*in_scope(table, name), after(table, newest)) for table in (CaRevocation, CaRelease))
    return [newest.label(f"number_{label}"), or_(*news).label(f"lags_{label}")]
