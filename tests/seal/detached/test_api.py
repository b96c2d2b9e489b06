"""Detached signatures over HTTP, as a department's program asks for them."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from foundation.web.frame import make_app
from hsm.digests import Digest
from seal import cms
from seal.detached.api import ROUTES
from tests.seal.conftest import Region
from tests.seal.test_api import _known, who

URL, BY_DIGEST = "/api/v1/seal/signatures", "/api/v1/seal/digest-signatures"
CONTENT = b"a spreadsheet, say"


@pytest.fixture(scope="module")
def client(one_region: Region) -> Iterator[FlaskClient]:
    room = one_region.room
    app = make_app(room.ground.settings, room.ground, [room], ROUTES, authenticators=[_known])
    with app.test_client() as client:
        yield client


def sign(client: FlaskClient, region: Region, *, name: str = "market", key: str, **form: str) -> TestResponse:
    return client.post(
        URL,
        data={"seal": str(region.seal_id), **form, "file": (io.BytesIO(CONTENT), "x.xlsx")},
        content_type="multipart/form-data",
        headers=who(name, **{"Idempotency-Key": key}),
    )


def test_a_file_is_signed_once_for_one_key(client: FlaskClient, one_region: Region) -> None:
    key = one_region.key()
    first = sign(client, one_region, key=key)
    assert (first.status_code, first.mimetype) == (201, "application/pkcs7-signature")
    assert cms.read(first.data).signers[0].message_digest == Digest.SM3.of(CONTENT)
    assert sign(client, one_region, key=key).data == first.data
    assert sign(client, one_region, key=key, shape="gm-cms").status_code in (409, 422)
    assert sign(client, one_region, key=one_region.key(), shape="jws", suite="rsa").mimetype == "application/jose"


def test_a_digest_is_enough(client: FlaskClient, one_region: Region) -> None:
    body = {
        "seal": str(one_region.seal_id),
        "shape": "gm-cms",
        "sha256": Digest.SHA256.of(CONTENT).hex(),
        "sm3": Digest.SM3.of(CONTENT).hex(),
        "size": len(CONTENT),
    }
    headers = who("market", **{"Idempotency-Key": one_region.key()})
    answer = client.post(BY_DIGEST, json=body, headers=headers)
    assert answer.status_code == 201
    assert cms.read(answer.data).signers[0].message_digest == Digest.SM3.of(CONTENT)
    without = {name: value for name, value in body.items() if name != "sm3"}
    refused = client.post(BY_DIGEST, json=without, headers=who("market", **{"Idempotency-Key": one_region.key()}))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "seal.detached_digest")


@pytest.mark.parametrize(("name", "status"), [("transport", 404), ("reader", 403), ("nobody", 401)])
def test_only_who_may_sign_signs(client: FlaskClient, one_region: Region, name: str, status: int) -> None:
    assert sign(client, one_region, name=name, key=one_region.key()).status_code == status
