"""Valid client events of both dialects, with every field, aimed at what the conversation holds."""

from __future__ import annotations

import base64
import random
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from voice.protocol.dialects import Dialect

Wire: TypeAlias = dict[str, Any]

REMEMBERED = 40
"""Ids of one kind that are remembered: the newest."""

PCM_MS = (20, 32, 100, 240)
_CHUNKS = tuple(
    base64.b64encode(sample * (size // 2)).decode()
    for ms in PCM_MS
    for size in (48 * ms, 8 * ms)
    for sample in (b"\x00\x00", b"\x00\x10")
)
"""Silence and sound, of so many milliseconds as PCM16 or as G.711."""

_IMAGE = "data:image/png;base64,iVBORw0KGgo="
_TOOL = {
    "type": "function",
    "name": "look",
    "description": "Looks.",
    "parameters": {"type": "object", "properties": {"where": {"type": "string"}}},
}
_VADS: tuple[Wire | None, ...] = (
    None,
    {
        "type": "server_vad",
        "threshold": 0.4,
        "prefix_padding_ms": 200,
        "silence_duration_ms": 200,
        "create_response": True,
        "interrupt_response": True,
    },
    {"type": "server_vad", "interrupt_response": False},
    {"type": "server_vad", "create_response": False},
    {"type": "server_vad", "idle_timeout_ms": 6_000},
    {"type": "semantic_vad", "eagerness": "high"},
    {"type": "semantic_vad", "eagerness": "auto", "create_response": True},
)


class Known:
    """Ids that the server has named, newest last; bounded."""

    def __init__(self) -> None:
        self.items: deque[str] = deque(maxlen=REMEMBERED)
        self.responses: deque[str] = deque(maxlen=REMEMBERED)
        self.calls: deque[str] = deque(maxlen=REMEMBERED)
        self.spoken: deque[str] = deque(maxlen=REMEMBERED)
        """Items that the assistant speaks."""


class ClientEvents:
    """Writes one valid event after another; the same for the same generator of numbers."""

    def __init__(self, rng: random.Random, dialect: Dialect, known: Known) -> None:
        """Aim at the ids that ``known`` holds."""
        self._rng = rng
        self.dialect = dialect
        self._known = known
        self._count = 0
        self._makers: tuple[Callable[[], Wire], ...] = (
            *[self._append] * 8,
            *[self._update] * 3,
            *[self._commit] * 2,
            self._clear,
            self._clear_output,
            *[self._create_item] * 5,
            *[self._create_response] * 4,
            *[self._cancel] * 2,
            *[self._truncate] * 3,
            *[self._retrieve] * 2,
            *[self._delete] * 2,
            self._transcription_update,
        )

    def next(self) -> Wire:
        """Return a fresh event, mostly with an ``event_id``."""
        event = self._rng.choice(self._makers)()
        if self._rng.random() < 0.7:
            self._count += 1
            event["event_id"] = f"client_{self._count}"
        return event

    # --- audio ------------------------------------------------------------------------------------

    def _append(self) -> Wire:
        return {"type": "input_audio_buffer.append", "audio": self._audio()}

    def _audio(self) -> str:
        return self._rng.choice(_CHUNKS)

    def _commit(self) -> Wire:
        return {"type": "input_audio_buffer.commit"}

    def _clear(self) -> Wire:
        return {"type": "input_audio_buffer.clear"}

    def _clear_output(self) -> Wire:
        return {"type": "output_audio_buffer.clear"}

    # --- session ----------------------------------------------------------------------------------

    def _update(self) -> Wire:
        is_beta = self.dialect is Dialect.BETA
        fields = self._flat_session() if is_beta else self._nested_session()
        wanted = self._rng.sample(sorted(fields), self._rng.randint(1, min(4, len(fields))))
        session = {name: fields[name] for name in wanted}
        if not is_beta:
            session["type"] = "realtime"
        return {"type": "session.update", "session": session}

    def _transcription_update(self) -> Wire:
        if self.dialect is Dialect.BETA:
            session: Wire = {"input_audio_format": "pcm16", "turn_detection": self._vad()}
            return {"type": "transcription_session.update", "session": session}
        audio = {"input": {"transcription": {"model": "whisper-1"}}}
        return {"type": "session.update", "session": {"type": "transcription", "audio": audio}}

    def _shared_session(self) -> Wire:
        choose = self._rng.choice
        return {
            "instructions": choose(["Be brief.", "", "Be kind. " * 40]),
            "tools": choose([[], [_TOOL], [_TOOL, {**_TOOL, "name": "find"}]]),
            "tool_choice": choose(["auto", "none", "required", {"type": "function", "name": "f"}]),
            "tracing": choose(["auto", None, {"workflow_name": "w"}]),
        }

    def _nested_session(self) -> Wire:
        choose = self._rng.choice
        input_: Wire = {
            "format": self._format(),
            "transcription": choose([None, {"model": "whisper-1", "language": "en"}]),
            "noise_reduction": choose([None, {"type": "near_field"}]),
            "turn_detection": self._vad(),
        }
        output: Wire = {"format": self._format(), "voice": "heart", "speed": choose([0.5, 1.0])}
        kept = self._rng.sample(sorted(input_), 2)
        return {
            **self._shared_session(),
            "output_modalities": choose([["audio"], ["text"]]),
            "max_output_tokens": choose(["inf", 1, 4_096]),
            "truncation": choose(["auto", "disabled"]),
            "parallel_tool_calls": choose([True, False]),
            "include": choose([None, ["item.input_audio_transcription.logprobs"]]),
            "audio": choose([{"input": {name: input_[name] for name in kept}}, {"output": output}]),
        }

    def _flat_session(self) -> Wire:
        choose = self._rng.choice
        return {
            **self._shared_session(),
            "modalities": choose([["text", "audio"], ["text"]]),
            "voice": "heart",
            "speed": choose([0.5, 1.0]),
            "input_audio_format": choose(["pcm16", "g711_ulaw", "g711_alaw"]),
            "output_audio_format": choose(["pcm16", "g711_ulaw", "g711_alaw"]),
            "input_audio_transcription": choose([None, {"model": "whisper-1"}]),
            "turn_detection": self._vad(),
            "temperature": choose([0.6, 0.8]),
            "max_response_output_tokens": choose(["inf", 200]),
        }

    def _vad(self) -> Wire | None:
        return self._rng.choice(_VADS)

    def _format(self) -> Wire:
        pcm = {"type": "audio/pcm", "rate": 24_000}
        return self._rng.choice([pcm, pcm, {"type": "audio/pcmu"}, {"type": "audio/pcma"}])

    # --- items ------------------------------------------------------------------------------------

    def _create_item(self) -> Wire:
        event: Wire = {"type": "conversation.item.create", "item": self._item()}
        if self._rng.random() < 0.3:
            event["previous_item_id"] = self._rng.choice(["root", None, self._item_id()])
        return event

    def _item(self) -> Wire:
        self._count += 1
        item = self._rng.choice(
            (self._user_message, self._user_message, self._other_message, self._call, self._output)
        )()
        if self._rng.random() < 0.5:
            item["id"] = f"mine_{self._count}"
        return item

    def _user_message(self) -> Wire:
        parts: list[Wire] = [
            {"type": "input_text", "text": f"Question {self._count}?"},
            {"type": "input_audio", "audio": self._audio()},
            {"type": "input_audio", "audio": self._audio(), "transcript": "Spoken."},
        ]
        if self.dialect is Dialect.GA:  # beta has no pictures
            parts.append({"type": "input_image", "image_url": _IMAGE, "detail": "auto"})
        part = self._rng.choice(parts)
        text = {"type": "input_text", "text": "And this."}
        content = self._rng.choice(([part], [text, part], []))
        return {"type": "message", "role": "user", "content": content}

    def _other_message(self) -> Wire:
        if self._rng.random() < 0.4:
            content = [{"type": "input_text", "text": "Be brief from here."}]
            return {"type": "message", "role": "system", "content": content}
        kind = "text" if self.dialect is Dialect.BETA else "output_text"
        content = [{"type": kind, "text": "Said before."}]
        return {"type": "message", "role": "assistant", "content": content}

    def _call(self) -> Wire:
        return {
            "type": "function_call",
            "name": "look",
            "call_id": f"call_{self._count}",
            "arguments": '{"where":"here"}',
        }

    def _output(self) -> Wire:
        call_id = self._any(self._known.calls, "call_0")
        return {"type": "function_call_output", "call_id": call_id, "output": '{"found":1}'}

    def _truncate(self) -> Wire:
        return {
            "type": "conversation.item.truncate",
            "item_id": self._any(self._known.spoken, self._item_id()),
            "content_index": 0,
            "audio_end_ms": self._rng.choice((0, 100, 250, 700, 1_500)),
        }

    def _retrieve(self) -> Wire:
        return {"type": "conversation.item.retrieve", "item_id": self._item_id()}

    def _delete(self) -> Wire:
        return {"type": "conversation.item.delete", "item_id": self._item_id()}

    # --- responses --------------------------------------------------------------------------------

    def _create_response(self) -> Wire:
        if self._rng.random() < 0.4:
            return {"type": "response.create"}
        is_beta = self.dialect is Dialect.BETA
        choose = self._rng.choice
        options: Wire = {
            "instructions": "Only this once.",
            "metadata": {"topic": "fuzz"},
            "tools": [_TOOL],
            "tool_choice": choose(["auto", "none", {"type": "function", "name": "look"}]),
            "conversation": choose(["auto", "none", "none"]),
        }
        if is_beta:
            options |= {"modalities": choose([["text"], ["text", "audio"]]), "voice": "heart"}
        else:
            options["output_modalities"] = choose([["text"], ["audio"]])
            options["audio"] = {"output": {"format": self._format(), "voice": "heart"}}
            options["max_output_tokens"] = choose(["inf", 20])
        reference = {"type": "item_reference", "id": self._item_id()}
        options["input"] = choose([[], [self._user_message()], [reference]])
        kept = self._rng.sample(sorted(options), self._rng.randint(1, len(options)))
        return {"type": "response.create", "response": {name: options[name] for name in kept}}

    def _cancel(self) -> Wire:
        if self._rng.random() < 0.5:
            return {"type": "response.cancel"}
        return {"type": "response.cancel", "response_id": self._any(self._known.responses, "resp")}

    def _item_id(self) -> str:
        return self._any(self._known.items, "item_0")

    def _any(self, ids: deque[str], otherwise: str) -> str:
        return self._rng.choice(ids) if ids else otherwise
