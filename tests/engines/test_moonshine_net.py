import numpy as np
import pytest

from voice.engines.moonshine_net import (
    MoonshineNet,
    Tokenizer,
    model_folder,
    without_loop,
)
from voice.errors import EngineError


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer(model_folder() / "tokenizer.bin")


@pytest.fixture(scope="module")
def net():
    return MoonshineNet(model_folder())


def test_pieces_are_joined_with_single_spaces_and_special_tokens_say_nothing(tokenizer):
    t, a, spaces, special = 260, 263, 259, 32_767
    assert tokenizer.text([1, t, special, spaces, a, 2]) == "t a"


def test_single_bytes_make_one_character(tokenizer):
    e_acute = [3 + byte for byte in "é".encode()]
    assert tokenizer.text(e_acute) == "é"
    assert tokenizer.text(e_acute[:1]) == ""


def test_a_tokenizer_that_was_cut_short_is_refused(tmp_path):
    path = tmp_path / "tokenizer.bin"
    path.write_bytes((model_folder() / "tokenizer.bin").read_bytes()[:-3])
    with pytest.raises(EngineError, match=r"tokenizer\.bin is damaged"):
        Tokenizer(path)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install moonshine-voice==0\.1\.0"):
        model_folder()


def test_a_version_without_weights_is_named(monkeypatch, tmp_path):
    class Spec:
        origin = str(tmp_path / "moonshine_voice" / "__init__.py")

    monkeypatch.setattr("importlib.util.find_spec", lambda name: Spec())
    with pytest.raises(EngineError, match=r"no encoder_model\.ort inside"):
        model_folder()


def test_files_that_are_no_graphs_are_refused(tmp_path):
    (tmp_path / "encoder_model.ort").write_bytes(b"no graph")
    (tmp_path / "decoder_model_merged.ort").write_bytes(b"no graph")
    with pytest.raises(EngineError, match="is no model that onnxruntime can load"):
        MoonshineNet(tmp_path)


@pytest.mark.parametrize("seconds", [0.01, 0.5, 9.0, 9.5, 20.0])
def test_stretches_of_every_length_are_decoded_within_the_token_limit(net, seconds):
    noise = np.random.default_rng(0).standard_normal(int(16_000 * seconds)).astype(np.float32)
    decoded = net.decode(noise * np.float32(0.01))
    assert len(decoded.ids) <= seconds * 6.5 + 1
    assert decoded.mean_log_probability <= 0.0


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        ([5, 6, 7], None),
        ([9] * 11, None),
        ([3, *[9] * 12], [3, 9]),
        ([1, 2, 3, *[7, 8, 9] * 3], None),
        ([1, 2, 3, *[7, 8, 9] * 4], [1, 2, 3, 7, 8, 9]),
        ([*range(8)] * 3, None),
        ([*range(8)] * 4, [*range(8)]),
    ],
)
def test_only_loops_are_cut(ids, kept):
    assert without_loop(ids) == kept
