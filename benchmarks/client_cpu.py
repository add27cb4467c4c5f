"""What ``voice talk`` costs: a process of its own on the virtual card, its server not counted."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.answering import answering
from benchmarks.card_room import CardInRoom
from benchmarks.echo_corpus import ANSWERS
from voice.audio.ports import RATE_HZ
from voice.testing.room import Room

MOST_CPU = 15.0
"""Percent of one core."""

WATCHED_S = 60.0
_LOADED_S = 15.0
_EVERY_S = 12.0
_TENTH = RATE_HZ // 10
_WAKE_WORDS = '["okay_nabu", "hey_jarvis"]'
_TEXTS = tuple(" ".join(pair) for pair in zip(ANSWERS[::2], ANSWERS[1::2], strict=True))


async def cpu_share() -> tuple[float, float]:
    """Return the percentage of a core that a minute of conversation took. Raises NoVirtualCard.

    The second is the percentage of the minute in which our voice sounded.

    Echo cancelling and two wake words are on; a typed line every twelve seconds keeps it talking
    for most of the minute, in a room with an echo.
    """
    with answering(_TEXTS) as brain_url, CardInRoom() as card, tempfile.TemporaryDirectory() as at:
        card.enter(Room(40.0, -12.0, seed=1))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "voice.ui.cli", "talk", "--plain"),
            env=_environment(at, brain_url),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            return await _watch(card, process)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _watch(card: CardInRoom, process: asyncio.subprocess.Process) -> tuple[float, float]:
    assert process.stdin is not None
    await card.live_in_room(limit_s=30.0)
    await asyncio.sleep(_LOADED_S)
    card.forget()
    begin_s, used_s = time.monotonic(), _cpu_s(process.pid)
    while time.monotonic() - begin_s < WATCHED_S:
        process.stdin.write(b"Go on, please.\n")
        await process.stdin.drain()
        await asyncio.sleep(_EVERY_S)
        if process.returncode is not None:
            raise RuntimeError(f"voice talk ended with {process.returncode}")
    share = (_cpu_s(process.pid) - used_s) / (time.monotonic() - begin_s)
    heard = card.heard()
    tenths = heard[: heard.size // _TENTH * _TENTH].reshape(-1, _TENTH)
    return round(100 * share, 1), round(100 * float(np.mean(tenths.any(axis=1))), 1)


def _environment(folder: str, brain_url: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("VOICE_")},
        "HOME": folder,
        "XDG_CONFIG_HOME": folder,
        "XDG_DATA_HOME": folder,
        "VOICE_AUDIO__INPUT": "system",
        "VOICE_AUDIO__OUTPUT": "system",
        "VOICE_BRAIN__BASE_URL": brain_url,
        "VOICE_BRAIN__MODEL": "scripted",
        "VOICE_HANDS_FREE__WAKE_WORDS": _WAKE_WORDS,
        "VOICE_TOOLS__DATA_DIR": folder,
    }


def _cpu_s(process_id: int) -> float:
    """Return what a process has used without its children; Linux alone, as JACK's dummy card."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
