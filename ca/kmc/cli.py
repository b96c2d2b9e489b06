"""Commands of the key-management centre (命令行): judge a transcript; open an envelope with a key in a file."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import click

from ca.kmc.transcript import TranscriptReport, verify_transcript
from ca.reading.certificate import read_certificate
from foundation.der import DerError
from foundation.errors import YinxinError
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import Form

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)
_FORM = click.Choice([one.value for one in Form])
_MOST_OCTETS = 2 * 1024 * 1024


@click.group("kmc")
def kmc() -> None:
    """密钥管理中心 / the key-management centre."""


@kmc.group("transcript")
def transcript() -> None:
    """密钥恢复记录 / transcripts of key recoveries."""


@transcript.command("verify")
@click.argument("file", type=_FILE)
@click.option(
    "--root", "roots", type=_FILE, multiple=True, required=True, help="受信任的根证书 / trusted root, PEM or DER"
)
@click.option("--json", "as_json", is_flag=True, help="机器可读 / for programs")
def verify(file: Path, roots: tuple[Path, ...], as_json: bool) -> None:  # noqa: FBT001 - a click flag
    """核验恢复记录；0 真实，1 不成立 / judge a transcript: exit 0 when it stands, 1 when it does not."""
    try:
        report = verify_transcript(_read(file), [certificate_octets(_read(one)) for one in roots])
    except (YinxinError, DerError) as error:
        click.echo(f"{error.detail.zh}\n{error.detail.en}  [{error.code}]", err=True)
        sys.exit(1)
    _say(report, as_json=as_json)
    if not report.genuine:
        sys.exit(1)


@kmc.command("open")
@click.argument("file", type=_FILE)
@click.option(
    "--form", type=click.Choice([one.value for one in Form]), required=True, help="信封格式 / form of the envelope"
)
@click.option("--key", type=_FILE, required=True, help="签名私钥 PKCS#8 / the signing key, PKCS#8, PEM or DER")
@click.option("--certificate", type=_FILE, required=True, help="加密证书 / the encryption certificate")
@click.option("--centre", type=_FILE, help="密钥管理中心证书 / the centre's certificate, for the signed form")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="写入私钥 / where the key goes"
)
def open_(file: Path, form: str, key: Path, certificate: Path, centre: Path | None, out: Path) -> None:
    """用文件形式的签名私钥打开信封 / open an envelope when the signing key is a file and not on a token."""
    spki = read_certificate(certificate_octets(_read(certificate))).spki
    signer = read_certificate(certificate_octets(_read(centre))).spki if centre else None
    private = open_envelope(Form(form), _read(file), _unarmoured(_read(key)), spki, signer)
    text = f"-----BEGIN PRIVATE KEY-----\n{base64.encodebytes(private).decode()}-----END PRIVATE KEY-----\n"
    out.touch(mode=0o600, exist_ok=False)
    out.write_text(text, encoding="ascii")
    click.echo(f"已写入 / written: {out}")


def certificate_octets(octets: bytes) -> bytes:
    return _unarmoured(octets)


def _unarmoured(octets: bytes) -> bytes:
    """DER, or the first block of a PEM file."""
    if not octets.lstrip().startswith(b"-----BEGIN "):
        return octets
    lines = octets.decode("ascii", "replace").strip().splitlines()
    end = next((at for at, line in enumerate(lines) if line.startswith("-----END ")), len(lines))
    return base64.b64decode("".join(lines[1:end]))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_OCTETS + 1)


def _say(report: TranscriptReport, *, as_json: bool) -> None:
    told = report.account
    if as_json:
        findings = [
            {"code": one.code, "good": one.good, "text_zh": one.text.zh, "text_en": one.text.en}
            for one in report.findings
        ]
        said = {
            "genuine": report.genuine,
            "signer": report.signer,
            "kind": told.get("kind"),
            "requester": told.get("requester"),
            "released_at": told.get("released_at"),
            "statement": report.statement,
            "account": told,
            "findings": findings,
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for one in report.findings:
        click.echo(f"{'✓' if one.good else '✗'} {one.text.zh} / {one.text.en}")
