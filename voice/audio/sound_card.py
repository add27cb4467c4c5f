"""A microphone and a speaker that come and go while a conversation stays up.

::

    devices.py            streams of the sound card: the one file that knows PortAudio
    driver_thread.py      where it is asked, as it may block
    sound_system.py       what PulseAudio and PipeWire have put behind "default"
    card_side.py          one direction: what is wanted, what is open, whether it runs
    card_watch.py         loses, reopens, and tells
    card_microphone.py    blocks into frames        card_speaker.py   the queue into blocks
"""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType

from voice.audio.card_microphone import CardMicrophone
from voice.audio.card_side import CardSide
from voice.audio.card_speaker import CardSpeaker
from voice.audio.card_watch import CardWatch
from voice.audio.device_choice import DeviceName
from voice.audio.levels import Meter
from voice.audio.playout import Playout
from voice.audio.ports import DeviceNews
from voice.audio.reference import Reference


class SoundCard:
    """One microphone and one speaker, each open while somebody uses it.

    A device that is lost raises nowhere: it is opened again by its name, or another one instead,
    and ``on_news`` is told on the loop. What cannot be opened at the very start raises DeviceError.
    All methods belong to one event loop.
    """

    def __init__(
        self,
        microphone: DeviceName = None,
        speaker: DeviceName = None,
        *,
        volume: int = 100,
        input_gain_db: float = 0.0,
        on_news: Callable[[DeviceNews], None] | None = None,
    ) -> None:
        """Remember what is wanted; nothing is touched before it is used.

        Raises ValueError for a volume outside 0 to 100.
        """
        self.on_news = on_news
        self.near_meter, self.far_meter = Meter(), Meter()
        reference = Reference()
        self.microphone = CardMicrophone(
            begin=lambda: self._watch.begin(self._ear),
            end=lambda: self._watch.end(self._ear),
            reference=reference,
            meter=self.near_meter,
            gain_db=input_gain_db,
        )
        self.speaker = CardSpeaker(
            Playout(reference=reference, meter=self.far_meter),
            begin=lambda: self._watch.begin_at_once(self._mouth),
            end=lambda: self._watch.end(self._mouth),
            volume=volume,
        )
        ear, mouth = self.microphone, self.speaker
        self._ear = CardSide("microphone", microphone, ear.attach, ear.detach)
        self._mouth = CardSide("speaker", speaker, mouth.attach, mouth.detach)
        self._watch = CardWatch(self._ear, self._mouth, mouth, self._tell)

    @property
    def names(self) -> tuple[str, str]:
        """The microphone and the speaker that are or were last in use; empty before."""
        return self._ear.name, self._mouth.name

    def expected_names(self) -> tuple[str, str]:
        """Return what ``names`` would be if both were opened now, without opening them.

        Blocks, usually for 10 ms, while the sound system is asked. Raises DeviceError.
        """
        return self._ear.expected_name(), self._mouth.expected_name()

    @property
    def rates_hz(self) -> tuple[int, int]:
        """The rates at which microphone and speaker are open; 0 where there is none."""
        ear, mouth = self._ear.opened, self._mouth.opened
        return (ear.stream.rate_hz if ear else 0, mouth.stream.rate_hz if mouth else 0)

    def switch(
        self,
        *,
        microphone: DeviceName | EllipsisType = ...,
        speaker: DeviceName | EllipsisType = ...,
    ) -> None:
        """Go over to other devices within a second; None means the system's default.

        What is queued goes on in the new speaker. ``on_news`` tells which device it became.
        """
        for side, wanted in ((self._ear, microphone), (self._mouth, speaker)):
            if isinstance(wanted, EllipsisType):
                continue
            side.wanted = wanted
            side.wishes += 1
            if side.is_in_use:
                self._watch.lose(side, "was left")
                side.next_try_s = 0.0

    async def close(self) -> None:
        """Release both. Idempotent."""
        await self.microphone.close()
        await self.speaker.close()

    def _tell(self, news: DeviceNews) -> None:
        if self.on_news is not None:
            self.on_news(news)
