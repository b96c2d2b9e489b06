"""Objects of ACME as its clients read them (RFC 8555 7.1.2 to 7.1.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ca.acme.accounts import Account
from ca.acme.models import OrderState, ProofState
from ca.acme.orders import Order, Proof

Url = Callable[[str], str]


def account(found: Account, url: Url) -> dict[str, Any]:
    return {"status": found.state.value, "orders": url(f"account/{found.id}/orders")}


def order(made: Order, url: Url) -> dict[str, Any]:
    body: dict[str, Any] = {
        "status": made.state.value,
        "expires": _time(made.expires_at),
        "identifiers": [{"type": "dns", "value": name} for name in made.names],
        "authorizations": [url(f"authorization/{one}") for one in made.proofs],
        "finalize": url(f"order/{made.id}/finalize"),
    }
    if made.state is OrderState.VALID:
        body["certificate"] = url(f"order/{made.id}/certificate")
    if made.error is not None:
        body["error"] = made.error
    return body


def proof(made: Proof, url: Url) -> dict[str, Any]:
    """A proof that is being fetched is still a pending authorisation (7.1.6)."""
    state = ProofState.PENDING if made.state is ProofState.PROCESSING else made.state
    return {
        "status": state.value,
        "expires": _time(made.expires_at),
        "identifier": {"type": "dns", "value": made.name},
        "challenges": [challenge(made, url)],
    }


def challenge(made: Proof, url: Url) -> dict[str, Any]:
    state = ProofState.INVALID if made.state is ProofState.DEACTIVATED else made.state
    body: dict[str, Any] = {
        "type": "http-01",
        "url": url(f"challenge/{made.id}"),
        "status": state.value,
        "token": made.token,
    }
    if made.validated_at is not None and made.state is ProofState.VALID:
        body["validated"] = _time(made.validated_at)
    if made.error is not None:
        body["error"] = made.error
    return body


def _time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
