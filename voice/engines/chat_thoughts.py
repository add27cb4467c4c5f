"""Keeps a model's thoughts out of what is spoken, where a server leaves them in the text; pure."""

from __future__ import annotations

OPENING, CLOSING = "<think>", "</think>"


class ChatThoughts:
    """Takes the text of one answer piece by piece and gives back what is meant for the listener.

    Thoughts are what stands between ``<think>`` and ``</think>`` at the beginning of an answer;
    the same words further on are the answer's own. Some servers leave the opening tag out: what
    was spoken by then cannot be taken back, but the first closing tag itself is never spoken.
    """

    def __init__(self) -> None:
        """Start before the first word."""
        self._held = ""
        self._is_thinking = False
        self._had_thoughts = False
        self._is_past = False
        self._may_close = True

    def read(self, text: str) -> str:
        """Return what of the answer may be spoken now; at most a tag is held back."""
        if self._is_past:
            return self._without_stray(text)
        self._held += text
        if not self._is_thinking:
            begun = self._held.lstrip()
            if not begun.startswith(OPENING):
                return "" if OPENING.startswith(begun) else self._begin_answer()
            self._is_thinking = self._had_thoughts = True
            self._held = begun.removeprefix(OPENING)
        _, closing, answer = self._held.partition(CLOSING)
        if not closing:
            self._held = self._held[-len(CLOSING) :]
            return ""
        # Thoughts may be followed by more of them, or by empty lines.
        self._is_thinking, self._held = False, ""
        return self.read(answer)

    def rest(self) -> str:
        """Return what was held back, and hold nothing from now on; thoughts without an end go."""
        held = "" if self._is_thinking else self._held
        if self._had_thoughts and not self._is_past:
            held = held.lstrip()
        self._is_past, self._held, self._may_close = True, "", False
        return held

    def _begin_answer(self) -> str:
        """Return what of the answer's first words may be spoken; the thoughts are over."""
        held, self._held, self._is_past = self._held, "", True
        if self._had_thoughts:
            self._may_close = False
            return held.lstrip()
        return self._without_stray(held)

    def _without_stray(self, text: str) -> str:
        """Return the text without a closing tag that nothing opened; what may be one is held."""
        if not self._may_close:
            return text
        text = self._held + text
        before, closing, after = text.partition(CLOSING)
        if closing:
            self._may_close, self._held = False, ""
            return before + after
        lengths = range(min(len(text), len(CLOSING) - 1), 0, -1)
        held = next((n for n in lengths if CLOSING.startswith(text[-n:])), 0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]
