"""Logging in and out: two factors, no telling who exists, no guessing, no planted sessions."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Literal
from uuid import UUID

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from flask import Flask
from sqlalchemy import select, text

from foundation.clock import FixedClock
from foundation.errors import Conflict, InvalidInput, TooMany
from foundation.ground import Ground
from foundation.principal import SYSTEM
from sso import guards, login, officials, people, sms
from sso.errors import CodeGone, CodeRefused, LoginRefused
from sso.models import LoginAttempt
from sso.people import NewPerson
from sso.room import SsoRoom
from tests.sso.conftest import MARKET, PASSWORD, TRANSPORT, number
from tests.sso.relying_party import Browser, newest_code


def enter(database: object, person_id: UUID) -> None:
    """What the pages do with the session is tested through the pages."""


def first_step(room: SsoRoom, identifier: str = "alice", password: str = PASSWORD) -> login.Attempt:
    return login.check_password(room, identifier=identifier, password=password, address="192.0.2.1")


def test_phone_citizen_number_and_user_name_all_log_in(app: Flask, alice: NewPerson, clock: FixedClock) -> None:
    for identifier in (
        "13900000001",
        "+8613900000001",
        "１３９０００００００１",
        number(2),
        number(2).lower(),
        "Alice",
    ):
        browser = Browser(app)
        answer = browser.log_in(identifier, PASSWORD)
        assert (answer.status_code, answer.location) == (303, "/")
        me = browser.http.get("/api/v1/sso/me").json
        assert me is not None
        assert (me["kind"], me["name"], me["permissions"]) == ("citizen", "林**", ["licence:own"])
        clock.advance(minutes=2)


def test_wrong_password_and_unknown_account_get_the_same_page(app: Flask, alice: NewPerson) -> None:
    pages = []
    for identifier, password in (
        ("alice", "wrong-password"),
        ("nobody", "wrong-password"),
        ("13999999999", PASSWORD),
        ("", ""),
    ):
        browser = Browser(app)
        page = browser.submit(browser.get("/login"), "/login", identifier=identifier, password=password)
        body = re.sub(r'name="csrf_token" value="[^"]*"', "", page.text).replace(f'value="{identifier}"', "")
        pages.append((page.status_code, body, sorted(name for name, _ in page.headers)))
    assert pages[0][0] == 422
    assert "账号或密码不正确" in pages[0][1]
    assert all(page == pages[0] for page in pages)
    assert sms.outbox(app.extensions["yinxin"].ground) == []


def test_unknown_account_is_as_much_work_as_wrong_password(
    room: SsoRoom, alice: NewPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One password hash of the same cost; without it the answer would come in a twentieth of the time."""
    done: list[tuple[str, Parameters]] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's name
            done.append((who, extract_parameters(str(hash))))
            return super().verify(hash, password)

    monkeypatch.setattr("hsm.passwords._HASHER", Watched())
    for who in ("alice", "nobody"):
        with pytest.raises(LoginRefused):
            first_step(room, who, "wrong-password")
    (known, cost), (unknown, same) = done
    assert (known, unknown) == ("alice", "nobody")
    assert cost == same


def test_password_alone_opens_nothing(app: Flask, alice: NewPerson) -> None:
    browser = Browser(app)
    assert (
        browser.submit(browser.get("/login"), "/login", identifier="alice", password=PASSWORD).location == "/login/code"
    )
    assert browser.http.get("/api/v1/sso/me").status_code == 401


def test_code_is_bound_to_the_browser_that_gave_the_password(app: Flask, alice: NewPerson) -> None:
    mine, other = Browser(app), Browser(app)
    mine.submit(mine.get("/login"), "/login", identifier="alice", password=PASSWORD)
    page = other.get("/login")
    answer = other.submit(page, "/login/code", code=newest_code(app))
    assert answer.status_code == 422
    assert other.http.get("/api/v1/sso/me").status_code == 401


def test_five_wrong_codes_and_the_right_one_is_worth_nothing(room: SsoRoom, alice: NewPerson, app: Flask) -> None:
    attempt = first_step(room)
    right = newest_code(app)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    left = []
    for _ in range(4):
        with pytest.raises(CodeRefused) as caught:
            login.check_code(room, attempt.id, wrong, enter)
        left.append(caught.value.left)
    assert left == [4, 3, 2, 1]
    with pytest.raises(CodeGone):
        login.check_code(room, attempt.id, wrong, enter)
    with pytest.raises(CodeGone):
        login.check_code(room, attempt.id, right, enter)


