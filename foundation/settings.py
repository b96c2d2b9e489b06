"""Settings (配置): one frozen, typed tree.

Sources in order: arguments (tests) → environment `YINXIN_<GROUP>__<NAME>` → files of those names in the folder
`YINXIN_SECRETS_DIR` → one TOML file (`YINXIN_FILE`, or `yinxin.toml` in the working directory) → defaults that make the
embedded region run. Built in an entry point and passed on; nothing reads settings at import time.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_serializer, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from foundation.certificate_settings import AcmeSettings, CaSettings, KmcSettings, SignerSettings
from foundation.device_settings import Pkcs11Settings, SdfSettings
from foundation.seal_settings import SealSettings
from foundation.setting_group import Group
from foundation.verify_settings import VerifySettings

PREFIX = "YINXIN_"
FILE, SECRETS_DIR = "YINXIN_FILE", "YINXIN_SECRETS_DIR"
_NOT_SETTINGS = frozenset({FILE, SECRETS_DIR, "YINXIN_FAILPOINT"})
_PASSWORD = re.compile(r"(?<=://)([^:/?#]*):.*@|(?<=password=)[^&]*", re.IGNORECASE)


class RegionSettings(Group):
    code: str = Field(
        "219900", pattern=r"^\d{6}$", description="GB/T 2260 region code; the sample region's is unassigned"
    )
    name_zh: str = Field("印川市", description="Name of the region, Chinese")
    name_en: str = Field("Seal River City", description="Name of the region, English")


class DatabaseSettings(Group):
    url: str = Field(
        "", repr=False, description="SQLAlchemy URL; empty means SQLite in `home`. postgresql+psycopg:// is psycopg 3"
    )
    pool_size: int = Field(8, ge=1, le=200, description="Connections kept per process")
    busy_seconds: float = Field(10.0, gt=0, le=60, description="Wait for a lock or a pooled connection before 503")

    @field_serializer("url")
    def _without_password(self, url: str) -> str:
        """What is shown or written out; the code reads the attribute."""
        return _PASSWORD.sub(lambda match: f"{match[1]}:**********@" if match[1] is not None else "**********", url)


class StorageSettings(Group):
    url: str = Field("", description="file:///folder or s3://bucket/prefix; empty means `home`/objects")
    virtual_hosted_style: bool = Field(default=False, description="S3 addressing; Aliyun OSS needs true")


class KeySettings(Group):
    kek_file: Path | None = Field(None, description="File with the key-encryption key, mode 0600; default `home`/kek")
    passphrase: SecretStr | None = Field(None, description="Derive the key-encryption key (argon2id) instead of a file")
    escrow_file: Path | None = Field(
        None, description="File with the key centre's half of the escrow key, mode 0600; default `home`/escrow-kek"
    )
    escrow_passphrase: SecretStr | None = Field(None, description="Passphrase of the key centre instead of that file")
    field_cipher: Literal["sm4-gcm", "aes-256-gcm"] = Field(
        "sm4-gcm", description="Cipher of personal data written from now on; older values still open"
    )
    dual_control: bool | None = Field(
        None, description="CA keys only by ceremony or by two people; default: true in production, false in sample"
    )
    approvals: int = Field(1, ge=1, le=5, description="People who must approve an operation on a key, its asker apart")
    blocklist: tuple[Path, ...] = Field(
        (), description="Files of weak keys: SHA-256 of SubjectPublicKeyInfo, or Debian's openssl-blacklist"
    )
    routes: dict[str, Literal["software", "pkcs11", "sdf"]] = Field(
        {}, description='Where new keys go, by prefix of their name: {"ca/rsa-": "pkcs11", "ca/sm2-": "sdf"}'
    )
    pkcs11: Pkcs11Settings | None = Field(None, description="A PKCS#11 token, see docs/devices.md")
    sdf: SdfSettings | None = Field(None, description="An SDF device (GM/T 0018), see docs/devices.md")
    libcrypto: str | None = Field(None, description="Path of the libcrypto >= 3.0 that does SM2; default: the system's")

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> KeySettings:
        for prefix, backend in self.routes.items():
            if backend != "software" and getattr(self, backend) is None:
                raise ValueError(f"routes sends {prefix!r} to {backend}, but there is no keys.{backend}")
        return self


class WebSettings(Group):
    public_url: str = Field("http://127.0.0.1:8000", description="What browsers see; in codes, certificates and tokens")
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    threads: int = Field(8, ge=1, le=64, description="Request threads of the embedded server")
    max_upload_bytes: int = Field(50 * 1024 * 1024, ge=1024, description="Largest file a route may take")
    session_idle_minutes: int = Field(30, ge=1, description="A session unused for this long ends")
    session_hours: int = Field(12, ge=1, description="A session ends after this long in any case")
    proxy_secret: SecretStr | None = Field(
        None, description="Shared secret that proves a client-certificate header is our proxy's"
    )
    proxy_hops: int = Field(0, ge=0, le=5, description="Trusted proxies in front of us (X-Forwarded-*)")
    rate_limits: bool = Field(default=True, description="Coarse limits by address; account limits are always on")

    @field_validator("public_url")
    @classmethod
    def _no_path(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError("must look like https://host[:port]")
        return value.rstrip("/")

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


class AuditSettings(Group):
    checkpoint_dir: Path | None = Field(
        None, description="Where checkpoints and leaf hashes go; default `home`/checkpoints. Put it on another disk"
    )
    interval_seconds: int = Field(60, ge=1, le=3600, description="Longest time between checkpoints")


class SsoSettings(Group):
    code_seconds: int = Field(60, ge=10, le=60, description="Life of an authorisation code")
    access_token_seconds: int = Field(600, ge=60, le=3600, description="Life of an access token")
    id_token_seconds: int = Field(300, ge=60, le=3600, description="Life of an ID token")
    otp_seconds: int = Field(300, ge=60, le=600, description="Life of an SMS code")
    sms: Literal["outbox"] = Field(
        "outbox", description="Sender of SMS codes; `outbox` shows them on a local page, sample region only"
    )


class JobSettings(Group):
    threads: int = Field(
        2, ge=0, le=32, description="Job threads inside the embedded process; 0 means run `yinxin worker`"
    )
    lease_seconds: int = Field(60, ge=5, description="A job whose worker died is taken up again after this long")


class LogSettings(Group):
    format: Literal["json", "console"] = Field("json", description="One JSON object a line, or columns for people")
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level written")


class Settings(BaseSettings):
    """The whole tree. `yinxin settings show` prints it with secrets masked."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # it may be a secret in the wrong place
    )

    home: Path = Field(Path("var"), description="Data folder of the embedded region")
    environment: Literal["sample", "production"] = Field(
        "sample", description="Sample shows SMS codes on a page and ships invented people"
    )
    region: RegionSettings = RegionSettings()
    database: DatabaseSettings = DatabaseSettings()
    storage: StorageSettings = StorageSettings()
    keys: KeySettings = KeySettings()
    web: WebSettings = WebSettings()
    ca: CaSettings = CaSettings()
    signer: SignerSettings = SignerSettings()
    seal: SealSettings = SealSettings()
    verify: VerifySettings = VerifySettings()
    audit: AuditSettings = AuditSettings()
    sso: SsoSettings = SsoSettings()
    acme: AcmeSettings = AcmeSettings()
    jobs: JobSettings = JobSettings()
    log: LogSettings = LogSettings()
    kmc: KmcSettings = KmcSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings  # .env files hide what a process runs with
        folder = os.environ.get(SECRETS_DIR)
        return (
            init_settings,
            env_settings,
            NestedSecretsSettingsSource(file_secret_settings, secrets_dir=folder, secrets_dir_missing="ok"),
            TomlConfigSettingsSource(settings_cls, toml_file=os.environ.get(FILE, "yinxin.toml")),
        )

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_overlooked(cls, data: Any) -> Any:
        """A name with a slip in it would leave a default in force without a word."""
        given = os.environ.get(FILE)
        if given is not None and not Path(given).is_file():
            raise ValueError(f"{FILE} names no file: {given}")
        folder = os.environ.get(SECRETS_DIR)
        if folder is not None and not Path(folder).is_dir():
            raise ValueError(f"{SECRETS_DIR} names no folder: {folder}")
        names = [*os.environ, *(one.name for one in (Path(folder).iterdir() if folder else ()))]
        known = {PREFIX + name.upper() for name in cls.model_fields}
        unknown = [
            name
            for name in names
            if name.upper().startswith(PREFIX)
            and name.upper().split("__")[0] not in known
            and name.upper() not in _NOT_SETTINGS
        ]
        if unknown:
            raise ValueError(f"no such settings: {', '.join(sorted(unknown))}")
        return data

    @model_validator(mode="after")
    def _production_is_strict(self) -> Settings:
        if self.environment == "production":
            if not self.web.secure:
                raise ValueError("web.public_url must be https:// in production")
            if self.sso.sms == "outbox":
                raise ValueError("sso.sms=outbox shows codes to everyone and is for the sample region only")
        return self

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.home.resolve() / 'yinxin.db'}"

    @property
    def dual_control(self) -> bool:
        """Whether the system alone may make no CA key (BR 5.2.2, GM/T 0034 8: 双人控制)."""
        asked = self.keys.dual_control
        return self.environment == "production" if asked is None else asked

    @property
    def shards(self) -> int:
        """Partial lists of an issuing CA: a province's certificates spread over sixteen, a sample's over two."""
        return self.ca.shards or (16 if self.environment == "production" else 2)

    @property
    def storage_url(self) -> str:
        return self.storage.url or (self.home.resolve() / "objects").as_uri()

    @property
    def kek_file(self) -> Path:
        return self.keys.kek_file or self.home / "kek"

    @property
    def escrow_file(self) -> Path:
        return self.keys.escrow_file or self.home / "escrow-kek"

    @property
    def signer_socket(self) -> Path:
        return self.signer.socket or self.home.resolve() / "signer.sock"

    @property
    def journal_dir(self) -> Path:
        return self.signer.journal_dir or self.home / "journal"

    @property
    def checkpoint_dir(self) -> Path:
        return self.audit.checkpoint_dir or self.home / "checkpoints"
