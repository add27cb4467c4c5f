"""A microphone and a speaker on the machine's sound card, through PortAudio.

The one file with PortAudio threads. Their callbacks only copy (and scale by the volume); they reach
the event loop in one place, ``_LoopBridge.call``. PortAudio is loaded inside functions, so that the
package works on machines without it.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from voice.audio.device_choice import DeviceDescription, DeviceName, Kind, choose_device
from voice.audio.driver_chatter import driver_chatter_hidden
from voice.audio.pcm import Pcm, Resampler, from_bytes, to_bytes
from voice.audio.playout import Playout, PlayoutStats, likely_dac_time
from voice.audio.ports import RATE_HZ
from voice.errors import DeviceError, LocalProtocolError
from voice.protocol.playback import HeardPart

_FRAME_BYTES = 2 * RATE_HZ // 50
_BLOCKS_PER_S = 100
"""Blocks of 10 ms: what a flush may still let through."""

_LATENCY_S = 0.04
"""Asked of the driver: four blocks, as a Python callback may wait 5 ms for the interpreter lock."""

_BACKLOG_BLOCKS = 2 * _BLOCKS_PER_S
_TICK_S = 0.5
_STARVED_TICKS = 4
"""Ticks of the loop without a callback: 2 s. Counted in ticks, so that a loop which was itself held
up does not blame the device."""

_FINISH_S = 0.025
"""With less than this waiting, the resampler's tail is queued behind it."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """The devices that a conversation would use."""

    microphone: DeviceDescription
    speaker: DeviceDescription


def list_devices() -> list[DeviceDescription]:
    """Return every device of the machine, maybe none. Raises DeviceError without PortAudio."""
    sd = _portaudio()
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

    Must not be called while a microphone or a speaker is open.
    """
    sd = _portaudio()
    with driver_chatter_hidden():
        sd._terminate()
        sd._initialize()


class SoundDeviceMicrophone:
    """The sound card's input; implements ``ports.Microphone``."""

    def __init__(self, device: DeviceName = None) -> None:
        """Remember which device to open; nothing is touched before ``frames``."""
        self._device = device
        self._blocks: deque[bytes] = deque(maxlen=_BACKLOG_BLOCKS)
        self._arrived = asyncio.Event()
        self._stream: _Stream | None = None
        self._is_closed = False
        self._lost_blocks = 0

    @property
    def lost_blocks(self) -> int:
        """Blocks of 10 ms that were thrown away because nobody fetched them for 2 s."""
        return self._lost_blocks

    async def frames(self) -> AsyncIterator[bytes]:
        """Open the device and yield frames of 20 ms until ``close``.

        Raises DeviceError where the device cannot be opened, ends, or gives nothing for 2 s.
        """
        if self._is_closed:
            return
        stream = self._open()
        resampler = Resampler(stream.rate_hz, RATE_HZ, "high")
        rest = b""
        while not self._is_closed:
            await self._wait_for_blocks(stream)
            while self._blocks and not self._is_closed:
                rest += to_bytes(resampler.push(stream.to_mono(self._blocks.popleft())))
                while len(rest) >= _FRAME_BYTES and not self._is_closed:
                    yield rest[:_FRAME_BYTES]
                    rest = rest[_FRAME_BYTES:]

    def _open(self) -> _Stream:
        if self._stream is not None:
            raise LocalProtocolError("frames() of one microphone can be asked for once only")
        bridge = _LoopBridge(asyncio.get_running_loop())

        def on_block(data: Any, count: int, time: Any) -> None:
            if len(self._blocks) == self._blocks.maxlen:
                self._lost_blocks += 1
            self._blocks.append(bytes(data))
            bridge.call(self._arrived.set)

        self._stream = _Stream("input", self._device)
        self._stream.start(on_block, lambda: bridge.call(self._arrived.set))
        return self._stream

    async def _wait_for_blocks(self, stream: _Stream) -> None:
        for _ in range(_STARVED_TICKS):
            if self._blocks or self._is_closed:
                return
            if stream.has_ended:
                raise DeviceError(f"{stream.label} has gone; plug it in again or choose another")
            self._arrived.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), _TICK_S)
        if not self._blocks and not self._is_closed:
            raise DeviceError(_starved(stream))

    async def close(self) -> None:
        """Release the device and end ``frames``. Idempotent."""
        self._is_closed = True
        self._arrived.set()
        if self._stream is not None:
            await asyncio.to_thread(self._stream.close)