def test_brute_force_of_a_day_gets_fifty_guesses(room: SsoRoom, alice: NewPerson, clock: FixedClock) -> None:
    guesses = 0
    for _ in range(40):  # the attacker knows the password and starts again and again, all day
        clock.advance(minutes=20)
        try:
            attempt = first_step(room)
        except TooMany:
            continue
        for guess in range(10):
            try:
                login.check_code(room, attempt.id, f"x{guess}", enter)
            except CodeRefused:
                guesses += 1
            except CodeGone:
                guesses += guess == 4
    assert guesses == 50


def test_code_dies_with_time(room: SsoRoom, alice: NewPerson, app: Flask, clock: FixedClock) -> None:
    attempt = first_step(room)
    clock.advance(seconds=301)
    with pytest.raises(CodeGone):
        login.check_code(room, attempt.id, newest_code(app), enter)


def test_code_is_spent_once_under_16_parallel_tries(
    room: SsoRoom, alice: NewPerson, app: Flask, clock: FixedClock
) -> None:
    for _ in range(3):
        clock.advance(minutes=2)
        attempt = first_step(room)
        code = newest_code(app)

        def try_it(_: int, attempt_id: UUID = attempt.id, code: str = code) -> bool:
            try:
                login.check_code(room, attempt_id, code, enter)
            except CodeGone:
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(try_it, range(16))) == 1


def test_wrong_tries_in_parallel_are_all_counted(room: SsoRoom, alice: NewPerson) -> None:
    attempt = first_step(room)

    def try_it(_: int) -> str:
        try:
            login.check_code(room, attempt.id, "x", enter)
        except (CodeRefused, CodeGone) as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(16) as pool:
        answers = sorted(pool.map(try_it, range(16)))
    assert answers == ["sso.code_gone"] * 12 + ["sso.code_refused"] * 4


def test_a_new_code_replaces_the_old_one_at_most_once_a_minute(
    room: SsoRoom, alice: NewPerson, app: Flask, clock: FixedClock
) -> None:
    attempt = first_step(room)
    old = newest_code(app)
    with pytest.raises(TooMany) as caught:
        login.send_again(room, attempt.id, "192.0.2.1")
    assert 0 < caught.value.retry_after <= 60
    clock.advance(seconds=61)
    login.send_again(room, attempt.id, "192.0.2.1")
    new = newest_code(app)
    if new != old:
        with pytest.raises(CodeRefused):
            login.check_code(room, attempt.id, old, enter)
    login.check_code(room, attempt.id, new, enter)


def test_ten_messages_a_day_whatever_is_tried(
    room: SsoRoom, alice: NewPerson, ground: Ground, clock: FixedClock
) -> None:
    sent = 0
    for _ in range(60):
        clock.advance(minutes=15)
        try:
            first_step(room)
        except TooMany:
            continue
        sent += 1
    assert sent == 10


def test_password_guessing_slows_down_and_the_owner_elsewhere_still_gets_in(room: SsoRoom, alice: NewPerson) -> None:
    refused = 0
    for _ in range(30):
        try:
            first_step(room, "alice", "wrong-password")
        except LoginRefused:
            refused += 1
        except TooMany:
            pass
    assert refused == 5  # a minute's share from one address
    attempt = login.check_password(room, identifier="alice", password=PASSWORD, address="198.51.100.7")
    assert attempt.masked_phone == "139****0001"


def test_limits_tell_nothing_about_who_exists(room: SsoRoom, alice: NewPerson) -> None:
    seen = {}
    for identifier in ("alice", "nobody"):
        answers = []
        for _ in range(8):
            try:
                first_step(room, identifier, "wrong-password")
            except (LoginRefused, TooMany) as error:
                answers.append((error.code, error.detail))
        seen[identifier] = answers
    assert seen["alice"] == seen["nobody"]


