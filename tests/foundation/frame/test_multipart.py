"""Parts of a multipart body that schemathesis and browsers gone wrong have sent."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.foundation.frame.conftest import SQLITE

pytestmark = SQLITE


@pytest.mark.parametrize(
    "disposition",
    [
        b"form-data",
        b'form-data; filename="a.pdf"',
        b'form-data; name=""',
        b'form-data; name="\xff"',
        b"form-data; name*=utf-8''%ff; filename=\"a\"",
        b'attachment; name="title"',
        b'form-data; name="title"; filename="\x00"',
    ],
)
def test_a_part_without_a_proper_name_is_the_caller_s_fault(client: FlaskClient, disposition: bytes) -> None:
    body = b"--b\r\nContent-Disposition: " + disposition + b"\r\n\r\nx\r\n--b--\r\n"
    answer = client.post("/api/v1/test/files", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