class SoundDeviceSpeaker:
    """The sound card's output; implements ``ports.Speaker``.

    One stream stays open and plays silence between answers: opening one per answer loses its tail.
    """

    def __init__(self, device: DeviceName = None, *, volume: int = 100) -> None:
        """Remember device and volume (0 to 100); nothing is touched before ``start``."""
        self._device = device
        self._stream: _Stream | None = None
        self._playout = Playout(RATE_HZ)
        self._on_drained: Callable[[], None] | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self._watch_timer: asyncio.TimerHandle | None = None
        self._callbacks = 0
        self._starved_ticks = 0
        self._is_paused = False
        self.set_volume(volume)

    @property
    def volume(self) -> int:
        """The volume, 0 to 100."""
        return self._volume

    def set_volume(self, percent: int) -> None:
        """Set the volume from the next block on; the scale is quadratic, as ears hear it.

        Raises ValueError outside 0 to 100.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"expected a volume from 0 to 100, got {percent}")
        self._volume = percent
        self._gain = (percent / 100.0) ** 2

    @property
    def stats(self) -> PlayoutStats:
        """Underruns and dropped audio so far."""
        return self._playout.stats

    def start(self, on_drained: Callable[[], None]) -> None:
        """Open the device and play silence. Raises DeviceError where it cannot be opened."""
        if self._stream is not None:
            raise LocalProtocolError("a speaker can be started once only")
        bridge = _LoopBridge(asyncio.get_running_loop())
        stream = _Stream("output", self._device)
        playout = Playout(stream.rate_hz)

        def on_block(out: Any, count: int, time: Any) -> None:
            self._callbacks += 1
            dac_s = likely_dac_time(time.outputBufferDacTime, time.currentTime, stream.latency_s)
            pcm, runs_low = playout.take(count, time.currentTime, dac_s)
            out[:] = stream.from_mono(pcm, self._gain)
            if runs_low:
                bridge.call(self._see_to_the_end)

        stream.start(on_block, lambda: None)
        self._stream, self._playout, self._on_drained = stream, playout, on_drained
        self._watch(-1)

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue whole PCM16 samples of one part; above ten minutes in all they are dropped.

        Raises DeviceError once the device has ended or has taken nothing for 2 s.
        """
        stream = self._stream
        if stream is None:
            raise LocalProtocolError("the speaker was not started")
        if stream.has_ended:
            raise DeviceError(f"{stream.label} has gone; plug it in again or choose another")
        if self._starved_ticks >= _STARVED_TICKS:
            raise DeviceError(_starved(stream))
        self._playout.push(item_id, content_index, pcm)

    def flush(self) -> Sequence[HeardPart]:
        """Fall silent within one block and return what was heard of each part."""
        self._is_paused = False
        if self._end_timer is not None:
            self._end_timer.cancel()
            self._end_timer = None
        return self._playout.flush(self._now_s())

    def heard(self) -> Sequence[HeardPart]:
        """Return what was heard so far of each part since the speaker last ran empty."""
        return self._playout.heard(self._now_s())

    def pause(self) -> None:
        """Fall silent within one block and keep what was not heard yet."""
        self._is_paused = True
        self._playout.pause()

    def resume(self) -> None:
        """Go on from the next sample."""
        if not self._is_paused:
            return
        self._is_paused = False
        self._playout.resume()
        self._see_to_the_end()

    async def close(self) -> None:
        """Stop at once and release the device. Idempotent."""
        for timer in (self._end_timer, self._watch_timer):
            if timer is not None:
                timer.cancel()
        self._on_drained = None
        if self._stream is not None:
            await asyncio.to_thread(self._stream.close)

    def _see_to_the_end(self) -> None:
        """Wait until the last sample was heard, then say so; more audio only lengthens the wait."""
        if self._end_timer is not None:
            self._end_timer.cancel()
            self._end_timer = None
        if self._on_drained is None or self._is_paused:
            return
        waiting_s = self._playout.waiting_s()
        if waiting_s <= _FINISH_S:
            self._playout.finish()
        remaining_s = self._playout.remaining_s(self._now_s())
        if remaining_s is None:
            return
        if remaining_s == 0.0:
            self._playout.end_run()
            self._on_drained()
            return
        # First to the moment at which the tail is due, then to the end.
        delay_s = waiting_s - _FINISH_S if waiting_s > _FINISH_S else remaining_s
        loop = asyncio.get_running_loop()
        self._end_timer = loop.call_later(max(0.001, delay_s), self._see_to_the_end)

    def _watch(self, callbacks_before: int) -> None:
        """Count ticks in which the device took nothing."""
        is_starved = self._callbacks == callbacks_before
        self._starved_ticks = self._starved_ticks + 1 if is_starved else 0
        loop = asyncio.get_running_loop()
        self._watch_timer = loop.call_later(_TICK_S, self._watch, self._callbacks)

    def _now_s(self) -> float:
        return self._stream.now_s() if self._stream is not None else 0.0


