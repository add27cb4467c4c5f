"""The shapes of a microphone and a speaker; everything here is PCM16 mono at 24 kHz.

Sessions know these two and nothing of sound cards. ``voice.audio.devices`` implements them on
PortAudio,
``voice.audio.files`` on files, ``voice.testing`` on scripts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from voice.protocol.playback import HeardPart

RATE_HZ = 24_000
"""Sample rate of every microphone and speaker port, in samples per second."""

BLOCK_MS = 10
"""What a sound card is given and gives at once: the shortest time in which anything changes."""


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

    def pause(self) -> None:
        """Fall silent within one audio block and keep everything queued.

        Until ``resume`` the heard times stand still, ``play`` goes on queueing and ``on_drained``
        is not called; ``flush`` ends the pause. Idempotent.
        """
        ...

    def resume(self) -> None:
        """Go on from the sample after the last that was heard. Idempotent."""
        ...

    async def close(self) -> None:
        """Stop at once and release the device. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class Captured:
    """One block of 10 ms of the room, and what our own speaker did in it.

    ``near`` is the microphone with its input gain, ``far`` what the speaker let sound (its volume
    applied) while ``near`` was captured, zeros where it was silent: 240 samples of PCM16 each.
    ``captured_s`` is the stream time of the first sample.
    """

    near: bytes
    far: bytes
    captured_s: float = 0.0


class EchoMicrophone(Microphone, Protocol):
    """A microphone that also says what our own speaker did meanwhile."""

    def captured(self) -> AsyncIterator[Captured]:
        """Yield blocks of 10 ms in real time, instead of ``frames`` and with the same errors.

        Called once, from the session's event loop.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeviceNews:
    """A microphone or a speaker that was lost, found again or exchanged for another.

    ``name`` is the device's own, ``detail`` a short phrase for people: what happened, what is done.
    """

    kind: Literal["microphone", "speaker"]
    name: str
    is_working: bool
    detail: str
