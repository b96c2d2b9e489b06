"""The same key and request: the same octets and one effect, whatever happened in between, on both databases."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from foundation.clock import FixedClock
from foundation.ground import Ground
from foundation.web.idempotency import KEPT, TAKEOVER, purge
from tests.dying import killed
from tests.foundation.frame import small
from tests.foundation.frame.small import CLERK, ITEM, PROGRAMS, effects

ITEMS = "/api/v1/test/items"


def send(
    client: FlaskClient, key: str = "k-1", item: dict[str, object] | None = None, who: str = "clerk"
) -> TestResponse:
    headers = {"Authorization": f"Bearer {who}", "Idempotency-Key": key}
    return client.post(ITEMS, json=item or ITEM, headers=headers)


def code(answer: TestResponse) -> str:
    assert answer.json is not None
    return str(answer.json["code"])


@pytest.fixture(autouse=True)
def _gate() -> Iterator[None]:
    yield
    small.gate.set()
    small.entered.clear()


def test_the_same_request_gets_the_same_octets_and_one_effect(client: FlaskClient, ground: Ground) -> None:
    first, again = send(client), send(client)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.content_type == first.content_type
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert effects(ground) == 1


def test_spaces_and_order_do_not_make_another_request(client: FlaskClient, ground: Ground) -> None:
    headers = CLERK | {"Idempotency-Key": "k-1"}
    client.post(ITEMS, data=b'{"name":"a","amount":1}', content_type="application/json", headers=headers)
    again = client.post(ITEMS, data=b' {"amount" : 1,\n"name":"a"}', content_type="application/json", headers=headers)
    assert again.headers["Idempotent-Replay"] == "true"
    assert effects(ground) == 1


def test_the_same_key_for_another_request_is_a_conflict(client: FlaskClient, ground: Ground) -> None:
    send(client)
    other = send(client, item={"name": "a", "amount": 3})
    assert (other.status_code, code(other)) == (409, "idempotency.other_request")
    assert effects(ground) == 1


def test_a_key_belongs_to_its_caller_and_its_route(client: FlaskClient, ground: Ground) -> None:
    assert PROGRAMS.keys() >= {"clerk", "other"}
    send(client, "k-1")
    assert "Idempotent-Replay" not in send(client, "k-1", {"name": "b", "amount": 1}, who="other").headers
    big = client.post("/api/v1/test/big", json={"name": "c", "amount": 1}, headers=CLERK | {"Idempotency-Key": "k-1"})
    assert big.status_code == 200


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 201, "键"])
def test_a_route_that_needs_a_key_says_so(client: FlaskClient, ground: Ground, key: str | None) -> None:
    environ = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1")}
    answer = client.post(ITEMS, json=ITEM, headers=CLERK, environ_overrides=environ)
    assert answer.status_code == 422
    assert code(answer) == "request.idempotency_key"
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"] == "Idempotency-Key"
    assert effects(ground) == 0


def test_a_refused_request_may_be_corrected_under_its_key(client: FlaskClient, ground: Ground) -> None:
    assert send(client, item={"name": "", "amount": 1}).status_code == 422
    assert send(client, item={"name": "无", "amount": 1}).status_code == 404
    assert send(client).status_code == 201
    assert effects(ground) == 1


def test_a_large_answer_is_asked_of_the_verb_again(client: FlaskClient, ground: Ground) -> None:
    headers = CLERK | {"Idempotency-Key": "k-1"}
    first = client.post("/api/v1/test/big", json=ITEM, headers=headers)
    again = client.post("/api/v1/test/big", json=ITEM, headers=headers)
    assert len(first.data) > 256 * 1024
    assert again.data == first.data
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.headers["Content-Disposition"] == first.headers["Content-Disposition"]
    with ground.db.read() as session:
        assert session.execute(text("SELECT body FROM web_idempotency")).scalar() is None


def test_the_kept_answer_is_encrypted(client: FlaskClient, ground: Ground) -> None:
    answer = send(client)
    with ground.db.read() as session:
        body = session.execute(text("SELECT body FROM web_idempotency")).scalar()
    assert isinstance(body, str)
    assert body.startswith("v1.")
    assert answer.get_data(as_text=True) not in body
    assert "糕点" not in body


def test_while_one_is_working_the_other_is_told_to_wait(app: Flask, ground: Ground) -> None:
    small.gate.clear()
    answers: list[TestResponse] = []
    first = threading.Thread(target=lambda: answers.append(send(app.test_client())))
    first.start()
    assert small.entered.wait(10)
    waiting = send(app.test_client())
    assert (waiting.status_code, code(waiting)) == (409, "idempotency.in_progress")
    assert waiting.headers["Retry-After"] == "1"
    small.gate.set()
    first.join(10)
    assert answers[0].status_code == 201
    assert send(app.test_client()).data == answers[0].data
    assert effects(ground) == 1


def test_sixteen_at_once_have_one_effect_and_one_answer(app: Flask, ground: Ground) -> None:
    start = threading.Barrier(16)

    def attempt(_: int) -> tuple[bytes, int]:
        client, waits = app.test_client(), 0
        start.wait(20)
        while (answer := send(client)).status_code == 409:
            assert code(answer) == "idempotency.in_progress"
            waits += 1
            assert waits < 400
            time.sleep(0.05)
        assert answer.status_code == 201, answer.data
        return answer.data, "Idempotent-Replay" not in answer.headers

    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(attempt, range(16)))
    assert len({body for body, _ in got}) == 1
    assert sum(first for _, first in got) == 1
    assert effects(ground) == 1


@pytest.mark.parametrize(("point", "done"), [("web.idempotency_taken", 0), ("web.idempotency_worked", 1)])
def test_a_killed_process_blocks_its_key_for_a_while_and_is_taken_over(
    app: Flask, ground: Ground, clock: FixedClock, point: str, done: int
) -> None:
    words = (str(ground.settings.home), ground.settings.database.url, "k-1")
    killed("tests.foundation.frame.crash_child:main", *words, point=point)
    assert effects(ground) == done
    client = app.test_client()
    blocked = send(client)
    assert (blocked.status_code, code(blocked)) == (409, "idempotency.in_progress")
    assert send(client, item={"name": "b", "amount": 1}).status_code == 409, "nor may another request have the key"
    clock.advance(seconds=TAKEOVER.total_seconds())
    assert send(client).status_code == 201
    assert send(client).headers["Idempotent-Replay"] == "true"
    assert effects(ground) == 1


def test_the_one_who_lost_the_key_does_not_overwrite_the_answer(app: Flask, ground: Ground, clock: FixedClock) -> None:
    small.gate.clear()
    slow: list[TestResponse] = []
    first = threading.Thread(target=lambda: slow.append(send(app.test_client())))
    first.start()
    assert small.entered.wait(10)
    clock.advance(seconds=TAKEOVER.total_seconds() + 1)
    small.entered.clear()
    second = threading.Thread(target=lambda: slow.append(send(app.test_client())))
    second.start()
    assert small.entered.wait(10), "taken over while the first still works"
    small.gate.set()
    first.join(10)
    second.join(10)
    assert {answer.data for answer in slow} == {send(app.test_client()).data}
    assert effects(ground) == 1


def test_keys_are_forgotten_after_two_days(client: FlaskClient, ground: Ground, clock: FixedClock) -> None:
    send(client)
    clock.advance(seconds=KEPT.total_seconds() - 60)
    with ground.db.begin() as session:
        assert purge(session, clock.now()) == 0
    clock.advance(seconds=120)
    with ground.db.begin() as session:
        assert purge(session, clock.now()) == 1
