"""Gathers the chunks of a Chat Completions stream into brain deltas; pure, tolerant of gateways."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from voice.engines.chat_thoughts import ChatThoughts
from voice.engines.chat_voice import ChatVoice
from voice.engines.ports import BrainFinished, CallDelta, CallRequest, SpokenDelta, TextDelta

Reason = Literal["stop", "length", "content_filter", "tool_calls"]

_REASONS: Mapping[str, Reason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}
_DETAILS = (
    "audio_tokens",
    "reasoning_tokens",
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
)
MAX_CALLS = 64
MAX_ARGUMENT_CHARS = 1_000_000
"""Beyond these a stream is not gathered further: nothing grows without a bound."""


@dataclass(slots=True)
class _Call:
    """A call whose fragments are still coming."""

    index: int
    call_id: str = ""
    name: str = ""
    arguments: str = ""


class ChatStream:
    """What one streamed answer has said so far.

    Chunks are the SDK's objects, or anything of their shape, a whole answer too; a missing or odd
    field is read as absent, for gateways differ.
    """

    def __init__(self) -> None:
        """Start with nothing received."""
        self._calls: list[_Call] = []
        self._reason: Reason | None = None
        self._has_ended = False
        self._usage: Any = None
        self._voice = ChatVoice()
        self._thoughts = ChatThoughts()

    @property
    def has_ended(self) -> bool:
        """Whether the endpoint said that the answer is complete; False for a stream cut short."""
        return self._has_ended

    def read(self, chunk: Any) -> list[TextDelta | SpokenDelta]:
        """Take one chunk; return the text and the speech in it, [] for none."""
        if (usage := getattr(chunk, "usage", None)) is not None:
            self._usage = usage
            self._has_ended = self._has_ended or not getattr(chunk, "choices", None)
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list) or not choices:
            return []
        choice = choices[0]
        if reason := getattr(choice, "finish_reason", None):
            self._has_ended = True
            self._reason = _REASONS.get(str(reason), "stop")
        delta = getattr(choice, "delta", None) or getattr(choice, "message", None)
        calls = getattr(delta, "tool_calls", None)
        for fragment in calls if isinstance(calls, list) else []:
            self._add(fragment)
        text = self._thoughts.read(_text(getattr(delta, "content", None)))
        text += _text(getattr(delta, "refusal", None))
        spoken = self._voice.read(getattr(delta, "audio", None))
        return [*([TextDelta(text)] if text else []), *([spoken] if spoken else [])]

    def finish(self) -> list[TextDelta | CallDelta | BrainFinished]:
        """Return the complete calls in the order in which they began, then the end."""
        rest = self._thoughts.rest()
        calls = [delta for call in self._calls if (delta := self._complete(call)) is not None]
        reason = self._reason or "stop"
        if calls and reason == "stop":
            reason = "tool_calls"  # some gateways end every answer with "stop"
        text = [TextDelta(rest)] if rest else []
        return [*text, *calls, _finished(reason, self._usage)]

    def _add(self, fragment: Any) -> None:
        function = getattr(fragment, "function", None)
        call = self._call_of(fragment, getattr(fragment, "id", None) or "")
        if call is None:
            return
        call.name = call.name or getattr(function, "name", None) or ""
        arguments = getattr(function, "arguments", None) or ""
        if isinstance(arguments, Mapping):
            arguments = json.dumps(arguments)  # some servers send the object itself
        if len(call.arguments) < MAX_ARGUMENT_CHARS:
            call.arguments += str(arguments)

    def _call_of(self, fragment: Any, call_id: str) -> _Call | None:
        """Return the call that a fragment goes on with, or a new one; None beyond the bound.

        Fragments are told apart by index; a new id under an old index is a new call too, for some
        gateways number every call 0.
        """
        index = getattr(fragment, "index", None)
        if not isinstance(index, int):
            index = self._calls[-1].index if self._calls and not call_id else len(self._calls)
        for call in reversed(self._calls):
            if call.index == index and (not call_id or call.call_id in ("", call_id)):
                call.call_id = call.call_id or call_id
                return call
        if len(self._calls) >= MAX_CALLS:
            return None
        self._calls.append(_Call(index, call_id))
        return self._calls[-1]

    def _complete(self, call: _Call) -> CallDelta | None:
        """Return the finished call; None for one without a name or cut off by the token limit."""
        arguments = call.arguments.strip() or "{}"
        if not call.name or (self._reason == "length" and not _is_json(arguments)):
            return None
        call_id = call.call_id or f"call_{uuid.uuid4().hex[:24]}"
        return CallDelta(CallRequest(call_id, call.name, arguments))


def _finished(reason: Reason, usage: Any) -> BrainFinished:
    prompt = getattr(usage, "prompt_tokens_details", None)
    completion = getattr(usage, "completion_tokens_details", None)
    details = {
        name: count
        for source in (prompt, completion)
        for name in _DETAILS
        if (count := _count(source, name))
    }
    return BrainFinished(
        reason=reason,
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        cached_tokens=_count(prompt, "cached_tokens"),
        details=details,
    )


def _count(source: Any, name: str) -> int:
    value = getattr(source, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _text(content: Any) -> str:
    """Return the text of a content field: a string, or a list of text parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (p.get("text") for p in content if isinstance(p, Mapping))
    return "".join(p for p in parts if isinstance(p, str))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
