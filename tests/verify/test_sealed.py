"""Our own files: genuine when untouched, and each kind of trouble under its own name."""

from __future__ import annotations

import pytest

from tests.limits import calls
from tests.verify.conftest import Sealed
from verify.report import Report, Verdict

KINDS = ("sm2", "rsa", "dual", "open_sm2", "ofd", "open_ofd")


def told(report: Report) -> str:
    return "\n".join(f"{item.severity} {item.code} {item.text.en}" for item in report.findings)


@pytest.mark.parametrize("kind", KINDS)
def test_untouched_files_are_genuine(sealed: Sealed, kind: str) -> None:
    report = sealed.judge(getattr(sealed, kind))
    assert report.verdict is Verdict.GENUINE, told(report)
    assert report.intact
    assert all(signature.trusted and signature.kind == "seal" for signature in report.signatures)
    assert "印川市市场监督管理局" in (report.signatures[0].signer or "")
    if not kind.endswith("ofd"):
        assert report.signatures[0].time_source == "timestamp"
    assert [line.status for line in report.signatures[0].certificate_path] == ["good", "good", "anchor"]


@pytest.mark.parametrize(("kind", "most"), [("sm2", 20), ("rsa", 20), ("dual", 60), ("ofd", 10)])
def test_a_file_is_judged_with_little_work(sealed: Sealed, kind: str, most: int) -> None:
    """Thousands of calls: three times what they are now. Seconds are measured by `bench`."""
    data = getattr(sealed, kind)
    sealed.judge(data)
    assert calls(lambda: sealed.judge(data)) < 1000 * most
