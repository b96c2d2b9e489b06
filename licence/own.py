"""A citizen's own licences (我的证照): those whose holder is the person logged in, whoever issued them."""

from __future__ import annotations

from foundation.principal import Kind, Permission, Principal
from licence.register import Licence
from licence.room import LicenceRoom
from licence.search import MOST, Query, search


def own(room: LicenceRoom, principal: Principal) -> tuple[Licence, ...]:
    """All of them, newest first. A caller who is no citizen, or whose number was never proved, holds none."""
    principal.require(Permission.LICENCE_OWN)
    if principal.kind is not Kind.CITIZEN:
        return ()
    found: list[Licence] = []
    query = Query(limit=MOST)
    while True:
        page = search(room, principal, query)
        found.extend(page.items)
        if page.next is None:
            return tuple(found)
        query = Query(limit=MOST, after=page.next)
