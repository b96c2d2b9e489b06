"""The web app (网站装配): frame, rooms, routes, pages, in that order."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask

import portal
from ca import ocsp_front
from ca import pages as ca_pages
from foundation.web.frame import Check, make_app
from portal.blueprints import SampleLogin
from server import schema
from server.house import House
from server.routes import ROUTES
from sso import pages as sso_pages
from sso.authenticators import authenticators


def create_app(house: House, *, sample_logins: Sequence[SampleLogin] = ()) -> Flask:
    app = make_app(
        house.settings,
        house.ground,
        house.rooms,
        ROUTES,
        authenticators=authenticators(house.sso),
        checks=(
            Check("schema", lambda: schema.require_current(house.ground.db)),
            Check("keys", house.hsm.checkpoint_signer),
            Check("storage", lambda: house.ground.storage.list("probe")),
        ),
    )
    portal.install(app, sample_logins=sample_logins)
    for blueprint in (*ca_pages.BLUEPRINTS, *sso_pages.BLUEPRINTS):
        app.register_blueprint(blueprint)
    ocsp_front.install(app, house.ca)
    return app
