"""Hands-free talking: the sound card, and the ear between it and the session.

::

    hands_free = open_hands_free(settings)
    async with open_session(settings, hands_free=hands_free) as opened:
        ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice.audio.ports import DeviceNews, Microphone, Speaker
    from voice.client.session import Session
    from voice.core.updates import Update
    from voice.settings import Settings
    from voice.toolbox import VolumeControl

SILENT_DBFS = -90.0
"""What a level meter shows of silence."""


@dataclass(frozen=True, slots=True)
class Levels:
    """What the meters show now; levels in dBFS from -90 to 0.

    ``erle_db`` is how much of its echo the canceller takes away, None until it is known. ``mode``
    is ``full duplex``, ``half duplex``, ``headphones`` or ``asleep``.
    """

    microphone_dbfs: float = SILENT_DBFS
    speaker_dbfs: float = SILENT_DBFS
    is_speech: bool = False
    erle_db: float | None = None
    mode: str = "full duplex"


class CardVolume:
    """The volume of the speaker, as tools and keys set it; implements ``VolumeControl``."""

    def __init__(self, get: Callable[[], int], put: Callable[[int], None]) -> None:
        self._get = get
        self._put = put

    def get(self) -> int:
        """Return the volume in percent."""
        return self._get()

    def set(self, percent: int) -> None:
        """Set the volume, clamped to 0..100."""
        self._put(max(0, min(100, percent)))


class HandsFree:
    """The sound card as a session takes it, with what listens and what shows levels.

    Give it to ``open_session``; the session opens and closes microphone and speaker. All methods
    belong to the session's event loop.
    """

    def __init__(self, microphone: Microphone, speaker: Speaker, volume: VolumeControl) -> None:
        self.microphone = microphone
        self.speaker = speaker
        self.volume = volume
        self.observers: list[Callable[[Update], None]] = []
        """What is to see every update of the session."""

    def attach(self, session: Session) -> None:
        """Tell ``session`` from now on what is heard over our voice. ``open_session`` calls it."""

    def levels(self) -> Levels:
        """Return what the meters show now."""
        return Levels()

    @property
    def devices(self) -> Sequence[str]:
        """The names of the microphone and the speaker that are open; empty where unknown."""
        return ("", "")

    def switch(
        self, *, microphone: int | str | None = None, speaker: int | str | None = None
    ) -> None:
        """Go over to other devices; None keeps the one in use."""

    async def close(self) -> None:
        """Release the sound card. Idempotent; a session that was given it does the same."""
        await self.microphone.close()
        await self.speaker.close()


def open_hands_free(
    settings: Settings, *, on_news: Callable[[DeviceNews], None] | None = None
) -> HandsFree:
    """Return the sound card that the settings name.

    ``on_news`` hears of devices that come and go. Raises DeviceError that says what is missing and
    how to get it.
    """
    from voice.audio.devices import SoundDeviceMicrophone, SoundDeviceSpeaker, check

    audio = settings.audio
    check(audio.input, audio.output)
    speaker = SoundDeviceSpeaker(audio.output, volume=audio.volume)
    volume = CardVolume(lambda: speaker.volume, speaker.set_volume)
    return HandsFree(SoundDeviceMicrophone(audio.input), speaker, volume)
