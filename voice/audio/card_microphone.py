"""The microphone of a sound card that comes and goes: blocks of 10 ms while there is one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voice.audio.loop_bridge import LoopBridge
from voice.audio.low_delay import LowDelayResampler
from voice.audio.pcm import Pcm, to_bytes
from voice.audio.ports import BLOCK_MS, RATE_HZ, Captured
from voice.audio.reference import Reference, likely_adc_time
from voice.errors import LocalProtocolError

if TYPE_CHECKING:
    from voice.audio.devices import BlockTime, Stream
    from voice.audio.levels import Meter

_FRAME_SAMPLES = RATE_HZ * BLOCK_MS // 1000
_BACKLOG_BLOCKS = 2000 // BLOCK_MS
"""Two seconds: what a loop that was held up still wants to know. Older sound is no conversation."""


@dataclass(frozen=True, slots=True)
class MicrophoneStats:
    """What went wrong so far: ``xruns`` of the driver, and blocks that nobody fetched in 2 s."""

    xruns: int = 0
    lost_blocks: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    """10 ms at 24 kHz; ``at_s`` is when its first sample was captured."""

    at_s: float
    near: Pcm


class CardMicrophone:
    """The sound card's input; implements ``ports.EchoMicrophone``.

    Where no microphone is left the frames stop, and go on when there is one again.
    """

    def __init__(
        self,
        *,
        begin: Callable[[], Awaitable[None]],
        end: Callable[[], Awaitable[None]],
        reference: Reference,
        meter: Meter,
        gain_db: float = 0.0,
    ) -> None:
        """Wait to be asked for frames; ``begin`` and ``end`` open and release the device."""
        self._begin = begin
        self._end = end
        self._reference = reference
        self._meter = meter
        self._gain = np.float32(10.0 ** (gain_db / 20.0))
        self._blocks: deque[tuple[_Feed, float, bytes]] = deque(maxlen=_BACKLOG_BLOCKS)
        self._arrived = asyncio.Event()
        self._bridge: LoopBridge | None = None
        self._has_begun = False
        self._is_closed = False
        self._lost_blocks = 0
        self._stream: Stream | None = None
        self._earlier_xruns = 0

    @property
    def stats(self) -> MicrophoneStats:
        """What went wrong so far."""
        xruns = self._stream.xruns if self._stream is not None else 0
        return MicrophoneStats(self._earlier_xruns + xruns, self._lost_blocks)

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Open the device and yield frames of 10 ms until ``close``.

        Raises DeviceError where it cannot be opened at the start.
        """
        async with aclosing(self._opened()) as frames:
            async for frame in frames:
                yield to_bytes(frame.near)

    async def captured(self) -> AsyncGenerator[Captured, None]:
        """Do the same, with what our own speaker let sound meanwhile."""
        async with aclosing(self._opened()) as frames:
            async for frame in frames:
                far = self._reference.read(frame.at_s, _FRAME_SAMPLES)
                yield Captured(to_bytes(frame.near), to_bytes(far), frame.at_s)

    async def close(self) -> None:
        """Release the device and end ``frames``. Idempotent."""
        self._is_closed = True
        self._arrived.set()
        if self._has_begun:
            await self._end()

    def attach(self, stream: Stream) -> Callable[[Any, int, BlockTime], None]:
        """Take blocks from a stream that is about to start; for the card alone."""
        bridge = self._bridge
        assert bridge is not None
        feed = _Feed(stream)
        self._stream = stream

        def on_block(data: Any, count: int, time: BlockTime) -> None:
            if len(self._blocks) == self._blocks.maxlen:
                self._lost_blocks += 1
            at_s = likely_adc_time(time.at_s, time.now_s, count / stream.rate_hz)
            self._blocks.append((feed, at_s, bytes(data)))
            bridge.call(self._arrived.set)

        return on_block

    def detach(self) -> None:
        """Forget a stream that was lost; what it gave is still told."""
        if self._stream is not None:
            self._earlier_xruns += self._stream.xruns
        self._stream = None

    async def _opened(self) -> AsyncGenerator[_Frame, None]:
        if self._is_closed:
            return
        if self._has_begun:
            raise LocalProtocolError("frames() of one microphone can be asked for once only")
        self._has_begun = True
        self._bridge = LoopBridge()
        await self._begin()
        while not self._is_closed:
            self._arrived.clear()
            while self._blocks and not self._is_closed:
                feed, at_s, data = self._blocks.popleft()
                for frame in feed.push(at_s, data, self._gain):
                    if self._is_closed:
                        return
                    self._meter.push(frame.near)
                    yield frame
            if not self._is_closed and not self._blocks:
                await self._arrived.wait()


class _Feed:
    """Turns the blocks of one stream into frames of 24 kHz mono."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._resampler = LowDelayResampler(stream.rate_hz, RATE_HZ)
        self._rest = np.zeros(0, np.int16)

    def push(self, at_s: float, data: bytes, gain: np.float32) -> list[_Frame]:
        """Return the frames that are full now."""
        samples = self._resampler.push(self._stream.to_mono(data))
        if gain != 1.0:
            samples = np.clip(np.rint(samples * gain), -32768, 32767).astype(np.int16)
        begin_s = at_s - self._resampler.delay_s - self._rest.size / RATE_HZ
        samples = np.concatenate([self._rest, samples]) if self._rest.size else samples
        full = samples.size - samples.size % _FRAME_SAMPLES
        self._rest = samples[full:]
        return [
            _Frame(begin_s + start / RATE_HZ, samples[start : start + _FRAME_SAMPLES])
            for start in range(0, full, _FRAME_SAMPLES)
        ]
