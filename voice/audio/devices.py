"""The machine's sound devices and open streams of them, through PortAudio.

The one file that knows PortAudio. It is loaded inside functions, so that the package works on
machines without it. What a stream is good for stands in ``sound_card.py`` and the files beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from voice.audio.clock_tracking import ClockShift
from voice.audio.device_choice import DeviceDescription, DeviceName, Kind, choose_device
from voice.audio.driver_chatter import driver_chatter_hidden, silence_alsa
from voice.audio.pcm import Pcm, from_bytes, to_bytes
from voice.audio.ports import BLOCK_MS
from voice.audio.sound_system import is_jack_fragile
from voice.errors import DeviceError

_LATENCY_S = 0.04
"""Asked of the driver: four blocks, as a Python callback may wait 5 ms for the interpreter lock."""

_BELIEVED_S = 0.05
"""How far a stream's clock is followed beyond its last callback: a card that stands still has not
let sound what it was given."""

_USUAL_RATES_HZ = (48_000, 44_100, 24_000, 16_000, 32_000, 96_000, 8_000)


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """The devices that a conversation would use."""

    microphone: DeviceDescription
    speaker: DeviceDescription


def list_devices() -> list[DeviceDescription]:
    """Return every device of the machine, maybe none.

    Raises DeviceError without PortAudio, and where its list cannot be read.
    """
    sd = _portaudio()
    try:
        apis = sd.query_hostapis()
        default_input, default_output = sd.default.device
        return [
            DeviceDescription(
                index=device["index"],
                name=device["name"],
                host_api=apis[device["hostapi"]]["name"],
                input_channels=device["max_input_channels"],
                output_channels=device["max_output_channels"],
                rate_hz=round(device["default_samplerate"]),
                is_default_input=device["index"] == default_input,
                is_default_output=device["index"] == default_output,
            )
            for device in sd.query_devices()
        ]
    except (sd.PortAudioError, UnicodeDecodeError) as error:
        raise DeviceError(
            f"the sound devices could not be listed: {error.args[0]}; start the program again, "
            "and if that does not help, the machine's sound system"
        ) from error


def check(microphone: DeviceName = None, speaker: DeviceName = None) -> DeviceReport:
    """Return the devices that would be used, without opening them.

    Raises DeviceError that says exactly what is missing and how to get it.
    """
    devices = list_devices()
    return DeviceReport(
        microphone=choose_device(devices, microphone, "input"),
        speaker=choose_device(devices, speaker, "output"),
    )


def rescan() -> None:
    """Make PortAudio look for devices anew; it lists only those it found when it was loaded.

    Must not be called while a stream is open. Nothing is done while JACK is in use: its library
    aborts the process where it is left after its server has died or stands still, and JACK's
    devices do not come and go. Raises DeviceError where nothing can be found out for now.
    """
    sd = _portaudio()
    is_loaded = sd._initialized > 0
    if is_loaded and is_jack_fragile() and _has_jack():
        return
    try:
        with driver_chatter_hidden():
            if is_loaded:  # it is not where the last rescan failed
                sd._terminate()
            sd._initialize()
    except sd.PortAudioError as error:
        raise DeviceError(
            f"PortAudio could not look for sound devices: {error.args[0]}; it is tried again"
        ) from error


def _has_jack() -> bool:
    return any(row.host_api.startswith("JACK") for row in list_devices())


@dataclass(frozen=True, slots=True)
class BlockTime:
    """The time at a callback, and when its first sample passes the converter.

    The clock is the process's own, the same for all streams. What the driver says of the converter
    may be nonsense; 0 stands for a driver that has no time to tell.
    """

    now_s: float
    at_s: float


class Stream:
    """One open PortAudio stream of int16, at the rate and with the channels that the device has.

    Made, started and closed in one thread; PortAudio calls back in another.
    """

    def __init__(
        self, kind: Kind, device: DeviceDescription, *, rate_hz: int | None = None
    ) -> None:
        """Open the device, at ``rate_hz`` where it takes that. Raises DeviceError."""
        sd = _portaudio()
        self.kind = kind
        self.device = device
        self.label = f"the {'microphone' if kind == 'input' else 'speaker'} {device.name!r}"
        self.has_ended = False
        self.callbacks = 0
        self.xruns = 0
        self.rate_hz, self.channels = _accepted_format(sd, device, kind, rate_hz, self.label)
        self._driver_error = sd.PortAudioError
        self._last_now_s = 0.0
        self._shift = ClockShift()
        self._is_closed = False
        self._on_block: Callable[[Any, int, BlockTime], None] = _ignore_block
        make = sd.RawInputStream if kind == "input" else sd.RawOutputStream
        try:
            with driver_chatter_hidden():
                self._stream = make(
                    samplerate=self.rate_hz,
                    blocksize=self.rate_hz * BLOCK_MS // 1000,
                    device=device.index,
                    channels=self.channels,
                    dtype="int16",
                    latency=_LATENCY_S,
                    callback=self._run,
                    finished_callback=self._finished,
                )
        except sd.PortAudioError as error:
            raise DeviceError(_not_opened(self.label, error)) from error
        self.latency_s = float(self._stream.latency)

    def start(self, on_block: Callable[[Any, int, BlockTime], None]) -> None:
        """Call ``on_block(buffer, samples, time)`` per block, from PortAudio's thread."""
        self._on_block = on_block
        try:
            self._stream.start()
        except self._driver_error as error:
            self.close()
            raise DeviceError(_not_opened(self.label, error)) from error

    def close(self) -> None:
        """Stop at once. Idempotent; blocks until the driver's thread has ended."""
        self._is_closed = True
        self._stream.close(ignore_errors=True)

    def now_s(self) -> float:
        """Return the time, as ``BlockTime`` has it; it stands still soon after a callback."""
        last_s = self._last_now_s
        if self._is_closed or self.has_ended:
            return last_s
        return min(max(last_s, perf_counter()), last_s + _BELIEVED_S)

    def to_mono(self, block: bytes) -> Pcm:
        """Return the mean of a block's channels."""
        samples = from_bytes(block)
        if self.channels == 1:
            return samples
        wide = samples.reshape(-1, self.channels).astype(np.int32)
        return np.asarray(wide.sum(axis=1) // self.channels, np.int16)

    def from_mono(self, samples: Pcm) -> bytes:
        """Return samples on all channels."""
        return to_bytes(np.repeat(samples, self.channels) if self.channels > 1 else samples)

    def _run(self, buffer: Any, count: int, time: Any, status: Any) -> None:
        shift, now_s = self._shift, time.currentTime
        shift_s = shift.follow(perf_counter(), now_s, count / self.rate_hz, has_lost=bool(status))
        self._last_now_s = now_s + shift_s
        self.callbacks += 1
        if status:
            self.xruns += 1
        at_s = time.inputBufferAdcTime if self.kind == "input" else time.outputBufferDacTime
        at_s = 0.0 if shift.is_still else at_s + shift_s
        self._on_block(buffer, count, BlockTime(self._last_now_s, at_s))

    def _finished(self) -> None:
        self.has_ended = True


def _ignore_block(buffer: Any, count: int, time: BlockTime) -> None:
    """Stand in for the callback until the stream is started."""


def _accepted_format(
    sd: Any, device: DeviceDescription, kind: Kind, rate_hz: int | None, label: str
) -> tuple[int, int]:
    """Return the first (rate, channels) that the device takes, its own rate first."""
    accepts = sd.check_input_settings if kind == "input" else sd.check_output_settings
    most = device.channels(kind)
    refusals = []
    wanted = [rate_hz] if rate_hz is not None else []
    for rate in dict.fromkeys((*wanted, device.rate_hz, *_USUAL_RATES_HZ)):
        # One, two, or all: some cards give all their microphones or none.
        for channels in sorted({1, min(2, most), most}):
            try:
                with driver_chatter_hidden():
                    accepts(device=device.index, channels=channels, dtype="int16", samplerate=rate)
            except sd.PortAudioError as error:
                refusals.append(f"{rate} Hz with {channels}: {error.args[0]}")
            else:
                return rate, channels
    raise DeviceError(
        f"{label} takes none of our formats (16-bit; rate with channels: {refusals[0]}; and "
        f"{len(refusals) - 1} others); close other programs that use it, or choose another device"
    )


def _not_opened(label: str, error: Exception) -> str:
    return (
        f"{label} could not be opened: {error.args[0]}; close other programs that use it, or "
        "choose another device"
    )


def _portaudio() -> Any:
    """Return the sounddevice module. Raises DeviceError that says how to get PortAudio."""
    try:
        if "sounddevice" not in sys.modules:
            silence_alsa()
        with driver_chatter_hidden():
            import sounddevice
    except OSError as error:
        mend = (
            "on Debian and Ubuntu: apt-get install libportaudio2"
            if sys.platform.startswith("linux")
            else "install sounddevice anew from its wheel, which carries PortAudio"
        )
        raise DeviceError(
            f"PortAudio, the library that drives the sound card, is missing ({error}); {mend}"
        ) from error
    return sounddevice
