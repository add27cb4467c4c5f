"""The ear: hears the user over our own voice, and lets an endpoint hear neither us nor a "mm-hm".

While our voice sounds the microphone is held back, and silence is sent in its place. Speech over
our voice pauses it at once; then it is judged. What interrupts is sent in a burst, from a little
before its onset, and live from then on; what does not is never sent, and our voice goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Literal, TypeAlias

from voice.audio.ports import BLOCK_MS, RATE_HZ, EchoMicrophone
from voice.client.doubt import DETECTED_MS, DETECTOR_HZ, Doubt, Recognise
from voice.client.gate import SilenceGate, SpeechDetector
from voice.client.onset import SOUNDING_DB, OnsetDetector, Sound, level_db
from voice.client.said import Said
from voice.core.client_inputs import NearKind, NearSpeech, NearVerdict
from voice.core.updates import (
    ConnectionLost,
    PlaybackPaused,
    PlaybackResumed,
    Update,
    UserSpeechStarted,
    UserSpeechStopped,
)

if TYPE_CHECKING:
    from voice.audio.echo import EchoCanceller
    from voice.audio.pcm import Pcm
    from voice.client.wakefulness import Wakefulness

RING_MS = 2_000
BEFORE_ONSET_MS = 300
"""What goes to the endpoint, and to the recogniser, from before the onset."""

UNCANCELLED_MS = 120
"""So much of that goes to the endpoint as the microphone hears it: the canceller damages a first
word more than the echo does."""

READ_BEFORE_MS = 160
"""What the recogniser hears from before; more would be crumbs of our own voice."""

SOUNDING_MS = 200
TAIL_MS = 200
"""Our voice counts as sounding for so long after its last sound, and its echo for longer."""

FADING_MS = 60
"""A card falls silent in this time, or has a long way to the loudspeaker, as Bluetooth has."""

QUIET_MS = 700
"""An interruption that the endpoint says nothing of is over after so much silence."""

SPEECH_AT = 0.5
_STILL_SPEECH_AT = 0.3
_STILL_VOICE_DB = 6.0
_MARGIN_BLOCKS = 8
_POOR_ERLE_DB = 6.0
_LOUD_ECHO_DBFS = -45.0

Mode = Literal["full duplex", "half duplex", "headphones"]
BargeIn = Literal["two_step", "at_once", "off"]
Sense: TypeAlias = Callable[[NearSpeech | NearVerdict], None]


class EarState(Enum):
    """What the ear does with the microphone."""

    QUIET = "quiet"
    """We are silent: everything passes."""
    OVER = "over"
    """Our voice sounds: nothing passes."""
    DOUBT = "doubt"
    """Somebody speaks over our voice, which is paused: it is held until the verdict."""
    THROUGH = "through"
    """The user speaks, whatever we do: everything passes."""


class Ear:
    """A microphone through which an endpoint hears the user alone; implements ``Microphone``.

    ``canceller`` takes our echo away; without it the microphone is believed to hear none.
    ``detector`` scores the cancelled sound at 16 kHz. ``sense`` is told of speech over our voice;
    it must pause the speaker. ``take`` must be among the session's observers. ``on_notice`` is told
    once where the echo is too strong for anything but half duplex. ``names`` are what we are called
    by. Closes ``microphone``, and then calls ``on_close``.
    """

    def __init__(
        self,
        microphone: EchoMicrophone,
        *,
        canceller: EchoCanceller | None,
        detector: SpeechDetector,
        sense: Sense,
        recognise: Recognise | None = None,
        wakefulness: Wakefulness | None = None,
        mode: Mode = "full duplex",
        barge_in: BargeIn = "two_step",
        names: Sequence[str] = (),
        on_notice: Callable[[str], None] | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self.state = EarState.QUIET
        self.mode: Mode = mode
        self.recognise = recognise
        """Reads the words of speech over our voice; may be given later, when it is loaded."""
        self.speech = 0.0
        """How likely there is speech now, ours not counted."""
        self.now_ms = 0
        self._microphone = microphone
        self._canceller = canceller
        self._detector = detector
        self._sense = sense
        self._wakefulness = wakefulness
        self._barge_in = barge_in
        self._names = names
        self._on_notice = on_notice
        self._on_close = on_close
        self._gate: SilenceGate | None = None
        self._onset = OnsetDetector()
        self._said = Said()
        self._doubt: Doubt | None = None
        self._ring: deque[Pcm] = deque(maxlen=RING_MS // BLOCK_MS)
        self._raw: deque[Pcm] = deque(maxlen=UNCANCELLED_MS // BLOCK_MS)
        self._held_blocks = 0
        self._owed: list[Pcm] = []
        self._since_far_ms = SOUNDING_MS + TAIL_MS
        self._silent_ms = QUIET_MS
        self._is_turn = False
        self._is_paused = False

    def take(self, update: Update) -> None:
        """Learn from the session what we say, and whether it hears the user."""
        self._said.take(update)
        if self._wakefulness is not None:
            self._wakefulness.take(update, self.now_ms)
        match update:
            case UserSpeechStarted():
                self._is_turn = True
                if self.state is EarState.DOUBT:
                    self._owed = self._go_through()
                elif self.state is EarState.OVER:
                    self.state = EarState.THROUGH
            case UserSpeechStopped() | ConnectionLost():
                self._is_turn = False
                if self.state is EarState.THROUGH:
                    self._silent_ms = QUIET_MS
            case PlaybackPaused():
                self._is_paused = True
            case PlaybackResumed():
                self._is_paused = False

    def keep_silence(self, gate: SilenceGate) -> None:
        """Send only what ``gate`` lets pass; this detector serves both."""
        self._gate = gate

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield what is to be sent now. Raises DeviceError like the microphone."""
        from voice.audio.echo import mean_square
        from voice.audio.pcm import Resampler, from_bytes

        resampler = Resampler(RATE_HZ, DETECTOR_HZ, "low_delay")
        try:
            async for captured in self._microphone.captured():
                near, far = from_bytes(captured.near), from_bytes(captured.far)
                clean = near if self._canceller is None else self._canceller.process(near, far)
                heard = resampler.push(clean)
                scores = await self._detector.score(heard)
                self.speech = max(scores, default=self.speech)
                sound = Sound(level_db(mean_square(clean)), level_db(mean_square(far)), self.speech)
                for frame in self._pass_on(self._hear(near, clean, sound), heard):
                    yield frame
        finally:
            if self._doubt is not None:
                self._doubt.close()

    async def close(self) -> None:
        """Release the microphone. Idempotent."""
        await self._microphone.close()
        if self._on_close is not None:
            self._on_close()

    def _hear(self, near: Pcm, clean: Pcm, sound: Sound) -> list[Pcm]:
        """Take one block; return what is to be sent of it and of those before."""
        self.now_ms += BLOCK_MS
        is_far = sound.far_db > SOUNDING_DB
        self._since_far_ms = 0 if is_far else self._since_far_ms + BLOCK_MS
        if is_far:
            self._said.sounded(BLOCK_MS)
        # The canceller damages speech a little: its result is taken where there is an echo only.
        changes = self._canceller is not None and self._canceller.changes_sound
        best = clean if changes or self._is_echoing else near
        sent = best if changes or self._is_cancelled else near
        self._ring.append(sent)
        self._raw.append(clean if changes else near)
        has_begun = self._onset.hear(sound)
        is_speech = sound.speech >= _STILL_SPEECH_AT
        self._silent_ms = 0 if is_speech else self._silent_ms + BLOCK_MS
        self._watch_echo()
        if self.mode == "half duplex":
            return [best * 0 if self._is_echoing else best]
        match self.state:
            case EarState.QUIET:
                return self._quiet(best)
            case EarState.OVER:
                return self._over(best, has_begun)
            case EarState.DOUBT:
                return self._judge(sent, sound)
            case EarState.THROUGH:
                return self._through(sent)

    @property
    def _is_cancelled(self) -> bool:
        """Whether what is sent is better without our echo.

        The canceller takes much of the first word with it, while of our voice, which is being
        paused, hardly a syllable is left: the endpoint understands the microphone itself better.
        """
        match self.state:
            case EarState.DOUBT:
                return self._since_far_ms == 0 and self._held_blocks > FADING_MS // BLOCK_MS
            case EarState.THROUGH:
                return self._since_far_ms < SOUNDING_MS
        return self._is_echoing

    @property
    def _is_echoing(self) -> bool:
        return self._since_far_ms < SOUNDING_MS + TAIL_MS

    def _quiet(self, best: Pcm) -> list[Pcm]:
        if self._since_far_ms > 0:
            return [best]
        self.state = EarState.THROUGH if self._is_turn else EarState.OVER
        return [best] if self._is_turn else [best * 0]

    def _over(self, best: Pcm, has_begun: bool) -> list[Pcm]:
        if not self._is_echoing:
            self.state = EarState.QUIET
            # Somebody who began while the last of our voice faded is heard whole.
            return self._last(BEFORE_ONSET_MS) if self._silent_ms == 0 else [best]
        if not has_begun or self._barge_in == "off":
            return [best * 0]
        cause = f"speech over our voice, {self._onset.margin_db:.0f} dB above the echo"
        self._is_paused = False
        self._uncancel(DETECTED_MS)
        begin = self._last(READ_BEFORE_MS)
        self._uncancel(UNCANCELLED_MS)
        self._sense(NearSpeech(cause))
        if self._barge_in == "at_once":
            self._sense(NearVerdict(NearKind.INTERRUPTION, "", cause))
            return self._go_through()
        self.state = EarState.DOUBT
        self._held_blocks = 1
        self._doubt = Doubt(
            begin,
            recognise=self.recognise,
            names=self._names,
            is_room_known=self._onset.is_room_known,
        )
        return []

    def _judge(self, heard: Pcm, sound: Sound) -> list[Pcm]:
        doubt = self._doubt
        assert doubt is not None
        self._held_blocks += 1
        is_voice = sound.speech >= _STILL_SPEECH_AT and self._onset.margin_db >= _STILL_VOICE_DB
        judgement = doubt.hear(heard, is_voice=is_voice, said=self._said.text)
        if judgement is None:
            return []
        if doubt.is_recogniser_slow:
            self.recognise = None
        was_paused = self._is_paused
        self._sense(NearVerdict(judgement.kind, doubt.words, judgement.cause))
        is_answer = judgement.kind is NearKind.BACKCHANNEL and not was_paused
        if judgement.kind is NearKind.INTERRUPTION or is_answer:
            return self._go_through()
        if judgement.kind is not NearKind.BACKCHANNEL:
            self._onset.startle()
        self._end_doubt()
        self.state = EarState.OVER
        self._since_far_ms = 0
        return [heard * 0 for _ in range(self._held_blocks)]

    def _through(self, best: Pcm) -> list[Pcm]:
        owed, self._owed = self._owed, []
        if not self._is_turn and self._silent_ms >= QUIET_MS:
            self.state = EarState.OVER if self._since_far_ms == 0 else EarState.QUIET
        return [*owed, best]

    def _go_through(self) -> list[Pcm]:
        """Let everything pass from now on; return what was held."""
        held = self._held_blocks + BEFORE_ONSET_MS // BLOCK_MS
        self._end_doubt()
        self.state = EarState.THROUGH
        self._silent_ms = 0
        return list(self._ring)[-held:]

    def _end_doubt(self) -> None:
        if self._doubt is not None:
            self._doubt.close()
            self._doubt = None

    def _last(self, ms: int) -> list[Pcm]:
        return list(self._ring)[-(ms // BLOCK_MS) :]

    def _uncancel(self, ms: int) -> None:
        """Put the microphone itself in the place of the last ``ms`` of what is to be sent."""
        for age in range(1, min(ms // BLOCK_MS, len(self._raw)) + 1):
            self._ring[-age] = self._raw[-age]

    def _watch_echo(self) -> None:
        """Go over to half duplex where the canceller does not master a loud echo."""
        canceller = self._canceller
        if canceller is not None and self.state in (EarState.DOUBT, EarState.THROUGH):
            canceller.forget_block()
        if canceller is None or self.mode != "full duplex" or canceller.erle_db is None:
            return
        if canceller.erle_db < _POOR_ERLE_DB and (canceller.echo_dbfs or -90.0) > _LOUD_ECHO_DBFS:
            self.mode = "half duplex"
            self._end_doubt()
            self.state = EarState.QUIET
            if self._on_notice is not None:
                self._on_notice(
                    f"only {canceller.erle_db:.0f} dB of our echo can be taken away here: "
                    "the microphone is closed while we speak (half duplex)"
                )

    def _pass_on(self, blocks: list[Pcm], heard: Pcm) -> list[bytes]:
        """Return as frames what of the blocks may leave this machine."""
        from voice.audio.pcm import to_bytes

        frames = [to_bytes(block) for block in blocks]
        if self._wakefulness is not None:
            frames = self._wakefulness.pass_on(frames, heard, self.speech, self.now_ms)
        if self._gate is None:
            return frames
        is_burst = len(frames) > 1
        speech = 0.0 if self.state is EarState.OVER else self.speech
        return [part for frame in frames for part in self._gate.hear(frame, max(speech, is_burst))]
