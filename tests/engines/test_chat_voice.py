import base64
import io
import wave

import numpy as np
import pytest

from voice.engines.chat_voice import RATE_HZ, ChatVoice

SAMPLES = np.arange(100, dtype="<i2")


def field(raw, text=None):
    return {"id": "audio_1", "data": base64.b64encode(raw).decode(), "transcript": text}


def test_samples_that_are_split_between_two_fields_are_joined():
    voice, raw = ChatVoice(), SAMPLES.tobytes()
    parts = [voice.read(field(raw[:51])), voice.read(field(raw[51:]))]
    assert np.array_equal(np.concatenate([p.pcm for p in parts]), SAMPLES)
    assert {p.rate_hz for p in parts} == {RATE_HZ}


def test_words_may_come_without_sound_and_sound_without_words():
    words = ChatVoice().read({"transcript": "Hi."})
    assert (words.text, words.pcm.size) == ("Hi.", 0)
    assert ChatVoice().read(field(SAMPLES.tobytes())).text == ""


def test_a_whole_answer_may_be_a_wav_file():
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(SAMPLES.tobytes())
    spoken = ChatVoice().read(field(file.getvalue(), "Hi."))
    assert np.array_equal(spoken.pcm, SAMPLES)
    assert (spoken.rate_hz, spoken.text) == (16_000, "Hi.")


@pytest.mark.parametrize(
    "audio", [None, {}, {"id": "a", "expires_at": 1}, {"data": ""}, {"data": 3}]
)
def test_a_field_that_says_nothing_is_nothing(audio):
    assert ChatVoice().read(audio) is None


@pytest.mark.parametrize("raw", ["A", base64.b64encode(b"RIFF....").decode()])
def test_what_is_no_audio_is_refused(raw):
    with pytest.raises(ValueError):
        ChatVoice().read({"data": raw})
