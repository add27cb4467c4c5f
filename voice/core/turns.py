"""Endpointing: when the user began to speak and when the turn is over.

A pure machine. It is fed frames of (position in audio, speech probability) and, when the words so
far are known, the probability that they are complete, and where somebody listens to the voice too,
that it sounds finished; it answers with what happened. Time is counted in audio (DESIGN §2, STYLE
§2.10), so a recorded file and a live microphone behave alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal, TypeAlias

from voice.core.turn_evidence import TurnEvidence

MIN_SPEECH_MS = 64
"""Two frames of 32 ms: a click is one frame, a word never is."""

HYSTERESIS = 0.15
"""Silence counts below threshold minus this, so that a wavering score does not end a turn."""

LIKELY_END_MS = 96
"""Silence after which the recogniser starts on the turn; thrown away if speech goes on."""

WAITS_MS = (224, 500, 1_200)
"""Silence that ends a turn after complete words, after words unknown, after incomplete ones."""

MAX_TURN_MS = 60_000
"""A turn is closed after so long, whatever is heard: a television never falls silent."""

MAX_SEMANTIC_TURN_MS = 30_000
"""Where words may end a turn, few turns of people last longer without a pause that ends them."""


@dataclass(frozen=True, slots=True)
class TurnRules:
    """How a turn ends. All times in ms of audio.

    ``wait_complete_ms`` applies when the words are complete, ``wait_unknown_ms`` when nothing is
    known of them and ``wait_incomplete_ms`` when they are not. For a fixed silence all three are
    equal.
    """

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    wait_complete_ms: int = WAITS_MS[0]
    wait_unknown_ms: int = WAITS_MS[1]
    wait_incomplete_ms: int = WAITS_MS[2]
    max_turn_ms: int = MAX_TURN_MS

    @classmethod
    def server_vad(
        cls, *, threshold: float, prefix_padding_ms: int, silence_duration_ms: int
    ) -> TurnRules:
        """Fixed silence, as ``turn_detection.type = server_vad`` asks."""
        wait_ms = silence_duration_ms
        return cls(threshold, prefix_padding_ms, wait_ms, wait_ms, wait_ms)

    @classmethod
    def semantic_vad(cls, eagerness: Literal["low", "medium", "high", "auto"]) -> TurnRules:
        """Silence plus words, as ``turn_detection.type = semantic_vad`` asks.

        Auto equals medium.
        """
        match eagerness:
            case "high":
                waits_ms = (192, 384, 600)
            case "low":
                waits_ms = (600, 1_200, 3_000)
            case _:
                waits_ms = WAITS_MS
        complete_ms, unknown_ms, incomplete_ms = waits_ms
        return cls(
            wait_complete_ms=complete_ms,
            wait_unknown_ms=unknown_ms,
            wait_incomplete_ms=incomplete_ms,
            max_turn_ms=MAX_SEMANTIC_TURN_MS,
        )

    @property
    def has_words(self) -> bool:
        """Whether the words make a difference."""
        return self.wait_complete_ms != self.wait_incomplete_ms

    def wait_ms(self, evidence: TurnEvidence) -> int:
        """Return the silence that ends a turn of which this is known."""
        if not self.has_words:
            return self.wait_unknown_ms
        return evidence.wait_ms(
            (self.wait_complete_ms, self.wait_unknown_ms, self.wait_incomplete_ms)
        )


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The user speaks; ``audio_start_ms`` is already moved back by the prefix padding."""

    audio_start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The user may have finished; ``audio_end_ms`` is where the recogniser should stop reading."""

    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The pause was only a pause."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The turn is over; ``audio_end_ms`` includes the silence waited for, ``silence_ms`` of it.

    ``cause`` says why, for people.
    """

    audio_end_ms: int
    silence_ms: int
    cause: str


TurnEvent: TypeAlias = SpeechBegan | SpeechPaused | SpeechResumed | SpeechEnded


class TurnState(Enum):
    """Whose turn the audio belongs to."""

    SILENT = "silent"
    STARTING = "starting"
    SPEAKING = "speaking"
    PAUSED = "paused"
    CAPPED = "went on after a turn that was as long as one may be"


