import hashlib
import wave

import numpy as np
import pytest

import audio_fixtures
from audio_fixtures.recipes import RECORDED, SPOKEN

CLIPS = audio_fixtures.load_manifest()


def samples(name):
    with wave.open(str(audio_fixtures.path(name))) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        data = file.readframes(file.getnframes())
        return np.frombuffer(data, "<i2"), file.getframerate()


def test_every_file_is_in_the_manifest_and_every_entry_has_a_file():
    files = {path.stem for path in audio_fixtures.FOLDER.glob("*.wav")}
    assert files == set(CLIPS)


def test_every_recipe_is_in_the_manifest():
    made = {recipe.name for recipe in (*SPOKEN, *RECORDED)}
    assert made | {"silence", "noise"} == set(CLIPS)
    assert all(CLIPS[recipe.name]["transcript"] == recipe.transcript for recipe in SPOKEN)


@pytest.mark.parametrize("name", CLIPS)
def test_the_manifest_tells_the_truth_about_the_file(name):
    clip = CLIPS[name]
    pcm, rate_hz = samples(name)
    digest = hashlib.sha256(audio_fixtures.path(name).read_bytes()).hexdigest()
    assert digest == clip["sha256"]
    assert rate_hz == clip["rate_hz"]
    assert pcm.size * 1000 // rate_hz == clip["duration_ms"]
    assert clip["source"]
    assert clip["licence"]
    starts_and_ends = [ms for span in clip["speech_spans_ms"] for ms in span]
    assert starts_and_ends == sorted(starts_and_ends)
    assert all(0 <= ms <= clip["duration_ms"] for ms in starts_and_ends)
    assert bool(clip["transcript"]) == bool(starts_and_ends)


@pytest.mark.parametrize("name", [r.name for r in SPOKEN if r.office_noise_db is None])
def test_clean_synthetic_clips_are_silent_exactly_outside_their_spans(name):
    pcm, rate_hz = samples(name)
    per_ms = rate_hz // 1000
    rest = pcm.copy()
    for start, end in CLIPS[name]["speech_spans_ms"]:
        rest[start * per_ms : end * per_ms] = 0
        edges = pcm[start * per_ms :][: 5 * per_ms], pcm[: end * per_ms][-5 * per_ms :]
        assert all(np.abs(edge).max() > 0 for edge in edges)
    assert not rest.any()


def test_noise_lies_ten_decibels_under_the_speech():
    pcm, rate_hz = samples("question_1_office")
    clean, _ = samples("demo_question_1")
    start, end = (ms * rate_hz // 1000 for ms in CLIPS["demo_question_1"]["speech_spans_ms"][0])
    noise = pcm.astype(float) - clean
    ratio = np.sqrt(np.mean(clean[start:end].astype(float) ** 2) / np.mean(noise**2))
    assert 20 * np.log10(ratio) == pytest.approx(10.0, abs=0.2)


def test_all_clips_together_stay_small():
    assert sum(path.stat().st_size for path in audio_fixtures.FOLDER.glob("*.wav")) < 6_000_000


def test_a_clip_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="no_such_clip"):
        audio_fixtures.path("no_such_clip")
