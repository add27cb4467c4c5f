from pathlib import Path

import pytest

from voice.app import SpeakerVolume, find_sound_card
from voice.errors import DeviceError
from voice.settings import load_settings


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
    from voice.audio.devices import SoundDeviceSpeaker

    speaker = SoundDeviceSpeaker(volume=80)
    volume = SpeakerVolume(speaker)
    assert volume.get() == 80
    volume.set(140)
    assert (volume.get(), speaker.volume) == (100, 100)
