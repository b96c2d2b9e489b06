"""Stamping from file to file when it is large, when the disk is full, when others are at it, when the process dies."""

from __future__ import annotations

import fcntl
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from ca.suites import Suite
from foundation.errors import Conflict, InvalidInput, Unavailable, YinxinError
from hsm.digests import Digest
from seal import cms, stamp_large
from seal.errors import OrderTaken, Swapped
from seal.models import OrderState, SealOrder
from seal.orders import PdfOrder, Placement
from seal.pdf.octets import FileOctets, digest
from seal.pdf.problems import PdfRefused
from seal.stamp_large import stamp_pdf_file
from server.stamp_command import command
from tests.seal import oracles, papers
from tests.seal.conftest import Region
from tests.seal.placed import genuine

HERE = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024


def padded(path: Path, octets: int) -> Path:
    """A PDF with a stream of `octets` zeros in it, as a hole in the file: it takes no room until it is copied."""
    plain = papers.pdf()
    start = int(plain.rsplit(b"startxref\n", 1)[1].split()[0])
    size, root = (int(re.search(rb"/%s (\d+)" % key, plain[start:])[1]) for key in (b"Size", b"Root"))  # type: ignore[index]
    head = b"%d 0 obj\n<</Length %d>>\nstream\n" % (size, octets)
    table = len(plain) + len(head) + octets + len(b"\nendstream\nendobj\n")
    with path.open("wb") as file:
        file.write(plain + head)
        file.seek(octets, os.SEEK_CUR)
        file.write(b"\nendstream\nendobj\n")
        file.write(b"xref\n%d 1\n%010d 00000 n \n" % (size, len(plain)))
        file.write(b"trailer\n<</Size %d/Root %d 0 R/Prev %d>>\n" % (size + 1, root, start))
        file.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return path


def order(region: Region, key: str) -> PdfOrder:
    return PdfOrder(b"", region.seal_id, Placement(1, 150, 240), key, (Suite.RSA,))


def stamp(region: Region, key: str, source: Path, target: Path) -> None:
    stamp_pdf_file(region.room, region.principal, order(region, key), source, target)


@pytest.fixture(scope="module")
def forks() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.seal.large_child"]
    with subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def apart(forks: subprocess.Popen[str], tmp_path: Path) -> Callable[..., int]:
    """Stamp in a process of its own; its exit status."""

    def run(region: Region, *stamps: tuple[str, Path, Path], point: str = "") -> int:
        told = {
            "home": str(region.home), "url": region.url, "at": region.clock.now().isoformat(), "point": point,
            "seal": str(region.seal_id), "stamps": [list(map(str, one)) for one in stamps],
            "peaks": str(tmp_path / "peaks"),
        }  # fmt: skip
        assert forks.stdin is not None
        assert forks.stdout is not None
        forks.stdin.write(json.dumps(told) + "\n")
        forks.stdin.flush()
        return int(forks.stdout.readline())

    return run


def on_record(region: Region, key: str) -> SealOrder | None:
    with region.room.ground.db.read() as session:
        return session.scalars(select(SealOrder).where(SealOrder.order_key == key)).one_or_none()


def nothing_left(folder: Path) -> bool:
    return not list(folder.glob(".*"))


def test_210_megabytes_in_little_memory(one_region: Region, tmp_path: Path, apart: Callable[..., int]) -> None:
    source, target, small = padded(tmp_path / "in.pdf", 210_000_000), tmp_path / "out.pdf", tmp_path / "small.pdf"
    small.write_bytes(papers.pdf())
    light = (one_region.key(), small, tmp_path / "small-out.pdf")
    assert apart(one_region, light, (one_region.key(), source, target)) == 0
    before, after = json.loads((tmp_path / "peaks").read_text())
    assert after - before < 100 * 1024, "KiB beyond what stamping a small file takes"
    # the digest in the signature is the file's, taken here in pieces from what is on the disk
    sealed = FileOctets.of(target)
    assert sealed.size > source.stat().st_size > 200 * MIB
    tail = sealed[source.stat().st_size :]
    numbers = re.search(rb"/ByteRange\s*\[\s*(\d+) (\d+) (\d+) (\d+)\s*\]", tail)
    assert numbers is not None
    zero, first, second, length = (int(number) for number in numbers.groups())
    assert (zero, second + length) == (0, sealed.size)
    signed = cms.read(bytes.fromhex(sealed[first + 1 : second - 1].decode()))
    covered = digest(Digest.SHA256, sealed, (0, first), (second, sealed.size))
    assert signed.signers[0].message_digest == covered
    assert digest(Digest.SHA256, sealed, (0, source.stat().st_size)) == digest(Digest.SHA256, FileOctets.of(source))
    assert nothing_left(tmp_path)


