from __future__ import annotations

from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings import Settings, load_settings

KIOSK = """
[tools]
profile = "kiosk"
[tools.profiles.kiosk]
allow = ["get_*", "set_timer"]
effects = ["read", "reversible"]
[tools.profiles.home]
"""


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def load(text: str) -> Settings:
    path = Path("voice.toml")
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


@pytest.mark.parametrize(
    ("name", "effect", "is_allowed"),
    [
        ("get_time", "read", True),
        ("set_timer", "reversible", True),
        ("set_alarm", "reversible", False),
        ("get_rid_of_it", "irreversible", False),
    ],
)
def test_a_profile_allows_names_and_effects(name: str, effect: str, is_allowed: bool) -> None:
    assert load(KIOSK).tools.allows(name, effect) is is_allowed


@pytest.mark.parametrize(
    ("name", "is_opt_in", "is_allowed"),
    [
        ("shop__buy", False, False),
        ("set_timer", False, False),
        ("set_alarm", False, True),
        ("http_get", True, True),
        ("http_post", True, False),
        ("launch", True, False),
    ],
)
def test_names_that_are_off_and_on_may_be_patterns(
    name: str, is_opt_in: bool, is_allowed: bool
) -> None:
    tools = load(
        '[tools]\ndisabled = ["shop__*", "set_t?mer", "*_post"]\nenabled = ["http_*"]\n'
    ).tools
    assert tools.allows(name, "reversible", is_opt_in=is_opt_in) is is_allowed


def test_without_a_profile_everything_is_allowed() -> None:
    assert load("[tools]\n").tools.allows("anything", "irreversible")


def test_an_empty_table_allows_everything() -> None:
    assert load(KIOSK.replace('"kiosk"', '"home"', 1)).tools.allows("anything", "irreversible")


def test_a_profile_that_nobody_wrote_is_named_with_those_that_are_there() -> None:
    with pytest.raises(SettingsError, match="there are: home, kiosk"):
        load(KIOSK.replace('"kiosk"', '"shop"', 1))
