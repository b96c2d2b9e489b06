"""Many files in one run: folders, lists, tar streams; every entry its own line, whatever is wrong with it."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seal.ofd.package import write
from tests.verify import odd_packages, pki
from tests.verify.pki import Region
from verify.cli import command

AT = "2026-11-22T10:00:00+08:00"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def region() -> Region:
    return pki.region("many")


@pytest.fixture(scope="module")
def good(region: Region) -> bytes:
    return write(odd_packages.sealed(region))


@pytest.fixture(scope="module")
def trust(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("trust")
    for name, data in {
        "roots/root.cer": region.root.certificate,
        "intermediates/issuing.cer": region.issuing.certificate,
        "crls/root.crl": region.root.crl(),
        "crls/issuing.crl": region.issuing.crl(),
    }.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(data)
    return place


@pytest.fixture
def folder(tmp_path: Path, good: bytes) -> Path:
    """Good, altered, unsigned, unreadable, endless and circular."""
    place = tmp_path / "papers"
    (place / "a" / "b").mkdir(parents=True)
    (place / "a" / "good.ofd").write_bytes(good)
    (place / "a" / "b" / "=evil().ofd").write_bytes(good)
    (place / "changed.ofd").write_bytes(good[:-40])
    (place / "empty.pdf").write_bytes(b"")
    os.mkfifo(place / "pipe.pdf")
    (place / "a" / "round").symlink_to(place)
    (place / "self").symlink_to("self")
    (place / "zero.pdf").symlink_to("/dev/zero")
    (place / "link.ofd").symlink_to(place / "a" / "good.ofd")
    return place


def run(*words: object, trust: Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(command(), [*map(str, words), "--trust", str(trust), "--at", AT], input=stdin)


def lines(result: Result) -> dict[str, dict]:
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert len({one["name"] for one in found}) == len(found)
    return {one["name"].rpartition("papers/")[2]: one for one in found}


EXPECTED = {
    "a/b/=evil().ofd": ("genuine", None),
    "a/good.ofd": ("genuine", None),
    "a/round": ("cannot_tell", "file.folder_link"),
    "changed.ofd": ("not_genuine", "file.damaged"),
    "empty.pdf": ("not_genuine", "file.empty"),
    "link.ofd": ("genuine", None),
    "pipe.pdf": ("cannot_tell", "file.special"),
    "self": ("cannot_tell", "file.unreadable"),
    "zero.pdf": ("cannot_tell", "file.special"),
}


def test_a_folder_with_everything_below(folder: Path, trust: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "out.csv"
    result = run(folder, "--jsonl", "--summary", sheet, trust=trust)
    found = lines(result)
    assert list(found) == list(EXPECTED)
    for name, (verdict, code) in EXPECTED.items():
        assert (found[name]["verdict"], code) == (verdict, code and found[name]["findings"][0]["code"]), name
    assert result.exit_code == 1
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    assert [row["verdict"] for row in rows] == [verdict for verdict, _ in EXPECTED.values()]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert "9 files" in result.stderr


def test_the_worst_verdict_is_the_exit_code(folder: Path, trust: Path, tmp_path: Path) -> None:
    assert run(folder / "a" / "b", trust=trust).exit_code == 0
    assert run(folder / "a", trust=trust).exit_code == 2
    assert run(folder / "a", folder / "changed.ofd", trust=trust).exit_code == 1
    (tmp_path / "none").mkdir()
    assert run(tmp_path / "none", trust=trust).exit_code == 2
    assert run(folder, "--content", folder / "empty.pdf", trust=trust).exit_code == 3
    assert run(folder / "gone.pdf", "--table", trust=trust).exit_code == 2


def test_the_table_and_the_json_list(folder: Path, trust: Path) -> None:
    table = run(folder, trust=trust).stdout.splitlines()
    assert len(table) == len(EXPECTED)
    assert [line[0] for line in table] == [
        {"genuine": "✔", "not_genuine": "✘", "cannot_tell": "?"}[verdict] for verdict, _ in EXPECTED.values()
    ]
    assert len(json.loads(run(folder, "--json", trust=trust).stdout)) == len(EXPECTED)
    assert json.loads(run("-", "--json", trust=trust, stdin=b"").stdout) == []


@pytest.mark.parametrize("mark", [b"\0", b"\n", b"\r\n"], ids=["nul", "lines", "crlf"])
def test_paths_on_standard_input(folder: Path, trust: Path, mark: bytes) -> None:
    paths = [folder / "a" / "good.ofd", folder / "gone.pdf", folder / "changed.ofd", folder / "a" / "b"]
    result = run("-", "--jsonl", trust=trust, stdin=mark.join(str(path).encode() for path in paths) + mark)
    found = lines(result)
    assert {name: one["verdict"] for name, one in found.items()} == {
        "a/good.ofd": "genuine",
        "gone.pdf": "cannot_tell",
        "changed.ofd": "not_genuine",
        "a/b/=evil().ofd": "genuine",
    }


@pytest.mark.parametrize(
    "form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["u", "gnu", "pax"]
)
def test_a_tar_stream(form: int, good: bytes, trust: Path) -> None:
    names = ["one.ofd", "文/" + "x" * 90 + "/two.ofd", "dev"]
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for name in names[:2]:
            member = tarfile.TarInfo(name)
            member.size = len(good)
            archive.addfile(member, io.BytesIO(good))
        device = tarfile.TarInfo("dev")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    found = lines(run("-", "--jsonl", trust=trust, stdin=stream.getvalue()))
    assert [one["verdict"] for one in found.values()] == ["genuine", "genuine", "cannot_tell"]
    assert list(found) == names
    cut = run("-", "--jsonl", trust=trust, stdin=stream.getvalue()[: 512 + len(good) + 900])
    assert json.loads(cut.stdout.splitlines()[-1])["findings"][0]["code"] == "file.cut_short"
    assert cut.exit_code == 2


def test_headers_of_a_stream_that_lie(good: bytes, trust: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo("one.ofd")
        member.size = len(good)
        archive.addfile(member, io.BytesIO(good))
    octets = stream.getvalue()
    for size in (b"77777777777\0", b"-0000000001\0", b"\x80" + b"\xff" * 11, b"zzzzzzzzzzz\0"):
        lying = octets[:124] + size + octets[136:]
        assert run("-", "--jsonl", trust=trust, stdin=lying).exit_code == 2
    for kind in (b"L", b"x"):
        long = octets[:124] + b"70000000000\0" + octets[136:156] + kind + octets[157:]
        assert run("-", "--jsonl", trust=trust, stdin=long).exit_code == 2


def test_an_interruption_leaves_what_was_told(folder: Path, good: bytes, trust: Path, tmp_path: Path) -> None:
    """Ctrl-C in the middle of a list that has no end yet: whole lines, a whole table, exit 130."""
    sheet = tmp_path / "part.csv"
    words = [sys.executable, "-c", "from verify.cli import command; command()()", "-", "--jsonl"]
    with subprocess.Popen(
        [*words, "--trust", str(trust), "--at", AT, "--summary", str(sheet)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        path = str(folder / "a" / "good.ofd").encode()
        process.stdin.write((path + b"\n") * 200)
        process.stdin.flush()
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(60) == 130
    told = [json.loads(line) for line in (first + rest).splitlines()]
    assert told
    assert {one["verdict"] for one in told} == {"genuine"}
    assert len(list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))) == len(told)
