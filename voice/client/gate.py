"""Keeps silence off the wire, where an endpoint detects turns by itself.

A voice detector of ours opens the gate; what was said in the half second before goes through it
first. It stays open until the endpoint has heard the silence that it needs to end the turn, and for
as long as it says that the user speaks. Offsets that an endpoint reports count the audio that it
got, and so do ours, so nothing else has to know of the gate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Protocol

from voice.audio.ports import RATE_HZ, Microphone
from voice.core.updates import (
    ConnectionLost,
    SessionReady,
    Update,
    UserSpeechStarted,
    UserSpeechStopped,
)
from voice.protocol.session_config import SemanticVad, ServerVad, SessionConfig

if TYPE_CHECKING:
    from voice.audio.pcm import Pcm

OPEN_AT = 0.25
"""Probability that opens the gate: a noise costs a second of audio, a lost word costs the turn."""

PRE_ROLL_MS = 500
MARGIN_MS = 500
"""What is sent of a silence beyond the one that ends a turn: clocks and detectors differ."""

LEAST_SILENCE_MS = 1_500
"""What is sent of every silence: by then an endpoint has told that it hears somebody."""

LONGEST_TURN_MS = 30_000
"""An endpoint that never reports the end of a turn does not hold the gate open for ever."""

KEEP_ALIVE_MS = 60_000
KEEP_ALIVE_FRAME_MS = 100
"""So much is sent in each ``KEEP_ALIVE_MS``: endpoints and relays close what is idle."""

_BYTES_PER_MS = RATE_HZ // 1_000 * 2
_DETECTOR_HZ = 16_000


class SilenceGate:
    """Decides for each frame of the microphone what is to be sent now; its clock is the audio's.

    ``keep_alive_ms`` is how long the gate may stay shut at a stretch.
    """

    def __init__(self, *, keep_alive_ms: int = KEEP_ALIVE_MS) -> None:
        self.is_active = False
        """Whether silence is kept off; until the session says how turns end nothing is."""
        self.heard_ms = self.sent_ms = 0
        self._keep_alive_ms = keep_alive_ms
        self._silence_limit_ms = LEAST_SILENCE_MS
        self._is_open = False
        self._is_turn = False
        self._silent_ms = 0
        self._shut_ms = 0
        self._kept: deque[bytes] = deque()  # bounded: by PRE_ROLL_MS, see _keep
        self._kept_ms = 0

    def take(self, update: Update) -> None:
        """Learn from the session how turns end, and when the endpoint hears the user."""
        match update:
            case SessionReady():
                self._follow(update.session)
                self._is_turn = False
            case ConnectionLost() | UserSpeechStopped():
                self._is_turn = False
            case UserSpeechStarted():
                self._is_turn = True

    def hear(self, frame: bytes, speech: float) -> list[bytes]:
        """Take one frame, and how likely it holds speech; return what is to be sent, in order."""
        ms = len(frame) // _BYTES_PER_MS
        self.heard_ms += ms
        is_speech = speech >= OPEN_AT
        self._silent_ms = 0 if is_speech else self._silent_ms + ms
        if is_speech or not self.is_active or self._waits_for_silence:
            self._is_open = True
        elif self._is_open and self._silent_ms >= self._silence_limit_ms:
            self._is_open, self._shut_ms = False, 0
        sent = self._pass(frame) if self._is_open else self._keep(frame, ms)
        self.sent_ms += sum(len(part) for part in sent) // _BYTES_PER_MS
        return sent

    @property
    def _waits_for_silence(self) -> bool:
        """Whether the endpoint still hears the user, and must be told otherwise by silence."""
        return self._is_turn and self._silent_ms < LONGEST_TURN_MS

    def _pass(self, frame: bytes) -> list[bytes]:
        kept = list(self._kept)
        self._kept.clear()
        self._kept_ms = 0
        return [*kept, frame]

    def _keep(self, frame: bytes, ms: int) -> list[bytes]:
        self._shut_ms += ms
        if self._shut_ms > self._keep_alive_ms:
            if self._shut_ms > self._keep_alive_ms + KEEP_ALIVE_FRAME_MS:
                self._shut_ms = 0
            # What waits is of before it: the order of the audio is kept by letting it go.
            self._kept.clear()
            self._kept_ms = 0
            return [frame]
        self._kept.append(frame)
        self._kept_ms += ms
        while self._kept_ms - len(self._kept[0]) // _BYTES_PER_MS >= PRE_ROLL_MS:
            self._kept_ms -= len(self._kept.popleft()) // _BYTES_PER_MS
        return []

    def _follow(self, session: SessionConfig) -> None:
        audio = session.audio
        rules = None if audio is None or audio.input is None else audio.input.turn_detection
        self.is_active = isinstance(rules, ServerVad | SemanticVad)
        self._silence_limit_ms = LEAST_SILENCE_MS
        if isinstance(rules, ServerVad):
            wanted_ms = rules.silence_duration_ms + MARGIN_MS
            self._silence_limit_ms = max(LEAST_SILENCE_MS, wanted_ms)
            # An endpoint that speaks up after a silence must hear how long it lasts.
            self.is_active = rules.idle_timeout_ms is None


class SpeechDetector(Protocol):
    """Says how likely there is speech; ``voice.engines.ports.VadStream`` is one."""

    async def score(self, pcm: Pcm) -> Sequence[float]:
        """Return a probability for each stretch at 16 kHz that ``pcm`` completes."""
        ...


class GatedMicrophone:
    """A microphone without its silence; implements ``Microphone``, and closes the one it is given.

    ``gate`` must be among the session's observers.
    """

    def __init__(self, microphone: Microphone, detector: SpeechDetector, gate: SilenceGate) -> None:
        self._microphone = microphone
        self._detector = detector
        self._gate = gate

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield the frames that are to be sent. Raises DeviceError like the microphone."""
        from voice.audio.pcm import Resampler, from_bytes

        resampler = Resampler(RATE_HZ, _DETECTOR_HZ, "low_delay")
        speech = 0.0
        async for frame in self._microphone.frames():
            scores = await self._detector.score(resampler.push(from_bytes(frame)))
            speech = max(scores, default=speech)
            for part in self._gate.hear(frame, speech):
                yield part

    async def close(self) -> None:
        """Release the device. Idempotent."""
        await self._microphone.close()
