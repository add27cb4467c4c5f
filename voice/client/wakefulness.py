"""What leaves this machine of what the ear lets pass: nothing while asleep or idle."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from voice.audio.ports import BLOCK_MS
from voice.client.attention import Attention, State

if TYPE_CHECKING:
    from voice.audio.pcm import Pcm
    from voice.core.updates import Update

RING_MS = 500
AFTER_WORD_MS = 100
"""A wake word is known a little after its end: so much of what follows it is sent as well."""

CLOSING_MS = 1_500
"""Silence that is sent where the sound ends, so that an endpoint which hears somebody ends the
turn."""

_SPEECH_AT = 0.5


class WakeListener(Protocol):
    """Hears wake words; ``voice.engines.wake_word.WakeWords`` is one."""

    def hear(self, pcm_16k: Pcm) -> str | None:
        """Return the word that ends in this stretch at 16 kHz, or None."""
        ...

    def reset(self) -> None:
        """Forget what was heard."""
        ...


class Wakefulness:
    """Asks the attention about every block; ``listener`` is None where no word is asked for."""

    def __init__(self, attention: Attention, listener: WakeListener | None = None) -> None:
        self.attention = attention
        self._listener = listener
        self._ring: deque[bytes] = deque(maxlen=RING_MS // BLOCK_MS)
        self._closing_ms = 0
        self._was_asleep = False

    def take(self, update: Update, now_ms: int) -> None:
        """Learn from the session who speaks and who is busy."""
        self.attention.take(update, now_ms)

    def pass_on(self, frames: list[bytes], heard: Pcm, speech: float, now_ms: int) -> list[bytes]:
        """Return what of ``frames`` is to be sent.

        ``heard`` is the block at 16 kHz and ``speech`` how likely it is some.
        """
        state = self.attention.state(now_ms)
        if speech >= _SPEECH_AT:
            self.attention.heard_speech(now_ms)
        if state is State.ASLEEP:
            word = self._listen(heard)
            if word is not None:
                self.attention.heard_wake_word(word, now_ms)
                kept = AFTER_WORD_MS // BLOCK_MS
                return self._wake([*self._ring, *frames][-kept:])
        self._was_asleep = state is State.ASLEEP
        if self.attention.may_send(now_ms):
            self._closing_ms = CLOSING_MS
            return self._wake([*self._ring, *frames]) if self._ring else frames
        self._ring.extend(frames)
        if self._closing_ms <= 0:
            return []
        self._closing_ms -= BLOCK_MS
        return [bytes(len(frame)) for frame in frames]

    def _listen(self, heard: Pcm) -> str | None:
        if self._listener is None:
            return None
        if not self._was_asleep:
            self._listener.reset()
        return self._listener.hear(heard)

    def _wake(self, frames: list[bytes]) -> list[bytes]:
        self._ring.clear()
        self._closing_ms = CLOSING_MS
        return frames
