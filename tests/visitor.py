"""A visitor without a browser (访客): logs in to a running region the way a person does, page by page."""

from __future__ import annotations

import re
from html import unescape

import requests

from tests.region import Region

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_CODE = re.compile(r"\b(\d{6})\b")


def hidden(page: str) -> dict[str, str]:
    """Hidden fields of the page's forms; the logout form in the header carries the same token."""
    return {name: unescape(value) for name, value in _HIDDEN.findall(page)}


class Visitor:
    def __init__(self, region: Region) -> None:
        self.region = region
        self.http = requests.Session()
        self.http.headers["Accept"] = "text/html"
        self.http.headers["Accept-Language"] = "zh-CN"

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.region.url + path, timeout=30)

    def post(self, path: str, data: dict[str, str], **more: object) -> requests.Response:
        """Post a form of the page at `path`, with the page's own hidden fields."""
        page = self.get(path)
        return self.http.post(page.url, data=hidden(page.text) | data, timeout=60, **more)  # type: ignore[arg-type]

    def log_in(self, username: str) -> requests.Response:
        """Password page, then the newest code of the outbox page."""
        person = self.region.login(username)
        page = self.post("/login", {"identifier": username, "password": person.password})
        if not page.url.endswith("/login/code"):
            raise AssertionError(f"the password page did not lead to the code page: {page.url}")
        code = _CODE.findall(re.sub(r"<[^>]+>", " ", self.get("/outbox").text.split("<main", 1)[1]))[0]
        return self.http.post(page.url, data=hidden(page.text) | {"code": code}, timeout=30)
