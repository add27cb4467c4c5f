"""The microphone's level, for faces that let a person see whether they are heard."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice.settings import Settings


@dataclass(frozen=True, slots=True)
class MicrophoneLevel:
    """A level from -90 to 0 dBFS, peak held, and the name of the microphone that it is of."""

    name: str
    dbfs: float


async def microphone_levels(settings: Settings) -> AsyncGenerator[MicrophoneLevel, None]:
    """Open the microphone that the settings name and yield its level every 10 ms.

    The device is released when the iterator is closed. Raises DeviceError where it cannot be
    opened.
    """
    from voice.audio.sound_card import SoundCard

    card = SoundCard(settings.audio.input, input_gain_db=settings.audio.input_gain_db)
    try:
        async with aclosing(card.microphone.frames()) as frames:
            async for _ in frames:
                yield MicrophoneLevel(card.names[0], card.near_meter.dbfs)
    finally:
        await card.close()