class TurnDetector:
    """The machine: silent → starting → speaking ⇄ paused → silent.

    A turn that reaches the limit is closed. The voice that goes on begins no other, which would end
    the answer before it sounds, until it pauses; that turn then holds all that was said meanwhile.
    """

    def __init__(self, rules: TurnRules) -> None:
        self._position_ms = 0
        self._floor_ms = 0
        self.reset(rules)

    @property
    def is_user_speaking(self) -> bool:
        """Whether a turn is open."""
        return self.state in (TurnState.SPEAKING, TurnState.PAUSED)

    @property
    def is_voice_heard(self) -> bool:
        """Whether a turn is open and does not pause."""
        return self.state is TurnState.SPEAKING

    @property
    def turn_start_ms(self) -> int:
        """Where the open turn's audio begins, prefix padding included."""
        return self._started_ms

    @property
    def held_from_ms(self) -> int:
        """From where on audio is needed for a turn that is still to come."""
        return self._started_ms if self.state is TurnState.CAPPED else self._position_ms

    def reset(self, rules: TurnRules, *, after_ms: int = 0) -> None:
        """Forget an open turn and go on by these rules.

        No turn will reach back before ``after_ms``: audio until there was committed or cleared.
        """
        self.rules = rules
        self._floor_ms = max(self._floor_ms, after_ms)
        self.state = TurnState.SILENT
        self._onset_ms = 0
        self._started_ms = 0
        self._speech_end_ms = 0
        self._pause_told = False
        self._evidence = TurnEvidence()

    def feed(self, end_ms: int, probability: float, frame_ms: int = 32) -> list[TurnEvent]:
        """Take one scored frame that ends at ``end_ms``; frames must come in order."""
        self._position_ms = end_ms
        rules = self.rules
        is_speech = probability >= rules.threshold
        is_silence = probability < max(0.01, rules.threshold - HYSTERESIS)
        match self.state:
            case TurnState.SILENT if is_speech:
                self.state = TurnState.STARTING
                self._onset_ms = end_ms - frame_ms
                return self._start_if_long(end_ms)
            case TurnState.STARTING if is_speech:
                return self._start_if_long(end_ms)
            case TurnState.STARTING if is_silence:
                self.state = TurnState.SILENT
            case TurnState.SPEAKING if is_silence:
                self.state = TurnState.PAUSED
                self._speech_end_ms = end_ms - frame_ms
                self._pause_told = False
                self._evidence = TurnEvidence()
                return self._check_end()
            case TurnState.PAUSED if is_speech:
                self.state = TurnState.SPEAKING
                return [SpeechResumed()] if self._pause_told else []
            case TurnState.SPEAKING | TurnState.PAUSED:
                return self._check_end()
            case TurnState.CAPPED:
                return self._go_on(is_silence=is_silence)
            case _:
                pass
        return []

    def judge(self, complete: float) -> list[TurnEvent]:
        """Take the probability that the words of the current pause are a finished turn."""
        if self.state is not TurnState.PAUSED:
            return []
        self._evidence = replace(self._evidence, words=complete)
        return self._check_end()

    def judge_sound(self, finished: float) -> list[TurnEvent]:
        """Take the probability that the voice before the current pause sounds finished."""
        if self.state is not TurnState.PAUSED:
            return []
        self._evidence = replace(self._evidence, sound=finished)
        return self._check_end()

    def _start_if_long(self, end_ms: int) -> list[TurnEvent]:
        if end_ms - self._onset_ms < MIN_SPEECH_MS:
            return []
        self.state = TurnState.SPEAKING
        # Padding takes silence of the turn before at most, never its last word.
        self._started_ms = max(self._floor_ms, self._onset_ms - self.rules.prefix_padding_ms)
        return [SpeechBegan(self._started_ms)]

    def _check_end(self) -> list[TurnEvent]:
        events: list[TurnEvent] = []
        if self.state is TurnState.PAUSED:
            silence_ms = self._position_ms - self._speech_end_ms
            if silence_ms >= LIKELY_END_MS and not self._pause_told:
                self._pause_told = True
                events.append(SpeechPaused(self._position_ms))
            if silence_ms >= self.rules.wait_ms(self._evidence):
                return [*events, self._end(silence_ms)]
        if self._position_ms - self._started_ms >= self.rules.max_turn_ms:
            events.append(self._cap())
        return events

    def _end(self, silence_ms: int) -> SpeechEnded:
        self.state = TurnState.SILENT
        self._floor_ms = self._position_ms - silence_ms
        known = self._evidence.phrase() if self.rules.has_words else ""
        return SpeechEnded(self._position_ms, silence_ms, f"{silence_ms} ms of silence{known}")

    def _cap(self) -> SpeechEnded:
        """Close a turn of which no end is in sight."""
        self.state = TurnState.CAPPED
        self._floor_ms = self._started_ms = self._speech_end_ms = self._position_ms
        seconds = self.rules.max_turn_ms // 1_000
        return SpeechEnded(self._position_ms, 0, f"speech without an end for {seconds} s")

    def _go_on(self, *, is_silence: bool) -> list[TurnEvent]:
        """Follow a voice that goes on after its turn was closed."""
        if not is_silence:
            self._speech_end_ms = self._position_ms
        began = SpeechBegan(self._started_ms)
        if self._position_ms - self._started_ms >= self.rules.max_turn_ms:
            return [began, self._cap()]
        if self._position_ms - self._speech_end_ms < self.rules.wait_unknown_ms:
            return []
        if self._speech_end_ms - self._started_ms < MIN_SPEECH_MS:
            self.state = TurnState.SILENT
            return []
        self.state = TurnState.PAUSED
        self._pause_told = False
        self._evidence = TurnEvidence()
        return [began, *self._check_end()]
