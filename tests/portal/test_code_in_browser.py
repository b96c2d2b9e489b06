"""The browser's reading of printed codes (浏览器验码) against the vectors every implementation must pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from portal.assets import asset

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "verify" / "code_vectors.json").read_text(encoding="utf-8"))
RUN = """async ([module, vectors]) => {
  const { read, check, dayText } = await import(module);
  return vectors.cases.map((one) => {
    try {
      const { parsed, values } = check(read(one.text), vectors);
      return { result: "ok", values, status_index: parsed.statusIndex, issued_on: dayText(parsed.issuedDay),
               to_be_signed: Array.from(parsed.signed, (octet) => octet.toString(16).padStart(2, "0")).join("") };
    } catch (error) {
      return { result: error.fault ?? String(error) };
    }
  });
}"""


@pytest.mark.browser
def test_every_vector_comes_out_as_it_should(visit: Callable[..., BrowserContext]) -> None:
    page = visit().new_page()
    page.goto("/V")
    answers = page.evaluate(RUN, [asset("js/code.js"), VECTORS])
    assert len(answers) == len(VECTORS["cases"])
    for case, answer in zip(VECTORS["cases"], answers, strict=True):
        wanted = {
            key: case[key] for key in ("result", "values", "status_index", "issued_on", "to_be_signed") if key in case
        }
        assert wanted == {key: answer.get(key) for key in wanted}, case["name"]


@pytest.mark.browser
def test_a_revoked_key_and_a_foreign_signature_are_refused(visit: Callable[..., BrowserContext]) -> None:
    page = visit().new_page()
    page.goto("/V")
    good = [case for case in VECTORS["cases"] if case["result"] == "ok"][:1]
    revoked = {**VECTORS, "cases": good, "keys": [{**key, "revoked": True} for key in VECTORS["keys"]]}
    assert page.evaluate(RUN, [asset("js/code.js"), revoked])[0]["result"] == "code.key_not_valid"
    point = VECTORS["keys"][0]["point"]
    moved = {**VECTORS, "cases": good, "keys": [{**VECTORS["keys"][0], "point": point[:-2] + "00"}]}
    assert page.evaluate(RUN, [asset("js/code.js"), moved])[0]["result"] == "code.signature_bad"
