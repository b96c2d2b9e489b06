"""The room's services (认证服务), made once by a composition root."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.ground import Ground
from hsm.store import KeyStore
from sso.sms import OutboxSender, SmsSender
from sso.token_keys import TokenKeys


@dataclass(frozen=True)
class SsoRoom:
    ground: Ground
    keys: KeyStore
    token_keys: TokenKeys
    sms: SmsSender

    @property
    def issuer(self) -> str:
        """OpenID Connect Discovery 1: the same octets in metadata, tokens and `iss` parameters."""
        return self.ground.settings.web.public_url


def build(ground: Ground, keys: KeyStore, *, sms: SmsSender | None = None) -> SsoRoom:
    """`sms` is the region's gateway; without one the sample's outbox is used (settings refuse it in production)."""
    return SsoRoom(ground, keys, TokenKeys(ground, keys), sms or OutboxSender(ground))
