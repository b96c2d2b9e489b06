"""Routes and commands of status: who may, whose certificates, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography import x509
from flask import Request
from flask.testing import FlaskClient
from sqlalchemy import update

from ca import revocation_api, revocation_jobs
from ca.api import ROUTES
from ca.models import CaRevocation
from ca.reading import read_crl
from ca.reading.crl import Reason
from ca.revocation_cli import add_commands
from ca.revoke import revoke
from ca.room import CaRoom
from ca.suites import Suite
from foundation.jobs import Worker
from foundation.principal import SYSTEM, Kind, Permission, Principal
from foundation.web.frame import make_app
from tests.ca.conftest import Region
from tests.ca.test_api import CALLERS, as_

CA = "sm2-issuing"
URL = "/api/v1/ca/certificates"
MASSES = "/api/v1/ca/mass-revocations"
SECOND = Principal(Kind.OFFICIAL, "official:second", frozenset({Permission.CA_REVOKE}))


def caller(request: Request) -> Principal | None:
    return {**CALLERS, "second": SECOND}.get(request.headers.get("X-Test-As", ""))


@pytest.fixture
def client(region: Region) -> FlaskClient:
    ground = region.room.ground
    routes = (*ROUTES, *revocation_api.ROUTES)
    return make_app(ground.settings, ground, [region.room], routes, authenticators=[caller]).test_client()


def test_hold_and_release_by_who_may(region: Region, client: FlaskClient) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    for verb in ("hold", "release"):
        assert client.post(f"{URL}/{made.id}/{verb}").status_code == 401
        assert client.post(f"{URL}/{made.id}/{verb}", headers=as_("citizen")).status_code == 403
        assert client.post(f"{URL}/{made.id}/{verb}", headers=as_("reader")).status_code == 403
        assert client.post(f"{URL}/{made.id}/{verb}", headers=as_("stranger")).status_code == 404
    assert client.post(f"{URL}/{made.id}/release", headers=as_("operator")).status_code == 409
    held = client.post(f"{URL}/{made.id}/hold", headers=as_("operator"))
    assert held.status_code == 200
    assert held.get_json()["serial"] == f"{made.serial:x}"
    assert client.get(f"{URL}/{made.id}", headers=as_("operator")).get_json()["status"] == "held"
    lifted = client.post(f"{URL}/{made.id}/release", headers=as_("operator")).get_json()
    assert lifted["held_at"] == held.get_json()["held_at"]
    assert lifted["released_at"] >= lifted["held_at"]


def test_partial_lists_are_public(region: Region, client: FlaskClient) -> None:
    for part in ("0", "1", "delta"):
        answer = client.get(f"/crl/{CA}/{part}.crl")
        assert (answer.status_code, answer.content_type) == (200, "application/pkix-crl")
        read = read_crl(answer.data)
        assert read.is_delta is (part == "delta")
        x509.load_der_x509_crl(answer.data)
    for path in (f"/crl/{CA}/99.crl", "/crl/sm2-root/0.crl", "/crl/sm2-root/delta.crl"):
        assert client.get(path).status_code == 404
    assert client.get(f"/crl/{CA}/01.crl").status_code == 422  # no such number
    assert region.room.authority(CA).shards == 2


def test_a_mass_revocation_by_two_people(region: Region, client: FlaskClient) -> None:
    made = [region.issue(Suite.SM2, "seal-maker") for _ in range(3)]
    body = {"reason": "superseded", "authority": CA, "serials": [f"{one.serial:x}" for one in made]}
    wanted = {**as_("operator"), "Idempotency-Key": f"mass-{made[0].serial:x}"}
    assert client.post(MASSES, json=body, headers={**wanted, **as_("reader")}).status_code == 403
    asked = client.post(MASSES, json=body, headers=wanted)
    assert asked.status_code == 201, asked.get_json()
    job = asked.get_json()
    assert (job["state"], job["total"], job["revoked"]) == ("prepared", 3, 0)
    assert client.post(MASSES, json=body, headers=wanted).get_json()["id"] == job["id"]
    one = f"{MASSES}/{job['id']}"
    assert client.post(f"{one}/approve", headers=as_("operator")).status_code == 403
    assert client.post(f"{one}/approve", headers=as_("second")).get_json()["state"] == "running"
    room = region.room
    Worker(room.ground.db, room.ground.jobs, revocation_jobs.handlers(room)).drain()
    done = client.get(one, headers=as_("second")).get_json()
    assert (done["state"], done["revoked"], done["finished"]) == ("done", 3, 3)
    assert client.post(f"{one}/cancel", headers=as_("second")).status_code == 409
    assert job["id"] in {item["id"] for item in client.get(MASSES, headers=as_("operator")).get_json()["items"]}
    assert client.get(one, headers=as_("stranger")).status_code == 404


def test_health_is_for_readers(client: FlaskClient) -> None:
    assert client.get("/api/v1/ca/revocation-health").status_code == 401
    found = client.get("/api/v1/ca/revocation-health", headers=as_("reader")).get_json()
    assert {one["list"] for one in found["lists"]} >= {CA, f"{CA}/delta", f"{CA}/0", "sm2-root", "rsa-issuing"}


# --- commands --------------------------------------------------------------------------------------------------------


def commands(region: Region) -> click.Group:
    @contextmanager
    def opened() -> Iterator[CaRoom]:
        yield region.room

    group = click.Group("ca")
    add_commands(group, opened)
    return group


def test_the_checker_by_command(own_region: Region) -> None:
    from ca import crl_schedule

    crl_schedule.refresh(own_region.room)
    made = own_region.issue(Suite.SM2, "code-signer")
    revoke(own_region.room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    good = CliRunner().invoke(commands(own_region), ["check-revocation", "--json", "--thorough"])
    assert good.exit_code == 0
    told = json.loads(good.output)
    assert (told["agrees"], told["faults"], told["findings"]) == (True, 0, [])
    with own_region.room.ground.db.begin() as session:
        session.execute(update(CaRevocation).values(entry=b"\x30\x00"))
    bad = CliRunner().invoke(commands(own_region), ["check-revocation"])
    assert bad.exit_code == 1
    assert "entry_damaged" in bad.output
    assert f"{made.serial:x}" in bad.output


def test_many_by_command(own_region: Region, tmp_path: Path) -> None:
    made = [own_region.issue(Suite.SM2, "code-signer") for _ in range(3)]
    lines = [f"0x{made[0].serial:X}", "# a comment", "", f"{made[1].serial:x}"]
    file = tmp_path / "serials"
    file.write_text("\n".join(lines), encoding="ascii")
    base = ["revoke-many", "--reason", "cessation-of-operation", "--ca", CA, "--serials", str(file)]
    declined = CliRunner().invoke(commands(own_region), base, input="n\n")
    assert declined.exit_code == 1
    done = CliRunner().invoke(commands(own_region), [*base, "--yes", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["state"], told["revoked"], told["refusals"]) == ("done", 2, [])
    again = CliRunner().invoke(commands(own_region), ["revoke-many", "--reason", "superseded", "--resume", told["id"]])
    assert "revoked 2, stood already 0" in again.output
    file.write_text("what\n", encoding="ascii")
    assert "line 1" in CliRunner().invoke(commands(own_region), base).output
