"""``[[endpoint.fallbacks]]``: the list of endpoints as a person writes it."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from voice.client.place import Place
from voice.errors import SettingsError
from voice.session_places import further_places, persistence_of
from voice.session_setup import fallback_endpoints
from voice.settings import EffectiveSetting, Settings, effective, load_settings

CANARY = "sk-canary-1e5d8b20467f3a9c"
FIRST = '[endpoint]\nurl = "openai"\nmodel = "gpt-realtime"\n'
TABLE = "[[endpoint.fallbacks]]\n"


@pytest.fixture(autouse=True)
def _no_keys_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("VOICE_API_KEY", "OPENAI_API_KEY", "DEERAPI_API_KEY", "DEERAPI_KEY"):
        monkeypatch.delenv(name, raising=False)


def load(text: str) -> Settings:
    path = Path("voice.toml")
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def problem(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(text)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def rows(settings: Settings) -> dict[str, EffectiveSetting]:
    return {row.key: row for row in effective(settings)}


class NoServer:
    """Stands for our own server, which is not started here."""

    token = None

    async def start(self) -> None:
        raise AssertionError("nobody asked for it")


def places(settings: Settings) -> list[Place]:
    return further_places(settings, NoServer())  # type: ignore[arg-type]


def test_the_list_is_cloud_first_and_embedded_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEERAPI_API_KEY", CANARY)
    settings = load(
        f'{FIRST}fallback = "embedded"\n'
        f'{TABLE}url = "wss://api.deerapi.com/v1/realtime"\nmodel = "gpt-4o-realtime"\n'
        f'{TABLE}url = "10.0.0.5:8765"\n'
    )

    deer, house, own = places(settings)

    assert deer.endpoint.model == "gpt-4o-realtime"
    assert (deer.key, house.key) == (CANARY, None)
    assert house.endpoint.url().startswith("ws://10.0.0.5:8765/")
    assert own.start is not None
    assert "on this device" in own.notice
    assert "language of this conversation" in deer.notice


def test_a_key_comes_from_the_variable_that_a_table_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_KEY", f"{CANARY}\n")
    settings = load(f'{FIRST}{TABLE}url = "deerapi"\napi_key_variable = "SECOND_KEY"\n')

    key = settings.endpoint.fallbacks[0].api_key

    assert key is not None
    assert key.get_secret_value() == CANARY
    assert settings.secret_values() == (CANARY,)


def test_the_settings_are_listed_table_by_table_and_keys_are_masked() -> None:
    settings = load(f'{FIRST}{TABLE}url = "deerapi"\napi_key = "{CANARY}"\n')

    shown = rows(settings)

    assert shown["endpoint.fallbacks.1.api_key"].value == "***"
    assert shown["endpoint.fallbacks.1.url"].detail == "voice.toml line 4"
    assert CANARY not in f"{settings!r} {settings.model_dump()} {shown}"


def test_the_list_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_ENDPOINT__FALLBACKS", '[{"url": "openai", "model": "m"}]')

    [endpoint] = fallback_endpoints(load(FIRST))

    assert endpoint.model == "m"


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('model = "m"', "fallbacks.1.url: expected a value, and there is none"),
        ('url = "openai"\napi_kye = "{key}"', "api_kye: unknown key; did you mean api_key?"),
        ('url = "openai"\napi_key = ["{key}"]', "fallbacks.1.api_key: expected a valid string"),
        ('url = "http:/x"', "fallbacks.1.url: expected"),
        ('url = "wss://h/?api_key={key}"', "expected a URL without a key in it"),
        ('url = "openai"\napi_key_variable = "NOPE"', "variable NOPE, which is not set"),
        ('url = "openai"\napi_key_variable = "1 2"', "fallbacks.1.api_key_variable"),
    ],
)
def test_a_wrong_table_is_named_with_what_is_wrong(table: str, complaint: str) -> None:
    said = problem(f"{FIRST}{TABLE}{table.format(key=CANARY)}\n")

    assert complaint in said


def test_a_key_that_is_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_KEY", CANARY)
    table = f'url = "openai"\napi_key = "{CANARY}"\napi_key_variable = "SECOND_KEY"\n'

    assert "api_key or api_key_variable, got both" in problem(FIRST + TABLE + table)


def test_fallbacks_without_an_endpoint_are_refused() -> None:
    assert "stand in for endpoint.url" in problem(f'{TABLE}url = "openai"\n')


def test_a_fallback_that_can_open_no_session_is_told_at_once() -> None:
    without_model = load(f'{FIRST}{TABLE}url = "openai"\n')
    in_clear = load(f'{FIRST}{TABLE}url = "ws://cloud.example/v1"\napi_key = "{CANARY}"\n')

    with pytest.raises(SettingsError, match=r"endpoint\.fallbacks\.1: .*model"):
        places(without_model)
    with pytest.raises(SettingsError, match=r"endpoint\.fallbacks\.1: .*not encrypted"):
        places(in_clear)


def test_the_assistant_says_nothing_where_the_settings_forbid_it() -> None:
    settings = load(f'{FIRST}fallback = "embedded"\nannounce_fallback = false\n')

    assert [place.notice for place in places(settings)] == [""]


def test_patience_is_the_settings_and_else_the_commands() -> None:
    usual = load(FIRST)
    chosen = load(f"{FIRST}give_up_after_s = 90\nswitch_after_s = 1\nretry_at_start = true\n")

    assert persistence_of(usual, 30.0).give_up_after_ms == 30_000
    assert persistence_of(usual, None).give_up_after_ms is None
    rules = persistence_of(chosen, 30.0)
    assert (rules.give_up_after_ms, rules.switch_after_ms, rules.at_start) == (90_000, 1_000, True)
