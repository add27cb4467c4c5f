"""Gathers the events of an Anthropic Messages stream into brain deltas; pure, tolerant."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from voice.engines.chat_stream import MAX_ARGUMENT_CHARS, MAX_CALLS
from voice.engines.ports import BrainFinished, CallDelta, CallRequest, TextDelta

Reason = Literal["stop", "length", "content_filter", "tool_calls"]

_REASONS: Mapping[str, Reason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


@dataclass(slots=True)
class _Use:
    """A tool use whose input is still coming; ``whole`` is what its start held of it."""

    index: int
    call_id: str
    name: str
    whole: object
    pieces: str = ""
    is_closed: bool = False


class AnthropicStream:
    """What one answer has said so far.

    Events are the SDK's objects, or anything of their shape, a whole message too; a missing or odd
    field is read as absent, for gateways differ.
    """

    def __init__(self) -> None:
        """Start with nothing received."""
        self.has_ended = False
        self._uses: list[_Use] = []
        self._reason: Reason | None = None
        self._counts: dict[str, int] = {}

    def read(self, event: Any) -> list[TextDelta]:
        """Take one event; return the text in it."""
        match _get(event, "type"):
            case "message_start":
                self._count(_get(_get(event, "message"), "usage"))
            case "content_block_start":
                return self._begin(_get(event, "content_block"), _index(event))
            case "content_block_delta":
                return self._add(_get(event, "delta"), _index(event))
            case "content_block_stop":
                for use in self._uses:
                    use.is_closed = use.is_closed or use.index == _index(event)
            case "message_delta":
                self._stop(_get(_get(event, "delta"), "stop_reason"))
                self._count(_get(event, "usage"))
            case "message_stop":
                self.has_ended = True
            case "message":
                return self._whole(event)
        return []

    def finish(self) -> list[CallDelta | BrainFinished]:
        """Return the complete calls in the order in which they began, then the end."""
        calls = [delta for use in self._uses if (delta := self._complete(use)) is not None]
        reason = self._reason or "stop"
        if calls and reason == "stop":
            reason = "tool_calls"
        written, read = (self._counts.get(f"cache_{n}_input_tokens", 0) for n in _CACHES)
        return [
            *calls,
            BrainFinished(
                reason=reason,
                # The interface counts apart what it has cached.
                input_tokens=self._counts.get("input_tokens", 0) + written + read,
                output_tokens=self._counts.get("output_tokens", 0),
                cached_tokens=read,
                details={"cache_creation_tokens": written} if written else {},
            ),
        ]

    def _whole(self, message: Any) -> list[TextDelta]:
        texts = [
            text
            for index, block in enumerate(_get(message, "content") or [])
            for text in self._begin(block, index)
        ]
        for use in self._uses:
            use.is_closed = True
        self._stop(_get(message, "stop_reason"))
        self._count(_get(message, "usage"))
        self.has_ended = True
        return texts

    def _begin(self, block: Any, index: int) -> list[TextDelta]:
        if _get(block, "type") == "tool_use" and len(self._uses) < MAX_CALLS:
            call_id, name = str(_get(block, "id") or ""), str(_get(block, "name") or "")
            self._uses.append(_Use(index, call_id, name, _get(block, "input")))
        text = _get(block, "text") if _get(block, "type") == "text" else None
        return [TextDelta(text)] if isinstance(text, str) and text else []

    def _add(self, delta: Any, index: int) -> list[TextDelta]:
        text, piece = _get(delta, "text"), _get(delta, "partial_json")
        if isinstance(piece, str):
            use = next((u for u in reversed(self._uses) if u.index == index), None)
            if use is not None and len(use.pieces) < MAX_ARGUMENT_CHARS:
                use.pieces += piece
        return [TextDelta(text)] if isinstance(text, str) and text else []

    def _stop(self, reason: object) -> None:
        if isinstance(reason, str) and reason:
            self.has_ended = True
            self._reason = _REASONS.get(reason, "stop")

    def _count(self, usage: Any) -> None:
        """Take the counts that are there: a later event says the newer, or only some of them."""
        for name in _COUNTS:
            value = _get(usage, name)
            if isinstance(value, int) and value > 0:
                self._counts[name] = value

    def _complete(self, use: _Use) -> CallDelta | None:
        """Return the finished call; None for one without a name or cut off by the token limit."""
        arguments = use.pieces.strip()
        if not arguments:
            arguments = json.dumps(use.whole) if isinstance(use.whole, dict) else "{}"
        is_cut = self._reason == "length" and not use.is_closed
        if not use.name or is_cut:
            return None
        call_id = use.call_id or f"toolu_{uuid.uuid4().hex[:24]}"
        return CallDelta(CallRequest(call_id, use.name, arguments))


_CACHES = ("creation", "read")
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
)


def _get(source: Any, name: str) -> Any:
    if isinstance(source, Mapping):
        return source.get(name)
    return getattr(source, name, None)


def _index(event: Any) -> int:
    index = _get(event, "index")
    return index if isinstance(index, int) else -1
