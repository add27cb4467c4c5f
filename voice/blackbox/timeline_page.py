"""Draws a timeline as one HTML file that needs nothing else: no script, no network, no font."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from voice.blackbox.timeline import LEVEL_MS, Said, Span, Timeline

WIDEST_PX = 60_000
"""Browsers draw no picture much wider; a longer conversation is drawn at a smaller scale."""

_PX_PER_S = 80
_MARGIN_PX = 12
_LANES = {"phase": 26, "microphone": 44, "speaker": 136, "tool": 214, "marks": 246}
_LANE_PX = {"phase": 12, "microphone": 80, "speaker": 72, "tool": 22, "marks": 20}
_HEIGHT_PX = 286
_STAGES = (
    ("turn_end_ms", "turn end"),
    ("transcript_ms", "transcript"),
    ("first_token_ms", "first token"),
    ("first_audio_ms", "first audio"),
)

_STYLE = """
:root { --ink: #1c2430; --quiet: #66707e; --paper: #ffffff; --user: #2563a8; --voice: #17804d;
  --tool: #9a5b00; --bad: #b3261e; --band: #eef1f5; --line: #d5dae1 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --quiet: #97a1af; --paper: #14181d;
  --user: #7fb2ec; --voice: #66cf97; --tool: #e0a64a; --bad: #ff8a80; --band: #1e242b;
  --line: #333b45 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.3rem } h2 { font-size: 1.05rem; margin-top: 2rem }
.quiet, .unheard { color: var(--quiet) } .unheard { text-decoration: line-through }
.picture { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px }
svg text { font: 11px system-ui, sans-serif; fill: var(--quiet) }
.user { fill: var(--user) } .assistant { fill: var(--voice) } .tool { fill: var(--tool) }
.turn { fill: var(--user); opacity: .13 } .band { fill: var(--band) }
.error, .interrupted { fill: var(--bad) } .warning, .link { fill: var(--tool) }
.axis { stroke: var(--line) } .first { stroke: var(--voice); stroke-dasharray: 3 2 }
table { border-collapse: collapse } td, th { padding: .2rem .9rem .2rem 0; text-align: left;
  vertical-align: top } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
"""


def timeline_page(timeline: Timeline, *, title: str) -> str:
    """Return the HTML page of a conversation; every text in it is escaped."""
    seconds = timeline.duration_ms / 1_000
    ending = "" if timeline.is_whole else " · the recording ends without its end"
    turns = len(timeline.of("user"))
    facts = f"{seconds:.1f} s · {turns} spoken turns · {len(timeline.of('tool'))} tool calls"
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width">',
            f"<style>{_STYLE}</style>",
            f'<h1>{escape(title)}</h1><p class="quiet">{facts}{ending}</p>',
            f'<div class="picture">{_picture(timeline)}</div>',
            _legend(),
            "<h2>What was said</h2>",
            _conversation(timeline.said, timeline.of("tool")),
            "<h2>How soon it answered</h2>",
            _latency_table(timeline.latencies),
            _events(timeline),
            "<h2>Recorded with</h2>",
            _versions(timeline.header),
            "</html>",
        ]
    )


def _picture(timeline: Timeline) -> str:
    scale = min(_PX_PER_S, WIDEST_PX / max(1.0, timeline.duration_ms / 1_000)) / 1_000
    width = int(timeline.duration_ms * scale) + 2 * _MARGIN_PX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT_PX}" '
        f'role="img" aria-label="The conversation drawn over time">'
    ]
    parts += _axis(timeline.duration_ms, scale)
    parts += _phases(timeline.of("phase"), scale)
    parts += _turns(timeline.of("user"), scale)
    parts.append(_wave(timeline.microphone, "microphone", "user", scale))
    parts.append(_wave(timeline.speaker, "speaker", "assistant", scale))
    parts += _pauses(timeline.of("paused"), scale)
    parts += _tools(timeline.of("tool"), scale)
    parts += _first_audio(timeline.latencies, scale)
    for mark in timeline.marks:
        x, y = _x(mark.at_ms, scale), _LANES["marks"]
        shape = f"M{x:.1f} {y} l6 10 l-12 0 z"
        parts.append(
            f'<path class="{mark.kind}" d="{shape}"><title>{escape(mark.text)}</title></path>'
        )
    return "".join([*parts, "</svg>"])


def _x(at_ms: float, scale: float) -> float:
    return _MARGIN_PX + at_ms * scale


def _axis(duration_ms: int, scale: float) -> list[str]:
    """Draw a line and a time every so many seconds, at least 60 px apart."""
    step_s = next((s for s in (1, 2, 5, 10, 30, 60, 300, 600) if s * 1_000 * scale >= 60), 1_800)
    parts = []
    for second in range(0, duration_ms // 1_000 + 1, step_s):
        x = _x(second * 1_000, scale)
        parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{_HEIGHT_PX}"/>')
        parts.append(f'<text x="{x + 2:.1f}" y="12">{_clock(second)}</text>')
    return parts


def _phases(spans: Iterable[Span], scale: float) -> list[str]:
    parts = []
    for span in spans:
        x, width = _extent(span, scale)
        parts.append(
            f'<rect class="band" x="{x:.1f}" y="{_LANES["phase"] - 8}" width="{width:.1f}" '
            f'height="{_LANE_PX["phase"]}"><title>{escape(_because(span))}</title></rect>'
        )
        if width > 50:
            parts.append(f'<text x="{x + 3:.1f}" y="{_LANES["phase"] + 1}">{span.text}</text>')
    return parts


def _turns(spans: Iterable[Span], scale: float) -> list[str]:
    parts = []
    for span in spans:
        x, width = _extent(span, scale)
        parts.append(
            f'<rect class="turn" x="{x:.1f}" y="{_LANES["microphone"]}" width="{width:.1f}" '
            f'height="{_LANE_PX["microphone"]}">'
            f"<title>the user speaks{_reasons(span)}</title></rect>"
        )
    return parts


def _pauses(spans: Iterable[Span], scale: float) -> list[str]:
    """Mark where the answer was paused, and say why it was and why it went on."""
    parts = []
    for span in spans:
        x, width = _extent(span, scale)
        parts.append(
            f'<rect class="turn" x="{x:.1f}" y="{_LANES["speaker"]}" width="{width:.1f}" '
            f'height="{_LANE_PX["speaker"]}"><title>paused{_reasons(span)}</title></rect>'
        )
    return parts


def _because(span: Span) -> str:
    return f"{span.text}: {span.detail}" if span.detail else span.text


def _reasons(span: Span) -> str:
    """Return why something began and why it ended, as far as that is known."""
    return escape("".join(f"; {why}" for why in (span.text, span.detail) if why))


def _wave(levels: Mapping[int, float], lane: str, who: str, scale: float) -> str:
    """Draw a waveform as one filled path, one column for each level, or each pixel if fewer."""
    middle = _LANES[lane] + _LANE_PX[lane] / 2
    columns: dict[int, float] = {}
    for at, level in levels.items():
        x = int(_x(at * LEVEL_MS, scale) * 2)
        columns[x] = max(level, columns.get(x, 0.0))
    parts = []
    for x, level in sorted(columns.items()):
        half = max(0.4, level**0.6 * _LANE_PX[lane] / 2)
        width = max(1.0, LEVEL_MS * scale)
        parts.append(f"M{x / 2:.1f} {middle - half:.1f}h{width:.1f}v{2 * half:.1f}h-{width:.1f}z")
    return f'<path class="{who}" d="{"".join(parts)}"/>'


def _tools(spans: Iterable[Span], scale: float) -> list[str]:
    parts = []
    for span in spans:
        x, width = _extent(span, scale)
        told = escape(f"{span.text}({span.detail})")
        parts.append(
            f'<rect class="tool" rx="3" x="{x:.1f}" y="{_LANES["tool"]}" '
            f'width="{max(4.0, width):.1f}" height="10"><title>{told}</title></rect>'
            f'<text x="{x:.1f}" y="{_LANES["tool"] + 22}">{escape(span.text)}</text>'
        )
    return parts


def _first_audio(latencies: Iterable[Mapping[str, Any]], scale: float) -> list[str]:
    """Join the end of the user's speech with the first sound of the answer."""
    parts = []
    for moments in latencies:
        begin, end = moments.get("speech_end_ms"), moments.get("first_audio_ms")
        if begin is None or end is None:
            continue
        y = _LANES["speaker"] - 6
        parts.append(
            f'<path class="first" fill="none" d="M{_x(begin, scale):.1f} {y}H{_x(end, scale):.1f}">'
            f"<title>{end - begin} ms</title></path>"
            f'<text x="{_x(begin, scale):.1f}" y="{y - 3}">{end - begin} ms</text>'
        )
    return parts


def _legend() -> str:
    return (
        '<p class="quiet">Above, the microphone, with the user’s turns shaded; below it, what '
        "sounded from the speaker, and over it the time from the end of speech to the first "
        "sound; then tools, and marks for interruptions, warnings, errors and the connection. "
        "Point at anything to read it.</p>"
    )


def _conversation(said: Iterable[Said], tools: Iterable[Span]) -> str:
    rows: list[tuple[int, str]] = []
    for turn in said:
        text = escape(turn.text)
        if turn.unheard:
            text += f' <span class="unheard" title="generated, never heard">{escape(turn.unheard)}'
            text += "</span>"
        who = "You" if turn.who == "user" else "Assistant"
        rows.append((turn.at_ms, _row(turn.at_ms, who, text)))
    for span in tools:
        text = f"{escape(span.text)} <span class='quiet'>{escape(span.detail)}</span>"
        rows.append((span.start_ms, _row(span.start_ms, "Tool", text)))
    rows.sort(key=lambda row: row[0])
    return f"<table>{''.join(row for _, row in rows)}</table>"


def _row(at_ms: int, who: str, text: str) -> str:
    return f'<tr><td class="n quiet">{_clock(at_ms / 1_000)}</td><th>{who}</th><td>{text}</td></tr>'


def _latency_table(latencies: list[Mapping[str, Any]]) -> str:
    found: dict[str, list[int]] = {}
    for moments in latencies:
        begin = moments.get("speech_end_ms")
        if begin is None or "first_audio_ms" not in moments:
            continue  # typed, or a function call whose result is spoken later
        for key, name in _STAGES:
            if key in moments:
                found.setdefault(name, []).append(moments[key] - begin)
    if not found:
        return '<p class="quiet">No spoken turn was answered.</p>'
    head = (
        "<tr><th>after the end of speech</th><th class='n'>turns</th>"
        "<th class='n'>median</th><th class='n'>longest</th></tr>"
    )
    rows = [
        f"<tr><td>{name}</td><td class='n'>{len(values)}</td>"
        f"<td class='n'>{statistics.median(values):.0f} ms</td>"
        f"<td class='n'>{max(values)} ms</td></tr>"
        for name, values in found.items()
    ]
    return f"<table>{head}{''.join(rows)}</table>"


def _events(timeline: Timeline) -> str:
    if not timeline.marks:
        return ""
    rows = "".join(
        _row(mark.at_ms, escape(mark.kind), escape(mark.text)) for mark in timeline.marks
    )
    return f"<h2>What went otherwise</h2><table>{rows}</table>"


def _versions(header: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(str(name))}</td><td>{escape(str(value))}</td></tr>"
        for name, value in (header.get("versions") or {}).items()
    )
    return f"<table>{rows}</table>"


def _extent(span: Span, scale: float) -> tuple[float, float]:
    end_ms = span.end_ms if span.end_ms is not None else span.start_ms
    return _x(span.start_ms, scale), max(1.0, (end_ms - span.start_ms) * scale)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
