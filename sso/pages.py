"""Every address of the room that a browser or a protocol client visits (页面与协议端点), to be put on the app."""

from __future__ import annotations

from flask import Blueprint

from sso import login_pages, protocol_views

BLUEPRINTS: tuple[Blueprint, ...] = (login_pages.blueprint, protocol_views.blueprint)
