"""The account of a conversation after it: the timeline of a turn, and the JSON of ``--json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ
from voice.audio.recording import Take
from voice.core.cost import CostUpdated, Tokens
from voice.ui.turns import Timing, ToolUse, Turn


def timeline_text(timing: Timing, *, typed: bool = False) -> str:
    """Return one line: what happened when, in ms after the end of speech (or of typing)."""
    marks = (
        ("turn end", None if typed else timing.turn_end_ms),
        ("transcript", timing.transcript_ms),
        ("first token", timing.first_token_ms),
        ("first audio", timing.first_audio_ms),
        ("last audio", timing.last_audio_ms),
    )
    known = [f"{name} {ms}" for name, ms in marks if ms is not None]
    zero = "text sent" if typed else "end of speech"
    return " · ".join([f"{zero} 0", *known]) + " ms" if known else ""


def answer_of(turn: Turn, next_turn: Turn | None, takes: Sequence[Take]) -> Pcm:
    """Return what was heard of a turn's answer: the takes that began during the turn."""
    end_s = next_turn.begun_s if next_turn is not None else float("inf")
    parts = [take.pcm for take in takes if turn.begun_s <= take.start_s < end_s]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def conversation_json(
    turns: Sequence[Turn],
    takes: Sequence[Take],
    reply_wav: Path | None,
    cost: CostUpdated | None = None,
) -> bytes:
    """Return the object that ``voice ask --json`` prints, as UTF-8 with an end of line.

    ``takes`` are what the speaker let sound, on the turns' own clock; ``cost`` is the session's
    last account. A time or a price that is not known is null.
    """
    following = [*turns[1:], None]
    told = [
        _turn_json(turn, answer_of(turn, next_turn, takes))
        for turn, next_turn in zip(turns, following, strict=True)
    ]
    body = {
        "turns": told,
        "reply_wav": None if reply_wav is None else _sound(str(reply_wav)),
        "usage": _usage_json(None if cost is None else cost.session_tokens),
        "cost": _cost_json(cost),
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _turn_json(turn: Turn, answer: Pcm) -> dict[str, Any]:
    timing = turn.timing
    return {
        "user_text": _sound(turn.user_text),
        "assistant_text": _sound(turn.assistant_text),
        "tools": [_tool_json(use) for use in turn.tools],
        "latency_ms": {
            "end_of_speech_to_transcript": timing.transcript_ms,
            "to_first_token": timing.first_token_ms,
            "to_first_audio": timing.first_audio_ms,
        },
        "interrupted": turn.is_interrupted,
        "audio_ms": len(answer) * 1_000 // RATE_HZ,
        "usage": _usage_json(turn.tokens),
        "cost": None if turn.price is None else round(turn.price, 6),
    }


def _usage_json(tokens: Tokens | None) -> dict[str, int] | None:
    """Return tokens by kind; the cached ones are not in their plain counterparts."""
    return None if tokens is None else asdict(tokens)


def _cost_json(cost: CostUpdated | None) -> dict[str, Any] | None:
    if cost is None or cost.session is None or cost.day is None:
        return None
    return {
        "currency": cost.currency,
        "session": round(cost.session, 6),
        "day": round(cost.day, 6),
    }


def cost_text(cost: CostUpdated) -> str:
    """Return one line: what an answer cost, and the sums; empty where no prices are known."""
    if cost.price is None or cost.session is None or cost.day is None:
        return ""
    sums = f"session {cost.session:.4f} · today {cost.day:.2f}"
    return f"{cost.price:.4f} {cost.currency} · {sums}"


def _tool_json(use: ToolUse) -> dict[str, Any]:
    return {
        "name": use.name,
        "arguments": parsed_arguments(use.arguments),
        "output": None if use.output is None else _sound(use.output),
    }


def _sound(text: str) -> str:
    """Return ``text`` with a mark for each half of a character, which JSON cannot carry."""
    return text.encode(errors="replace").decode()


def parsed_arguments(arguments: str) -> Any:
    """Return a call's arguments as an object; the text itself where it is no JSON."""
    try:
        return orjson.loads(arguments) if arguments.strip() else {}
    except orjson.JSONDecodeError:
        return arguments
