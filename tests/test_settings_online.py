from __future__ import annotations

from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings import Settings, effective, load_settings
from voice.settings_online import ImageSettings

KEY = "sk-canary-0123456789"
FILE = """
[brain]
base_url = "https://gateway.example/v1"
model = "m"
[tools]
timeout_s = 7.0
[tools.image]
base_url = "https://gateway.example/v1"
folder = "pictures"
[tools.search]
base_url = "https://elsewhere.example/v1"
model = "seeker"
[tools.weather]
city = "Berlin"
"""


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("VOICE_CONFIG", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def load(text: str, **overrides: object) -> Settings:
    path = Path("voice.toml")
    path.write_text(text, encoding="utf-8")
    return load_settings(path, overrides=overrides)


def shown(settings: Settings) -> dict[str, tuple[str, str]]:
    return {row.key: (row.value, row.detail) for row in effective(settings)}


def test_without_settings_nothing_draws_or_searches_and_the_weather_is_a_public_service() -> None:
    tools = load("").tools
    assert (tools.image.base_url, tools.search.base_url) == (None, None)
    assert tools.weather.url.startswith("https://api.open-meteo.com/")


def test_file_variable_and_flag_set_single_keys_of_one_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VOICE_TOOLS__IMAGE__API_KEY", KEY)
    settings = load(FILE, **{"tools.image.model": "gpt-4o-image", "tools.weather.city": "Oslo"})

    assert settings.tools.timeout_s == 7.0
    assert settings.tools.image.base_url == "https://gateway.example/v1"
    assert settings.tools.image.api_key is not None
    assert settings.tools.image.api_key.get_secret_value() == KEY
    assert settings.tools.image.model == "gpt-4o-image"
    assert settings.tools.weather.city == "Oslo"
    rows = shown(settings)
    assert rows["tools.image.api_key"] == ("***", "VOICE_TOOLS__IMAGE__API_KEY")
    assert rows["tools.image.base_url"][1].endswith("voice.toml line 8")
    assert "tools.image" not in rows
    assert KEY in settings.secret_values()


def test_a_path_counts_from_the_files_folder(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "voice.toml").write_text(FILE)
    settings = load_settings(tmp_path / "there" / "voice.toml")
    assert settings.tools.image.folder == tmp_path / "there" / "pictures"


def test_the_brains_key_goes_to_the_same_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_BRAIN__API_KEY", KEY)
    tools = load(FILE).tools
    assert tools.image.api_key is not None
    assert tools.image.api_key.get_secret_value() == KEY
    assert tools.search.api_key is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tools.image]\nbase_ur = 1", "unknown key tools.image.base_ur; did you mean"),
        ("[tools]\nimage = 5", "expected a section \\[tools.image\\]"),
        ("[tools.image]\nsize = 'big'", "line 2: tools.image.size: "),
        ("[tools.weather]\nunit = 'kelvin'", "tools.weather.unit: expected 'celsius' or"),
        ("[tools.imag]\nbase_url = 'x'", "unknown key tools.imag; did you mean tools.image"),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load(text)


def test_no_key_is_shown_where_one_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        load(f"[tools.image]\napi_key = '{KEY}ü'")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "interface", "is_by_chat"),
    [
        ("gpt-4o-image", "auto", True),
        ("gemini-2.5-flash-image", "auto", True),
        ("gpt-image-1", "auto", False),
        ("flux-pro", "auto", False),
        ("gpt-image-1", "chat", True),
        ("gpt-4o-image", "images", False),
    ],
)
def test_the_interface_follows_from_the_model_unless_it_is_said(
    model: str, interface: str, is_by_chat: bool
) -> None:
    wanted = ImageSettings.model_validate({"model": model, "interface": interface})
    assert wanted.by_chat() is is_by_chat
