"""Security headers (安全响应头): the strict set on every answer, and the few relaxations a view may ask for.

No inline script or style anywhere, so the policy needs no nonces. ASVS 5.0 V3.4.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask, Response, current_app, g, request

from foundation.settings import WebSettings

P = ParamSpec("P")
V = TypeVar("V")
POLICY = {
    "default-src": ("'self'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:", "blob:"),
    "object-src": ("'none'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
}
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Unless the answer says otherwise itself."""


def relax(*, wasm: bool = False, framed: bool = False) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """Declare on a view what its page needs: `wasm` for the code scanner, `framed` to be shown inside our own pages."""

    def mark(view: Callable[P, V]) -> Callable[P, V]:
        extra = {"script-src": ("'wasm-unsafe-eval'",)} if wasm else {}
        view.__dict__["csp_extra"] = extra | ({"frame-ancestors": ("'self'",)} if framed else {})
        return view

    return mark


def allow_form_action(*targets: str) -> None:
    """Let a form of this page end at another origin: a log-in form whose answer redirects to a department's site."""
    origins = tuple(_origin(target) for target in targets)
    g.csp_form_action = g.get("csp_form_action", ()) + origins


def _origin(target: str) -> str:
    match = re.match(r"(https?://(?:[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?)(?:[/?#]|$)", target)
    if not match:
        raise ValueError("not an http origin")
    return match[1].lower()


def policy(extra: dict[str, tuple[str, ...]]) -> str:
    parts = []
    for name, sources in POLICY.items():
        more = extra.get(name, ())
        kept = () if more and sources == ("'none'",) else sources
        parts.append(" ".join((name, *dict.fromkeys((*kept, *more)))))
    return "; ".join(parts)


_STRICT = policy({})


def strict(settings: WebSettings) -> list[tuple[str, str]]:
    """The set for answers made before the frame; `Cache-Control` is theirs to say."""
    fixed = {**_fixed(settings), "Content-Security-Policy": _STRICT}
    return [(name, value) for name, value in fixed.items() if name != "Cache-Control"]


def _fixed(settings: WebSettings) -> dict[str, str]:
    return {**_FIXED, **({"Strict-Transport-Security": "max-age=31536000"} if settings.secure else {})}


def install(app: Flask, settings: WebSettings) -> None:
    fixed = _fixed(settings)
    defaults = [(name, name.lower(), value) for name, value in fixed.items()]

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        given = {name.lower() for name, _ in headers}
        for name, lower, value in defaults:
            if lower not in given:
                headers.add(name, value)
        extra = _extra()
        headers["Content-Security-Policy"] = policy(extra) if extra else _STRICT
        if "frame-ancestors" in extra:
            headers["X-Frame-Options"] = "SAMEORIGIN"
        return response


def _extra() -> dict[str, tuple[str, ...]]:
    view = current_app.view_functions.get(request.endpoint or "")
    extra: dict[str, tuple[str, ...]] = dict(getattr(view, "csp_extra", {}))
    if targets := g.get("csp_form_action"):
        extra["form-action"] = targets
    return extra
