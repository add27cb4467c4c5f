"""One direction of a sound card: which device is wanted, which is open, and whether it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from voice.audio.device_choice import DeviceDescription, DeviceName, Kind, choose_device
from voice.audio.devices import BlockTime, Stream, list_devices
from voice.audio.sound_system import SystemDefaults, SystemDevice, is_routed, system_defaults
from voice.errors import DeviceError

TICK_S = 0.1
_STARVED_TICKS = 5
"""Ticks without a callback: 500 ms. Counted in ticks, so that a loop which was itself held up does
not blame the device."""

_FIRST_TICKS = 30
"""A Bluetooth headset takes up to 3 s until it runs; so does a source that was asleep."""

_BACK_OFF_S = (0.25, 0.5, 1.0, 2.0)

Port = Literal["microphone", "speaker"]


class NothingBehindError(DeviceError):
    """The sound system runs, and has no device of the kind at the moment."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream that runs, and the name and identity of what is really behind it."""

    stream: Stream
    name: str
    key: tuple[str, int | None] | None
    """What the sound system calls the device, and its rate; None for a device of PortAudio's."""
    is_wanted: bool
    """Whether it is the device that was asked for, and not one instead of it."""


@dataclass(slots=True)
class CardSide:
    """What the card knows of its microphone or of its speaker; only the loop changes it."""

    port: Port
    wanted: DeviceName
    attach: Callable[[Stream], Callable[[Any, int, BlockTime], None]]
    detach: Callable[[], None]
    is_in_use: bool = False
    has_ended: bool = False
    """Whether nobody wants it any more, for good."""
    opened: Opened | None = None
    name: str = ""
    """The device that is or was in use, for people."""
    lost_s: float | None = None
    """When it was lost; None while it runs."""
    is_told: bool = False
    """Whether people were told that it is gone."""
    why: str = ""
    next_try_s: float = 0.0
    wishes: int = 0
    """How often the wish has changed; what was opened for an earlier one is not wanted any more."""
    _tries: int = 0
    _ticks: int = 0
    _callbacks: int = 0
    _still_at: int = 0

    @property
    def kind(self) -> Kind:
        """PortAudio's name of the direction."""
        return "input" if self.port == "microphone" else "output"

    @property
    def has_wanted(self) -> bool:
        """Whether the open device is the one that was asked for."""
        return self.opened is not None and self.opened.is_wanted

    @property
    def is_routed(self) -> bool:
        """Whether the sound system decides which device it is."""
        return self.opened is not None and self.opened.key is not None

    def open(self) -> Opened:
        """Choose the device and open it; runs in the driver's thread. Raises DeviceError."""
        device, is_wanted = self._choice(list_devices())
        behind, key = None, None
        if is_routed(device.host_api, device.name):
            defaults = system_defaults()
            if defaults is not None:
                behind, key = _behind(self.port, defaults)
        stream = Stream(self.kind, device, rate_hz=behind.rate_hz if behind else None)
        return Opened(stream, behind.name if behind else device.name, key, is_wanted)

    def expected_name(self) -> str:
        """Return the name of what ``open`` would open; runs where blocking is no harm.

        Raises DeviceError.
        """
        device, _ = self._choice(list_devices())
        defaults = system_defaults() if is_routed(device.host_api, device.name) else None
        return device.name if defaults is None else _behind(self.port, defaults)[0].name

    def _choice(self, devices: list[DeviceDescription]) -> tuple[DeviceDescription, bool]:
        """Return the wanted device, or any other once the conversation is on."""
        try:
            return choose_device(devices, self.wanted, self.kind), True
        except DeviceError:
            if self.lost_s is None:
                raise
            return choose_device(devices, None, self.kind), False

    def take(self, opened: Opened) -> None:
        """Note that a stream is open; whether it runs is seen at its first callback."""
        self.opened = opened
        self._ticks = 0
        self._callbacks = 0
        self._still_at = 0

    def is_running(self) -> bool:
        """Return whether the open stream has called back since it was opened or stood still."""
        return self.opened is not None and self.opened.stream.callbacks > self._still_at

    @property
    def is_left_alone(self) -> bool:
        """Whether a stream that stands still is kept: a call to JACK's stopped server hangs."""
        return self.opened is not None and self.opened.stream.device.host_api.startswith("JACK")

    def stand_still(self, now_s: float) -> None:
        """Note that the stream gives nothing, and keep it."""
        if self.lost_s is None and self.opened is not None:
            self.lost_s, self.why, self.is_told = now_s, "stands still", False
            self._still_at = self.opened.stream.callbacks

    def is_starved(self) -> bool:
        """Return whether the stream has not called back for too long; asked once a tick."""
        assert self.opened is not None
        callbacks = self.opened.stream.callbacks
        is_new = callbacks != self._callbacks
        self._callbacks = callbacks
        self._ticks = 0 if is_new else self._ticks + 1
        return self._ticks >= (_STARVED_TICKS if callbacks else _FIRST_TICKS)

    def lose(self, why: str, now_s: float) -> Opened | None:
        """Forget the stream and return it: it is to be closed."""
        opened, self.opened = self.opened, None
        self.wishes += 1
        if self.lost_s is None:
            self.lost_s, self.why, self._tries, self.is_told = now_s, why, 0, False
            self.next_try_s = now_s
        else:
            self.next_try_s = now_s + self._back_off_s()
        self.detach()
        return opened

    def failed(self, now_s: float) -> None:
        """Note that it could not be opened again."""
        self.next_try_s = now_s + self._back_off_s()

    def recovered(self) -> None:
        """Note that the stream runs."""
        self.lost_s, self._tries, self.is_told = None, 0, False

    def _back_off_s(self) -> float:
        self._tries += 1
        return _BACK_OFF_S[min(self._tries, len(_BACK_OFF_S)) - 1]

    def has_moved(self, defaults: SystemDefaults) -> bool:
        """Return whether the sound system has put another device behind the open stream."""
        if self.opened is None or self.opened.key is None:
            return False
        try:
            return _behind(self.port, defaults)[1] != self.opened.key
        except NothingBehindError:
            return True


def _behind(port: Port, defaults: SystemDefaults) -> tuple[SystemDevice, tuple[str, int | None]]:
    """Return the device behind "default" and its identity. Raises DeviceError for none."""
    device = defaults.microphone if port == "microphone" else defaults.speaker
    if device is None:
        raise NothingBehindError(
            f"the sound system has no {port}: plug one in, or choose one in the sound settings"
        )
    return device, (device.key, device.rate_hz)
