"""Prices and caps of the settings, for the places of a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.core.cost import Caps, Prices
from voice.protocol.endpoints import Endpoint, resolve
from voice.settings import Settings, load_settings
from voice.spending import budget_of, prices_of

OWN = Endpoint.local("ws://127.0.0.1:1")


def load(tmp_path: Path, text: str) -> Settings:
    config = tmp_path / "voice.toml"
    config.write_text(f'[tools]\ndata_dir = "data"\n[cost]\n{text}', encoding="utf-8")
    return load_settings(config)


def openai(model: str | None = None) -> Endpoint:
    return resolve("openai", model=model)


def test_a_models_table_goes_before_its_endpoints_and_that_before_all(tmp_path: Path) -> None:
    cloud = openai("gpt-realtime")
    text = f'text_in = 1\n[cost.prices."{cloud.name}"]\ntext_in = 2\n'
    settings = load(tmp_path, text + '[cost.prices."gpt-realtime"]\ntext_in = 3\n')
    other = resolve("wss://gateway.example/v1/realtime", model="m")

    assert prices_of(settings, cloud) == Prices(text_in=3.0)
    assert prices_of(settings, openai("gpt-realtime-mini")) == Prices(text_in=2.0)
    assert prices_of(settings, other) == Prices(text_in=1.0)


def test_our_own_server_costs_nothing_unless_it_is_said(tmp_path: Path) -> None:
    assert prices_of(load(tmp_path, "text_in = 1\n"), OWN) is None
    told = load(tmp_path, "text_in = 1\n[cost.prices.embedded]\ntext_out = 4\n")
    assert prices_of(told, OWN) == Prices(text_out=4.0)


def test_a_cached_price_that_is_left_out_is_the_full_one(tmp_path: Path) -> None:
    found = prices_of(load(tmp_path, "audio_in = 5\n"), openai("m"))
    assert found is not None
    assert found.audio_in_cached is None
    assert found.text_in == 0.0


def test_the_budget_has_the_places_in_order_and_the_day_on_disk(tmp_path: Path) -> None:
    settings = load(tmp_path, "audio_out = 5\nday_cap = 2\nwarn_at = 0.5\n")
    budget = budget_of(settings, [openai("m"), OWN])
    assert budget.prices == [Prices(audio_out=5.0), None]
    assert budget.caps == Caps(day=2.0, warn_at=0.5)
    assert budget.book is not None
    budget.book.add(1.0)
    assert list((tmp_path / "data" / "spending").iterdir())


RELAY = """audio_out = 5
{cap}
{prices}
[endpoint]
url = "{url}"
{preset}
[[endpoint.fallbacks]]
url = "wss://gateway.example/v1/realtime"
"""


def relay(
    cap: str = "day_cap = 2", url: str = "ws://127.0.0.1:4000", preset: str = "", prices: str = ""
) -> str:
    return RELAY.format(cap=cap, url=url, preset=preset, prices=prices)


def test_a_cap_that_an_address_of_this_machine_escapes_is_told(tmp_path: Path) -> None:
    [doubt] = budget_of(load(tmp_path, relay()), []).doubts
    assert "127.0.0.1:4000" in doubt
    assert "set preset" in doubt


@pytest.mark.parametrize(
    "text",
    [
        relay(cap=""),
        relay(preset='preset = "litellm"'),
        relay(preset='preset = "voice"'),
        relay(url="wss://relay.example/v1/realtime"),
        relay(prices="[cost.prices.embedded]\ntext_out = 4"),
        "audio_out = 5\nday_cap = 2\n",
    ],
)
def test_caps_that_hold_are_not_doubted(tmp_path: Path, text: str) -> None:
    assert budget_of(load(tmp_path, text), []).doubts == []


def test_without_prices_nothing_is_kept_on_disk(tmp_path: Path) -> None:
    assert budget_of(load(tmp_path, ""), [openai("m"), OWN]).book is None
    assert not (tmp_path / "data").exists()
