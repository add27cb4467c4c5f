"""The user's side of the server: the audio buffer, and endpointing.

The recogniser starts at the likely end of speech, before the silence has run its full time; what it
heard is thrown away if speech goes on (ENGINES "Speech to text"). So the words are there when the
turn ends, and they may end it sooner. Where the client wants to read along, the turn is also read
while it lasts: one reading at a time, never beside the one at its end.
"""

from __future__ import annotations

from collections.abc import Callable

from voice.core import refusals
from voice.core.input_buffer import InputBuffer
from voice.core.server_messages import (
    ResetSpeech,
    ScoreSpeech,
    SpeechScored,
    Transcribe,
    Transcribed,
    TranscriptionFailed,
    TurnSounded,
)
from voice.core.transcriptions import Transcriptions
from voice.core.turn_signals import (
    Signal,
    TurnDropped,
    TurnReadSoFar,
    UserBegan,
    UserEnded,
)
from voice.core.turns import (
    SpeechBegan,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    TurnDetector,
    TurnEvent,
    TurnRules,
)
from voice.protocol.formats import AudioFormat

MIN_COMMIT_MS = 100
"""A commit of less is refused, as upstream does."""

HISTORY_MS = 1_000
"""Audio kept before the present while nobody speaks, beyond the prefix padding."""

PARTIAL_EVERY_MS = 800
PARTIAL_SHARE = 8
"""New audio before a turn is read again: at least so much, and an eighth of the turn, since each
reading begins at the start. At 6 ms of CPU per second read that is 5 % of a core at most."""


