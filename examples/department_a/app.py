"""Department A (示例部门系统甲): a system in Flask that lets 印信 log its people in, and calls the licence API itself.

Run `python examples/department_a/app.py`; `--public-jwks` prints what to register. The browser holds one random
cookie, everything else stays here.
"""

from __future__ import annotations

import argparse
import json
import logging
import secrets
import time
from pathlib import Path
from typing import Any

import own_key
import requests
from flask import Flask, Response, make_response, redirect, render_template, request
from identity import Flow, Identity, Person, Refused
from werkzeug.wrappers import Response as Answer

CLIENT_ID = "department-a"
COOKIE = "department_a"  # browsers share cookies between ports: every system of one host needs its own name
MOST_VISITS = 1000


class Visits:
    """Server-side sessions. A login gets a new cookie, so one planted beforehand opens nothing."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def take(self) -> Any:
        return self._kept.pop(request.cookies.get(COOKIE, ""), None)

    def look(self) -> Any:
        return self._kept.get(request.cookies.get(COOKIE, ""))

    def keep(self, answer: Answer, value: Any) -> Answer:
        self.take()
        while len(self._kept) >= MOST_VISITS:
            del self._kept[next(iter(self._kept))]
        name = secrets.token_urlsafe(24)
        self._kept[name] = value
        answer.set_cookie(COOKIE, name, httponly=True, samesite="Lax", secure=request.is_secure)
        return answer


class Licences:
    """The department's own program: client credentials, one scope, a token kept until it expires."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._token, self._until = "", 0.0

    def listed(self) -> list[dict[str, Any]]:
        if time.monotonic() > self._until:
            answer = self._identity.token("client_credentials", {"scope": "licence:read"})
            self._token, self._until = answer["access_token"], time.monotonic() + answer["expires_in"] - 30
        bearer = {"Authorization": f"Bearer {self._token}"}
        answer = requests.get(f"{self._identity.issuer}/api/v1/licence/licences", headers=bearer, timeout=10)
        if answer.status_code != requests.codes.ok:
            raise Refused(f"the licence API said {answer.status_code}: {answer.text[:200]}")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def create_app(identity: Identity, base: str) -> Flask:
    app = Flask(__name__)
    visits = Visits()
    _add_pages(app, visits, Licences(identity))
    _add_errors(app)

    @app.get("/login")
    def login() -> Answer:
        flow = Flow()
        return visits.keep(redirect(identity.login_url(flow, "openid profile"), 303), flow)

    @app.get("/back")
    def back() -> Answer:
        flow = visits.take()
        if not isinstance(flow, Flow):
            raise Refused("no login was begun in this browser")
        return visits.keep(redirect("/", 303), identity.finish(flow, request.args.to_dict()))

    @app.get("/logout")
    def logout() -> Answer:
        """Here first, then at 印信, which sends the browser back to `/goodbye`."""
        person = visits.take()
        known = isinstance(person, Person)
        return redirect(identity.logout_url(person, f"{base}/goodbye", "bye") if known else "/", 303)

    return app


def _add_pages(app: Flask, visits: Visits, licences: Licences) -> None:
    @app.get("/")
    def index() -> str:
        person = visits.look()
        return render_template("page.html", person=person if isinstance(person, Person) else None)

    @app.get("/licences")
    def list_licences() -> str:
        person = visits.look()
        if not isinstance(person, Person):
            raise Refused("log in first")
        return render_template("page.html", person=person, licences=licences.listed())

    @app.get("/goodbye")
    def goodbye() -> str:
        return render_template("page.html", person=None, left=True)


def _add_errors(app: Flask) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return make_response(render_template("page.html", person=None, why=str(error)), 400)

    @app.errorhandler(requests.RequestException)
    def silent(error: requests.RequestException) -> Response:
        del error
        return make_response(render_template("page.html", person=None, why="印信没有应答 / no answer from Yinxin"), 502)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issuer", default="http://127.0.0.1:8000")
    parser.add_argument("--port", type=int, default=8101)
    parser.add_argument("--key", type=Path, default=Path(__file__).parent / ".keys" / "private.json")
    parser.add_argument("--public-jwks", action="store_true", help="print the public key to register, and end")
    given = parser.parse_args()
    key = own_key.load(given.key)
    if given.public_jwks:
        print(json.dumps(own_key.public_jwks(key)))
        return
    base = f"http://127.0.0.1:{given.port}"
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # its request lines would hold authorisation codes
    create_app(Identity(given.issuer, CLIENT_ID, key, f"{base}/back"), base).run("127.0.0.1", given.port)


if __name__ == "__main__":
    main()