@contextmanager
def disk_of(octets: int) -> Iterator[None]:
    """No file may grow beyond this: what a full disk answers, at a place of our choosing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("more", "recorded"), [(-MIB, False), (100, True)], ids=["while copying", "while signing"])
def test_a_full_disk_leaves_nothing_half_done(one_region: Region, tmp_path: Path, more: int, recorded: bool) -> None:
    source, target, key = padded(tmp_path / "in.pdf", 40 * MIB), tmp_path / "out.pdf", one_region.key()
    with disk_of(source.stat().st_size + more), pytest.raises(Unavailable) as refused:
        stamp(one_region, key, source, target)
    assert refused.value.code == "seal.target_disk"
    row = on_record(one_region, key)
    assert (row is not None) == recorded
    assert row is None or (row.state, row.result_sha256) == (OrderState.RECORDED, None)
    assert (target.exists(), nothing_left(tmp_path)) == (False, True)
    # with room again the same order is carried out
    stamp(one_region, key, source, target)
    assert oracles.pdfsig(tmp_path, target.read_bytes()) == ["Signature is Valid."]
    again = on_record(one_region, key)
    assert again is not None
    assert again.state == OrderState.SEALED
    assert row is None or (again.id, again.signing_time) == (row.id, row.signing_time)


def test_a_folder_that_is_not_there(one_region: Region, tmp_path: Path) -> None:
    key = one_region.key()
    with pytest.raises(Unavailable):
        stamp(one_region, key, padded(tmp_path / "in.pdf", 1000), tmp_path / "nowhere" / "out.pdf")
    assert on_record(one_region, key) is None


@pytest.mark.parametrize("point", ["seal.recorded", "seal.signed", "seal.stored"])
def test_killed_at_any_step_it_is_finished_by_asking_again(
    region: Region, tmp_path: Path, apart: Callable[..., int], point: str
) -> None:
    source, target, key = padded(tmp_path / "in.pdf", 3 * MIB), tmp_path / "out.pdf", region.key()
    assert apart(region, (key, source, target), point=point) == -signal.SIGKILL
    row = on_record(region, key)
    assert row is not None
    assert (row.state, target.exists()) == (OrderState.RECORDED, False)
    left = list(tmp_path.glob(".*"))
    assert [one.name for one in left] == [".out.pdf.yinxin"], "what a kill leaves, of one name"
    stamp(region, key, source, target)
    again = tmp_path / "again.pdf"
    stamp(region, key, source, again)
    assert again.read_bytes() == target.read_bytes()
    assert genuine(region, target.read_bytes())
    done = on_record(region, key)
    assert done is not None
    assert (done.id, done.state) == (row.id, OrderState.SEALED)
    assert nothing_left(tmp_path)


def meddled(monkeypatch: pytest.MonkeyPatch, name: str, meddle: Callable[[], object]) -> None:
    """Somebody does something just before this step."""
    real = getattr(stamp_large, name)

    def step(*given: object) -> object:
        meddle()
        return real(*given)

    monkeypatch.setattr(stamp_large, name, step)


def test_a_source_changed_under_way_is_never_sealed(
    one_region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order names the digest of what was there first; the copy that is signed is digested again."""
    source, target, key = padded(tmp_path / "in.pdf", 1000), tmp_path / "out.pdf", one_region.key()
    other = papers.pdf().replace(b"Licence", b"LICENCE")
    meddled(
        monkeypatch, "_seal", lambda: source.write_bytes(source.read_bytes().replace(b"\x00", b"\x01", 1) + other[:0])
    )
    with pytest.raises(Swapped):
        stamp(one_region, key, source, target)
    assert (target.exists(), nothing_left(tmp_path)) == (False, True)


