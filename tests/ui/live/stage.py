"""A live view on a real session at a scripted endpoint, for tests that press keys."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from tests.ui.still_card import StillCard
from voice.app import open_session
from voice.audio.files import FileMicrophone
from voice.settings import load_settings
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.ui.live.app import LiveApp, Surroundings
from voice.ui.live.device_list import Device

DEVICES = (
    Device("microphone", 0, "Built-in Microphone", is_default=True),
    Device("microphone", 3, "USB Microphone"),
    Device("speaker", 1, "Built-in Speaker", is_default=True),
)

Script = Callable[[Peer], Awaitable[None]]


class Stage:
    """What a test of the live view holds in its hands."""

    def __init__(self, app: LiveApp, pilot: Pilot[Any], card: StillCard, peers: list[Peer]) -> None:
        self.app = app
        self.pilot = pilot
        self.card = card
        self._peers = peers

    @property
    def peer(self) -> Peer:
        """The endpoint's end of the newest connection."""
        return self._peers[-1]

    def text(self, name: str) -> str:
        """Return what one part of the screen says."""
        return str(self.app.screen_stack[0].query_one(f"#{name}", Static).render())

    @property
    def entries(self) -> list[str]:
        """Every entry in one line."""
        return [
            f"{entry.label}: "
            + " / ".join("".join(words for words, _ in row) for row in entry.paragraphs(0.0))
            for entry in self.app.model.entries
        ]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so, at most some seconds."""
        for _ in range(200):
            if is_so():
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"it never came; the entries are {self.entries}")


@contextlib.asynccontextmanager
async def stage(
    script: Script,
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    lines: Callable[[], tuple[Sequence[str], Sequence[str]]] | None = None,
    record: Path | None = None,
    **overrides: object,
) -> AsyncIterator[Stage]:
    """Show a session with a script's endpoint; the session ends with the block."""
    card = StillCard(FileMicrophone(pace="fast"))
    around = Surroundings(card, lambda: DEVICES)
    if lines is not None:
        around = replace(around, lines=lines)
    talk_mode = overrides.pop("talk_mode", "off")
    around = replace(around, talk_mode=talk_mode)
    async with ScriptedEndpoint(script) as endpoint:
        settings = load_settings(
            overrides={
                "endpoint.url": endpoint.url,
                "tools.data_dir": str(folder / "data"),
                **overrides,
            }
        )
        async with open_session(settings, hands_free=card, record=record) as opened:
            app = LiveApp(opened, around)
            async with app.run_test(size=size) as pilot:
                yield Stage(app, pilot, card, endpoint.peers)