class UserTurns:
    """Audio in, signals out. ``rules`` None means that the client commits by hand.

    ``reads_along`` asks for readings of turns that go on.
    """

    def __init__(
        self, audio_format: AudioFormat, rules: TurnRules | None, *, new_id: Callable[[str], str]
    ) -> None:
        self.buffer = InputBuffer(audio_format)
        self.transcriptions = Transcriptions()
        self.reads_along = False
        self._detector = TurnDetector(rules) if rules else None
        self._new_id = new_id
        self._item_id: str | None = None
        self._read_to_ms = 0
        self._deaf_to_ms = 0

    @property
    def is_user_speaking(self) -> bool:
        """Whether a detected turn is open."""
        return self._detector is not None and self._detector.is_user_speaking

    @property
    def open_item_id(self) -> str | None:
        """The id that the open turn's item will get, if one is open."""
        return self._item_id

    def configure(self, audio_format: AudioFormat, rules: TurnRules | None) -> list[Signal]:
        """Take a changed session.

        Another format throws the audio away, and with it an open turn. Changed rules go on with an
        open turn; without any, the client commits it by hand and it keeps its item id.
        """
        signals: list[Signal] = []
        if audio_format != self.buffer.format:
            signals += self._drop_turn()
            self.buffer.change_format(audio_format)
            self._deaf_to_ms = self.buffer.end_ms
            signals.append(ResetSpeech(audio_format, self.buffer.end_ms))
        elif (rules is None) is not (self._detector is None):
            self._deaf_to_ms = self.buffer.end_ms
            signals.append(ResetSpeech(audio_format, self.buffer.end_ms))
        if rules is None:
            self._detector = None
            signals += self.transcriptions.drop_reading()
            if self._item_id is not None:
                signals += self.transcriptions.drop(self._item_id)
        elif self._detector is None:
            self._detector = TurnDetector(rules)
            self._detector.reset(rules, after_ms=self.buffer.committed_ms)
        else:
            self._detector.rules = rules
        return signals

    def append(self, audio: bytes) -> list[Signal]:
        """Take audio from the client; raises Refusal for half a sample."""
        if len(audio) % self.buffer.format.bytes_per_sample:
            raise refusals.invalid_value("audio", "whole 16-bit samples", f"{len(audio)} bytes")
        self.buffer.append(audio)
        if self._detector is None or not audio:
            return []
        return [ScoreSpeech(audio, self.buffer.end_ms)]

    def scored(self, score: SpeechScored) -> list[Signal]:
        """Take one frame's speech probability; of audio that is gone already it says nothing."""
        detector = self._detector
        if detector is None or score.end_ms <= self._deaf_to_ms:
            return []
        signals = self._follow(detector.feed(score.end_ms, score.probability))
        if not detector.is_user_speaking:
            keep_ms = detector.rules.prefix_padding_ms + HISTORY_MS
            self.buffer.forget_before(min(score.end_ms - keep_ms, detector.held_from_ms))
        elif self.reads_along and detector.is_voice_heard:
            signals += self._read_along(detector, score.end_ms)
        return signals

    def transcribed(self, heard: Transcribed | TranscriptionFailed) -> list[Signal]:
        """Take a recogniser's answer; a stale one is dropped."""
        if self.transcriptions.take_reading(heard):
            return self._so_far(heard)
        if not self.transcriptions.take(heard):
            return []
        signals = self.transcriptions.tell(heard.item_id)
        if heard.item_id == self._item_id:
            signals += self._so_far(heard)
            if self._detector and isinstance(heard, Transcribed):
                signals += self._follow(self._detector.judge(heard.complete))
        return signals

    def sounded(self, heard: TurnSounded) -> list[Signal]:
        """Take how the voice sounded before the pause; stale news is dropped."""
        is_open = heard.item_id == self._item_id and self.transcriptions.counts(heard)
        if self._detector is None or not is_open:
            return []
        return self._follow(self._detector.judge_sound(heard.finished))

    def commit(self) -> tuple[str, int, list[Signal]]:
        """Close the turn by hand; returns its item id, its length in ms and the signals.

        Raises Refusal for less than 100 ms.
        """
        audio_ms = self.buffer.uncommitted_ms
        if audio_ms < MIN_COMMIT_MS:
            raise refusals.commit_empty(audio_ms)
        item_id = self._item_id or self._new_id("item")
        signals = self.transcriptions.drop_reading()
        signals += self.transcriptions.drop(item_id)
        self._item_id = None
        self.transcriptions.commit(item_id)
        signals.append(self._hear(item_id, self.buffer.commit()))
        self._start_over()
        return item_id, audio_ms, signals

    def commit_silence(self, length_ms: int) -> tuple[str, int, int]:
        """Close a stretch in which nobody spoke; returns its item id, start and end in ms."""
        end_ms = self.buffer.end_ms
        start_ms = max(self.buffer.committed_ms, end_ms - length_ms)
        self.buffer.commit()
        self._start_over()
        return self._new_id("item"), start_ms, end_ms

    def hear_item(self, item_id: str, audio: bytes) -> list[Signal]:
        """Recognise audio that came inside an item."""
        self.transcriptions.commit(item_id)
        return [self._hear(item_id, audio)]

    def clear(self) -> list[Signal]:
        """Throw the buffer away, and with it an open turn."""
        signals = self._drop_turn()
        self.buffer.clear()
        self._start_over()
        if self._detector is not None:
            signals.append(ResetSpeech(self.buffer.format, self.buffer.end_ms))
        return signals

    def _follow(self, events: list[TurnEvent]) -> list[Signal]:
        signals: list[Signal] = []
        for event in events:
            match event:
                case SpeechBegan(audio_start_ms):
                    self._item_id = self._new_id("item")
                    self._read_to_ms = audio_start_ms
                    signals.append(UserBegan(self._item_id, audio_start_ms))
                case SpeechPaused(audio_end_ms):
                    signals += self.transcriptions.drop_reading()
                    signals.append(self._hear_turn(audio_end_ms))
                case SpeechResumed():
                    signals += self.transcriptions.drop(self._open_item)
                case SpeechEnded():
                    signals += self._end(event)
        return signals

    def _end(self, event: SpeechEnded) -> list[Signal]:
        detector = self._detector
        assert detector is not None
        item_id = self._open_item
        self._item_id = None
        self.transcriptions.commit(item_id)
        dropped = self.transcriptions.drop_reading()
        audio_ms = event.audio_end_ms - detector.turn_start_ms
        ended = UserEnded(item_id, event.audio_end_ms, event.silence_ms, audio_ms, event.cause)
        signals: list[Signal] = [*dropped, ended]
        if not self.transcriptions.has(item_id):
            audio = self.buffer.slice(detector.turn_start_ms, event.audio_end_ms)
            signals.append(self._hear(item_id, audio))
        self.buffer.mark_committed(event.audio_end_ms)
        return signals + self.transcriptions.tell(item_id)

    def _read_along(self, detector: TurnDetector, end_ms: int) -> list[Signal]:
        """Have the turn read so far, if enough of it is new and nothing is being read."""
        length_ms = end_ms - detector.turn_start_ms
        wait_ms = max(PARTIAL_EVERY_MS, length_ms // PARTIAL_SHARE)
        if self.transcriptions.is_reading or end_ms - self._read_to_ms < wait_ms:
            return []
        self._read_to_ms = end_ms
        audio = self.buffer.slice(detector.turn_start_ms, end_ms)
        return [self.transcriptions.read(self._open_item, audio, self.buffer.format)]

    def _so_far(self, heard: Transcribed | TranscriptionFailed) -> list[Signal]:
        if not self.reads_along or heard.item_id != self._item_id:
            return []
        return [TurnReadSoFar(heard.item_id, heard.text)] if isinstance(heard, Transcribed) else []

    def _drop_turn(self) -> list[Signal]:
        """Forget an open turn, and all that is being made of it."""
        signals = self.transcriptions.drop_reading()
        item_id, self._item_id = self._item_id, None
        if item_id is not None:
            signals += [*self.transcriptions.drop(item_id), TurnDropped(item_id)]
        if self._detector is not None:
            self._detector.reset(self._detector.rules, after_ms=self.buffer.end_ms)
        return signals

    def _start_over(self) -> None:
        """Nothing that was appended until now belongs to a turn to come."""
        self._deaf_to_ms = self.buffer.end_ms
        if self._detector is not None:
            self._detector.reset(self._detector.rules, after_ms=self.buffer.end_ms)

    def _hear_turn(self, audio_end_ms: int) -> Transcribe:
        assert self._detector is not None
        audio = self.buffer.slice(self._detector.turn_start_ms, audio_end_ms)
        return self.transcriptions.ask(
            self._open_item, audio, self.buffer.format, may_end=self._detector.rules.has_words
        )

    def _hear(self, item_id: str, audio: bytes) -> Transcribe:
        return self.transcriptions.ask(item_id, audio, self.buffer.format)

    @property
    def _open_item(self) -> str:
        assert self._item_id is not None, "no turn is open"
        return self._item_id
