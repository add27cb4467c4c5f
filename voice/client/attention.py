"""Whether what the microphone hears may leave this machine: asleep, awake, or idle.

Pure: every call is given the time in milliseconds, counted in audio as the ear counts it. With wake
words a conversation sleeps until one is heard, stays awake while anybody is busy with an answer,
and for a follow-up window after it. With or without them it is idle once nobody has said a word for
a long time: then nothing is sent either, until somebody speaks. Both times count from the end of
an answer or a call, however long it takes: the session ends whatever hangs.
"""

from __future__ import annotations

from enum import Enum

from voice.core.updates import (
    AssistantTranscript,
    ConnectionLost,
    Ended,
    Phase,
    PhaseChanged,
    ToolCallFinished,
    ToolCallStarted,
    Update,
    UserSpeechStarted,
    UserSpeechStopped,
    UserTranscript,
)

FIRST_WORDS_MS = 8_000
"""How long a person has to begin once a wake word was heard, however short the follow-up is."""

SPEECH_MS = 2_000
OVERTIME_MS = 3_000
"""Speech that begins within the window prolongs it by ``SPEECH_MS``, in all by so much: by then the
endpoint has said that it hears somebody."""

LONGEST_TURN_MS = 60_000
"""A television in a window, or a turn whose end is never told, keeps nobody awake for longer."""

NOISE_MS = 10_000
"""What broke an idle time and brought no words in so long was no speech."""

_BUSY = (Phase.THINKING, Phase.WORKING, Phase.SPEAKING)


class State(Enum):
    """What becomes of the microphone's sound; the values are for faces."""

    ASLEEP = "asleep"
    """Only wake words are listened for; nothing is sent."""
    AWAKE = "awake"
    """It is sent, as far as the ear lets it."""
    IDLE = "idle"
    """Nothing is sent until somebody speaks."""


class Attention:
    """The attention of one session; an observer of its updates, fed by the ear.

    ``has_wake_word`` says whether words are listened for at all; without, it never sleeps.
    ``follow_up_ms`` is how long no word is needed after an answer; with 0 each turn needs one.
    ``idle_ms`` is how long nobody says a word before it is idle, 0 for never.

    An endpoint that hears the user when the sound ends hears no silence after it: whoever sends
    owes it the silence that ends the turn.
    """

    def __init__(
        self, *, has_wake_word: bool, follow_up_ms: int = 8_000, idle_ms: int = 120_000
    ) -> None:
        self._has_wake_word = has_wake_word
        self._follow_up_ms = follow_up_ms
        self._idle_ms = idle_ms
        self._phase = Phase.CONNECTING
        self._calls: set[str] = set()  # bounded: by the calls that run at once
        self._turn_since_ms: int | None = None
        self._window_end_ms = 0
        self._speech_end_ms = 0
        self._idle_at_ms: int | None = None
        self._cause = "no wake word is asked for"

    def heard_wake_word(self, word: str, now_ms: int) -> None:
        """Wake: ``word`` was heard on this machine."""
        self.wake(f"the wake word '{word.replace('_', ' ')}'", now_ms)

    def wake(self, cause: str, now_ms: int) -> None:
        """Wake for the time that a person needs to begin, as a key does too."""
        self._window_end_ms = now_ms + max(self._follow_up_ms, FIRST_WORDS_MS)
        self._cause = cause
        self._word(now_ms)

    def heard_speech(self, now_ms: int) -> None:
        """Note speech on this machine: it ends an idle time, and is let finish in a window.

        It never wakes what sleeps. Call it for every stretch of speech, however often.
        """
        state = self.state(now_ms)
        if state is State.IDLE:
            self._idle_at_ms = now_ms + NOISE_MS
            self._cause = "speech after an idle time"
        elif state is State.AWAKE:
            self._speech_end_ms = min(now_ms + SPEECH_MS, self._window_end_ms + OVERTIME_MS)

    def take(self, update: Update, now_ms: int) -> None:
        """Learn from the session who speaks and who is busy."""
        match update:
            case PhaseChanged(phase=phase):
                self._turn_to(phase, now_ms)
            case UserSpeechStarted():
                self._word(now_ms)
                if self.state(now_ms) is not State.ASLEEP:
                    self._turn_since_ms = now_ms
            case UserSpeechStopped():
                self._word(now_ms)
                if self._turn_since_ms is not None:
                    self._turn_since_ms = None
                    self._open_window("a turn of the user", now_ms)
            case UserTranscript() | AssistantTranscript():
                self._word(now_ms)
            case ToolCallStarted(call_id=call_id):
                self._calls.add(call_id)
            case ToolCallFinished(call_id=call_id) if call_id in self._calls:
                self._calls.discard(call_id)
                self._open_window("a tool's work", now_ms)
            case ConnectionLost() | Ended():
                self._turn_since_ms = None

    def state(self, now_ms: int) -> State:
        """Return what becomes of the microphone's sound now."""
        if self._is_busy or self._is_turn(now_ms):
            return State.AWAKE
        if self._has_wake_word and now_ms >= max(self._window_end_ms, self._speech_end_ms):
            return State.ASLEEP
        if self._idle_ms and self._idle_at_ms is not None and now_ms >= self._idle_at_ms:
            return State.IDLE
        return State.AWAKE

    def is_idle(self, now_ms: int) -> bool:
        """Return whether nothing is to be sent until somebody speaks."""
        return self.state(now_ms) is State.IDLE

    def may_send(self, now_ms: int) -> bool:
        """Return whether the microphone's sound may leave this machine."""
        return self.state(now_ms) is State.AWAKE

    def cause(self, now_ms: int) -> str:
        """Return in a few plain words why the state is what it is."""
        match self.state(now_ms):
            case State.ASLEEP:
                return "no wake word was heard"
            case State.IDLE:
                return f"nobody said a word for {self._idle_ms // 1_000} s"
        if self._phase in _BUSY:
            return f"the conversation is {self._phase.value}"
        if self._calls:
            return "a tool works"
        return "the user speaks" if self._is_turn(now_ms) else self._cause

    def _turn_to(self, phase: Phase, now_ms: int) -> None:
        was_answering = self._phase in _BUSY
        self._phase = phase
        if phase in _BUSY:
            self._word(now_ms)
        elif was_answering:
            self._open_window("an answer", now_ms)
        elif self._idle_at_ms is None:
            self._word(now_ms)

    def _open_window(self, after: str, now_ms: int) -> None:
        self._word(now_ms)
        end_ms = now_ms + self._follow_up_ms
        if end_ms > self._window_end_ms:
            self._window_end_ms = end_ms
            self._cause = f"{self._follow_up_ms // 1_000} s without the word after {after}"

    def _word(self, now_ms: int) -> None:
        """Note that somebody said something, or works on it."""
        self._idle_at_ms = now_ms + self._idle_ms

    @property
    def _is_busy(self) -> bool:
        # A tool that asks the user something works on, though the conversation listens.
        return self._phase in _BUSY or bool(self._calls)

    def _is_turn(self, now_ms: int) -> bool:
        return self._turn_since_ms is not None and now_ms - self._turn_since_ms < LONGEST_TURN_MS