def test_a_target_that_appears_under_way_is_not_replaced(
    one_region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target, key = padded(tmp_path / "in.pdf", 1000), tmp_path / "out.pdf", one_region.key()
    with monkeypatch.context() as during:
        meddled(during, "_publish", lambda: target.write_bytes(b"mine"))
        with pytest.raises(InvalidInput) as refused:
            stamp(one_region, key, source, target)
    assert (refused.value.code, target.read_bytes()) == ("seal.target_exists", b"mine")
    assert nothing_left(tmp_path)
    # the order was carried out; under another name its result is there
    stamp(one_region, key, source, tmp_path / "other.pdf")
    assert genuine(one_region, (tmp_path / "other.pdf").read_bytes())


def test_one_process_at_a_time_works_on_a_target(one_region: Region, tmp_path: Path) -> None:
    source, target, key = padded(tmp_path / "in.pdf", 1000), tmp_path / "out.pdf", one_region.key()
    with (tmp_path / ".out.pdf.yinxin").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Conflict) as refused:
            stamp(one_region, key, source, target)
    assert (refused.value.code, target.exists(), on_record(one_region, key)) == ("seal.target_busy", False, None)
    stamp(one_region, key, source, target)
    assert genuine(one_region, target.read_bytes())


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(one_region: Region, tmp_path: Path) -> Callable[..., Result]:
    """`yinxin seal stamp` over this region, from `in.pdf`."""
    (tmp_path / "in.pdf").write_bytes(papers.pdf())
    made = command(lambda: nullcontext(one_region.room))

    def call(target: str, *more: str, source: str = "in.pdf") -> Result:
        given = [str(tmp_path / source), str(tmp_path / target), "--seal", one_region.market.code]
        return CliRunner().invoke(made, [*given, "--x", "150", "--y", "240", *more])

    return call


def test_the_name_of_the_target_is_the_key_of_the_order(
    one_region: Region, tmp_path: Path, run: Callable[..., Result]
) -> None:
    target = tmp_path / "out.pdf"
    assert run("out.pdf", "--suites", "sm2,rsa").exit_code == 0
    sealed = target.read_bytes()
    assert genuine(one_region, sealed)
    target.unlink()
    assert run("out.pdf", "--suites", "sm2,rsa").exit_code == 0
    assert target.read_bytes() == sealed, "tried again, the same order"
    target.unlink()
    assert isinstance(run("out.pdf", "--suites", "rsa").exception, OrderTaken)
    key = one_region.key()
    assert run("one.pdf", "--suites", "rsa", "--key", key, "--open", "--level", "b-b").exit_code == 0
    assert run("two.pdf", "--suites", "rsa", "--key", key, "--open", "--level", "b-b").exit_code == 0
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--page", "9"), "pdf.no_such_page"),
        (("--suites", "rsa", "--form", "gm-seal"), "seal.form"),
        (("--seal", "99999999999999"), "seal.unknown"),
        (("--level", "b-lt"), None),
        (("--suites", "md5"), None),
        (("--x", "left"), None),
    ],
    ids=["page", "form", "seal", "level", "suites", "number"],
)
def test_what_the_command_refuses_leaves_no_file(
    tmp_path: Path, run: Callable[..., Result], more: tuple[str, ...], code: str | None
) -> None:
    answer = run("none.pdf", *more)
    if code is None:
        assert answer.exit_code == 2
        assert more[0] in answer.output
    else:
        assert isinstance(answer.exception, YinxinError)
        assert answer.exception.code == code
    assert [one.name for one in tmp_path.glob("*none.pdf*")] == []


def test_a_file_that_is_no_pdf(tmp_path: Path, run: Callable[..., Result]) -> None:
    (tmp_path / "in.txt").write_text("no PDF")
    refused = run("none.pdf", source="in.txt").exception
    assert isinstance(refused, PdfRefused)
    assert (refused.code, nothing_left(tmp_path)) == ("pdf.not_pdf", True)
