"""`yinxin`, the one program (命令行). `--json` on everything that reports; heavy imports stay inside commands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from foundation import logs
from foundation.errors import YinxinError
from foundation.settings import Settings


def load_settings(**overrides: Any) -> Settings:
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise click.ClickException("配置有误 / Settings are not right:\n" + "\n".join(lines)) from error
    except (SettingsError, TOMLDecodeError) as error:
        raise click.ClickException(f"配置有误 / Settings are not right:\n  {error}") from error


def say(data: Any, *, as_json: bool, lines: list[str] | None = None) -> None:
    """One report, for a program or for a person."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
        return
    for line in lines or []:
        click.echo(line)


as_json = click.option("--json", "as_json", is_flag=True, help="机器可读 / for programs")


LAZY = {
    "verify": "verify",
    "licence": "licence",
    "trust": "trust",
    "ca": "ca",
    "seal": "seal",
    "sso": "sso",
    "hsm": "hsm",
    "ceremony": "ceremony",
    "backup": "backup",
}
"""Commands of the rooms, each made by `server.commands` when it is called: `yinxin settings` loads no PDF library."""


class Program(click.Group):
    """The frame's place for CLI errors: what a room raised is told in both languages, without a stack trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *LAZY, "signer"})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "signer":  # a small process: it loads neither pages nor documents
            from server.signer_commands import group

            return group()
        if cmd_name in LAZY:
            from server import commands

            made: click.Command = getattr(commands, LAZY[cmd_name])()
            return made
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except YinxinError as error:
            click.echo(f"{error.detail.zh}\n{error.detail.en}  [{error.code}]", err=True)
            for fault in error.faults:
                click.echo(f"  {fault.pointer}: {fault.detail.zh} / {fault.detail.en}", err=True)
            sys.exit(1)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="yinxin")
def main() -> None:
    """印信 Yinxin：统一身份、电子印章、电子证照信任服务 / identity, e-seal and e-licence trust service."""
    logs.for_commands()


@main.command()
@click.option("--sample", is_flag=True, help="首次启动时建立示例区域 / set up the sample region at first start")
def serve(sample: bool) -> None:  # noqa: FBT001 - a click flag
    """启动服务 / run the web process (embedded: with its job threads)."""
    from server.serve import serve as run

    run(load_settings(), sample=sample)


@main.command()
def worker() -> None:
    """启动后台任务进程 / run jobs and periodic work in a process of their own."""
    from server.serve import work

    work(load_settings())


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 / address to listen on")
@click.option("--port", default=8002, show_default=True, help="监听端口 / port to listen on")
def ocsp(host: str, port: int) -> None:
    """单独启动证书状态（OCSP）服务 / answer OCSP in a process of its own, behind the proxy for /ocsp/."""
    from server.ocsp import serve as run

    run(load_settings(), host, port)


@main.command()
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="输出文件夹 / folder to fill"
)
@as_json
def demo(out: Path, as_json: bool) -> None:  # noqa: FBT001
    """不用浏览器走完主流程 / the main job without a browser, leaving its evidence in a folder."""
    from server.demo import run

    report = run(out)
    say(
        report,
        as_json=as_json,
        lines=[f"{step['name']}: {step['result']} ({step['ms']} ms)" for step in report["steps"]],
    )
    if not report["ok"]:
        sys.exit(1)


@main.group()
def settings() -> None:
    """配置 / settings."""


@settings.command("show")
@as_json
def settings_show(as_json: bool) -> None:  # noqa: FBT001
    """显示生效的配置（密钥打码） / the settings in force, secrets masked."""
    tree = load_settings().model_dump(mode="json")
    say(tree, as_json=as_json, lines=[f"{name} = {value}" for name, value in _flat(tree)])


@settings.command("check")
def settings_check() -> None:
    """检查配置 / check the settings and the folders they name."""
    loaded = load_settings()
    for folder in (loaded.home, loaded.checkpoint_dir):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    click.echo(f"配置可用 / settings are fine: {loaded.environment}, {loaded.web.public_url}")


def _flat(tree: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, value))
    return rows


@main.group()
def db() -> None:
    """数据库 / database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """升级到本程序需要的版本 / bring the database to the version this program needs."""
    from foundation.database import open_database
    from server import schema

    loaded = load_settings()
    loaded.home.mkdir(parents=True, exist_ok=True)
    database = open_database(loaded)
    schema.upgrade(database)
    click.echo(f"数据库版本 / database at {schema.current(database)}")


@db.command("check")
@as_json
def db_check(as_json: bool) -> None:  # noqa: FBT001
    """比对版本与表结构 / compare revision and tables with the models."""
    from foundation.database import open_database
    from server import schema

    database = open_database(load_settings())
    report = {"have": schema.current(database), "want": schema.head(), "differences": schema.differences(database)}
    say(report, as_json=as_json, lines=[f"{key}: {value}" for key, value in report.items()])
    if report["have"] != report["want"] or report["differences"]:
        sys.exit(1)


@main.group()
def audit() -> None:
    """审计 / the audit trail."""


@audit.command("verify")
@as_json
def audit_verify(as_json: bool) -> None:  # noqa: FBT001
    """核验全部审计记录与检查点 / prove every row against its MAC, the leaves outside and the signed checkpoints."""
    from server.house import open_house

    with open_house(load_settings()) as house:
        report = house.verify_audit()
    faults = [
        {"code": f.code, "row": f.seq, "id": f.row, "text_zh": f.text.zh, "text_en": f.text.en} for f in report.faults
    ]
    summary = {
        "rows": report.rows,
        "waiting": report.waiting,
        "checkpoints": report.checkpoints,
        "covered": report.covered,
    }
    lines = [f"{summary}"] + [f"✗ {f['text_zh']} / {f['text_en']}" for f in faults]
    say({**summary, "sound": report.sound, "faults": faults}, as_json=as_json, lines=lines or ["✓"])
    if not report.sound:
        sys.exit(1)


@audit.command("export")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="追加到 / appended to")
@click.option("--since", default=0, help="从第几条起 / row to begin with; the last run said which")
def audit_export(out: Path, since: int) -> None:
    """导出审计记录到别的主机保存 / write ordered rows with their MACs, to be kept on another host."""
    from foundation.audit.exporting import export
    from foundation.database import open_database

    database = open_database(load_settings())
    click.echo(f"--since {export(database, out, since)}")


@audit.command("checkpoint")
def audit_checkpoint() -> None:
    """立即定序并写检查点 / order what is waiting and write a checkpoint now."""
    from server.house import open_house

    with open_house(load_settings()) as house:
        note = house.checkpoint()
    click.echo(note.note if note else "没有新记录 / nothing new")


@main.command()
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="写入文件 / write to this file")
def openapi(write: Path | None) -> None:
    """接口文件 / the OpenAPI document of every route."""
    from foundation.web.openapi import write as render
    from server.routes import ROUTES

    text = render(ROUTES)
    if write:
        write.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


@main.command()
@as_json
def doctor(as_json: bool) -> None:  # noqa: FBT001
    """自检 / check this installation, and say what to do where something is wrong."""
    from server.doctor import examine

    findings = examine(load_settings())
    lines = [f"{'✓' if f['ok'] else '✗'} {f['name']}: {f['text']}" for f in findings]
    say(findings, as_json=as_json, lines=lines)
    if not all(f["ok"] for f in findings):
        sys.exit(1)