def test_session_id_changes_at_login_and_a_planted_one_is_dead(app: Flask, alice: NewPerson) -> None:
    browser = Browser(app)
    page = browser.get("/login")
    planted = browser.http.get_cookie("yinxin").value  # type: ignore[union-attr]
    first = browser.submit(page, "/login", identifier="alice", password=PASSWORD)
    between = browser.http.get_cookie("yinxin").value  # type: ignore[union-attr]
    browser.submit(browser.get(first.location), "/login/code", code=newest_code(app))
    after = browser.http.get_cookie("yinxin").value  # type: ignore[union-attr]
    assert len({planted, between, after}) == 3
    for handle in (planted, between):
        attacker = app.test_client()
        attacker.set_cookie("yinxin", handle)
        assert attacker.get("/api/v1/sso/me").status_code == 401


def test_every_form_refuses_a_post_without_its_token(app: Flask, alice: NewPerson) -> None:
    browser = Browser(app)
    browser.log_in("alice", PASSWORD)
    for path in ("/login", "/login/code", "/login/code/again", "/login/continue?i=x", "/logout"):
        assert browser.post(path, {"identifier": "alice", "password": PASSWORD}).status_code == 403
        assert browser.http.get("/api/v1/sso/me").status_code == 200


def test_login_from_another_site_is_refused(app: Flask, alice: NewPerson) -> None:
    browser = Browser(app)
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)[1]  # type: ignore[index]
    data = {"csrf_token": token, "identifier": "alice", "password": PASSWORD}
    answer = browser.http.post("/login", data=data, headers={"Sec-Fetch-Site": "cross-site", "Accept": "text/html"})
    assert answer.status_code == 403


def test_next_never_leads_off_the_site() -> None:
    from sso.browser import local

    tricks = (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\tevil",
        "javascript:alert(1)",
        "/login",
        "\\\\evil",
    )
    for target in (*tricks, "/a\\b", "/a b", "", None, "/" + "x" * 500, "/logout"):
        assert local(target) == "/"


def test_next_on_the_site_is_followed(app: Flask, alice: NewPerson) -> None:
    assert (
        Browser(app).log_in("alice", PASSWORD, "/login?next=/my/licences%3Fpage%3D2").location == "/my/licences?page=2"
    )


def test_logout_ends_the_session_everywhere(app: Flask, alice: NewPerson) -> None:
    browser = Browser(app)
    browser.log_in("alice", PASSWORD)
    stolen = browser.http.get_cookie("yinxin").value  # type: ignore[union-attr]
    answer = browser.submit(browser.get("/logout"), "/logout")
    assert answer.location == "/logged-out"
    assert "您已退出登录" in browser.get("/logged-out").text
    thief = app.test_client()
    thief.set_cookie("yinxin", stolen)
    assert thief.get("/api/v1/sso/me").status_code == 401


def test_changed_password_ends_every_login(app: Flask, ground: Ground, alice: NewPerson) -> None:
    browsers = [Browser(app), Browser(app)]
    browsers[0].log_in("alice", PASSWORD)
    ground.clock.advance(minutes=2)  # type: ignore[attr-defined]
    browsers[1].log_in("alice", PASSWORD)
    with ground.db.read() as session:
        person = people.find(ground, session, "alice")
        assert person is not None
    people.set_password(ground, SYSTEM, person.id, "another-password")
    assert [b.http.get("/api/v1/sso/me").status_code for b in browsers] == [401, 401]
    ground.clock.advance(minutes=2)  # type: ignore[attr-defined]
    assert Browser(app).log_in("alice", "another-password").status_code == 303


def test_disabled_person_is_out_at_once_and_cannot_come_back(room: SsoRoom, app: Flask, alice: NewPerson) -> None:
    browser = Browser(app)
    browser.log_in("alice", PASSWORD)
    with room.ground.db.read() as session:
        person_id = people.find(room.ground, session, "alice").id  # type: ignore[union-attr]
    people.disable(room.ground, SYSTEM, person_id)
    assert browser.http.get("/api/v1/sso/me").status_code == 401
    with pytest.raises(LoginRefused):
        first_step(room)


def test_nothing_about_a_person_lies_open_in_the_database(app: Flask, ground: Ground, alice: NewPerson) -> None:
    Browser(app).log_in("13900000001", PASSWORD)
    code = newest_code(app)
    with ground.db.read() as session:
        tables = ("person", "credential", "login_attempt", "sms_outbox", "web_session", "web_counter", "audit_row")
        dump = "\n".join(str(tuple(row)) for table in tables for row in session.execute(text(f"SELECT * FROM {table}")))  # noqa: S608 - fixed names
        attempt = session.scalars(select(LoginAttempt)).one()
    for secret in ("13900000001", number(2), "林知夏", PASSWORD):
        assert secret not in dump
    assert code not in re.sub(
        r"[0-9a-f]{32,}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+|datetime\([^)]*\)|UUID\([^)]*\)", "", dump
    )
    assert len(attempt.code_mac) == 64


