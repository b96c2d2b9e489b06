"""Issuing from a file: every row accounted for, all its reasons told, never doubled however often it is run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from foundation.errors import Forbidden
from licence import cli, sheet
from licence.catalogue import licence_type
from licence.importing import Tally, import_file
from licence.intents import IssueRequest
from licence.issue import issue
from licence.models import LicenceIntent, LicenceRow
from licence.room import LicenceRoom
from licence.search import Query, search
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT, TRANSPORT_CLIENT
from tests.licence.samples import MARKET, NAMES, company, food
from tests.licence.test_recovery import on_full_disk
from tests.licence.test_sheet import table

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


def first_rows(name: str, count: int) -> bytes:
    text = (EXAMPLES / name).read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))[: count + 1]
    target = io.StringIO(newline="")
    csv.writer(target).writerows(rows)
    return target.getvalue().encode()


def count(room: LicenceRoom, model: type = LicenceRow) -> int:
    with room.ground.db.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize(
    ("name", "slug", "client"),
    [
        ("business-licence.csv", "business-licence", MARKET_CLIENT),
        ("road-transport.csv", "road-transport", TRANSPORT_CLIENT),
        ("food-operation.csv", "food-operation", MARKET_CLIENT),
    ],
)
def test_the_example_files_are_issued_whole(one_region: Region, name: str, slug: str, client: object) -> None:
    outcome = import_file(one_region.room, client, first_rows(name, 12), type_slug=slug)  # type: ignore[arg-type]
    assert (outcome.tally, outcome.refused) == (Tally(issued=12), ())


def test_every_row_with_a_fault_is_told_with_its_line_and_the_good_ones_are_issued(one_region: Region) -> None:
    data = (EXAMPLES / "with-faults.csv").read_bytes()
    rows = len(sheet.read(data, licence_type("food-operation")).rows)
    outcome = import_file(one_region.room, MARKET_CLIENT, data, type_slug="food-operation")
    assert outcome.tally.rows == rows
    assert outcome.tally.refused == len(outcome.refused) >= 10
    assert outcome.tally.issued == count(one_region.room) == rows - len(outcome.refused) >= 1
    assert count(one_region.room, LicenceIntent) == outcome.tally.issued, "a faulty row leaves no trace"
    assert all(row.reasons and all(r.zh and r.en for r in row.reasons) for row in outcome.refused)
    assert [row.line for row in outcome.refused] == sorted({row.line for row in outcome.refused})


def test_all_reasons_of_a_row_come_at_once(one_region: Region) -> None:
    bad = food(1) | {"holder_code": "1", "signer": "张三3", "valid_to": "昨天"}
    bad.setdefault("valid_to", "昨天")
    headers = [licence_type("food-operation").label(key).zh for key in bad]
    target = io.StringIO(newline="")
    csv.writer(target).writerows([headers, list(bad.values())])
    outcome = import_file(one_region.room, MARKET_CLIENT, target.getvalue().encode(), type_slug="food-operation")
    assert len(outcome.refused[0].reasons) == 3


def test_running_it_again_or_mended_never_doubles_a_licence(region: Region) -> None:
    bad = food(3) | {"holder_code": "1"}
    first = import_file(region.room, MARKET_CLIENT, table(food(1), food(2), bad).encode(), type_slug="food-operation")
    assert (first.tally.issued, first.tally.refused) == (2, 1)
    region.clock.advance(days=1)
    again = import_file(region.room, MARKET_CLIENT, table(food(1), food(2), bad).encode(), type_slug="food-operation")
    assert (again.tally.issued, again.tally.already, again.tally.refused) == (0, 2, 1)
    mended = table(food(0), food(3), food(2), food(1)).encode("gb18030")
    last = import_file(region.room, MARKET_CLIENT, mended, type_slug="food-operation")
    assert (last.tally.issued, last.tally.already) == (2, 2)
    assert count(region.room) == 4


def test_a_row_that_stands_twice_is_issued_once_and_told(one_region: Region) -> None:
    text = table(food(1), food(2), food(1)).encode()
    outcome = import_file(one_region.room, MARKET_CLIENT, text, type_slug="food-operation")
    assert (outcome.tally.issued, outcome.refused[0].line) == (2, 4)
    assert "第 2 行" in outcome.refused[0].reasons[0].zh


def test_stopped_by_a_full_disk_it_goes_on_where_it_was(region: Region) -> None:
    data = table(*(food(n) for n in range(5))).encode()
    seen: list[Tally] = []
    stopped = import_file(
        on_full_disk(region.room, 5), MARKET_CLIENT, data, type_slug="food-operation", progress=seen.append
    )
    assert (stopped.tally, bool(stopped.stopped)) == (Tally(issued=2, untried=3), True)
    assert [tally.issued for tally in seen] == [1, 2]
    resumed = import_file(region.room, MARKET_CLIENT, data, type_slug="food-operation")
    assert resumed.tally == Tally(issued=3, already=2)
    assert count(region.room) == count(region.room, LicenceIntent) == 5


def test_stock_brings_its_numbers(one_region: Region) -> None:
    number = licence_type("food-operation").number_rule.make(food(), "219900", 77)
    lines = table(food(1), food(2)).splitlines()
    text = "\n".join((f"{lines[0]},证照编号", f"{lines[1]},{number}", f"{lines[2]},{number}"))
    outcome = import_file(one_region.room, MARKET_CLIENT, text.encode(), type_slug="food-operation")
    assert (outcome.tally.issued, outcome.tally.refused) == (1, 1)
    assert "编号已被使用" in outcome.refused[0].reasons[0].zh
    assert search(one_region.room, MARKET_CLIENT, Query(number=number)).items[0].number == number


def test_no_authority_refuses_the_rows_and_no_permission_the_file(one_region: Region) -> None:
    outcome = import_file(one_region.room, TRANSPORT_CLIENT, table(food(1)).encode(), type_slug="food-operation")
    assert outcome.tally.refused == 1
    issue(one_region.room, MARKET_CLIENT, IssueRequest("food-operation", food(9), "k"))
    with pytest.raises(Forbidden):
        import_file(one_region.room, MARKET_CLIENT.__class__(MARKET_CLIENT.kind, "x"), b"", type_slug="food-operation")


@pytest.fixture
def program(one_region: Region) -> Callable[..., tuple[int, str]]:
    @contextmanager
    def opened() -> Iterator[LicenceRoom]:
        yield one_region.room

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli.group(opened), list(arguments), catch_exceptions=False)
        return result.exit_code, result.stdout

    return run


def test_the_command_reports_and_writes_the_faults_beside(
    program: Callable[..., tuple[int, str]], one_region: Region, tmp_path: Path
) -> None:
    file = tmp_path / "批次.csv"
    formula = food(2) | {"holder_code": "=HYPERLINK(1)", "address": "+8613800000000"}
    file.write_bytes(table(food(1), formula).encode())
    arguments = ("import", str(file), "--type", "food-operation", "--department", MARKET)
    code, said = program(*arguments, "--json")
    report = json.loads(said)
    assert (code, report["issued"], report["refused"], report["faults"][0]["line"]) == (1, 1, 1, 3)
    beside = Path(report["faults_file"])
    assert beside == tmp_path / "批次.faults.csv"
    cells = list(csv.reader(io.StringIO(beside.read_text("utf-8-sig"))))
    assert cells[0][:2] == ["行号", "原因"]
    assert {"'=HYPERLINK(1)", "'+8613800000000"} <= set(cells[1])
    assert beside.stat().st_mode & 0o077 == 0

    # the faults file, put right in place, goes back in as it is
    beside.write_text(beside.read_text("utf-8-sig").replace("'=HYPERLINK(1)", company(2)), "utf-8")
    code, said = program("import", str(beside), "--type", "food-operation", "--department", MARKET)
    assert (code, "新签发 1" in said) == (0, True)
    code, said = program(*arguments)
    assert (code, "先前已签发 1" in said) == (1, True)
    assert count(one_region.room) == 2


def test_the_command_says_nothing_of_people(
    program: Callable[..., tuple[int, str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(table(food(1) | {"holder_code": "219901199001011231"}).encode())
    _, said = program("import", str(file), "--type", "food-operation", "--department", MARKET, "--json")
    shown = said + "".join(capfd.readouterr())
    assert "219901199001011231" not in shown
    assert not [name for name in NAMES if name in shown]


def test_the_command_recovers(program: Callable[..., tuple[int, str]]) -> None:
    code, said = program("recover")
    assert (code, "续办 0" in said) == (0, True)
