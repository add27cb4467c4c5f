"""``[cost]``: prices and caps as a person writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings import Settings, load_settings


def load(tmp_path: Path, text: str) -> Settings:
    config = tmp_path / "voice.toml"
    config.write_text(text, encoding="utf-8")
    return load_settings(config)


def test_prices_and_caps_are_read_from_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        '[cost]\ncurrency = "EUR"\naudio_in = 32.0\nday_cap = 5\n'
        '[cost.prices."gpt-realtime"]\naudio_in = 10\naudio_in_cached = 0.4\n'
        "[cost.prices.embedded]\ntext_out = 1\n",
    )

    cost = settings.cost
    assert (cost.currency, cost.audio_in, cost.day_cap, cost.warn_at) == ("EUR", 32.0, 5.0, 0.8)
    assert cost.prices["gpt-realtime"].audio_in_cached == 0.4
    assert cost.prices["embedded"].text_out == 1.0


def test_no_price_is_known_without_settings() -> None:
    cost = load_settings().cost

    assert not cost.is_set
    assert cost.prices == {}


def test_a_cap_without_prices_is_refused() -> None:
    with pytest.raises(SettingsError, match="never be reached without prices"):
        load_settings(overrides={"cost.day_cap": 3})


def test_a_wrong_price_in_a_table_is_named_with_its_table(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cost\.prices\.m\.audio_in: expected .*at least 0"):
        load(tmp_path, "[cost.prices.m]\naudio_in = -1\n")


def test_an_unknown_price_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cost\.prices\.m\.audio_inn"):
        load(tmp_path, "[cost.prices.m]\naudio_inn = 1\n")


def test_the_environment_sets_a_cap_and_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_COST__SESSION_CAP", "0.5")
    monkeypatch.setenv("VOICE_COST__PRICES", '{"m": {"text_out": 2}}')

    cost = load_settings().cost

    assert cost.session_cap == 0.5
    assert cost.prices["m"].text_out == 2.0
