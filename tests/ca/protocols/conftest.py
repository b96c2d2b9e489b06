"""One running region that speaks ACME, EST and CMP, behind Debian's nginx for client certificates."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.sample import DEPARTMENTS
from tests.commands import yinxin
from tests.examples.nginx import proxy
from tests.region import Region, free_port, running_region

SECRET = "between-the-proxy-and-us"
HOSTS = dict.fromkeys(("oa.yinchuan.test", "pay.yinchuan.test"), "127.0.0.1")
DEPARTMENT = DEPARTMENTS[0]


@dataclass(frozen=True)
class Credential:
    id: str
    reference: str
    secret: str


@dataclass(frozen=True)
class Office:
    """The region, its TLS proxy, and the port proofs of names are fetched from."""

    region: Region
    tls: str
    tls_certificate: Path
    proof_port: int
    folder: Path

    def yinxin(self, *arguments: str) -> str:
        done = yinxin(self.folder, *arguments, environment=self.region.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def credential(self, protocol: str, profile: str, *names: str, uses: int | None = None) -> Credential:
        given = [part for name in names for part in ("--name", name)]
        limited = ["--uses", str(uses)] if uses else []
        told = self.yinxin(
            "ca", "credential", "create", protocol, "--title", "tests", "--department", DEPARTMENT.uscc,
            "--organization", DEPARTMENT.name, "--profile", profile, *given, *limited, "--json",
        )  # fmt: skip
        return Credential(**json.loads(told[told.index("{") :]))


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder, port = tmp_path_factory.mktemp("protocols"), free_port()
    settings = {
        "YINXIN_ACME__NETWORKS": '["127.0.0.0/8"]',
        "YINXIN_ACME__HOSTS": json.dumps({**HOSTS, "far.yinchuan.test": "192.0.2.1"}),
        "YINXIN_ACME__HTTP_PORT": str(port),
        "YINXIN_ACME__SECONDS": "5",
        "YINXIN_WEB__PROXY_SECRET": SECRET,
    }
    place = folder / "nginx"
    place.mkdir()
    with running_region(folder / "home", **settings) as region, proxy(place, region.url, SECRET) as (tls, certificate):
        yield Office(region, tls, certificate, port, folder)


def openssl(*arguments: str, folder: Path, ok: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert not ok or done.returncode == 0, done.stderr
    return done


def new_key(folder: Path, name: str, kind: str = "P-256") -> Path:
    openssl(
        "genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{kind}", "-out", f"{name}.key", folder=folder
    )
    return folder / f"{name}.key"


def new_request(folder: Path, name: str, subject: str, names: tuple[str, ...] = (), kind: str = "P-256") -> Path:
    """A CSR in DER with its key beside it; SM2 under the ID everyone uses."""
    new_key(folder, name, kind)
    sm2 = ["-sm3", "-sigopt", "distid:1234567812345678"] if kind == "SM2" else []
    extra = ["-addext", "subjectAltName=" + ",".join(f"DNS:{one}" for one in names)] if names else []
    openssl(
        "req", "-new", "-key", f"{name}.key", "-subj", subject, *sm2, *extra, "-outform", "DER",
        "-out", f"{name}.csr", "-utf8", folder=folder,
    )  # fmt: skip
    return folder / f"{name}.csr"
