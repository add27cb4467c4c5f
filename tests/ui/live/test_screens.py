"""What stands on a real terminal in each phase, wide and narrow, with and without colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.text import Text

from tests.ui.live.screens import WHY_NOT, scene

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

NARROW, WIDE = (80, 24), (200, 60)

EXPECTED = {
    "listening": ["LISTENING", "And on Sunday …", "-23 dB speech"],
    "speaking": ["SPEAKING", "What will the weather be", "▸", "-14 dB", "first audio"],
    "interrupted": ["LISTENING", "[not", "heard:", "interrupted: the endpoint heard speech"],
    "tool": [
        "WORKING",
        'get_forecast(city="Oslo", day="tomorrow")',
        "→ 4 degrees, light rain",
        "picture: /home/ann/charts/oslo.png",
        "running",
    ],
    "reconnecting": ["RECONNECTING", "the connection is lost", "try"],
}

CASES = [
    ("listening", NARROW, True),
    ("speaking", WIDE, True),
    ("speaking", NARROW, False),
    ("interrupted", NARROW, False),
    ("tool", NARROW, True),
    ("tool", WIDE, False),
    ("reconnecting", NARROW, True),
]


def has_colour(screen: str) -> bool:
    """Return whether anything on a captured screen has a colour of its own."""
    spans = Text.from_ansi(screen).spans
    colours = [style.color for span in spans if not isinstance(style := span.style, str)]
    return any(colour is not None and not colour.is_default for colour in colours)


@pytest.mark.parametrize(("name", "size", "in_colour"), CASES)
def test_scene_is_whole_on_the_screen(
    name: str, size: tuple[int, int], in_colour: bool, tmp_path: Path
) -> None:
    environment = {} if in_colour else {"NO_COLOR": "1"}
    with scene(name, size, home=tmp_path, **environment) as terminal:
        # The keys are drawn last; a slow terminal shows the rest before them.
        awaited = [*EXPECTED[name], "quit"]
        shown = terminal.until(lambda screen: all(text in screen for text in awaited))
        raw = terminal.screen(in_colour=True)

    lines = shown.splitlines()
    assert len(lines) == size[1]
    assert all(Text(line).cell_len <= size[0] for line in lines)
    assert "Traceback" not in shown
    assert "quit" in lines[-1]
    assert has_colour(raw) is in_colour


def test_last_lines_stand_on_the_normal_screen_after_q(tmp_path: Path) -> None:
    with scene("tool", NARROW, home=tmp_path) as terminal:
        terminal.until(lambda screen: "running" in screen)
        terminal.press("q")
        shown = terminal.until(lambda screen: "exit status 0" in screen)

    assert "LISTENING" not in shown and "Conversation" not in shown
    assert "Tool       get_forecast" in shown


@pytest.mark.parametrize(("key", "term"), [("C-c", "xterm-256color"), ("C-c", "dumb")])
def test_ctrl_c_ends_with_status_0(key: str, term: str, tmp_path: Path) -> None:
    with scene("listening", NARROW, home=tmp_path, TERM=term) as terminal:
        terminal.until(lambda screen: "What will the weather" in screen)
        terminal.press(key)
        terminal.until(lambda screen: "exit status 0" in screen)


def test_terminal_that_cannot_draw_gets_plain_lines(tmp_path: Path) -> None:
    with scene("tool", NARROW, home=tmp_path, TERM="dumb") as terminal:
        shown = terminal.until(lambda screen: "search_trains" in screen)

    assert "Speak, or type a line and press Enter;" in shown
    assert "─" not in shown and "█" not in shown


def test_reason_stands_on_the_normal_screen_when_the_session_is_lost(tmp_path: Path) -> None:
    give_up = {"VOICE_ENDPOINT__GIVE_UP_AFTER_S": "1"}
    with scene("reconnecting", NARROW, home=tmp_path, **give_up) as terminal:
        terminal.until(lambda screen: "RECONNECTING" in screen)
        shown = terminal.until(lambda screen: "exit status" in screen)

    assert "exit status 4" in shown
    assert "Assistant  Tomorrow Oslo" in shown
    assert "voice: error:" in shown
    assert "Traceback" not in shown
