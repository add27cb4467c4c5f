"""Styles by the terminal's own sixteen colours, so that dark and light are the terminal's choice.

Each style differs from the others by more than its colour, or stands beside words that say it.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style

from voice.core.updates import Phase
from voice.ui.live.entries import Role

STYLES: Mapping[Role, Style] = {
    Role.USER: Style(color="cyan", bold=True),
    Role.ASSISTANT: Style(color="green", bold=True),
    Role.TOOL: Style(color="magenta", bold=True),
    Role.NOTE: Style(dim=True),
    Role.WARNING: Style(color="red"),
    Role.ERROR: Style(color="red", bold=True),
    Role.PLAIN: Style.null(),
    Role.PENDING: Style(dim=True, italic=True),
    Role.UNHEARD: Style(dim=True, strike=True),
    Role.DIM: Style(dim=True),
}

BADGES: Mapping[Phase, Style] = {
    Phase.CONNECTING: Style(color="yellow", bold=True, reverse=True),
    Phase.RECONNECTING: Style(color="red", bold=True, reverse=True),
    Phase.LISTENING: Style(color="cyan", bold=True, reverse=True),
    Phase.THINKING: Style(color="yellow", bold=True, reverse=True),
    Phase.SPEAKING: Style(color="green", bold=True, reverse=True),
    Phase.WORKING: Style(color="magenta", bold=True, reverse=True),
    Phase.CLOSED: Style(bold=True, reverse=True),
}

DIM = Style(dim=True)
BOLD = Style(bold=True)
KEY = Style(bold=True)
QUESTION = Style(bold=True, reverse=True)
SOUNDING = Style(color="green")
HEARING = Style(color="cyan")
BAR = Style(color="blue", bold=True)
FIRST_AUDIO = Style(color="green", bold=True)
"""The bar that people wait for."""