class _LoopBridge:
    """The one crossing from PortAudio's threads into the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call(self, callback: Callable[[], object]) -> None:
        """Have ``callback`` called on the loop; nothing happens where the loop is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback)


class _Stream:
    """One open PortAudio stream of int16, at 24 kHz mono if the device takes that."""

    def __init__(self, kind: Kind, device: DeviceName) -> None:
        sd = _portaudio()
        chosen = choose_device(list_devices(), device, kind)
        self.label = f"the {'microphone' if kind == 'input' else 'speaker'} {chosen.name!r}"
        self.has_ended = False
        self.rate_hz, self.channels = _accepted_format(sd, chosen, kind, self.label)
        self._driver_error = sd.PortAudioError
        self._last_now_s = 0.0
        self._is_closed = False
        self._on_block: Callable[[Any, int, Any], None] = _ignore_block
        self._on_end: Callable[[], None] = _ignore_end
        make = sd.RawInputStream if kind == "input" else sd.RawOutputStream
        try:
            with driver_chatter_hidden():
                self._stream = make(
                    samplerate=self.rate_hz,
                    blocksize=self.rate_hz // _BLOCKS_PER_S,
                    device=chosen.index,
                    channels=self.channels,
                    dtype="int16",
                    latency=_LATENCY_S,
                    callback=self._run,
                    finished_callback=self._finished,
                )
        except sd.PortAudioError as error:
            raise DeviceError(_not_opened(self.label, error)) from error
        self.latency_s = float(self._stream.latency)

    def start(self, on_block: Callable[[Any, int, Any], None], on_end: Callable[[], None]) -> None:
        """Call ``on_block(buffer, samples, time)`` per block and ``on_end`` once, from a thread."""
        self._on_block, self._on_end = on_block, on_end
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
        """Return the stream's own time, the last known one where the device has gone."""
        if self._is_closed:
            return self._last_now_s
        with suppress(self._driver_error):
            self._last_now_s = float(self._stream.time)
        return self._last_now_s

    def to_mono(self, block: bytes) -> Pcm:
        """Return the mean of a block's channels."""
        samples = from_bytes(block)
        if self.channels == 1:
            return samples
        wide = samples.reshape(-1, self.channels).astype(np.int32)
        return np.asarray(wide.sum(axis=1) // self.channels, np.int16)

    def from_mono(self, block: bytes, gain: float) -> bytes:
        """Return a block scaled by ``gain`` (0 to 1), on all channels."""
        if gain == 1.0 and self.channels == 1:
            return block
        samples = np.rint(from_bytes(block) * np.float32(gain)).astype(np.int16)
        return to_bytes(np.repeat(samples, self.channels))

    def _run(self, buffer: Any, count: int, time: Any, status: Any) -> None:
        self._last_now_s = time.currentTime
        self._on_block(buffer, count, time)

    def _finished(self) -> None:
        self.has_ended = True
        self._on_end()


def _ignore_block(buffer: Any, count: int, time: Any) -> None:
    """Stand in for the callback until the stream is started."""


def _ignore_end() -> None:
    """Stand in for the end's callback until the stream is started."""


def _accepted_format(sd: Any, device: DeviceDescription, kind: Kind, label: str) -> tuple[int, int]:
    """Return the first (rate, channels) that the device takes, our own format first."""
    accepts = sd.check_input_settings if kind == "input" else sd.check_output_settings
    refusals = []
    for rate_hz in dict.fromkeys((RATE_HZ, device.rate_hz)):
        for channels in range(1, min(2, device.channels(kind)) + 1):
            try:
                with driver_chatter_hidden():
                    accepts(
                        device=device.index, channels=channels, dtype="int16", samplerate=rate_hz
                    )
            except sd.PortAudioError as error:
                refusals.append(f"{rate_hz} Hz with {channels}: {error.args[0]}")
            else:
                return rate_hz, channels
    raise DeviceError(
        f"{label} takes none of our formats (16-bit; rate with channels: {'; '.join(refusals)}); "
        "close other programs that use it, or choose another device"
    )


def _not_opened(label: str, error: Exception) -> str:
    return (
        f"{label} could not be opened: {error.args[0]}; close other programs that use it, or "
        "choose another device"
    )


def _starved(stream: _Stream) -> str:
    return (
        f"{stream.label} has not run for {_STARVED_TICKS * _TICK_S:.0f} s: it was unplugged or "
        "suspended, or another program holds it; plug it in again or choose another device"
    )


def _portaudio() -> Any:
    """Return the sounddevice module. Raises DeviceError that says how to get PortAudio."""
    try:
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
