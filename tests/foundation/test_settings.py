"""Settings: one frozen tree, every source, nothing overlooked, nothing secret shown."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from pydantic import ValidationError

from foundation.settings import Settings
from server.cli import main

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "correct horse battery staple"
PRODUCTION = {"environment": "production", "web": {"public_url": "https://yinxin.example"}}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine that runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("YINXIN_FILE", "YINXIN_SECRETS_DIR", "YINXIN_HOME", "YINXIN_FAILPOINT"):
        monkeypatch.delenv(name, raising=False)


def said(error: pytest.ExceptionInfo[ValidationError]) -> str:
    return str(error.value)


def test_defaults_run_the_embedded_region(tmp_path: Path) -> None:
    settings = Settings()
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'yinxin.db'}"
    assert settings.storage_url == (tmp_path / "var" / "objects").as_uri()
    assert settings.kek_file == Path("var/kek")
    assert (settings.environment, settings.web.secure) == ("sample", False)


def test_the_environment_reaches_every_group_by_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINXIN_HOME", "elsewhere")
    monkeypatch.setenv("YINXIN_WEB__PORT", "8100")
    monkeypatch.setenv("YINXIN_DATABASE__URL", "postgresql+psycopg://yinxin@db/yinxin")
    monkeypatch.setenv("WEB__PORT", "1")
    monkeypatch.setenv("HOME_", "nowhere")
    settings = Settings()
    assert (settings.home, settings.web.port) == (Path("elsewhere"), 8100)
    assert settings.database_url == "postgresql+psycopg://yinxin@db/yinxin"


def test_a_toml_file_is_read_and_the_environment_prevails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[web]\nport = 8200\nthreads = 4\n[log]\nlevel = "warning"\n', encoding="utf-8")
    monkeypatch.setenv("YINXIN_FILE", str(file))
    monkeypatch.setenv("YINXIN_WEB__PORT", "8201")
    settings = Settings()
    assert (settings.web.port, settings.web.threads, settings.log.level) == (8201, 4, "warning")
    assert Settings(web={"port": 8202}).web.port == 8202


def test_yinxin_toml_of_the_working_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / "yinxin.toml").write_text('home = "there"\n', encoding="utf-8")
    assert Settings().home == Path("there")


def test_secret_files_reach_nested_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "YINXIN_KEYS__PASSPHRASE").write_text(PASSPHRASE + "\n", encoding="utf-8")
    (folder / "pgpass").write_text("db:5432:*:yinxin:x", encoding="utf-8")
    monkeypatch.setenv("YINXIN_SECRETS_DIR", str(folder))
    settings = Settings()
    assert settings.keys.passphrase is not None
    assert settings.keys.passphrase.get_secret_value() == PASSPHRASE
    monkeypatch.setenv("YINXIN_KEYS__PASSPHRASE", "from the environment")
    overridden = Settings().keys.passphrase
    assert overridden is not None
    assert overridden.get_secret_value() == "from the environment"


def test_the_compose_file_names_secrets_as_settings_read_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The signer alone is given the passphrase; web and worker reach it through its socket."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for service, knows in (("signer", True), ("web", False), ("worker", False)):
        folder = tmp_path / service
        folder.mkdir()
        for secret in services[service]["secrets"]:
            name = secret if isinstance(secret, str) else secret["target"]
            (folder / name).write_text(PASSPHRASE, encoding="utf-8")
        with monkeypatch.context() as patched:
            for name, value in services[service]["environment"].items():
                patched.setenv(name, str(value))
            assert services[service]["environment"]["YINXIN_SECRETS_DIR"] == "/run/secrets"
            patched.setenv("YINXIN_SECRETS_DIR", str(folder))
            settings = Settings()
        assert (settings.keys.passphrase is not None) == knows, service
        assert settings.signer.mode == "socket"
        assert settings.database.url.startswith("postgresql+psycopg://")


def test_the_tree_is_frozen() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.home = Path("x")  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        settings.web.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", ["YINXIN_WEB__PROT", "YINXIN_WBE__PORT", "YINXIN_PORT", "yinxin_keys__pasphrase"])
def test_a_slip_in_a_name_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ValidationError):
        Settings()
    monkeypatch.delenv(name)
    monkeypatch.setenv("YINXIN_SECRETS_DIR", str(tmp_path))
    (tmp_path / name).write_text("1", encoding="utf-8")
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("text", ["[web]\nprot = 1\n", "[wbe]\nport = 1\n", "prot = 1\n"])
def test_a_slip_in_the_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "yinxin.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValidationError, match="Extra inputs"):
        Settings()


@pytest.mark.parametrize("name", ["YINXIN_FILE", "YINXIN_SECRETS_DIR"])
def test_a_source_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, str(tmp_path / "gone"))
    with pytest.raises(ValidationError, match=name):
        Settings()


@pytest.mark.parametrize(
    "wrong",
    [
        {"web": {"public_url": "yinxin.example"}},
        {"web": {"public_url": "https://yinxin.example/base"}},
        {"web": {"public_url": "https://yinxin.example?x"}},
        {"web": {"port": 0}},
        {"region": {"code": "2199"}},
        {"sso": {"code_seconds": 61}},
        {"log": {"level": "loud"}},
    ],
)
def test_values_are_checked(wrong: dict[str, dict[str, object]]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)


def test_production_refuses_http_and_the_outbox() -> None:
    with pytest.raises(ValidationError, match="https"):
        Settings(environment="production")
    with pytest.raises(ValidationError, match="outbox"):
        Settings(**PRODUCTION)


def test_no_error_repeats_a_value() -> None:
    with pytest.raises(ValidationError) as error:
        Settings(keys={"passphrase": {"oops": PASSPHRASE}}, database={"url": 5, "pass": PASSPHRASE})
    assert PASSPHRASE not in said(error)


URL = "postgresql+psycopg://yinxin:p@ss/word@db:5432/yinxin?password=again"


def test_secrets_are_masked_wherever_settings_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(keys={"passphrase": PASSPHRASE}, web={"proxy_secret": PASSPHRASE}, database={"url": URL})
    for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump(mode="json"))):
        assert PASSPHRASE not in shown
        assert "p@ss" not in shown
        assert "word@" not in shown
        assert "again" not in shown
    assert settings.database_url == URL
    monkeypatch.setenv("YINXIN_KEYS__PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("YINXIN_DATABASE__URL", URL)
    for arguments in (["settings", "show"], ["settings", "show", "--json"]):
        output = CliRunner().invoke(main, arguments).output
        assert PASSPHRASE not in output
        assert "word@" not in output
        assert "yinxin:**********@db:5432" in output
        assert "**********" in output


def test_settings_check_says_what_is_wrong_without_a_stack_trace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    good = CliRunner().invoke(main, ["settings", "check"])
    assert (good.exit_code, "settings are fine" in good.output) == (0, True)
    monkeypatch.setenv("YINXIN_WEB__PORT", "many")
    bad = CliRunner().invoke(main, ["settings", "check"])
    assert (bad.exit_code, "web.port" in bad.output) == (1, True)
    monkeypatch.delenv("YINXIN_WEB__PORT")
    (tmp_path / "yinxin.toml").write_text("[web\n", encoding="utf-8")
    broken = CliRunner().invoke(main, ["settings", "check"])
    assert (broken.exit_code, "配置有误" in broken.output) == (1, True)
    (tmp_path / "yinxin.toml").unlink()
    monkeypatch.setenv("YINXIN_WEB", "not json")
    odd = CliRunner().invoke(main, ["settings", "check"])
    assert (odd.exit_code, "配置有误" in odd.output) == (1, True)


def test_the_settings_page_is_fresh() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "make_settings_page.py"))["page"]()
    assert made == (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), "run tools/make_settings_page.py"
