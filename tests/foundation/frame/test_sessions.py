"""Browser sessions: only a hash is stored, the handle changes with every right, and every session ends."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from foundation.clock import FixedClock
from foundation.ground import Ground
from foundation.web import sessions
from foundation.web.models import WebSession
from foundation.web.session_store import token_hash
from tests.foundation.frame.small import small_app

SECURE_HOST = "https://yinxin.example"


def cookie(client: FlaskClient, name: str = "yinxin") -> str | None:
    found = client.get_cookie(name)
    return found.value if found else None


def rows(ground: Ground) -> list[WebSession]:
    with ground.db.read() as session:
        return list(session.scalars(select(WebSession)))


def who(client: FlaskClient) -> str:
    return client.get("/who").get_data(as_text=True)


def test_only_the_hash_of_the_handle_is_stored(client: FlaskClient, ground: Ground) -> None:
    client.get("/login")
    handle = cookie(client)
    assert handle is not None
    assert len(handle) == 43, "256 bits"
    (row,) = rows(ground)
    assert row.token_hash == token_hash(handle)
    with ground.db.read() as session:
        everything = str(session.execute(text("SELECT * FROM web_session")).all())
    assert handle not in everything


def test_a_visitor_with_nothing_to_remember_costs_no_row(client: FlaskClient, ground: Ground) -> None:
    client.get("/page")
    client.get("/who")
    assert rows(ground) == []
    client.get("/remember?word=hello")
    assert client.get("/recall").get_data(as_text=True) == "hello"
    assert len(rows(ground)) == 1


def test_a_planted_handle_dies_at_login(app: Flask, ground: Ground) -> None:
    attacker, victim = app.test_client(), app.test_client()
    attacker.get("/remember?word=planted")
    planted = cookie(attacker)
    assert planted is not None
    victim.set_cookie("yinxin", planted)
    victim.get("/login")
    assert cookie(victim) != planted
    assert who(victim) == "person:1"
    assert who(attacker) == "anonymous"
    assert victim.get("/recall").get_data(as_text=True) == "-", "what the attacker put there is not taken over"
    assert len(rows(ground)) == 1


def test_a_handle_invented_by_the_browser_is_never_adopted(client: FlaskClient, ground: Ground) -> None:
    invented = "A" * 43
    client.set_cookie("yinxin", invented)
    client.get("/remember?word=x")
    assert cookie(client) != invented
    assert rows(ground)[0].token_hash != token_hash(invented)


def test_rotation_changes_the_handle_and_keeps_the_session(app: Flask, ground: Ground, clock: FixedClock) -> None:
    client, thief = app.test_client(), app.test_client()
    client.get("/login")
    client.get("/remember?word=kept")
    old, before = cookie(client), rows(ground)[0]
    assert old is not None
    clock.advance(minutes=5)
    client.get("/rotate")
    (after,) = rows(ground)
    assert cookie(client) != old
    assert (after.id, client.get("/recall").get_data(as_text=True)) == (before.id, "kept")
    assert before.authenticated_at is not None
    assert after.authenticated_at == clock.now() > before.authenticated_at
    thief.set_cookie("yinxin", old)
    assert who(thief) == "anonymous"


def test_an_unused_session_ends(client: FlaskClient, clock: FixedClock) -> None:
    client.get("/login")
    clock.advance(minutes=29)
    assert who(client) == "person:1"
    clock.advance(minutes=29)
    assert who(client) == "person:1", "use keeps it"
    clock.advance(minutes=30)
    assert who(client) == "anonymous"


def test_a_used_session_ends_too(client: FlaskClient, clock: FixedClock) -> None:
    client.get("/login")
    for _ in range(12 * 3 - 1):
        clock.advance(minutes=20)
        assert who(client) == "person:1"
    clock.advance(minutes=20)
    assert who(client) == "anonymous", "12 hours after it began"


def test_logging_out_ends_it_on_our_side(app: Flask, ground: Ground) -> None:
    client, copy = app.test_client(), app.test_client()
    client.get("/login")
    handle = cookie(client)
    assert handle is not None
    copy.set_cookie("yinxin", handle)
    answer = client.get("/logout")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert cookie(client) is None
    assert rows(ground) == []
    assert who(copy) == "anonymous"


def test_people_see_and_end_their_sessions(app: Flask, ground: Ground, clock: FixedClock) -> None:
    one, two = app.test_client(), app.test_client()
    one.get("/login", headers={"User-Agent": "Fire\tfox"})
    mine = UUID(two.get("/login").get_data(as_text=True))
    with ground.db.read() as session:
        listed = sessions.sessions_of(session, "person:1", clock.now(), ground.settings.web)
    assert [len(listed), {entry.agent for entry in listed} >= {"Firefox"}] == [2, True]
    with ground.db.begin() as session:
        assert not sessions.revoke(session, mine, subject="person:2"), "not theirs"
        assert sessions.revoke(session, mine, subject="person:1")
    assert (who(one), who(two)) == ("person:1", "anonymous")


def test_ending_all_but_this_one(app: Flask, ground: Ground) -> None:
    clients = [app.test_client() for _ in range(3)]
    identifiers = [UUID(client.get("/login").get_data(as_text=True)) for client in clients]
    with ground.db.begin() as session:
        ended = sessions.revoke_all(session, "person:1", keep=identifiers[0])
    assert set(ended) == set(identifiers[1:])
    assert [who(client) for client in clients] == ["person:1", "anonymous", "anonymous"]


def test_what_ended_by_itself_is_forgotten(client: FlaskClient, ground: Ground, clock: FixedClock) -> None:
    client.get("/login")
    clock.advance(minutes=31)
    with ground.db.begin() as session:
        assert sessions.purge(session, clock.now(), ground.settings.web) == 1
    assert rows(ground) == []


def test_two_tabs_do_not_undo_each_other(app: Flask, ground: Ground) -> None:
    tab, other = app.test_client(), app.test_client()
    tab.get("/login")
    handle = cookie(tab)
    assert handle is not None
    other.set_cookie("yinxin", handle)
    with app.test_request_context("/", headers={"Cookie": f"yinxin={handle}"}) as slow:
        import flask

        flask.session["slow"] = "1"
        other.get("/remember?word=quick")
        app.session_interface.save_session(app, flask.session, slow.app.response_class())
    data = rows(ground)[0].data
    assert '"slow":"1"' in data
    assert '"word":"quick"' in data


def test_flags_of_the_cookie(client: FlaskClient, ground: Ground) -> None:
    plain = client.get("/login").headers["Set-Cookie"]
    assert plain.startswith("yinxin=")
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Path=/" in plain
    assert "Domain" not in plain
    assert "Expires" not in plain, "the cookie goes with the browser"
    web = ground.settings.web.model_copy(update={"public_url": SECURE_HOST})
    settings = ground.settings.model_copy(update={"web": web})
    fields = {name: getattr(ground, name) for name in Ground.__dataclass_fields__} | {"settings": settings}
    secure = small_app(Ground(**fields)).test_client().get("/login", base_url=SECURE_HOST).headers["Set-Cookie"]
    assert secure.startswith("__Host-yinxin=")
    assert "Secure" in secure
    assert "Path=/" in secure
    assert "Domain" not in secure


@pytest.mark.parametrize("value", ["", "short", "x" * 5000, "' OR 1=1 --" * 4, "\x00" * 43])
def test_a_strange_cookie_is_no_session_and_no_accident(client: FlaskClient, value: str) -> None:
    answer = client.get("/who", environ_overrides={"HTTP_COOKIE": f"yinxin={value}"})
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "anonymous")
