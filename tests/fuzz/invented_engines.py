"""The engines of one pure conversation: what they would still say, at moments that a seed picks."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from voice.core import server_messages as msg

WORD_MS = 120
MAX_WAITING = 512
"""Scores and transcripts that wait, beyond which the oldest is lost, as with a dead engine."""

_HEARD = ("What time is it?", "Stop.", "", "Tell me more about", "look here")
_PIECES = ("It is noon.", " Yes.", " Well, that is a long story to tell.", " ")


@dataclass(slots=True)
class _Answer:
    """One response in the making."""

    start: msg.StartResponse
    steps: int
    is_begun: bool = False
    spoken_ms: int = 0
    unspoken: deque[msg.SpeechMade] = field(default_factory=deque)  # bounded: one piece's words


class InventedEngines:
    """Takes orders, gives inputs; knows nothing of time."""

    def __init__(self, rng: random.Random) -> None:
        """Take the generator of numbers."""
        self._rng = rng
        self._is_loud = False
        self._scores: deque[int] = deque(maxlen=MAX_WAITING)
        self._turns: deque[msg.Transcribe] = deque(maxlen=MAX_WAITING)
        self._answers: dict[str, _Answer] = {}  # bounded: by the core
        self._calls = 0

    def take(self, action: msg.ServerAction) -> None:
        """Take an order of the core."""
        match action:
            case msg.ScoreSpeech():
                self._scores.append(action.end_ms)
            case msg.ResetSpeech():
                self._scores.clear()
            case msg.Transcribe():
                self._turns.append(action)
            case msg.StartResponse():
                answer = _Answer(action, self._rng.randint(0, 6))
                self._answers[action.response_id] = answer
            case msg.StopResponse():
                # A pipeline may still say something: it is forgotten a little later.
                if self._rng.random() < 0.8:
                    self._answers.pop(action.response_id, None)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to say."""
        return not (self._scores or self._turns or self._answers)

    def next(self) -> msg.ServerInput | None:
        """Return what an engine says next; None where none has anything to say."""
        ready = [
            make
            for make, has in (
                (self._score, self._scores),
                (self._hear, self._turns),
                (self._answer, self._answers),
            )
            if has
        ]
        return self._rng.choice(ready)() if ready else None

    def _score(self) -> msg.ServerInput:
        if self._rng.random() < 0.05:
            self._is_loud = not self._is_loud
        return msg.SpeechScored(self._scores.popleft(), 0.9 if self._is_loud else 0.02)

    def _hear(self) -> msg.ServerInput:
        if self._rng.random() < 0.3:
            self._turns.rotate(-1)
        if self._turns[0].may_end and self._rng.random() < 0.2:
            order = self._turns[0]
            return msg.TurnSounded(order.item_id, order.generation, self._rng.random())
        order = self._turns[0] if self._rng.random() < 0.05 else self._turns.popleft()
        if self._rng.random() < 0.1:
            return msg.TranscriptionFailed(order.item_id, order.generation, "Too loud.")
        text = self._rng.choice(_HEARD)
        return msg.Transcribed(order.item_id, order.generation, text, self._rng.random())

    def _answer(self) -> msg.ServerInput:
        response_id = self._rng.choice(tuple(self._answers))
        answer = self._answers[response_id]
        if not answer.is_begun:
            answer.is_begun = True
            return msg.AnswerBegun(response_id)
        if answer.unspoken:
            return answer.unspoken.popleft()
        answer.steps -= 1
        if answer.steps < 0:
            return self._end(response_id)
        tools = answer.start.prompt.tools
        if tools and self._rng.random() < 0.4:
            self._calls += 1
            return msg.CallMade(response_id, f"call_{self._calls}", "look", '{"where":"é"}')
        text = self._rng.choice(_PIECES)
        if answer.start.audio_format is None:
            return msg.TextWritten(response_id, text)
        answer.unspoken.extend(self._speech(answer, text))
        return msg.SpeechBegun(response_id, text)

    def _speech(self, answer: _Answer, text: str) -> list[msg.SpeechMade]:
        audio_format = answer.start.audio_format
        assert audio_format is not None
        made = []
        for index, word in enumerate(text.strip().split(" ")):
            answer.spoken_ms += WORD_MS
            timed = msg.TimedText(word if index == 0 else f" {word}", answer.spoken_ms)
            audio = bytes(audio_format.ms_to_bytes(WORD_MS))
            made.append(msg.SpeechMade(answer.start.response_id, audio, (timed,)))
        return made

    def _end(self, response_id: str) -> msg.ServerInput:
        del self._answers[response_id]
        chance = self._rng.random()
        if chance < 0.1:
            return msg.AnswerFailed(response_id, "engine_error", "The brain is gone.")
        if chance < 0.2:
            return msg.AnswerEnded(response_id, "length", 3, 4, 1)
        return msg.AnswerEnded(response_id, "stop", 3, 4, 1)