def test_taken_numbers_are_refused_without_saying_which(ground: Ground, alice: NewPerson) -> None:
    for new in (
        NewPerson("甲", number(2), "13900000009", PASSWORD),
        NewPerson("甲", number(9), "13900000001", PASSWORD),
        NewPerson("甲", number(9), "13900000009", PASSWORD, "alice"),
    ):
        with pytest.raises(Conflict) as caught:
            people.add_person(ground, SYSTEM, new)
        assert caught.value.code == "sso.person_taken"


def test_bad_details_are_refused_each_by_name(ground: Ground) -> None:
    with pytest.raises(InvalidInput) as caught:
        people.add_person(ground, SYSTEM, NewPerson("", number(2)[:-1] + "?", "12345", PASSWORD, "1x"))
    assert [fault.pointer for fault in caught.value.faults] == ["/name", "/citizen_number", "/phone", "/username"]
    with pytest.raises(InvalidInput):
        people.add_person(ground, SYSTEM, NewPerson("甲", number(9), "13900000009", "short"))


def test_roles_are_permissions_and_end_at_once(app: Flask, ground: Ground, alice: NewPerson) -> None:
    with ground.db.read() as session:
        person_id = people.find(ground, session, "alice").id  # type: ignore[union-attr]
    role = officials.add_official(ground, SYSTEM, person_id, MARKET, "licence-manager")
    browser = Browser(app)
    browser.log_in("alice", PASSWORD)
    me = browser.http.get("/api/v1/sso/me").json
    assert me is not None
    assert (me["kind"], me["department"]) == ("official", MARKET)
    assert "licence:revoke" in me["permissions"]
    with pytest.raises(Conflict):
        officials.add_official(ground, SYSTEM, person_id, TRANSPORT, "window")
    with pytest.raises(Conflict):
        officials.add_official(ground, SYSTEM, person_id, MARKET, "auditor")
    officials.end_official(ground, SYSTEM, role)
    assert browser.http.get("/api/v1/sso/me").status_code == 401
    officials.add_official(ground, SYSTEM, person_id, TRANSPORT, "auditor")


def test_outbox_exists_in_the_sample_region_only(app: Flask, ground: Ground) -> None:
    assert Browser(app).get("/outbox").status_code == 200
    production = ground.settings.model_copy(update={"environment": "production"})
    from dataclasses import replace

    from foundation.errors import NotFound

    with pytest.raises(NotFound):
        sms.outbox(replace(ground, settings=production))


def test_pages_speak_english_with_every_word(app: Flask, alice: NewPerson) -> None:
    browser = Browser(app)
    for path in ("/login", "/logged-out", "/outbox"):
        page = browser.get(f"{path}?lang=en")
        assert page.status_code == 200
        assert 'lang="en"' in page.text
        visible = re.sub(r"<[^>]+>", "", page.text)
        assert not re.search(r"[\u4e00-\u9fff]", visible), visible


def test_every_word_of_the_templates_is_in_the_english_catalogue() -> None:
    from pathlib import Path

    from sso import words

    folder = Path(words.__file__).parent / "templates"
    used = {m for f in folder.rglob("*.html") for m in re.findall(r'_\("([^"]+)"', f.read_text(encoding="utf-8"))}
    assert used == set(words.english())
    assert all(re.findall(r"%\(\w+\)s", zh) == re.findall(r"%\(\w+\)s", en) for zh, en in words.english().items())


def test_pages_carry_the_strict_headers(app: Flask) -> None:
    page = Browser(app).get("/login")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
    assert " style=" not in page.text


def test_counters_are_by_place(ground: Ground) -> None:
    caps = guards.password_caps(ground, "alice", "2001:db8::1")
    assert caps[0].key == guards.password_caps(ground, "ALICE ", "2001:db8::ffff")[0].key
    assert caps[0].key != guards.password_caps(ground, "alice", "2001:db8:1::1")[0].key
