"""Talking to a running signer as an operator (操作员会话): one connection, no house, no keys."""

from __future__ import annotations

from foundation.settings import Settings
from hsm.service import messages as m
from server.signer import socket_channel


def ask_status(settings: Settings) -> m.Status:
    return socket_channel(settings).ask(m.AskStatus(), m.Status)


def seal_up(settings: Settings) -> None:
    socket_channel(settings).ask(m.SealUp(), m.Done)


def unseal_with(settings: Settings, before: m.Status, secret: str) -> m.Status:
    """By the method this key store is sealed with; an empty secret means what the settings hold."""
    channel = socket_channel(settings)
    if not secret:
        return channel.ask(m.UnsealConfigured(), m.Status)
    if before.method == "shares":
        return channel.ask(m.UnsealShare(secret), m.Status)
    return channel.ask(m.UnsealPassphrase(secret), m.Status)


def permit_late(settings: Settings, intent: str) -> None:
    socket_channel(settings).ask(m.PermitLate(intent), m.Done)
