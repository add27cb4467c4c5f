"""The turn-end network on onnxruntime: what it hears, and files that are no such model."""

import math

import numpy as np
import pytest

from tests.engines.tiny_onnx import write_model
from voice.engines.log_mel import LogMel
from voice.engines.scripted import tone
from voice.engines.smart_turn_net import HEARD_SAMPLES, SmartTurnNet, last_seconds
from voice.errors import EngineError


def test_a_short_turn_has_silence_before_it():
    samples = last_seconds(np.full(1_000, 16_384, np.int16))
    assert samples.shape == (HEARD_SAMPLES,)
    assert not samples[:-1_000].any()
    assert np.all(samples[-1_000:] == 0.5)


def test_of_a_long_turn_the_end_is_heard():
    pcm = np.arange(HEARD_SAMPLES + 500).astype(np.int16)
    assert np.array_equal(last_seconds(pcm), pcm[500:].astype(np.float32) / 32_768)


def test_nothing_is_silence():
    assert not last_seconds(np.zeros(0, np.int16)).any()


def test_the_picture_of_the_sound_is_what_the_network_sees(tmp_path):
    net = SmartTurnNet(write_model(tmp_path / "tiny.onnx", bands=80, frames=800))
    pcm = tone(1_500)
    mean = float(LogMel()(last_seconds(pcm)).mean())
    assert net.probability(pcm) == pytest.approx(1 / (1 + math.exp(-mean)), abs=1e-5)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>"])
def test_a_file_that_is_no_model_is_named_with_how_to_get_one(tmp_path, content):
    file = tmp_path / "broken.onnx"
    file.write_bytes(content)
    with pytest.raises(EngineError, match=r"broken\.onnx is no model .*pip install --no-deps"):
        SmartTurnNet(file)


@pytest.mark.parametrize(
    ("bands", "frames", "name"),
    [(80, 3_000, "input_features"), (40, 800, "input_features"), (80, 800, "input_values")],
)
def test_another_model_is_refused_with_what_was_expected(tmp_path, bands, frames, name):
    file = write_model(tmp_path / "other.onnx", bands=bands, frames=frames, name=name)
    with pytest.raises(EngineError, match=rf"expected a Smart Turn v3 .*{name}.*{bands}, {frames}"):
        SmartTurnNet(file)
