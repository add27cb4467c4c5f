"""``python -m tests.ui.live.screenshots`` rewrites ``docs/talk-*.svg`` from a real terminal.

tmux draws the driver's scenes; what stands on its screen becomes a picture, in dark and light.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.ui.live.screens import ROOT, WHY_NOT, scene

DOCS = ROOT / "docs"

NARROW, WIDE = (80, 24), (132, 34)

SHOTS = {
    "listening": ("listening", NARROW, "And on Sunday"),
    "speaking": ("speaking", NARROW, "rain ▸"),
    "interrupted": ("interrupted", NARROW, "interrupted:"),
    "tool": ("tool", NARROW, "running 2 s"),
    "reconnecting": ("reconnecting", NARROW, "try "),
    "wide": ("whole", WIDE, "umbrella. ▸"),
}
"""Picture -> scene, size of the terminal, and what must stand there when it is taken."""

LIGHT = {"speaking"}
"""Pictures of which there is a light one as well."""

_ANSI_DARK = [
    (40, 44, 52), (224, 108, 117), (152, 195, 121), (229, 192, 123),
    (97, 175, 239), (198, 120, 221), (86, 182, 194), (171, 178, 191),
]  # fmt: skip
_ANSI_LIGHT = [
    (56, 58, 66), (202, 18, 67), (64, 130, 50), (152, 104, 1),
    (40, 92, 200), (150, 30, 140), (1, 110, 140), (160, 161, 167),
]  # fmt: skip
_GREY = [(110, 116, 128)]
THEMES = {
    "dark": TerminalTheme((30, 33, 39), (212, 216, 224), _ANSI_DARK, _GREY + _ANSI_DARK[1:]),
    "light": TerminalTheme((250, 250, 250), (56, 58, 66), _ANSI_LIGHT, _GREY + _ANSI_LIGHT[1:]),
}

_LEFT_OUT = re.compile(r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", re.DOTALL)
_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def picture(screen: str, columns: int, *, name: str, theme: str) -> str:
    """Return a captured screen, with its escape sequences, as an SVG that loads nothing."""
    console = Console(
        record=True,
        file=io.StringIO(),
        width=columns,
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
    )
    for line in screen.rstrip("\n").split("\n"):
        console.print(Text.from_ansi(line), no_wrap=True, crop=True)
    layout = _LEFT_OUT.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code, monospace", _FONTS)
    svg = console.export_svg(
        title="voice talk",
        theme=THEMES[theme],
        code_format=layout.replace("Fira Code", "monospace"),
        unique_id=f"talk-{name}",
    )
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> int:
    """Take every picture; returns the exit status."""
    if WHY_NOT:
        sys.stderr.write(f"{WHY_NOT}\n")
        return 1
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        for name, (act, size, sign) in SHOTS.items():
            with scene(act, size, home=Path(home)) as terminal:
                terminal.until(lambda screen, sign=sign: sign in " ".join(screen.split()))
                shown = terminal.screen(in_colour=True)
            for theme in ("dark", "light") if name in LIGHT else ("dark",):
                file = DOCS / f"talk-{name}{'-light' if theme == 'light' else ''}.svg"
                svg = picture(shown, size[0], name=name, theme=theme)
                file.write_text(svg, encoding="utf-8")
                sys.stdout.write(f"{file.relative_to(ROOT)}  {len(svg) // 1_000} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
