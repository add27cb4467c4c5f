"""The shapes of a microphone and a speaker; everything here is PCM16 mono at 24 kHz.

Sessions know these two and nothing of sound cards. ``voice.audio.devices`` implements them on
PortAudio,
``voice.audio.files`` on files, ``voice.testing`` on scripts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from voice.protocol.playback import HeardPart

RATE_HZ = 24_000
"""Sample rate of every microphone and speaker port, in samples per second."""


class Microphone(Protocol):
    """A source of the user's speech. The session that was given it closes it."""

    def frames(self) -> AsyncIterator[bytes]:
        """Yield PCM16 little-endian mono frames at 24 kHz, 10 to 100 ms each, in real time.

        Ends when the source ends (a file) and raises DeviceError when the device is lost.
        Called once, from the session's event loop.
        """
        ...

    async def close(self) -> None:
        """Release the device. Idempotent; ends ``frames()``."""
        ...


class Speaker(Protocol):
    """A sink that knows what was heard.

    All methods are called from the session's event loop, never block.
    """

    def start(self, on_drained: Callable[[], None]) -> None:
        """Open the device.

        ``on_drained`` is called on the loop each time the last queued sample was heard.
        Raises DeviceError where the device cannot be opened.
        """
        ...

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue whole PCM16 samples of one content part, after everything queued before."""
        ...

    def flush(self) -> Sequence[HeardPart]:
        """Drop everything unheard and fall silent within one audio block.

        Returns the heard time of every part that was queued or playing since the speaker last ran
        empty,
        in the order in which the parts were first queued; a part that was not heard at all has 0.
        Never calls ``on_drained``.
        """
        ...

    def heard(self) -> Sequence[HeardPart]:
        """Return the same figures as ``flush`` without stopping anything."""
        ...

    async def close(self) -> None:
        """Stop at once and release the device. Idempotent."""
        ...
