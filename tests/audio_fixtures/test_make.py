import json
import shutil

import numpy as np
import pytest

import audio_fixtures
from audio_fixtures import make
from audio_fixtures.noise import office
from audio_fixtures.recipes import Spoken
from voice.engines.tts import HibariTts


@pytest.fixture(scope="module")
def tts():
    engine = HibariTts(seed=make.SEED)
    yield engine
    engine.close()


async def test_a_pause_is_as_long_as_it_was_ordered(tts):
    pcm, spans = await make._speak(tts, Spoken("pause", ("Set a timer for", 900, "ten minutes.")))
    assert spans[0][0] == make.LEAD_MS
    assert spans[1][0] - spans[0][1] == 900
    assert pcm.size == (spans[1][1] + make.TAIL_MS) * 24


async def test_making_a_clip_twice_gives_the_same_samples(tts):
    recipe = Spoken("again", ("Tell me a joke.",), speed=0.85)
    first, second = [await make._speak(tts, recipe) for _ in range(2)]
    assert np.array_equal(first[0], second[0])


def test_office_noise_is_seeded_and_of_level_one():
    first, second, other = office(48_000, 24_000, 1), office(48_000, 24_000, 1), office(100, 100, 2)
    assert np.array_equal(first, second)
    assert np.sqrt(np.mean(first**2)) == pytest.approx(1.0)
    assert not np.array_equal(first[:100], other)


def test_what_differs_from_the_manifest_is_named(monkeypatch, tmp_path, capsys):
    for name in ("silence", "noise"):
        shutil.copy(audio_fixtures.path(name), tmp_path)
    clips = audio_fixtures.load_manifest()
    known = [clips["silence"], {**clips["noise"], "sha256": "0" * 64}]
    (tmp_path / "manifest.json").write_text(json.dumps(known))
    for module in (make, audio_fixtures):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(make, "SPOKEN", ())
    monkeypatch.setattr(make, "RECORDED", ())
    monkeypatch.setattr("sys.argv", ["make"])

    assert make.main() == 1

    told = capsys.readouterr().out
    assert "2 clips, 1 differ" in told
    assert "noise: not as before" in told
    assert make.main() == 0
