"""Hands-free talking: what the settings make of the ear, and what a session is told."""

import asyncio
import sys

import numpy as np
import pytest

from voice.audio import echo
from voice.audio.echo import EchoCanceller
from voice.audio.ports import DeviceNews
from voice.audio.sound_card import SoundCard
from voice.calibration import Calibration
from voice.core.client_inputs import DeviceChanged
from voice.errors import DeviceError, SettingsError
from voice.hands_free import HandsFree, Levels
from voice.settings import Settings


class Listening:
    """A session that keeps what it is told."""

    def __init__(self) -> None:
        self.sensed: list[object] = []

    def sense(self, event: object) -> None:
        self.sensed.append(event)


def made(on_news: object = None, **sections: object) -> tuple[HandsFree, SoundCard]:
    card = SoundCard()
    return HandsFree(card, Settings(**sections), on_news=on_news), card


@pytest.mark.parametrize(
    ("echo", "mode"),
    [("auto", "full duplex"), ("half_duplex", "half duplex"), ("off", "headphones")],
)
async def test_the_mode_is_what_the_settings_say(echo: str, mode: str) -> None:
    hands_free, _ = made(audio={"echo": echo})
    assert hands_free.levels() == Levels(mode=mode)
    await hands_free.close()


async def test_with_wake_words_it_sleeps_until_one_or_a_key_wakes_it() -> None:
    hands_free, _ = made(hands_free={"wake_words": ["okay_nabu"]})
    assert hands_free.levels().mode == "asleep"
    hands_free.wake()
    assert hands_free.levels().mode == "full duplex"
    await hands_free.close()


async def test_an_unknown_wake_word_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match="okay_nabu"):
        made(hands_free={"wake_words": ["open sesame"]})


async def test_without_the_canceller_it_is_half_duplex_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    news: list[DeviceNews] = []
    hands_free, _ = made(on_news=news.append)
    assert hands_free.levels().mode == "half duplex"
    assert len(news) == 1
    assert "pywebrtc-audio" in news[0].detail
    with pytest.raises(DeviceError, match="pywebrtc-audio"):
        made(audio={"echo": "cancel"})
    await hands_free.close()


async def test_news_of_devices_goes_to_the_session_once_there_is_one() -> None:
    hands_free, card = made(audio={"echo": "half_duplex"})
    early = DeviceNews("microphone", "one", False, "lost")
    late = DeviceNews("speaker", "two", True, "found")
    assert card.on_news is not None
    card.on_news(early)
    session = Listening()
    hands_free.attach(session)
    card.on_news(late)
    assert session.sensed == [
        DeviceChanged("microphone", "one", False, "lost"),
        DeviceChanged("speaker", "two", True, "found"),
    ]
    await hands_free.close()


async def test_the_recogniser_is_loaded_beside_the_conversation() -> None:
    hands_free, _ = made()
    assert hands_free.microphone.recognise is None
    hands_free.attach(Listening())
    async with asyncio.timeout(15):
        while hands_free.microphone.recognise is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (await hands_free.microphone.recognise(np.zeros(8_000, np.int16))).text == ""
    await hands_free.close()
    await hands_free.close()


async def test_the_volume_is_held_within_its_range() -> None:
    hands_free, card = made(audio={"volume": 40})
    hands_free.volume.set(140)
    assert (hands_free.volume.get(), card.speaker.volume) == (100, 100)
    await hands_free.close()


def calibrated(settings: Settings, found: Calibration, news: list[DeviceNews]) -> HandsFree:
    return HandsFree(SoundCard(), settings, on_news=news.append, calibration=found)


async def test_where_the_doctor_found_an_echo_that_stays_it_begins_half_duplex() -> None:
    poor = Calibration("2026-11-21", erle_db=2.0, echo_dbfs=-30.0, noise_floor_dbfs=-60.0)
    news: list[DeviceNews] = []
    hands_free = calibrated(Settings(), poor, news)
    insisting = calibrated(Settings(audio={"echo": "cancel"}), poor, news)
    assert hands_free.levels().mode == "half duplex"
    assert insisting.levels().mode == "full duplex"
    (told,) = news
    assert "2026-11-21" in told.detail
    assert "2 dB" in told.detail
    await hands_free.close()
    await insisting.close()


async def test_the_canceller_begins_with_the_delay_that_the_doctor_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    primed: list[int] = []

    class Canceller(EchoCanceller):
        def __init__(self, *, delay_ms: int = 0, **options: bool) -> None:
            primed.append(delay_ms)
            super().__init__(delay_ms=delay_ms, **options)

    monkeypatch.setattr(echo, "EchoCanceller", Canceller)
    hands_free = calibrated(Settings(), Calibration("2026-11-21", delay_ms=48.4), [])
    assert primed == [48]
    assert hands_free.levels().mode == "full duplex"
    await hands_free.close()
