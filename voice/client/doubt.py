"""One stretch of speech over our voice, from its onset to the verdict on it.

The recogniser reads what was said so far, again and again, while it goes on; ``near_words.judge``
says what the words and the length of the voice mean. Where the recogniser is missing or slow, the
length alone decides.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from voice.audio.pcm import Pcm, resample
from voice.audio.ports import BLOCK_MS, RATE_HZ
from voice.client.near_words import Judgement, judge
from voice.core.client_inputs import NearKind
from voice.errors import EngineError

logger = logging.getLogger(__name__)


class Reading(Protocol):
    """What a recogniser makes of some speech; ``voice.engines.ports.Transcript`` is one."""

    @property
    def text(self) -> str:
        """The words; empty for none."""
        ...

    @property
    def confidence(self) -> float | None:
        """How sure it is, in [0, 1]; None where it does not say."""
        ...


Recognise: TypeAlias = Callable[[Pcm], Awaitable[Reading]]
"""Takes speech at 16 kHz."""

DETECTOR_HZ = 16_000

FIRST_READING_MS = 250
"""The next reading begins when one ends, after 20 to 70 ms, in which the voice says little more."""

DETECTED_MS = 60
"""The voice is so old when its onset is known."""

NOBODY_MS = 240
"""A sound that no voice follows was a door, or a crumb of our own voice."""

LEAST_VOICE_MS = 170
"""A "no" is longer; what the recogniser makes of less are words of its own."""

VOICE_HANG_MS = 160
"""A voice is over after so much silence: longer than the closure of a consonant."""

SILENCE_MS = 250
"""Put behind what is read: without it the recogniser guesses on."""

SLOW_MS = 600
"""A recogniser that takes longer is not waited for."""

LIMIT_MS = 1_400
"""The conversation's core goes on by itself after a second and a half."""

_UNREAD_MS = 450
"""So much voice is somebody who talks, where time is up and nothing was understood."""


class Doubt:
    """Collects what is said and asks for a judgement with every block; for one onset.

    ``begin`` is the sound from before the onset; ``names`` are what we are called by;
    ``is_room_known`` says that the canceller leaves no words of our own. Belongs to one event loop;
    ``close`` it.
    """

    def __init__(
        self,
        begin: list[Pcm],
        *,
        recognise: Recognise | None,
        names: Sequence[str] = (),
        is_room_known: bool = True,
    ) -> None:
        self.words = ""
        """What the recogniser made of it so far."""
        self.is_recogniser_slow = False
        self._sound = begin
        self._recognise = recognise
        self._since_ms = DETECTED_MS
        self._voiced_ms = DETECTED_MS
        self._silent_ms = 0
        self._names = names
        self._is_room_known = is_room_known
        self._confidence: float | None = None
        self._reading: asyncio.Task[Reading] | None = None
        self._reading_from_ms = 0
        self._read_ms = 0
        self._read_voiced_ms = -1

    def hear(self, sound: Pcm, *, is_voice: bool, said: str) -> Judgement | None:
        """Take one block of 10 ms; return what it all means as soon as that is clear.

        ``said`` is what we were saying.
        """
        self._sound.append(sound)
        self._since_ms += BLOCK_MS
        if is_voice:
            # What lay between was no pause: a consonant, or a detector that blinked.
            self._voiced_ms += BLOCK_MS
            self._silent_ms = 0
        else:
            self._silent_ms += BLOCK_MS
        is_new = self._take_reading()
        if self._recognise is not None:
            self._begin_reading()
        if self._since_ms >= NOBODY_MS and self._voiced_ms == DETECTED_MS:
            return Judgement(NearKind.NOISE, "a sound without a voice")
        if not self._is_voice_on and self._voiced_ms < LEAST_VOICE_MS:
            return Judgement(NearKind.NOISE, f"{self._voiced_ms} ms of voice are no word")
        judgement = self._judge(said, is_new)
        return judgement or (self._out_of_time() if self._since_ms >= LIMIT_MS else None)

    def close(self) -> None:
        """Stop the reading that is under way. Idempotent."""
        if self._reading is not None:
            self._reading.cancel()

    @property
    def _is_voice_on(self) -> bool:
        return self._silent_ms < VOICE_HANG_MS

    def _judge(self, said: str, is_new: bool) -> Judgement | None:
        has_recogniser = self._recognise is not None
        is_all_read = self._read_voiced_ms == self._voiced_ms
        if has_recogniser and not is_new and not (is_all_read and not self._is_voice_on):
            return None
        return judge(
            self.words,
            said=said,
            voiced_ms=self._voiced_ms,
            since_onset_ms=self._read_ms if has_recogniser else self._since_ms,
            is_voice_on=self._is_voice_on or (has_recogniser and not is_all_read),
            has_recogniser=has_recogniser,
            names=self._names,
            confidence=self._confidence,
            is_room_known=self._is_room_known,
        )

    def _begin_reading(self) -> None:
        if self._reading is not None:
            if self._since_ms - self._reading_from_ms > SLOW_MS:
                self.is_recogniser_slow = True
                self._recognise = None
            return
        is_over = not self._is_voice_on and self._read_voiced_ms != self._voiced_ms
        if self._recognise is None or (self._since_ms < FIRST_READING_MS and not is_over):
            return
        self._reading_from_ms = self._since_ms
        self._reading_voiced_ms = self._voiced_ms
        silence = np.zeros(SILENCE_MS * RATE_HZ // 1_000, np.int16)
        pcm = resample(np.concatenate([*self._sound, silence]), RATE_HZ, DETECTOR_HZ)
        self._reading = asyncio.ensure_future(self._read(self._recognise, pcm))

    @staticmethod
    async def _read(recognise: Recognise, pcm: Pcm) -> Reading:
        return await recognise(pcm)

    def _take_reading(self) -> bool:
        """Take over what the recogniser has read; returns whether there was something."""
        if self._reading is None or not self._reading.done():
            return False
        reading, self._reading = self._reading, None
        try:
            found = reading.result()
        except EngineError as error:
            logger.warning("the ear judges by sound alone: %s", type(error).__name__)
            self._recognise = None
            return False
        self.words, self._confidence = found.text, found.confidence
        self._read_ms = self._reading_from_ms
        self._read_voiced_ms = self._reading_voiced_ms
        return True

    def _out_of_time(self) -> Judgement:
        if self._voiced_ms >= _UNREAD_MS:
            return Judgement(NearKind.INTERRUPTION, f"{self._voiced_ms} ms of voice over ours")
        return Judgement(NearKind.NOISE, f"{self._voiced_ms} ms of voice in {self._since_ms} ms")
