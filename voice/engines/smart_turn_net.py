"""Smart Turn v3 on plain onnxruntime: the file, the picture of the sound, one run.

The network (BSD-2) takes a log-mel picture of the last 8 seconds, silence before a shorter turn.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice.engines.log_mel import BANDS, HOP_SAMPLES, LogMel
from voice.engines.onnx_graph import load_graph
from voice.engines.ports import EAR_RATE_HZ, TURN_SOUND_MS, Pcm
from voice.errors import EngineError

GET_IT = (
    'pip install --no-deps pipecat-ai and set session.turn_model = "auto", or name the file there'
)

HEARD_SAMPLES = TURN_SOUND_MS * EAR_RATE_HZ // 1_000
"""The network hears the last 8 seconds; of a shorter turn, silence before it."""

_INPUT = "input_features"
_SHAPE = [BANDS, HEARD_SAMPLES // HOP_SAMPLES]


class SmartTurnNet:
    """The network in a session of onnxruntime, on one thread; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Load the file (8.7 MB, a fifth of a second) and run it once.

        Raises EngineError when it is no Smart Turn v3 model, or onnxruntime is missing.
        """
        self._session = load_graph(path, needed_by="the turn-end model", mend=GET_IT)
        inputs = [(one.name, one.shape[1:]) for one in self._session.get_inputs()]
        if inputs != [(_INPUT, _SHAPE)]:
            raise EngineError(
                f"expected a Smart Turn v3 model in {path}, with one input {_INPUT} {_SHAPE}, "
                f"got {inputs}; {GET_IT}"
            )
        self._log_mel = LogMel()
        try:
            self.probability(np.zeros(EAR_RATE_HZ, np.int16))
        except Exception as error:  # onnxruntime raises types of its own, all plain Exceptions
            raise EngineError(f"the turn-end model {path} fails: {error}; {GET_IT}") from error

    def probability(self, pcm: Pcm) -> float:
        """Return the probability in [0, 1] that the speaker of ``pcm`` (16 kHz) has finished.

        Takes 65 ms of one x86-64 core, whatever the length; raises what onnxruntime raises.
        """
        picture = self._log_mel(last_seconds(pcm))
        (answer, *_) = self._session.run(None, {_INPUT: picture[np.newaxis]})
        return float(np.clip(np.asarray(answer).ravel()[0], 0.0, 1.0))


def last_seconds(pcm: Pcm) -> NDArray[np.float32]:
    """Return the last 8 s as float32 in [-1, 1), with zeros before a shorter stretch."""
    heard = pcm[-HEARD_SAMPLES:]
    samples = np.zeros(HEARD_SAMPLES, np.float32)
    samples[HEARD_SAMPLES - heard.size :] = heard.astype(np.float32) / np.float32(32_768.0)
    return samples
