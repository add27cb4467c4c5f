"""The one-line and few-line parts of the live view, as texts for a given width."""

from __future__ import annotations

from typing import Protocol

from rich.style import Style
from rich.text import Text

from voice.ui.live import styles
from voice.ui.live.connection import duration
from voice.ui.live.model import LiveModel
from voice.ui.live.rows import (
    bar_of,
    cause_text,
    facts_of,
    happening_line,
    level_text,
    marks_of,
    meter_bar,
    newest,
    phase_text,
)

_BADGE_WIDTH = 14
_METER_NAME_WIDTH = 6
_LEVEL_WIDTH = 7
_STATE_WIDTH = 8
_METER_REST_WIDTH = _METER_NAME_WIDTH + _LEVEL_WIDTH + _STATE_WIDTH + 2
_MARK_NAME_WIDTH = 12
_MARK_MS_WIDTH = 9
_FACT_NAME_WIDTH = 12
_LONGEST_METER = 60
_PHASE_WIDTH = 12


class Levels(Protocol):
    """What both sides sound like now."""

    @property
    def microphone_dbfs(self) -> float:
        """The level of the microphone, -90 to 0."""
        ...

    @property
    def speaker_dbfs(self) -> float:
        """The level of what our speaker lets sound, -90 to 0."""
        ...

    @property
    def is_speech(self) -> bool:
        """Whether the microphone hears somebody speak."""
        ...

    @property
    def erle_db(self) -> float | None:
        """By how much our own echo is weakened; None until that is known."""
        ...

    @property
    def mode(self) -> str:
        """``full duplex``, ``half duplex``, ``headphones`` or ``asleep``; empty for unknown."""
        ...


def phase_line(model: LiveModel, now_s: float, width: int) -> Text:
    """Return the phase, why it is so, and how long the conversation lasts."""
    clock = duration(now_s - model.began_s)
    badge = f" {phase_text(model).upper()} ".center(_BADGE_WIDTH)
    room = width - _BADGE_WIDTH - len(clock) - 5
    text = Text(" ").append(badge, styles.BADGES[model.phase]).append("  ")
    text.append(fitted(cause_text(model), room).ljust(max(0, room)))
    text.append(f" {clock} ", styles.DIM)
    text.truncate(width)
    return text


def meters_line(model: LiveModel, levels: Levels, width: int) -> Text:
    """Return both meters, each in its half of the width, and in words what the sound is like."""
    half = width // 2
    bar = max(4, min(_LONGEST_METER, half - _METER_REST_WIDTH))
    text = Text(" ")
    state = "muted" if model.is_muted else "speech" if levels.is_speech else ""
    _add_meter(text, "You", levels.microphone_dbfs, state, bar, styles.HEARING)
    text.append(" " * max(0, half + 1 - text.cell_len))
    is_held = "held" if model.is_paused else ""
    _add_meter(text, "Voice", levels.speaker_dbfs, is_held, bar, styles.SOUNDING)
    words = sound_words(levels)
    if width - text.cell_len > len(words) + 2:
        text.append(words.rjust(width - text.cell_len - 1), styles.DIM)
    return text


def _add_meter(text: Text, name: str, dbfs: float, state: str, width: int, style: Style) -> None:
    bar = meter_bar(dbfs, width)
    filled = bar.rstrip("·")
    text.append(name.ljust(_METER_NAME_WIDTH), styles.BOLD)
    text.append(filled, style).append(bar[len(filled) :], styles.DIM)
    text.append(level_text(dbfs).rjust(_LEVEL_WIDTH))
    text.append(f" {state}".ljust(_STATE_WIDTH), styles.BOLD)


def sound_words(levels: Levels) -> str:
    """Return how hearing and speaking go together, and how well the echo is taken away."""
    echo = "" if levels.erle_db is None else f"echo -{levels.erle_db:.0f} dB"
    return " · ".join(part for part in (levels.mode, echo) if part)


def timeline_rows(model: LiveModel, width: int) -> Text:
    """Return a row for each step of the last turn: its name, its bar, the time at its end."""
    marks = marks_of(model.timing, typed=model.timing_is_typed)
    if not marks:
        return Text("no turn yet", styles.DIM)
    whole_ms = max(mark.end_ms for mark in marks)
    bar = max(4, width - _MARK_NAME_WIDTH - _MARK_MS_WIDTH - 1)
    rows = []
    for mark in marks:
        is_last = mark.name == "first audio"
        row = Text().append(mark.name.ljust(_MARK_NAME_WIDTH), styles.BOLD if is_last else None)
        style = styles.FIRST_AUDIO if is_last else styles.BAR
        row.append(bar_of(mark, whole_ms, bar), style)
        row.append(f"{mark.end_ms:,} ms".rjust(_MARK_MS_WIDTH), styles.BOLD if is_last else None)
        rows.append(row)
    if model.usual_first_audio_ms is not None:
        usual = f"{model.usual_first_audio_ms:,} ms".rjust(_MARK_MS_WIDTH)
        room = bar + _MARK_NAME_WIDTH
        name = f"first audio, median of {model.timed_turns}"
        rows.append(Text(fitted(name, room).ljust(room) + usual, styles.DIM))
    return Text("\n").join(rows)


def facts_rows(
    model: LiveModel, now_s: float, width: int, *, recording: str, sound: str = ""
) -> Text:
    """Return the facts of the session, one a row."""
    rows = []
    for name, value in facts_of(model, now_s, recording=recording, sound=sound):
        row = Text().append(name.ljust(_FACT_NAME_WIDTH), styles.DIM)
        rows.append(row.append(fitted(value, width - _FACT_NAME_WIDTH)))
    return Text("\n").join(rows)


def happenings_rows(model: LiveModel, width: int, height: int) -> Text:
    """Return the newest phases and events with their causes, the last at the bottom."""
    rows = []
    for happening in newest(model.happenings, height):
        at, what, cause = happening_line(happening)
        row = Text().append(at.rjust(5) + "  ", styles.DIM)
        room = width - 7
        row.append(fitted(what, room).ljust(min(_PHASE_WIDTH, room)), styles.BOLD)
        left = room - max(len(what), _PHASE_WIDTH)
        if cause and left > 6:
            row.append(fitted(f"  {cause}", left))
        rows.append(row)
    return Text("\n").join(rows)


def keys_line(keys: list[tuple[str, str]], width: int) -> Text:
    """Return the keys and what they do; where there is no room the last are left out."""
    text, gap = Text(" "), ""
    for key, does in keys:
        if text.cell_len + len(gap) + len(key) + len(does) + 1 > width:
            break
        text.append(gap).append(key, styles.KEY).append(f" {does}")
        gap = "   "
    return text


def fitted(text: str, width: int) -> str:
    """Return ``text``, cut to ``width`` columns with dots at its end."""
    cut = Text(text)
    cut.truncate(max(0, width), overflow="ellipsis")
    return cut.plain


def question_line(question: str, width: int) -> Text:
    """Return a tool's question to the user, and the keys that answer it."""
    how = " y yes · n no "
    asked = fitted(f" {question}", width - len(how) - 1).ljust(max(0, width - len(how)))
    return Text(asked + how, styles.QUESTION)
