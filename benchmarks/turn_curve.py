"""The curve of turn taking as a picture: turns cut off against the wait for their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 48, 56
MOST_WAIT_MS = 1_400
ALONE, WORDS, VOICE = "silence alone", "silence and words", "silence, words and voice"
COLOURS = {ALONE: "#8a8f98", WORDS: "#0b6bcb", VOICE: "#c2410c"}


@dataclass(frozen=True)
class Point:
    """One rule: the share of turns cut off, 0 to 1, and the median wait in ms."""

    label: str
    group: str
    cut_off: float
    wait_ms: float


def draw(points: list[Point], turns: int) -> str:
    """Return an SVG with a line for each group of rules."""
    most = max(0.15, *(p.cut_off for p in points))

    def x(wait_ms: float) -> float:
        return LEFT + min(wait_ms, MOST_WAIT_MS) / MOST_WAIT_MS * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share / most * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="#333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15">Turns cut off against the wait for their end '
        f"({turns} turns; left and low is better)</text>",
        # What the project promises: at most 5 % cut off at a median of 500 ms.
        f'<rect x="{x(0):.1f}" y="{y(0.05):.1f}" width="{x(500) - x(0):.1f}" '
        f'height="{y(0) - y(0.05):.1f}" fill="#e6f4ea"/>',
        *_axes(x, y, most),
    ]
    shown = {group: colour for group, colour in COLOURS.items() if any_of(group, points)}
    for group, colour in shown.items():
        row = sorted((p for p in points if p.group == group), key=lambda p: p.wait_ms)
        line = " ".join(f"{x(p.wait_ms):.1f},{y(p.cut_off):.1f}" for p in row)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [_mark(p, x(p.wait_ms), y(p.cut_off), colour) for p in row]
    for number, (group, colour) in enumerate(shown.items()):
        at = TOP + 14 + 18 * number
        parts.append(f'<circle cx="{WIDTH - 190}" cy="{at - 4}" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - 178}" y="{at}">{escape(group)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def any_of(group: str, points: list[Point]) -> bool:
    """Return whether a group has a point."""
    return any(point.group == group for point in points)


def _mark(point: Point, x: float, y: float, colour: str) -> str:
    label = point.label.partition(", ")[2] or point.label
    label = label.removeprefix("silence ").removesuffix(" ms")
    offset = {ALONE: (6.0, -6.0), WORDS: (0.0, -10.0), VOICE: (8.0, 4.0)}[point.group]
    anchor = "middle" if point.group == WORDS else "start"
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
        f'<text x="{x + offset[0]:.1f}" y="{y + offset[1]:.1f}" text-anchor="{anchor}" '
        f'font-size="11" fill="{colour}">{escape(label)}</text>'
    )


def _axes(x: Callable[[float], float], y: Callable[[float], float], most: float) -> list[str]:
    parts = []
    for wait_ms in range(0, MOST_WAIT_MS + 1, 200):
        parts.append(
            f'<line x1="{x(wait_ms):.1f}" y1="{y(0):.1f}" x2="{x(wait_ms):.1f}" y2="{TOP}" '
            f'stroke="#eee"/><text x="{x(wait_ms):.1f}" y="{HEIGHT - BOTTOM + 18}" '
            f'text-anchor="middle">{wait_ms}</text>'
        )
    step = 5 if most <= 0.4 else 10
    for percent in range(0, int(100 * most) + 1, step):
        parts.append(
            f'<line x1="{LEFT}" y1="{y(percent / 100):.1f}" x2="{WIDTH - RIGHT}" '
            f'y2="{y(percent / 100):.1f}" stroke="#eee"/>'
            f'<text x="{LEFT - 8}" y="{y(percent / 100) + 4:.1f}" text-anchor="end">'
            f"{percent} %</text>"
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">'
        "median wait after the last word, ms</text>"
    )
    return parts
