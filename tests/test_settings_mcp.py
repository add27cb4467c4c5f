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


HOSTED = f'''[session.mcp.docs]
server_url = "https://docs.example/mcp"
authorization = "{KEY}"
headers = {{X-Team = "canary-team-9876"}}
allowed_tools = ["search", "read"]
require_approval = ["search"]
server_description = "The manuals."
[session.mcp.calendar]
connector_id = "connector_googlecalendar"
'''


def test_a_server_that_the_endpoint_connects_to_is_told_to_it(loaded):
    servers = loaded(HOSTED).session.mcp
    assert servers["docs"].tool("docs").to_wire() == {
        "type": "mcp",
        "server_label": "docs",
        "server_url": "https://docs.example/mcp",
        "authorization": KEY,
        "headers": {"X-Team": "canary-team-9876"},
        "allowed_tools": ["search", "read"],
        "require_approval": {"never": {"tool_names": ["search"]}},
        "server_description": "The manuals.",
    }
    assert servers["calendar"].tool("calendar").to_wire() == {
        "type": "mcp",
        "server_label": "calendar",
        "connector_id": "connector_googlecalendar",
        "require_approval": "always",
    }


def test_the_keys_of_hosted_servers_are_shown_to_nobody_else(loaded):
    settings = loaded(HOSTED)
    assert {KEY, "canary-team-9876"} <= set(settings.secret_values())
    shown = repr(settings) + repr(effective(settings))
    assert KEY not in shown and "canary-team-9876" not in shown


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("enabled = true", "got neither"),
        ('server_url = "https://a.example"\nconnector_id = "c"', "got both"),
        (f'server_url = "http://a.example"\nauthorization = "{KEY}"', "not encrypted"),
        ('connector_id = "c"\nrequire_approval = "sometimes"', "always"),
        ('connector_id = "c"\nurl = "https://a.example"', "unknown key"),
    ],
)
def test_a_wrong_hosted_table_gets_one_clear_line(loaded, table, told):
    with pytest.raises(SettingsError, match=told) as caught:
        loaded(f"[session.mcp.docs]\n{table}\n")
    assert str(caught.value).startswith("voice.toml: session.mcp.docs")
    assert KEY not in str(caught.value)


def test_a_hosted_server_has_a_name_that_tools_can_bear(loaded):
    with pytest.raises(SettingsError, match="expected a name of letters"):
        loaded('[session.mcp."my docs"]\nconnector_id = "c"\n')


def test_hosted_servers_can_come_from_the_environment(loaded, monkeypatch):
    monkeypatch.setenv("VOICE_SESSION__MCP", '{"docs": {"server_url": "https://d.example"}}')
    assert loaded("").session.mcp["docs"].server_url == "https://d.example"
