"""Schemathesis against one route of every kind: nothing undocumented comes back, and nothing breaks."""

from __future__ import annotations

from flask import Flask

from foundation.web.api import Call, Wire, api
from foundation.web.frame import make_app
from tests.foundation.web import sample
from tests.foundation.web.conftest import MakeGround
from tests.foundation.web.fuzz import prove

FAILING = "GET /api/v1/test/failures"


def test_no_5xx_and_no_undocumented_answer(lone_app: Flask) -> None:
    proof = prove(lone_app, headers={"Authorization": "Bearer writer"}, path_parameters={"id": ["abc", "taken", "x"]})
    assert not proof.failures, "\n\n".join(proof.failures)
    assert proof.calls > 500
    assert proof.statuses["POST /api/v1/test/notes/{id}"].keys() >= {201, 409, 422}
    assert proof.statuses["POST /api/v1/test/stamps"].keys() >= {200, 422}
    assert proof.statuses["GET /api/v1/test/notes"].keys() >= {200, 422}
    assert proof.statuses["POST /api/v1/test/effects"].keys() >= {201, 422}
    assert proof.statuses["POST /ask/{name}/{rest}"].keys() >= {200}
    assert proof.statuses["POST /oauth2/token"].keys() >= {200, 400}


def test_strangers_and_the_unentitled_get_documented_answers(lone_app: Flask) -> None:
    nobody = prove(lone_app, headers={}, examples=5)
    wrong = prove(lone_app, headers={"Authorization": "Bearer nonsense"}, examples=5)
    reader = prove(lone_app, headers={"Authorization": "Bearer reader"}, examples=5)
    assert not (nobody.failures + wrong.failures + reader.failures)
    assert nobody.statuses["POST /api/v1/test/effects"].keys() == {401}
    assert wrong.statuses["POST /api/v1/test/effects"].keys() == {401}
    assert reader.statuses["POST /api/v1/test/effects"].keys() == {403}


class Out(Wire):
    text: str


def test_the_prover_itself_finds_a_bug_and_an_undocumented_answer(lone: MakeGround) -> None:
    """A prover that cannot fail proves nothing."""
    from foundation.errors import NotFound

    @api("GET", "/api/v1/test/bug", tag="test", summary="错", summary_en="Bug", returns=Out)
    def bug(call: Call) -> Out:
        raise RuntimeError("a bug")

    @api("GET", "/api/v1/test/secret", tag="test", summary="漏", summary_en="Undocumented", returns=Out)
    def secret(call: Call) -> Out:
        raise NotFound("test.none", sample.SAID)

    ground = lone()
    app = make_app(ground.settings, ground, (), (bug, secret))
    failures = "\n".join(prove(app, headers={}, examples=2).failures)
    assert "GET /api/v1/test/bug" in failures
    assert "GET /api/v1/test/secret" in failures
