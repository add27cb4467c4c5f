"""Moonshine tiny-en on plain onnxruntime: files, tokenizer, and the decoding of one stretch.

The weights are those that ``moonshine-voice==0.1.0`` carries, found without importing it: importing
would load its own 42 MB library.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.engines.onnx_graph import load_graph
from voice.errors import EngineError

Floats = NDArray[np.float32]

_MEND = "install it with: pip install moonshine-voice==0.1.0"
_START_ID = 1
_END_ID = 2
_FIRST_SPECIAL_ID = 32_000
_TOKENS_PER_S = 6.5
_RATE_HZ = 16_000
_TAIL_SAMPLES = 250 * _RATE_HZ // 1000
"""Measured over the fixtures, cut 160 ms after the last word: of 53 transcripts 18 end in a comma
without it and none with it, at the same word error rate; from 300 ms on numbers turn to digits."""

_SHORTEST_SAMPLES = _RATE_HZ // 2
_HEADS = 8
_HEAD_SIZE = 36


@dataclass(frozen=True, slots=True)
class Decoded:
    """Token ids that were heard and the mean natural logarithm of their probabilities."""

    ids: tuple[int, ...]
    mean_log_probability: float


def model_folder() -> Path:
    """Return the folder of the tiny-en files, without importing the package that has them.

    Raises EngineError when the package is missing or is a version without weights.
    """
    spec = importlib.util.find_spec("moonshine_voice")
    if spec is None or spec.origin is None:
        raise EngineError(f"the speech recogniser needs the package moonshine-voice; {_MEND}")
    folder = Path(spec.origin).parent / "assets" / "tiny-en"
    for name in ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"):
        if not (folder / name).is_file():
            raise EngineError(
                f"this version of moonshine-voice has no {name} inside (later ones download it); "
                f"{_MEND}"
            )
    return folder


class Tokenizer:
    """The pieces of the vocabulary; turns ids into text."""

    def __init__(self, path: Path) -> None:
        """Read length-prefixed pieces: one length byte, or two for 128 and more (low 7 bits first).

        Raises EngineError when the file is cut short.
        """
        data = path.read_bytes()
        self._pieces: list[bytes] = []
        at = 0
        while at < len(data):
            length = data[at]
            at += 1
            if length >= 128 and at < len(data):
                length += data[at] * 128 - 128
                at += 1
            self._pieces.append(data[at : at + length])
            at += length
        if at != len(data) or len(self._pieces) <= _FIRST_SPECIAL_ID:
            raise EngineError(f"the speech recogniser's {path.name} is damaged; {_MEND}")

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of ``ids`` with single spaces; special tokens say nothing."""
        pieces = (self._pieces[i] for i in ids if _END_ID < i < _FIRST_SPECIAL_ID)
        joined = b"".join(pieces).decode("utf-8", "ignore").replace("\u2581", " ")
        return " ".join(joined.split())


class MoonshineNet:
    """Encoder and decoder; ``decode`` may run in several threads at once."""

    def __init__(self, folder: Path) -> None:
        """Load both graphs for one thread each. Raises EngineError when onnxruntime cannot."""
        self._encoder, self._decoder = (
            load_graph(folder / name, needed_by="the speech recogniser", mend=_MEND)
            for name in ("encoder_model.ort", "decoder_model_merged.ort")
        )
        past = [i.name for i in self._decoder.get_inputs() if i.name.startswith("past_key_values")]
        self._decoder_past = [name for name in past if ".decoder." in name]
        self._encoder_past = [name for name in past if ".encoder." in name]
        self._decoder_present = [_present(name) for name in self._decoder_past]
        self._encoder_present = [_present(name) for name in self._encoder_past]

    def decode(self, samples: Floats) -> Decoded:
        """Return the tokens heard in float32 ``samples`` in [-1, 1] at 16 kHz, greedily.

        Silence is added at the end: the weights take short silence after the last word for a pause
        and write a comma, and stretches under half a second confuse them.
        """
        missing = max(_TAIL_SAMPLES, _SHORTEST_SAMPLES - samples.size)
        samples = np.pad(samples, (0, missing))
        seconds = samples.size / _RATE_HZ
        feed, logits = self._begin(samples)
        ids: list[int] = []
        log_probability = 0.0
        limit = max(1, int(seconds * _TOKENS_PER_S) + 1)
        while True:
            token, log_p = _best(logits)
            log_probability += log_p
            if token == _END_ID or len(ids) == limit:
                break
            ids.append(token)
            if (kept := without_loop(ids)) is not None:
                ids = kept
                break
            feed["input_ids"] = np.array([[token]], np.int64)
            logits, *caches = self._decoder.run(["logits", *self._decoder_present], feed)
            feed.update(zip(self._decoder_past, caches, strict=True))
        return Decoded(tuple(ids), log_probability / (len(ids) + 1))

    def _begin(self, samples: Floats) -> tuple[dict[str, Any], Floats]:
        """Encode, run the first decoder step, and return what every later step is fed with."""
        wave = samples[np.newaxis]
        (states,) = self._encoder.run(
            None, {"input_values": wave, "attention_mask": np.ones(wave.shape, np.int64)}
        )
        empty = np.zeros((1, _HEADS, 0, _HEAD_SIZE), np.float32)
        unused = np.zeros((1, _HEADS, states.shape[1], _HEAD_SIZE), np.float32)
        feed: dict[str, Any] = {
            "input_ids": np.array([[_START_ID]], np.int64),
            "encoder_hidden_states": states,
            # The graph thins this mask out by 384; one element means "all of it" at any length,
            # halves the time of a step, and avoids a refusal of audio over 9 s.
            "encoder_attention_mask": np.ones((1, 1), np.int64),
            "use_cache_branch": np.array([False]),
        }
        feed.update(dict.fromkeys(self._decoder_past, empty))
        feed.update(dict.fromkeys(self._encoder_past, unused))
        wanted = ["logits", *self._decoder_present, *self._encoder_present]
        logits, *caches = self._decoder.run(wanted, feed)
        feed.update(zip([*self._decoder_past, *self._encoder_past], caches, strict=True))
        feed["use_cache_branch"] = np.array([True])
        return feed, logits


def _present(past_name: str) -> str:
    return past_name.replace("past_key_values", "present")


def _best(logits: Floats) -> tuple[int, float]:
    """Return the likeliest token and the logarithm of its probability."""
    row = logits[0, -1]
    token = int(row.argmax())
    return token, -float(np.log(np.exp(row - row[token]).sum()))


def without_loop(ids: Sequence[int]) -> list[int] | None:
    """Return ``ids`` with a loop at the end cut down to one round, or None when there is none.

    A loop is 1 to 8 tokens said again and again: at least 4 rounds and 12 tokens together. People
    do say a digit four times; nobody says a phrase of three words four times.
    """
    for period in range(1, 9):
        rounds = max(4, -(-12 // period))
        length = period * rounds
        if len(ids) < length:
            continue
        tail = list(ids[-length:])
        if tail == tail[:period] * rounds:
            return list(ids[: len(ids) - length + period])
    return None
