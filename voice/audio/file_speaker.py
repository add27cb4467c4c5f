"""A speaker without a sound card that plays by the clock and remembers what was heard."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice.audio.file_microphone import Pace
from voice.audio.loop_clock import Alarm, LoopClock
from voice.audio.pcm import Pcm, from_bytes
from voice.audio.ports import RATE_HZ
from voice.audio.recording import Take, Tape
from voice.errors import DeviceError
from voice.protocol.playback import HeardPart

MAX_AHEAD_S = 3_600.0
"""Speech that may wait to be heard."""

MAX_EARLIER_PARTS = 32
"""Parts that may go on after the speaker ran empty."""

_Part = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Samples of one part and the clock time at which the first of them sounds."""

    part: _Part
    pcm: Pcm
    start_s: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.pcm.size / RATE_HZ


class FileSpeaker:
    """Hears what a person at a loudspeaker would have heard; implements ``ports.Speaker``.

    At ``real`` pace samples sound one after the other against the clock, the first at once. At
    ``fast`` pace all that is played counts as heard at the loop's next round. All methods belong
    to the event loop's thread.
    """

    def __init__(self, *, pace: Pace = "real", clock: LoopClock | None = None) -> None:
        """Prepare a silent speaker; ``clock`` is the running loop's if None."""
        self._is_fast = pace == "fast"
        self._clock = clock
        self._on_drained: Callable[[], None] | None = None
        self._queue: deque[_Chunk] = deque()  # bounded: MAX_AHEAD_S
        self._heard_samples: dict[_Part, int] = {}
        self._earlier: OrderedDict[_Part, int] = OrderedDict()
        self._alarm: Alarm | None = None
        self._paused_s: float | None = None
        self._tape = Tape()

    def start(self, on_drained: Callable[[], None]) -> None:
        """Begin to play; ``on_drained`` is called each time the last queued sample was heard."""
        self._on_drained = on_drained
        if self._clock is None:
            self._clock = asyncio.get_running_loop()

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue whole PCM16 samples of one part. Does nothing before ``start``, after ``close``.

        Raises DeviceError for an answer that is more than an hour long: something is wrong with it.
        """
        if self._clock is None or self._on_drained is None:
            return
        samples = from_bytes(bytes(pcm))
        part = (item_id, content_index)
        self._heard_samples.setdefault(part, self._earlier.get(part, 0))
        now_s = self._now_s()
        start_s = max(now_s, self._queue[-1].end_s) if self._queue else now_s
        if start_s - now_s > MAX_AHEAD_S:
            raise DeviceError("the endpoint sent more than an hour of speech at once; given up")
        self._queue.append(_Chunk(part, samples, start_s))
        self._set_alarm()

    def flush(self) -> Sequence[HeardPart]:
        """Fall silent at once and return how much of every part was heard."""
        heard = self.heard()
        self._record_head()
        self._paused_s = None
        self._queue.clear()
        self._remember_parts()
        self._drop_alarm()
        return heard

    def heard(self) -> Sequence[HeardPart]:
        """Return how much was heard of every part played since the speaker last ran empty."""
        self._settle()
        samples = dict(self._heard_samples)
        if self._queue:
            head = self._queue[0]
            samples[head.part] += self._samples_heard(head)
        return tuple(
            HeardPart(item_id, content_index, count * 1000 // RATE_HZ)
            for (item_id, content_index), count in samples.items()
        )

    def pause(self) -> None:
        """Fall silent at once and keep what was not heard yet."""
        if self._paused_s is not None or self._clock is None:
            return
        self._settle()
        self._drop_alarm()
        self._paused_s = self._clock.time()
        if self._queue:
            head = self._queue[0]
            heard = self._samples_heard(head)
            self._record_head()
            self._heard_samples[head.part] += heard
            begins_s = head.start_s + heard / RATE_HZ
            self._queue[0] = _Chunk(head.part, head.pcm[heard:], begins_s)

    def resume(self) -> None:
        """Go on from the next sample."""
        if self._paused_s is None or self._clock is None:
            return
        paused_s, self._paused_s = self._paused_s, None
        delay_s = self._clock.time() - paused_s
        for _ in range(len(self._queue)):
            chunk = self._queue.popleft()
            self._queue.append(_Chunk(chunk.part, chunk.pcm, chunk.start_s + delay_s))
        if self._queue:
            self._set_alarm()

    async def close(self) -> None:
        """Stop at once; nothing is called afterwards. Idempotent."""
        self.flush()
        self._on_drained = None

    def takes(self) -> list[Take]:
        """Return what was heard so far, with the clock times at which it began."""
        self._settle()
        takes = self._tape.takes()
        if self._queue:
            head = self._queue[0]
            heard = head.pcm[: self._samples_heard(head)]
            if heard.size:
                takes.append(Take(head.start_s, heard))
        return takes

    def _now_s(self) -> float:
        if self._paused_s is not None:
            return self._paused_s
        return self._clock.time() if self._clock is not None else 0.0

    def _samples_heard(self, chunk: _Chunk) -> int:
        """Count the samples of a chunk whose time has passed, never one too many."""
        if self._is_fast:
            return 0
        passed = int((self._now_s() - chunk.start_s) * RATE_HZ)
        return min(max(0, passed), int(chunk.pcm.size))

    def _settle(self, *, is_drained: bool = False) -> None:
        """Move the chunks that were heard to their end from the queue to the tape."""
        now_s = self._now_s()
        while self._queue and (is_drained or (not self._is_fast and self._queue[0].end_s <= now_s)):
            chunk = self._queue.popleft()
            self._heard_samples[chunk.part] += int(chunk.pcm.size)
            self._tape.add(chunk.start_s, chunk.pcm)

    def _remember_parts(self) -> None:
        """Begin a new run; a part that goes on after a gap still counts from its first sample."""
        self._earlier.update(self._heard_samples)
        self._heard_samples.clear()
        while len(self._earlier) > MAX_EARLIER_PARTS:
            self._earlier.popitem(last=False)

    def _record_head(self) -> None:
        if self._queue:
            head = self._queue[0]
            self._tape.add(head.start_s, head.pcm[: self._samples_heard(head)])

    def _set_alarm(self) -> None:
        """Be called when the last sample was heard; in fast pace in the loop's next round."""
        self._drop_alarm()
        if self._clock is not None and self._paused_s is None:
            when_s = self._clock.time() if self._is_fast else self._queue[-1].end_s
            self._alarm = self._clock.call_at(when_s, self._drained)

    def _drop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _drained(self) -> None:
        self._alarm = None
        # A loop may call a clock tick early; at its alarm the last sample counts as heard.
        self._settle(is_drained=True)
        self._remember_parts()
        if self._on_drained is not None:
            self._on_drained()
