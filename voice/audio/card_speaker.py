"""The speaker of a sound card that comes and goes: it never claims what nobody heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from voice.audio.loop_bridge import LoopBridge
from voice.audio.low_delay import LowDelayResampler
from voice.audio.pcm import Pcm, from_bytes
from voice.audio.playout import Playout, PlayoutStats, earliest_dac_time, likely_dac_time
from voice.audio.ports import RATE_HZ
from voice.errors import LocalProtocolError
from voice.protocol.playback import HeardPart

if TYPE_CHECKING:
    from voice.audio.devices import BlockTime, Stream


class CardSpeaker:
    """The sound card's output; implements ``ports.Speaker``.

    One stream stays open and plays silence between answers: opening one per answer loses its tail.
    Where no speaker is left what is queued waits, and goes on when there is one again.
    """

    def __init__(
        self,
        playout: Playout,
        *,
        begin: Callable[[], None],
        end: Callable[[], Awaitable[None]],
        volume: int = 100,
    ) -> None:
        """Wait to be started; ``begin`` and ``end`` open and release the device."""
        self._playout = playout
        self._begin = begin
        self._end = end
        self._stream: Stream | None = None
        self._lost_at_s = 0.0
        self._earlier_xruns = 0
        self._bridge: LoopBridge | None = None
        self._on_drained: Callable[[], None] | None = None
        self._end_timer: asyncio.TimerHandle | None = None
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
        self._playout.gain = (percent / 100.0) ** 2

    @property
    def stats(self) -> PlayoutStats:
        """Underruns and dropped audio so far."""
        return self._playout.stats

    @property
    def xruns(self) -> int:
        """How often the driver ran dry so far."""
        return self._earlier_xruns + (self._stream.xruns if self._stream is not None else 0)

    @property
    def waiting_s(self) -> float | None:
        """How much sound is queued and was not taken by the card; None where nothing plays."""
        if self._playout.remaining_s(self._now_s()) is None:
            return None
        return self._playout.waiting_s()

    def start(self, on_drained: Callable[[], None]) -> None:
        """Open the device and play silence. Raises DeviceError where it cannot be opened."""
        if self._bridge is not None:
            raise LocalProtocolError("a speaker can be started once only")
        self._bridge = LoopBridge()
        self._on_drained = on_drained
        self._begin()

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue whole PCM16 samples of one part; above ten minutes in all they are dropped."""
        if self._bridge is None:
            raise LocalProtocolError("the speaker was not started")
        self._playout.push(item_id, content_index, pcm)

    def pause(self) -> None:
        """Fall silent within one block and keep everything queued."""
        self._cancel_end()
        self._playout.pause()

    def resume(self) -> None:
        """Go on from the next sample."""
        self._playout.resume()
        self._see_to_the_end()

    def flush(self) -> Sequence[HeardPart]:
        """Fall silent within one block and return what was heard of each part."""
        self._cancel_end()
        return self._playout.flush()

    def heard(self) -> Sequence[HeardPart]:
        """Return what was heard so far of each part since the speaker last ran empty."""
        return self._playout.heard(self._now_s())

    async def close(self) -> None:
        """Stop at once and release the device. Idempotent."""
        self._cancel_end()
        self._on_drained = None
        if self._bridge is not None:
            await self._end()

    def attach(self, stream: Stream) -> Callable[[Any, int, BlockTime], None]:
        """Feed a stream that is about to start; for the card alone."""
        bridge = self._bridge
        assert bridge is not None
        feed = _Feed(stream, self._playout)
        self._stream = stream

        def on_block(out: Any, count: int, time: BlockTime) -> None:
            samples, runs_low = feed.take(count, time)
            out[:] = stream.from_mono(samples)
            if runs_low:
                bridge.call(self._see_to_the_end)

        bridge.call(self._see_to_the_end)
        return on_block

    def detach(self) -> None:
        """Stop the clock at the moment up to which a lost stream let sound what it was given."""
        if self._stream is None:
            return
        self._lost_at_s = self._stream.now_s()
        self._earlier_xruns += self._stream.xruns
        self._stream = None
        self._playout.lose(self._lost_at_s)
        self._see_to_the_end()

    def give_up(self) -> None:
        """Drop what waits for a speaker that does not come, and let the conversation go on."""
        if self._playout.remaining_s(self._now_s()) is None:
            return
        self.flush()
        if self._on_drained is not None:
            self._on_drained()

    def _see_to_the_end(self) -> None:
        """Wait until the last sample was heard, then say so; more audio only lengthens the wait."""
        self._cancel_end()
        if self._on_drained is None or self._playout.is_paused:
            return
        remaining_s = self._playout.remaining_s(self._now_s())
        if remaining_s is None:
            return
        if remaining_s == 0.0:
            self._playout.end_run()
            self._on_drained()
            return
        if self._stream is None:
            return
        loop = asyncio.get_running_loop()
        self._end_timer = loop.call_later(max(0.001, remaining_s), self._see_to_the_end)

    def _cancel_end(self) -> None:
        if self._end_timer is not None:
            self._end_timer.cancel()
            self._end_timer = None

    def _now_s(self) -> float:
        return self._stream.now_s() if self._stream is not None else self._lost_at_s


class _Feed:
    """Turns the queue's 24 kHz into the blocks of one stream, in the stream's thread."""

    def __init__(self, stream: Stream, playout: Playout) -> None:
        self._latency_s = stream.latency_s
        self._rate_hz = stream.rate_hz
        self._playout = playout
        self._resampler = LowDelayResampler(RATE_HZ, stream.rate_hz)
        self._spare = np.zeros(0, np.int16)

    def take(self, count: int, time: BlockTime) -> tuple[Pcm, bool]:
        """Return the next ``count`` samples at the card's rate, and whether the queue runs low."""
        resampler, spare = self._resampler, self._spare
        missing = resampler.inputs_for(max(0, count - spare.size))
        dac_s = likely_dac_time(time.at_s, time.now_s, self._latency_s)
        earliest_s = earliest_dac_time(time.at_s, time.now_s)
        after_s = spare.size / self._rate_hz + resampler.delay_s
        pcm, runs_low = self._playout.take(
            missing, time.now_s, dac_s + after_s, earliest_s + after_s
        )
        samples = resampler.push(from_bytes(pcm))
        if spare.size:
            samples = np.concatenate([spare, samples])
        self._spare = samples[count:]
        return samples[:count], runs_low
