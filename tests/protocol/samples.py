"""Wire samples built from the facts file: for every event type, one with its required fields."""

import json
from pathlib import Path

FACTS = json.loads((Path(__file__).parent / "events_facts.json").read_text())

GA_SESSION = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": "gpt-realtime",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "tools": [{"type": "function", "name": "clock", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "whisper-1"},
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "voice": "marin",
            "speed": 1.0,
        },
    },
}

BETA_SESSION = {
    "object": "realtime.session",
    "id": "sess_1",
    "model": "gpt-4o-realtime-preview",
    "instructions": "Be brief.",
    "modalities": ["text", "audio"],
    "tools": [{"type": "function", "name": "clock", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "max_response_output_tokens": "inf",
    "temperature": 0.8,
    "input_audio_format": "pcm16",
    "input_audio_transcription": {"model": "whisper-1"},
    "input_audio_noise_reduction": None,
    "turn_detection": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "create_response": True,
        "interrupt_response": True,
    },
    "output_audio_format": "pcm16",
    "voice": "alloy",
    "speed": 1.0,
}

GA_ITEM = {
    "id": "item_1",
    "object": "realtime.item",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_audio", "transcript": "Hello."}],
}

BETA_ITEM = {**GA_ITEM, "content": [{"type": "audio", "transcript": "Hello."}]}

USAGE = {
    "total_tokens": 12,
    "input_tokens": 7,
    "output_tokens": 5,
    "input_token_details": {
        "text_tokens": 7,
        "audio_tokens": 0,
        "image_tokens": 0,
        "cached_tokens": 0,
        "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 1, "audio_tokens": 4},
}

GA_RESPONSE = {
    "id": "resp_1",
    "object": "realtime.response",
    "status": "completed",
    "status_details": None,
    "output": [GA_ITEM],
    "conversation_id": "conv_1",
    "output_modalities": ["audio"],
    "max_output_tokens": "inf",
    "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin"}},
    "usage": USAGE,
    "metadata": None,
}

BETA_RESPONSE = {
    "id": "resp_1",
    "object": "realtime.response",
    "status": "completed",
    "status_details": None,
    "output": [BETA_ITEM],
    "conversation_id": "conv_1",
    "modalities": ["text", "audio"],
    "max_output_tokens": "inf",
    "output_audio_format": "pcm16",
    "voice": "alloy",
    "usage": USAGE,
    "metadata": None,
}

_PLAIN = {
    "event_id": "event_1",
    "item_id": "item_1",
    "response_id": "resp_1",
    "call_id": "call_1",
    "previous_item_id": None,
    "output_index": 1,
    "content_index": 2,
    "audio_start_ms": 300,
    "audio_end_ms": 1200,
    "received_at": 1_700_000_000,
    "event": "5",
    "audio": "AAAAAAAA",
    "delta": "AAAAAAAA",
    "text": "Hello.",
    "transcript": "Hello.",
    "arguments": '{"city":"Oslo"}',
    "name": "clock",
    "id": "seg_1",
    "speaker": "A",
    "start": 0.5,
    "end": 1.5,
    "part": {"type": "audio", "transcript": ""},
    "conversation": {"id": "conv_1", "object": "realtime.conversation"},
    "usage": {"type": "duration", "seconds": 1.5},
    "rate_limits": [{"name": "tokens", "limit": 10, "remaining": 9, "reset_seconds": 1.5}],
    "error": {
        "type": "invalid_request_error",
        "code": None,
        "message": "Wrong.",
        "param": None,
        "event_id": None,
    },
}

_GA = {**_PLAIN, "session": GA_SESSION, "item": GA_ITEM, "response": GA_RESPONSE}
_BETA = {**_PLAIN, "session": BETA_SESSION, "item": BETA_ITEM, "response": BETA_RESPONSE}


def event(dialect: str, side: str, kind: str, *, optional: bool = False) -> dict:
    """Build a wire event with its required fields, and the optional ones that have a sample."""
    values = _GA if dialect == "ga" else _BETA
    facts = FACTS[dialect][side][kind]
    names = list(facts["required"])
    if optional:
        names += [name for name in facts["optional"] if name in values]
    wire = {"type": kind, **{name: values[name] for name in names}}
    if kind == "response.create" and "response" in wire:
        wire["response"] = {"instructions": "Greet the user.", "metadata": {"topic": "greeting"}}
    if kind.startswith("transcription_session."):
        wire["session"] = {"input_audio_format": "pcm16", "turn_detection": None}
    if kind.endswith("transcription.failed"):
        wire["error"] = {"type": "server_error", "code": "audio_unintelligible", "message": "No."}
    return wire


def kinds(dialect: str, side: str) -> list[str]:
    """List all event types of one dialect and side."""
    return list(FACTS[dialect][side])
