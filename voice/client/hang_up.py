"""The hang-up phrase: a turn that is nothing but "goodbye" ends the session, politely.

``is_hang_up`` and ``Farewell`` are pure; ``HangUpPhrase`` adds the timer and hangs up.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from voice.core.updates import (
    Ended,
    Phase,
    PhaseChanged,
    Update,
    UserSpeechStarted,
    UserSpeechStopped,
    UserTranscript,
)

REASON = "a hang-up phrase was said"
"""What the session's ``Ended`` says; the words themselves are nobody's business."""

QUIET_S = 5.0
"""An answer that has not begun so long after the phrase is not waited for."""

ANSWER_S = 30.0
"""A model that thinks, works or speaks for longer after the phrase is cut off."""

LAST_WORD_S = 0.3
"""An answer may go on after its playback ran dry for a moment."""

_COURTESIES = frozenset(
    "okay ok alright right well so um uh oh yeah yes no thanks thank you much very please now then "
    "all for and great good perfect everything everybody again".split()
)
_ALIKE = {"goodbye": ("bye", "bye bye", "byebye", "good bye")}
_SHORTENED = {"that's": "that is", "i'm": "i am", "let's": "let us", "it's": "it is"}
_MAX_CHARS = 120
_BUSY = (Phase.THINKING, Phase.WORKING, Phase.SPEAKING)


def is_hang_up(text: str, phrases: Sequence[str]) -> bool:
    """Return whether a turn is nothing but some of the phrases, and courtesies around them.

    Case, punctuation and contractions do not matter; "goodbye" also stands for "bye" and "bye bye".
    """
    if len(text) > _MAX_CHARS:
        return False
    wanted = {" ".join(_words(phrase)) for phrase in phrases}
    wanted |= {alike for phrase in wanted for alike in _ALIKE.get(phrase, ())}
    wanted.discard("")
    longest = max((len(phrase.split()) for phrase in wanted), default=0)
    said, at, is_found = _words(text), 0, False
    while at < len(said):
        for count in range(min(longest, len(said) - at), 0, -1):
            if " ".join(said[at : at + count]) in wanted:
                at, is_found = at + count, True
                break
        else:
            if said[at] not in _COURTESIES:
                return False
            at += 1
    return is_found


class Farewell:
    """When to hang up after the phrase: once the answer to it was heard, or nothing answers."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases = tuple(phrases)
        self._is_said = False
        self._phase = Phase.CONNECTING
        self.wait_s: float | None = None
        """Hang up so long after the last update that ``take`` called a change; None for never."""

    def take(self, update: Update) -> bool:
        """Take an update; returns whether the wait begins anew, or is over."""
        match update:
            case UserTranscript(is_final=True, text=text) if text.strip():
                was_said, self._is_said = self._is_said, is_hang_up(text, self._phrases)
                if not was_said and not self._is_said:
                    return False
                self.wait_s = self._patience_s() if self._is_said else None
                return True
            case UserSpeechStarted() if self._is_said:
                # Whatever comes may be "wait, one more thing".
                self.wait_s = ANSWER_S
                return True
            case UserSpeechStopped() if self._is_said:
                self.wait_s = QUIET_S
                return True
            case PhaseChanged(phase=phase):
                before, self._phase = self._phase, phase
                if not self._is_said:
                    return False
                was_spoken = before is Phase.SPEAKING and phase is Phase.LISTENING
                self.wait_s = LAST_WORD_S if was_spoken else self._patience_s()
                return True
        return False

    def _patience_s(self) -> float:
        return ANSWER_S if self._phase in _BUSY else QUIET_S


class HangUpPhrase:
    """Hangs up once one of ``phrases`` was said; an observer of one session, on its loop.

    ``attach`` it to the session before anybody speaks. It needs the endpoint's transcripts of the
    user, and does nothing without.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._farewell = Farewell(phrases)
        self._hang_up: Callable[[str], None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def attach(self, hang_up: Callable[[str], None]) -> None:
        """Call ``hang_up`` with the reason when it is time."""
        self._hang_up = hang_up

    @property
    def is_pending(self) -> bool:
        """Whether the session is about to end."""
        return self._timer is not None

    def take(self, update: Update) -> None:
        """See one update of the session."""
        if isinstance(update, Ended):
            self.close()
        elif self._farewell.take(update):
            self.close()
            wait_s = self._farewell.wait_s
            if wait_s is not None and self._hang_up is not None:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(wait_s, self._hang_up, REASON)

    def close(self) -> None:
        """Stop waiting. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _words(text: str) -> list[str]:
    plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("-", "")
    found = re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain)
    return " ".join(_SHORTENED.get(word, word) for word in found).split()
