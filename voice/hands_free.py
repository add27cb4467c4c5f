"""Hands-free talking: the sound card, and the ear between it and the session.

::

    hands_free = open_hands_free(settings)
    async with open_session(settings, hands_free=hands_free) as opened:
        ...
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from voice.client.attention import Attention, State
from voice.client.ear import Ear, Mode
from voice.client.wakefulness import Wakefulness
from voice.core.client_inputs import DeviceChanged, NearSpeech, NearVerdict
from voice.errors import DeviceError, EngineError

if TYPE_CHECKING:
    from voice.audio.device_choice import DeviceName
    from voice.audio.echo import EchoCanceller
    from voice.audio.ports import DeviceNews, Speaker
    from voice.audio.sound_card import SoundCard
    from voice.calibration import Calibration
    from voice.client.session import Session
    from voice.core.updates import Update
    from voice.engines.stt import MoonshineStt
    from voice.engines.wake_word import WakeWords
    from voice.settings import Settings
    from voice.toolbox import VolumeControl

logger = logging.getLogger(__name__)

SPEECH_AT = 0.5


@dataclass(frozen=True, slots=True)
class Levels:
    """What the meters show now; levels in dBFS from -90 to 0.

    ``erle_db`` is how much of its echo the canceller takes away, None until it is known.
    """

    microphone_dbfs: float = -90.0
    speaker_dbfs: float = -90.0
    is_speech: bool = False
    erle_db: float | None = None
    mode: Literal["full duplex", "half duplex", "headphones", "asleep", "idle"] = "full duplex"


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

    Give it to ``open_session``, which attaches the session and closes microphone and speaker. All
    methods belong to the session's event loop. ``on_news`` hears of devices, and of the ear's own
    troubles, until there is a session: then it publishes them as ``DeviceUpdate``. ``calibration``
    is what ``voice doctor`` measured of the card's devices.

    Raises DeviceError and EngineError for what is missing, SettingsError for an unknown wake word.
    """

    def __init__(
        self,
        card: SoundCard,
        settings: Settings,
        *,
        on_news: Callable[[DeviceNews], None] | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        from voice.engines.vad import SileroVad

        self._card = card
        self._on_news = on_news
        self._session: Session | None = None
        self._waiting: list[DeviceNews] = []
        self._loading: asyncio.Task[None] | None = None
        self._recogniser: MoonshineStt | None = None
        card.on_news = self._tell
        wanted = settings.hands_free
        self._wants_words = wanted.barge_in == "two_step"
        self._canceller, mode = self._cancelling(settings, calibration)
        self._listener = _wake_words(settings)
        self._vad = SileroVad()
        self._attention = Attention(
            has_wake_word=self._listener is not None,
            follow_up_ms=round(wanted.follow_up_s * 1_000),
            idle_ms=round(wanted.idle_s * 1_000),
        )
        self._ear = Ear(
            card.microphone,
            canceller=self._canceller,
            detector=self._vad.open(),
            sense=self._sense,
            wakefulness=Wakefulness(self._attention, self._listener),
            mode=mode,
            barge_in=wanted.barge_in,
            names=wanted.wake_words,
            on_notice=self._notice,
            on_close=self._release,
        )
        self.microphone = self._ear
        self.speaker: Speaker = card.speaker
        self.volume: VolumeControl = CardVolume(
            lambda: card.speaker.volume, card.speaker.set_volume
        )
        self.observers: list[Callable[[Update], None]] = [self._ear.take]
        """What is to see every update of the session."""

    def attach(self, session: Session) -> None:
        """Tell ``session`` from now on what is heard over our voice. ``open_session`` calls it."""
        self._session = session
        waiting, self._waiting = self._waiting, []
        for news in waiting:
            self._tell(news)
        if self._wants_words and self._ear.mode != "half duplex" and self._loading is None:
            self._loading = asyncio.create_task(self._load(), name="recogniser of the ear")

    def levels(self) -> Levels:
        """Return what the meters show now."""
        canceller, state = self._canceller, self._attention.state(self._ear.now_ms)
        return Levels(
            self._card.near_meter.dbfs,
            self._card.far_meter.dbfs,
            self._ear.speech >= SPEECH_AT,
            None if canceller is None else canceller.erle_db,
            self._ear.mode if state is State.AWAKE else state.value,
        )

    @property
    def devices(self) -> tuple[str, str]:
        """The names of the microphone and the speaker in use; empty before they are open."""
        return self._card.names

    def switch(self, *, microphone: DeviceName = None, speaker: DeviceName = None) -> None:
        """Go over to other devices; None keeps the one in use."""
        self._card.switch(
            microphone=... if microphone is None else microphone,
            speaker=... if speaker is None else speaker,
        )

    def wake(self, cause: str = "a key") -> None:
        """Wake without a wake word."""
        self._attention.wake(cause, self._ear.now_ms)

    async def close(self) -> None:
        """Release everything. Idempotent; a session that was given it does the same."""
        await self._ear.close()
        await self.speaker.close()

    def _cancelling(
        self, settings: Settings, measured: Calibration | None
    ) -> tuple[EchoCanceller | None, Mode]:
        audio = settings.audio
        if audio.echo == "off":
            return None, "headphones"
        if audio.echo == "half_duplex":
            return None, "half duplex"
        if audio.echo == "auto" and measured is not None and not measured.is_echo_mastered:
            self._notice(
                f"half duplex, the microphone is closed while we speak: on {measured.measured} "
                f"only {measured.erle_db:.0f} dB of our echo could be taken away here (voice "
                "doctor measures again)"
            )
            return None, "half duplex"
        from voice.audio.echo import EchoCanceller

        try:
            canceller = EchoCanceller(
                noise_suppression=audio.noise_suppression,
                gain_control=audio.gain_control,
                delay_ms=measured.priming_ms if measured is not None else 0,
            )
        except DeviceError as error:
            if audio.echo == "cancel":
                raise
            self._notice(f"half duplex, the microphone is closed while we speak: {error}")
            return None, "half duplex"
        return canceller, "full duplex"

    def _sense(self, event: NearSpeech | NearVerdict) -> None:
        if self._session is not None:
            self._session.sense(event)

    def _notice(self, text: str) -> None:
        from voice.audio.ports import DeviceNews

        self._tell(DeviceNews("microphone", self._card.names[0], True, text))

    def _tell(self, news: DeviceNews) -> None:
        if self._session is not None:
            self._session.sense(DeviceChanged(news.kind, news.name, news.is_working, news.detail))
        elif self._on_news is not None:
            self._on_news(news)
        else:
            self._waiting = [*self._waiting[-7:], news]

    async def _load(self) -> None:
        """Load the recogniser beside the conversation; until then sound alone is judged."""
        from voice.engines.stt import MoonshineStt

        try:
            recogniser = await asyncio.to_thread(MoonshineStt, workers=1)
        except EngineError as error:
            self._notice(f"speech over our voice is judged by its sound alone: {error}")
            return
        self._recogniser = recogniser
        await recogniser.warm()
        self._ear.recognise = recogniser.transcribe

    def _release(self) -> None:
        self._session = None
        self._ear.recognise = None
        if self._loading is not None:
            self._loading.cancel()
        if self._recogniser is not None:
            self._recogniser.close()
        if self._listener is not None:
            self._listener.close()
        self._vad.close()


def _wake_words(settings: Settings) -> WakeWords | None:
    wanted = settings.hands_free
    if not wanted.wake_words:
        return None
    from voice.engines.wake_word import WakeWords

    return WakeWords(wanted.wake_words, wanted.wake_sensitivity)


def open_hands_free(
    settings: Settings, *, on_news: Callable[[DeviceNews], None] | None = None
) -> HandsFree:
    """Return the sound card that the settings name, and the ear that they want.

    ``on_news`` hears of devices that come and go. Raises DeviceError that says what is missing and
    how to get it, EngineError and SettingsError like ``HandsFree``.
    """
    from voice.audio.devices import check
    from voice.audio.sound_card import SoundCard
    from voice.calibration import load_calibration

    audio = settings.audio
    check(audio.input, audio.output)
    card = SoundCard(
        audio.input,
        audio.output,
        volume=audio.volume,
        input_gain_db=audio.input_gain_db,
    )
    calibration = load_calibration(settings.tools.data_dir, *card.expected_names())
    return HandsFree(card, settings, on_news=on_news, calibration=calibration)
