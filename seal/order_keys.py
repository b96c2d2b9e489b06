"""Keys of orders that come over the API (用章编号): programs of one department count their own."""

from __future__ import annotations

from foundation.principal import Principal
from hsm.digests import sha256


def order_key(principal: Principal, given: str | None) -> str:
    """Digested, for both parts may be long."""
    return "api:" + sha256(f"{principal.client_id or principal.label}\0{given}".encode()).hex()
