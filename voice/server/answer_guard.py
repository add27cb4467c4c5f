"""Holds an answer to what was asked for, whatever the brain does with the request.

A brain may ignore ``max_output_tokens`` or call a function although it must not: small models and
some gateways do both. Pure: deltas in, deltas out.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from voice.core.usage import count_tokens
from voice.engines.ports import (
    BrainDelta,
    BrainFinished,
    BrainRequest,
    CallDelta,
    TextDelta,
)

_RUNS = re.compile(r"\s+|\S+")


class TokenLimit:
    """Counts text as it streams, by ``count_tokens``, and says where the limit falls."""

    def __init__(self, limit: int | None) -> None:
        """Allow ``limit`` tokens; None for any number."""
        self.used = 0
        self._limit = limit
        self._whole_words = 0
        self._word = ""

    def take(self, text: str) -> str:
        """Return as much of the text as fits; less than all of it means that the limit is met."""
        if self._limit is None:
            return text
        fits = ""
        for run in _RUNS.findall(text):
            if run.isspace():
                self._whole_words, self._word = self.used, ""
            else:
                whole = run
                run = self._fitting(whole, self._limit)
                self._word += run
                self.used = self._whole_words + count_tokens(self._word)
                if run != whole:
                    return fits + run
            fits += run
        return fits

    def takes_call(self, name: str, arguments: str) -> bool:
        """Say whether a whole call fits, and count it if it does."""
        tokens = count_tokens(name) + count_tokens(arguments)
        if self._limit is not None and self.used + tokens > self._limit:
            return False
        self.used += tokens
        self._whole_words, self._word = self.used, ""
        return True

    def _fitting(self, run: str, limit: int) -> str:
        """Return the beginning of one run of letters that fits."""
        room = limit - self._whole_words
        if count_tokens(self._word + run) <= room:
            return run
        lengths = range(len(run) + 1)
        count = bisect_right(lengths, room, key=lambda n: count_tokens(self._word + run[:n]))
        return run[: max(0, count - 1)]


class AnswerGuard:
    """Passes an answer's deltas on; ``is_over`` says that it was ended at the token limit."""

    def __init__(self, request: BrainRequest) -> None:
        """Guard the answer to ``request``."""
        self.is_over = False
        self._limit = TokenLimit(request.max_output_tokens)
        self._calls_left: float = float("inf") if request.parallel_tool_calls else 1
        if request.tool_choice == "none":
            self._calls_left = 0

    def take(self, delta: BrainDelta) -> list[BrainDelta]:
        """Return what of a delta is allowed; the end of the answer where the limit is met."""
        match delta:
            case TextDelta(text):
                fits = self._limit.take(text)
                kept: list[BrainDelta] = [TextDelta(fits)] if fits else []
                return kept if fits == text else [*kept, self._end()]
            case CallDelta(call):
                if self._calls_left < 1:
                    return []
                if not self._limit.takes_call(call.name, call.arguments):
                    return [self._end()]
                self._calls_left -= 1
        return [delta]

    def _end(self) -> BrainFinished:
        self.is_over = True
        return BrainFinished("length", output_tokens=self._limit.used)
