"""What we have been saying: the text of the answer, up to about where it sounds."""

from __future__ import annotations

from voice.core.updates import AssistantTranscript, Update

CHARS_PER_S = 16
"""How fast a voice gets through its text."""

AHEAD_CHARS = 12
_LONGEST_CHARS = 20_000


class Said:
    """Follows the transcript of the answer, which is told well before it sounds."""

    def __init__(self) -> None:
        self._response_id = ""
        self._text = ""
        self._before = ""
        self._sounded_ms = 0

    def take(self, update: Update) -> None:
        """Learn what is being said."""
        if not isinstance(update, AssistantTranscript):
            return
        if update.response_id != self._response_id:
            self._before = self.text[-200:]
            self._response_id, self._text, self._sounded_ms = update.response_id, "", 0
        if not update.is_final:
            self._text = (self._text + update.text)[:_LONGEST_CHARS]
        elif not self._text:
            self._text = update.text[:_LONGEST_CHARS]

    def sounded(self, ms: int) -> None:
        """Note that our voice sounded for ``ms``."""
        self._sounded_ms += ms

    @property
    def text(self) -> str:
        """What has sounded, and some words more."""
        chars = self._sounded_ms * CHARS_PER_S // 1_000 + AHEAD_CHARS
        return f"{self._before} {self._text[:chars]}".strip()
