"""Edges of sessions: forms across the first answer, endings under a running request, and who never touches the table.

The life of a session itself is held in `tests/foundation/frame/test_sessions.py`.
"""

from __future__ import annotations

from uuid import UUID

import flask
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from foundation.ground import Ground
from foundation.web import csrf, sessions
from foundation.web.models import WebSession
from tests.foundation.web import sample
from tests.foundation.web.conftest import MakeGround


def page(client: FlaskClient) -> list[str]:
    """Token, caller and the remembered note."""
    return client.get("/form").get_data(as_text=True).split("|")


def test_the_form_on_the_answer_that_began_a_session_is_good(lone_client: FlaskClient) -> None:
    token = page(lone_client)[0]
    answered = lone_client.post("/form", data={"note": "1", "csrf_token": token}).get_data(as_text=True)
    assert lone_client.post("/form", data={"note": "2", "csrf_token": answered}).status_code == 200
    assert page(lone_client)[2] == "2"


def test_a_session_revoked_while_a_request_runs_is_not_written_back(ground: Ground) -> None:
    app: Flask = sample.make(ground)

    @app.post("/slow")
    @csrf.exempt
    def slow() -> str:
        known = sessions.current()
        assert known is not None
        with ground.db.begin() as database:
            sessions.revoke(database, known.id)
        flask.session["note"] = "late"
        return "done"

    @app.post("/slow-step-up")
    @csrf.exempt
    def slow_step_up() -> str:
        known = sessions.current()
        assert known is not None
        with ground.db.begin() as database:
            sessions.revoke(database, known.id)
        sessions.rotate()
        return "done"

    for path, status in (("/slow", 200), ("/slow-step-up", 401)):
        client = app.test_client()
        answer = client.post("/login", data={"who": "a", "csrf_token": page(client)[0]})
        assert UUID(answer.get_data(as_text=True))
        assert client.post(path).status_code == status
        assert client.get_cookie("yinxin") is None
        assert page(client)[1] == "anonymous"
    with ground.db.read() as database:
        assert database.scalar(select(func.count()).select_from(WebSession)) == 0


def test_programs_and_public_pages_never_read_the_table(lone: MakeGround) -> None:
    ground = lone()
    client = sample.make(ground).test_client()
    client.set_cookie("yinxin", "x" * 43)
    WebSession.__table__.drop(ground.db.engine)  # type: ignore[attr-defined]
    assert client.get("/api/v1/test/notes", headers={"Authorization": "Bearer writer"}).status_code == 200
    assert client.get("/docs").status_code == 200
    assert client.get("/healthz").status_code == 200
