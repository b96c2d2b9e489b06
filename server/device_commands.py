"""`yinxin hsm test` and `yinxin hsm inventory` (密码设备检测与核对): a customer's device against our contract."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from foundation.clock import SystemClock
from foundation.database import open_database
from foundation.ids import SystemIds
from foundation.settings import Settings
from hsm import libcrypto, selftest
from hsm.backends.contract import Bench, Outcome, Result, run
from hsm.backends.contract_cases import CASES
from hsm.backends.held import Held, compare, references
from hsm.backends.registry import SDF, Backends, open_backends
from hsm.keys import Algorithm
from server.cli import as_json as json_flag
from server.cli import load_settings, say

_NO_ROW = {True: "– 未分配 / free", False: "– 不在密钥表中 / in no row"}
_MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.LEFT_OUT: "–"}


def add_commands(group: click.Group) -> None:
    group.add_command(_test)
    group.add_command(_inventory)


@contextmanager
def _backends(settings: Settings) -> Iterator[Backends]:
    libcrypto.configure(settings.keys.libcrypto)
    selftest.run()
    opened = open_backends(settings.keys, SystemIds(SystemClock()))
    try:
        yield opened
    finally:
        opened.close()


@click.command("test")
@click.option("--backend", "name", help="只测这一个 / only this one: software, pkcs11, sdf")
@click.option(
    "--algorithm", "only", multiple=True, type=click.Choice([one.value for one in Algorithm]), help="只测 / only"
)
@click.option("--no-wrong-pin", is_flag=True, help="不试错误口令 / give no wrong PIN")
@json_flag
def _test(name: str | None, only: tuple[str, ...], no_wrong_pin: bool, as_json: bool) -> None:  # noqa: FBT001 - click
    """检测密码设备 / hold a key device to the contract; it makes test keys and removes them."""
    settings = load_settings()
    reports = []
    with _backends(settings) as backends:
        for chosen in [name] if name else backends.names:
            if not as_json:
                click.echo(f"{chosen}")
            on = Bench(
                backends.named(chosen),
                taken=_in_use(settings, chosen),
                wrong_password=not no_wrong_pin,
                only=frozenset(map(Algorithm, only)) or None,
            )
            results = run(on, CASES, None if as_json else _print)
            reports.append(_report(chosen, results))
    good = all(report["ok"] for report in reports)
    verdict = "全部通过 / all passed" if good else "未通过，见 ✗ 行 / failed, see the lines with ✗"
    say({"ok": good, "backends": reports}, as_json=as_json, lines=[verdict])
    sys.exit(0 if good else 1)


@click.command("inventory")
@click.option("--backend", "name", help="只看这一个 / only this one: pkcs11, sdf")
@json_flag
def _inventory(name: str | None, as_json: bool) -> None:  # noqa: FBT001
    """核对设备内的密钥与密钥表 / what the devices hold beside what the key table says."""
    settings = load_settings()
    rows: list[dict[str, Any]] = []
    with _backends(settings) as backends:
        db = open_database(settings)
        try:
            for chosen in [name] if name else backends.names:
                rows += _held(compare(db, backends.named(chosen)), chosen)
        finally:
            db.dispose()
    lines = [
        f"{row['backend']:<8} {row['reference'] or '✗ 设备中没有 / not in the device':<34} "
        f"{row['key'] or _NO_ROW[row['backend'] == SDF]} {row['label']}"
        for row in rows
    ]
    say(rows, as_json=as_json, lines=lines or ["没有 / none"])


def _in_use(settings: Settings, backend: str) -> set[str]:
    """Places the key table gave away. Without a region there are none; with one that cannot be read, nothing starts."""
    if not settings.database.url and not (settings.home / "yinxin.db").exists():
        return set()
    db = open_database(settings)
    try:
        return references(db, backend)
    finally:
        db.dispose()


def _held(found: list[Held], backend: str) -> list[dict[str, Any]]:
    return [
        {
            "backend": backend,
            "reference": one.found.reference if one.found else None,
            "label": one.found.label if one.found else "",
            "algorithm": one.found.algorithm if one.found else None,
            "key": one.key,
            "state": one.state,
        }
        for one in found
    ]


def _print(result: Result) -> None:
    detail = f"：{result.detail.zh} / {result.detail.en}" if result.detail.zh else ""
    click.echo(f"  {_MARKS[result.outcome]} {result.title.zh} / {result.title.en}{detail}")


def _report(backend: str, results: list[Result]) -> dict[str, Any]:
    return {
        "backend": backend,
        "ok": all(result.outcome is not Outcome.FAILED for result in results),
        "results": [
            {
                "case": result.case,
                "outcome": result.outcome.value,
                "title_zh": result.title.zh,
                "title_en": result.title.en,
                "detail_zh": result.detail.zh,
                "detail_en": result.detail.en,
            }
            for result in results
        ],
    }
