from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings import effective, load_settings

KEY = "sk-canary-0123456789"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)

    def load(toml: str):
        (tmp_path / "voice.toml").write_text(toml, "utf-8")
        return load_settings()

    return load


def test_a_server_is_a_command_or_an_address(loaded):
    servers = loaded(
        '[tools.mcp.clock]\ncommand = ["mcp-server-time"]\nenv = {TZ = "Europe/Berlin"}\n'
        '[tools.mcp.shop]\nurl = "https://shop.example/mcp"\n'
        f'headers = {{Authorization = "Bearer {KEY}"}}\ntimeout_s = 5\n'
    ).tools.mcp
    assert servers["clock"].command == ("mcp-server-time",)
    assert servers["shop"].timeout_s == 5
    assert servers["shop"].headers["Authorization"].get_secret_value() == f"Bearer {KEY}"


def test_its_keys_are_shown_to_nobody(loaded):
    settings = loaded(
        '[tools.mcp.shop]\nurl = "https://shop.example/mcp"\n'
        f'headers = {{Authorization = "{KEY}"}}\n'
    )
    assert KEY in settings.secret_values()
    assert KEY not in repr(settings)
    assert KEY not in repr(effective(settings))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("timeout_s = 5", "got neither"),
        ('command = ["a"]\nurl = "https://a.example"', "got both"),
        ('url = "ftp://a.example"', "expected https://HOST/PATH"),
        ('url = "http://a.example"\nheaders = {A = "sk-canary-0123456789"}', "not encrypted"),
        ('command = ["a"]\nheaders = {A = "sk-canary-0123456789"}', "headers go with url"),
        ('command = ["a"]\nheader = 1', "unknown key"),
    ],
)
def test_a_wrong_table_gets_one_clear_line(loaded, table, told):
    with pytest.raises(SettingsError, match=told) as caught:
        loaded(f"[tools.mcp.shop]\n{table}\n")
    assert str(caught.value).startswith("voice.toml: tools.mcp.shop")
    assert KEY not in str(caught.value)


def test_a_name_that_models_could_not_call_is_refused(loaded):
    with pytest.raises(SettingsError, match="expected a name of letters"):
        loaded('[tools.mcp."my shop"]\ncommand = ["a"]\n')
