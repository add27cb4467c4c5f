import numpy as np
import pytest

from voice.engines import hibari_net
from voice.engines.hibari_net import HibariNet, local_voices
from voice.errors import EngineError


@pytest.fixture(scope="module")
def net():
    return HibariNet("heart", local_voices()["heart"])


def speak(net, text, speed=1.0):
    return net.synthesise(text.split(), speed, 7)


def test_the_voice_in_the_package_is_first_and_nothing_is_downloaded(monkeypatch, tmp_path):
    def refuse(*arguments, **keywords):
        raise AssertionError("a download was tried")

    monkeypatch.setenv("HIBARI_HOME", str(tmp_path))
    monkeypatch.setattr("hibari.voices.download", refuse)
    assert list(local_voices()) == ["heart"]


def test_the_graph_tells_its_durations(net):
    assert net.has_durations


def test_silence_around_the_speech_is_trimmed(net):
    samples = speak(net, "What time is it?").samples
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert loud[0] < 24 * 40
    assert samples.size - loud[-1] < 24 * 80


@pytest.mark.parametrize(
    "text",
    [
        "It is 3:45 PM, and you owe $5 to Dr. Smith.",
        "On 10/12/2024 it was -3.5 °C in J. K. Rowling's garden, 20% less than usual.",
        "Call 555-1234 or 1/2 of them, #3 — okay?",
        "The U.S.A. and AT&T: e.g. 3rd, 21st & 1,250,000 people.",
        "Hwyllgrith zzyzx qwrtp",
        "[bracket](paren) and (more) \"quotes\" 'single'",
    ],
)
def test_every_word_has_an_end_in_order_and_within_the_audio(net, text):
    made = speak(net, text)
    assert len(made.word_ends) == len(text.split())
    assert list(made.word_ends) == sorted(made.word_ends)
    assert 0 < made.word_ends[0]
    assert made.word_ends[-1] <= made.samples.size


def test_a_number_takes_the_time_of_all_its_spoken_words(net):
    ends = speak(net, "It is 3:45 now").word_ends
    assert ends[2] - ends[1] > 2.0 * (ends[1] - ends[0])


def test_slower_speech_is_longer(net):
    slow, plain, fast = (speak(net, "Set a timer.", s).samples.size for s in (0.6, 1.0, 1.5))
    assert slow > 1.3 * plain > 1.3 * 1.2 * fast


@pytest.mark.parametrize("text", ["...", "—", "\U0001f600", "。"])
def test_text_without_sound_has_no_samples(net, text):
    made = speak(net, text)
    assert made.samples.size == 0
    assert made.word_ends == (0,)


def test_word_ends_are_estimated_where_the_graph_tells_no_durations(net, monkeypatch):
    monkeypatch.setattr(hibari_net, "_DURATIONS", "/no_such_value")
    plain = HibariNet("heart", local_voices()["heart"])
    text = "Set a timer for ten minutes please."

    exact, guessed = speak(net, text), speak(plain, text)

    assert not plain.has_durations
    assert np.array_equal(exact.samples, guessed.samples)
    difference = np.abs(np.array(exact.word_ends) - np.array(guessed.word_ends))
    assert difference.max() < 24 * 350


def test_a_missing_package_is_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(EngineError, match=r"pip install hibari-tts==0\.2\.1"):
        local_voices()


def test_a_file_that_is_no_voice_is_refused(tmp_path):
    (tmp_path / "voice.onnx").write_bytes(b"no graph")
    with pytest.raises(EngineError, match="cannot load its voice heart"):
        HibariNet("heart", tmp_path / "voice.onnx")
