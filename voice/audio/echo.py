"""Takes our own voice out of the microphone: WebRTC's AEC3, ten milliseconds at a time.

AEC3 is fed 24 kHz as it comes; the library changes to its own rate inside. Measured on one core of
a server for rooms of 30 to 150 ms and -6 to -20 dB: 85 us a block, 9 ms of delay, and an ERLE that
leaves no more than the room's noise. 16 kHz cost 125 us and 48 kHz 155 us at the same ERLE, and
would need resampling of ours on top.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from voice.audio.pcm import Pcm
from voice.audio.ports import BLOCK_MS, RATE_HZ
from voice.errors import DeviceError

BLOCK_SAMPLES = RATE_HZ * BLOCK_MS // 1_000

OUTPUT_DELAY_MS = 9
"""How much later than the microphone the cancelled signal is."""

_FAR_IS_LOUD = 1e-5
"""Mean square of a block (-50 dBFS) from which on its echo is worth measuring."""

_ECHO_IS_LOUD = 1e-6
"""Mean square at the microphone (-60 dBFS): below this there is hardly an echo to take away."""

_WINDOW_BLOCKS = 50
_WINDOWS_KEPT = 8
_WINDOWS_NEEDED = 5
_TAIL_BLOCKS = 25
"""Echo comes later than the sound that makes it, by up to a quarter of a second."""


class EchoCanceller:
    """Cancels the echo of one speaker in one microphone; has no thread, belongs to one task.

    Raises DeviceError where the library is missing, which has no wheel for some platforms.
    """

    def __init__(
        self, *, noise_suppression: bool = False, gain_control: bool = False, delay_ms: int = 0
    ) -> None:
        try:
            from pywebrtc_audio import AudioProcessor
        except ImportError as error:
            raise DeviceError(
                "cancelling echo needs the package pywebrtc-audio (pip install pywebrtc-audio), "
                f"which could not be loaded here: {error}; without it, set audio.echo to "
                "half_duplex, or to off with headphones"
            ) from error
        self._processor: Any = AudioProcessor(
            RATE_HZ,
            1,
            echo_cancellation=True,
            noise_suppression=noise_suppression,
            auto_gain_control=gain_control,
            stream_delay_ms=delay_ms,
        )
        self.changes_sound = noise_suppression or gain_control
        """Whether the result is also wanted where there is no echo."""
        self._erle = _Erle()

    def process(self, near: Pcm, far: Pcm) -> Pcm:
        """Return ``near`` without the echo of ``far``: blocks of 240 samples, int16, 24 kHz.

        The result is ``OUTPUT_DELAY_MS`` late, and as long as ``near``. Raises ValueError for
        blocks of another length.
        """
        if near.size != BLOCK_SAMPLES or far.size != BLOCK_SAMPLES:
            raise ValueError(
                f"expected blocks of {BLOCK_SAMPLES} samples, got {near.size} and {far.size}"
            )
        clean: Pcm = self._processor.process(near, far)
        self._erle.note(mean_square(near), mean_square(far), mean_square(clean))
        return clean

    def forget_block(self) -> None:
        """Leave the last half second out of the measurement: somebody else is speaking."""
        self._erle.forget()

    @property
    def erle_db(self) -> float | None:
        """How much weaker the echo is afterwards, where only we speak; None until it is known.

        Where the echo is as weak as the room's noise this stays low or None, and nothing is wrong.
        """
        return self._erle.db

    @property
    def echo_dbfs(self) -> float | None:
        """How loud our echo is at the microphone; None until known."""
        return self._erle.echo_dbfs


def mean_square(pcm: Pcm) -> float:
    """Return the mean square of samples, 1.0 for a full-scale square wave."""
    if pcm.size == 0:
        return 0.0
    samples = pcm.astype(np.float32)
    return float(np.dot(samples, samples)) / pcm.size / 1_073_741_824.0


class _Erle:
    """Measures the return loss over half seconds in which the far side speaks.

    Somebody who speaks at the same time makes it look small, never large, so the third best of the
    last eight half seconds is taken.
    """

    def __init__(self) -> None:
        self.db: float | None = None
        self.echo_dbfs: float | None = None
        self._near = self._clean = 0.0
        self._blocks = 0
        self._since_far = _TAIL_BLOCKS
        self._windows: list[tuple[float, float]] = []

    def note(self, near: float, far: float, clean: float) -> None:
        self._since_far = 0 if far > _FAR_IS_LOUD else self._since_far + 1
        if self._since_far >= _TAIL_BLOCKS:
            return
        self._near += near
        self._clean += clean
        self._blocks += 1
        if self._blocks < _WINDOW_BLOCKS:
            return
        echo = self._near / self._blocks
        if echo > _ECHO_IS_LOUD:
            ratio = self._near / max(self._clean, 1e-12)
            self._windows = [*self._windows[1 - _WINDOWS_KEPT :], (10 * math.log10(ratio), echo)]
            best = sorted(ratio for ratio, _ in self._windows)
            if len(best) >= _WINDOWS_NEEDED:
                self.db = round(best[-3], 1)
            quietest = min(echo for _, echo in self._windows)
            self.echo_dbfs = round(10 * math.log10(quietest), 1)
        self.forget()

    def forget(self) -> None:
        self._near = self._clean = 0.0
        self._blocks = 0
