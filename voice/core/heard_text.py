"""Which words of a spoken part were heard, judged by the time at which each word came.

An estimate, and rather too short than too long: claiming speech that nobody heard is the worse lie
(DESIGN §6). Where the endpoint can be asked, its own account replaces this one.
"""

from __future__ import annotations

MAX_MARKS = 4_096
"""Marks kept for one part; beyond this the newest one grows."""

MS_PER_CHARACTER = 50
"""The fastest speech that we believe in. Words often come well before their audio, so that the
audio between two words says little; no estimate is ever faster than this."""

_FIRST_WIDE_CHARACTER = "\u2e80"
"""From here on scripts put no spaces between words, so that a word may end anywhere."""


class Script:
    """The words of one spoken part, each with the audio that had been received when it came."""

    def __init__(self) -> None:
        self._marks: list[tuple[int, str]] = []

    @property
    def text(self) -> str:
        """All words so far."""
        return "".join(text for _, text in self._marks)

    def add(self, received_ms: int, text: str) -> None:
        """Note more words, which came when ``received_ms`` of the part's audio had been received.

        Words that come with no audio between them share one mark.
        """
        if self._marks and (self._marks[-1][0] == received_ms or len(self._marks) >= MAX_MARKS):
            text = self._marks.pop()[1] + text
        self._marks.append((received_ms, text))

    def heard(self, heard_ms: int, received_ms: int, *, is_complete: bool) -> str:
        """Return the beginning of the text that was wholly spoken within ``heard_ms``.

        Words between two marks are taken as spread evenly over the audio between them.
        ``is_complete`` says that no more audio of the part will come, so that the last words end
        with the audio.
        """
        if heard_ms <= 0:
            return ""
        if is_complete and heard_ms >= received_ms:
            return self.text
        whole, characters = self.text, 0
        for position, (begin_ms, text) in enumerate(self._marks):
            is_last = position + 1 == len(self._marks)
            end_ms = received_ms if is_last else self._marks[position + 1][0]
            if is_last and not is_complete:
                end_ms = max(end_ms, begin_ms + MS_PER_CHARACTER * len(text))
            if heard_ms >= end_ms:
                characters += len(text)
                continue
            if heard_ms > begin_ms:
                characters += len(text) * (heard_ms - begin_ms) // (end_ms - begin_ms)
            break
        characters = min(characters, heard_ms // MS_PER_CHARACTER)
        return whole[: _word_end(whole, characters)]


def _word_end(text: str, position: int) -> int:
    """Return the end of the last whole word at or before ``position``, spaces left out."""
    if position < len(text):
        while position > 0 and not _splits(text, position):
            position -= 1
    return len(text[:position].rstrip())


def _splits(text: str, position: int) -> bool:
    """Return whether a word ends just before ``position``."""
    return text[position].isspace() or text[position - 1] >= _FIRST_WIDE_CHARACTER
