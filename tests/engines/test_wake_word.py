import asyncio
import sys

import numpy as np
import pytest

import audio_fixtures
from voice.audio.files import read_audio
from voice.audio.pcm import resample
from voice.engines.tts import HibariTts
from voice.engines.wake_word import WakeWords, cutoff
from voice.errors import EngineError, SettingsError

EVERY = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
BLOCK = 160
SECOND = np.zeros(16_000, dtype=np.int16)


@pytest.fixture(scope="module")
def speak():
    tts = HibariTts(seed=1)

    async def whole(text, speed):
        return np.concatenate([chunk.pcm async for chunk in tts.speak(text, speed=speed)])

    yield lambda text, speed=1.0: resample(asyncio.run(whole(text, speed)), tts.rate_hz, 16_000)
    tts.close()


@pytest.fixture(scope="module")
def listening():
    with WakeWords(EVERY) as words:
        yield words


def heard(words, pcm):
    """Return what is heard in blocks of 10 ms, then in a second of silence."""
    words.reset()
    sound = np.concatenate([pcm, SECOND])
    blocks = [sound[at : at + BLOCK] for at in range(0, len(sound), BLOCK)]
    return [word for block in blocks if (word := words.hear(block))]


@pytest.mark.parametrize(
    ("text", "word"),
    [("Hey Jarvis!", "hey_jarvis"), ("Hey Mycroft.", "hey_mycroft"), ("Alexa.", "alexa")],
)
@pytest.mark.parametrize("speed", [0.85, 1.0, 1.15])
def test_a_wake_word_is_heard_once(listening, speak, text, word, speed):
    assert heard(listening, np.concatenate([SECOND, speak(text, speed)])) == [word]


def test_a_hard_word_needs_more_sensitivity(speak):
    # The synthesiser's "Okay Nabu" is a poor one; see cutoff().
    sound = np.concatenate([SECOND[:1_600], speak("Okay, nah boo.")])
    with WakeWords(["okay_nabu"], 0.2) as strict, WakeWords(["okay_nabu"], 0.9) as easy:
        assert heard(strict, sound) == []
        assert heard(easy, sound) == ["okay_nabu"]


def test_a_request_behind_the_word_does_not_hide_it(listening, speak):
    assert heard(listening, speak("Hey Jarvis, what time is it in Tokyo?")) == ["hey_jarvis"]


def test_other_speech_wakes_nobody(listening):
    clips = audio_fixtures.load_manifest()
    sound = [resample(read_audio(audio_fixtures.path(name)), 24_000, 16_000) for name in clips]
    assert heard(listening, np.concatenate(sound)) == []


def test_other_words_than_those_asked_for_wake_nobody(speak):
    with WakeWords(["alexa"]) as words:
        assert heard(words, speak("Hey Jarvis!")) == []


def test_the_size_of_the_stretches_does_not_matter(listening, speak):
    listening.reset()
    assert listening.hear(np.concatenate([SECOND, speak("Hey Jarvis!"), SECOND])) == "hey_jarvis"
    listening.reset()
    sound = np.concatenate([SECOND, speak("Alexa."), SECOND])
    ragged = [listening.hear(part) for part in np.array_split(sound, 97)]
    assert [word for word in ragged if word] == ["alexa"]


def test_words_are_named_as_people_write_them():
    with WakeWords(["Hey Jarvis", "hey-mycroft", "HEY_JARVIS"]) as words:
        assert words.words == ("hey_jarvis", "hey_mycroft")


@pytest.mark.parametrize("names", [["computer"], ["alexa", "stop"], []])
def test_a_word_that_there_is_not_is_refused_with_those_that_there_are(names):
    with pytest.raises(SettingsError, match="alexa, hey_jarvis, hey_mycroft, okay_nabu, got"):
        WakeWords(names)


@pytest.mark.parametrize("sensitivity", [0.0, 1.0, -1.0])
def test_a_sensitivity_out_of_range_is_refused(sensitivity):
    with pytest.raises(SettingsError, match="between 0 and 1"):
        WakeWords(["alexa"], sensitivity)


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    with pytest.raises(EngineError, match=r"pip install 'voice-assistant-service\[wake\]'"):
        WakeWords(["alexa"])


def test_closing_twice_does_no_harm_and_nothing_is_heard_afterwards(speak):
    words = WakeWords(["alexa"])
    words.close()
    words.close()
    assert words.words == ()
    assert words.hear(speak("Alexa.")) is None


def test_sensitivity_moves_the_bar_around_the_networks_own():
    assert cutoff(0.97, 0.5) == pytest.approx(0.97)
    assert cutoff(0.97, 0.9) == pytest.approx(0.78, abs=0.01)
    assert cutoff(0.9, 0.001) == 0.99
    assert cutoff(0.85, 0.3) > 0.85 > cutoff(0.85, 0.7)
