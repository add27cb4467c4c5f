"""A question that a tool asks the user while its call runs: waiting, asked, answered by a turn."""

from __future__ import annotations


class Question:
    """At most one question; the turn that answers it belongs to the tool, not to the model.

    The endpoint answers turns by itself, so its response to that turn is unwanted: what is said
    next is what comes of the tool.
    """

    def __init__(self) -> None:
        self._waiting: str | None = None
        self._is_answering = False
        self.is_open = False
        """Whether a tool waits for an answer."""
        self.is_asked = False
        """Whether the question was put to the endpoint; from then on a turn is its answer."""

    def open(self, text: str) -> None:
        """Note that a tool wants to ask."""
        self._waiting, self.is_open, self.is_asked = text, True, False

    def take(self) -> str | None:
        """Return the words that are to be asked now, once; None where there are none."""
        text, self._waiting = self._waiting, None
        if text is not None:
            self.is_asked = True
        return text

    def close(self) -> None:
        """Note that no tool waits any more; a response to the answer is still unwanted."""
        self._waiting, self.is_open, self.is_asked = None, False, False

    def turn_began(self) -> None:
        """Note that the user begins to speak."""
        self._is_answering = self.is_asked

    def takes_response(self, *, is_asked_for: bool) -> bool:
        """Return whether a response that begins is the endpoint's own to the tool's answer."""
        if is_asked_for or not self._is_answering:
            return False
        self._is_answering = False
        return True
