import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from tests.server.serving_kit import engines, server
from voice.app import find_sound_card, open_session
from voice.client.silent_speaker import SilentSpeaker
from voice.core.updates import SessionReady
from voice.errors import DeviceError
from voice.settings import load_settings
from voice.testing.sound import ScriptedMicrophone


def test_sound_card_that_is_missing_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)
    settings = load_settings(overrides={"audio.input": "no such microphone at all"})
    with pytest.raises(DeviceError) as caught:
        find_sound_card(settings)
    assert len(str(caught.value).splitlines()) == 1


def test_volume_of_a_tool_reaches_the_speaker() -> None:
    from voice.audio.sound_card import SoundCard
    from voice.hands_free import CardVolume

    speaker = SoundCard(volume=80).speaker
    volume = CardVolume(lambda: speaker.volume, speaker.set_volume)
    assert volume.get() == 80
    volume.set(140)
    assert (volume.get(), speaker.volume) == (100, 100)


class Keys:
    """Hands-free talking without a sound card: somebody is there who can press keys."""

    def __init__(self) -> None:
        self.microphone, self.speaker, self.volume = ScriptedMicrophone(), SilentSpeaker(), None
        self.observers: list[object] = []
        self.session: object = None

    def attach(self, session: object) -> None:
        self.session = session


@pytest.mark.parametrize(("wanted", "has_key"), [("off", False), ("hold", True), ("toggle", True)])
async def test_a_talk_key_ends_the_turns_where_somebody_can_press_one(
    wanted: str, has_key: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)
    async with server(cast(Any, engines)(replies=["Hello."])) as running:
        overrides = {"endpoint.url": running.url, "hands_free.push_to_talk": wanted}
        settings, keys = load_settings(overrides=overrides), cast(Any, Keys())
        async with asyncio.timeout(15):
            async with open_session(settings, hands_free=keys, use_tools=False) as opened:
                updates = opened.session.updates()
                ready = await anext(u async for u in updates if isinstance(u, SessionReady))
    heard = ready.session.to_wire()["audio"]["input"]
    assert (heard["turn_detection"] is None) is has_key
    assert keys.session is opened.session
