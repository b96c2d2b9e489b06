"""Addresses of the room that protocol clients visit (协议端点), to be put on the app beside the API routes."""

from __future__ import annotations

from flask import Blueprint

from ca.acme import views as acme
from ca.cmp import views as cmp
from ca.est import views as est

BLUEPRINTS: tuple[Blueprint, ...] = (acme.blueprint, est.blueprint, cmp.blueprint)
