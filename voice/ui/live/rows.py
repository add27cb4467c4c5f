"""What the panels of the live view say, as plain rows of text; widgets give them their styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voice.core.cost import CostUpdated, Tokens
from voice.core.updates import Phase
from voice.ui.live.connection import duration
from voice.ui.live.model import Happening, LiveModel
from voice.ui.turns import Timing

FLOOR_DBFS = -60.0
"""Below this a meter is empty: quieter than the noise of most rooms."""

SILENT_DBFS = -90.0

RESTS: Mapping[str, str] = {
    "asleep": "nothing leaves this machine before the wake word; space wakes it",
    "idle": "nothing is sent until somebody speaks; space wakes it",
}
"""Modes in which the microphone is not sent, and what ends them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One step of a turn: from when to when, in ms after the end of speech (or of typing)."""

    name: str
    begin_ms: int
    end_ms: int


def marks_of(timing: Timing | None, *, typed: bool = False) -> list[Mark]:
    """Return the steps of a turn, each from the end of the one before that is known."""
    if timing is None:
        return []
    known = (
        ("turn end", None if typed else timing.turn_end_ms),
        ("transcript", timing.transcript_ms),
        ("first token", timing.first_token_ms),
        ("first audio", timing.first_audio_ms),
    )
    marks, before_ms = [], 0
    for name, at_ms in known:
        if at_ms is None:
            continue
        # A transcript may come after the answer has begun; its bar then has no width.
        marks.append(Mark(name, min(before_ms, max(at_ms, 0)), max(at_ms, 0)))
        before_ms = max(before_ms, at_ms)
    return marks


def bar_of(mark: Mark, whole_ms: int, width: int) -> str:
    """Return a bar of ``width`` columns: empty up to the step's begin, full up to its end."""
    if whole_ms <= 0 or width <= 0:
        return " " * max(0, width)
    begin = round(mark.begin_ms * width / whole_ms)
    end = max(round(mark.end_ms * width / whole_ms), begin + 1)
    begin = min(begin, width - 1)
    end = min(end, width)
    return " " * begin + "━" * (end - begin) + " " * (width - end)


def meter_bar(dbfs: float, width: int) -> str:
    """Return a level as a bar of ``width`` columns, from -60 dBFS to full scale."""
    share = min(1.0, max(0.0, (dbfs - FLOOR_DBFS) / -FLOOR_DBFS))
    whole, rest = divmod(round(share * width * 2), 2)
    return ("━" * whole + "╸" * rest).ljust(width, "·")


def level_text(dbfs: float) -> str:
    """Return a level in words, five to eight columns wide."""
    return "silent" if dbfs <= SILENT_DBFS else f"{dbfs:.0f} dB"


def phase_text(model: LiveModel) -> str:
    """Return the phase in one or two words."""
    if model.phase is Phase.SPEAKING and model.is_paused:
        return "paused"
    if model.phase is Phase.LISTENING and model.is_muted:
        return "muted"
    if model.phase is Phase.LISTENING and model.mode in RESTS:
        return model.mode
    return model.phase.value


def cause_text(model: LiveModel) -> str:
    """Return why it does what it does; empty where nobody knows."""
    if model.phase is Phase.LISTENING and model.is_muted:
        return "the microphone is closed; m opens it"
    if model.phase is Phase.LISTENING and model.mode in RESTS:
        return RESTS[model.mode]
    if not model.connection.is_up and model.connection.why:
        return model.connection.why
    return model.cause


def facts_of(
    model: LiveModel, now_s: float, *, recording: str, sound: str = ""
) -> list[tuple[str, str]]:
    """Return the facts with their names, what matters most first; unknown ones are left out."""
    devices = model.devices
    facts = [
        ("Connection", model.connection.line(now_s)),
        ("", model.connection.why_line(now_s)),
        ("Cost", cost_line(model.cost)),
        ("Recording", recording),
        ("Microphone", devices.get("microphone", "")),
        ("Speaker", devices.get("speaker", "")),
        ("Sound", sound),
    ]
    return [(name, value) for name, value in facts if value]


def cost_line(cost: CostUpdated | None) -> str:
    """Return what the session has cost, in money or, where no prices are known, in tokens."""
    if cost is None:
        return "nothing yet"
    if cost.session is None or cost.day is None:
        return f"{_count(cost.session_tokens):,} tokens, price unknown"
    if not cost.session and not cost.day:
        return f"free, {_count(cost.session_tokens):,} tokens"
    return f"{cost.session:.4f} {cost.currency}, today {cost.day:.2f}"


def happening_line(happening: Happening) -> tuple[str, str, str]:
    """Return when, what and why."""
    return duration(happening.at_s), happening.text, happening.cause


def newest(happenings: Sequence[Happening], count: int) -> list[Happening]:
    """Return the last ``count`` of them, the oldest first."""
    return list(happenings)[-count:] if count > 0 else []


def _count(tokens: Tokens) -> int:
    names = ("text_in", "audio_in", "image_in", "text_out", "audio_out")
    cached = ("text_in_cached", "audio_in_cached", "image_in_cached")
    return sum(getattr(tokens, name) for name in (*names, *cached))
