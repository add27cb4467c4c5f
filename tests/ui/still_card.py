"""A sound card made of files, in the shape that the faces and a session take."""

from __future__ import annotations

from collections.abc import Callable

from tools import InMemoryVolume
from voice.audio.files import FileMicrophone, FileSpeaker
from voice.client.session import Session
from voice.core.updates import Update
from voice.hands_free import Levels


class StillCard:
    """Stands where ``HandsFree`` would: no ear, still meters, and notes of its orders."""

    def __init__(
        self,
        microphone: FileMicrophone | None = None,
        speaker: FileSpeaker | None = None,
        levels: Levels | None = None,
        names: tuple[str, str] = ("Built-in Microphone", "Built-in Speaker"),
    ) -> None:
        self.microphone = microphone or FileMicrophone()
        self.speaker = speaker or FileSpeaker()
        self.volume = InMemoryVolume()
        self.observers: list[Callable[[Update], None]] = []
        self.now = levels or Levels(-30.0, -90.0, True, None, "full duplex")
        self.devices = names
        self.switched: list[tuple[str, int | str]] = []
        self.wakes = 0

    def attach(self, session: Session) -> None:
        """Nothing is heard over our voice here."""

    def levels(self) -> Levels:
        """Return what a test set."""
        return self.now

    def switch(
        self, *, microphone: int | str | None = None, speaker: int | str | None = None
    ) -> None:
        """Note what was chosen."""
        if microphone is not None:
            self.switched.append(("microphone", microphone))
        if speaker is not None:
            self.switched.append(("speaker", speaker))

    def wake(self, cause: str = "a key") -> None:
        """Note that a key woke it."""
        self.wakes += 1
