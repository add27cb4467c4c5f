"""How busy the server is, and whether one more session would make those that run wait.

What costs is speaking, not being connected: a session that only listens to a quiet room takes a
thousandth of a core, one that asks and is answered ten to twenty times that. So sessions are
not counted here (``max_sessions`` does); what counts is what the last seconds have shown:

- the share of the cores that this process used;
- the share of one core that the event loop's thread used: it reads every socket, and it is alone;
- how late the loop woke, which also tells when other programs or the interpreter's lock hold it up;
- how long the calls waited that somebody waits for in silence, such as the words of a turn;
- who came in a moment ago, since a newcomer has not spoken yet: it counts with what a speaking
  session costs, less and less as its real cost shows.

The time to first audio is not asked: behind a distant brain it says nothing about this machine.
Nothing can foresee that many quiet sessions speak all at once; ``max_sessions`` bounds what
then happens, and the engines' fair lines share it out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass

from voice.engines.ports import EngineQueue

SAMPLE_S = 0.25
WINDOW_S = 15.0
"""What a decision looks back on: two turns of a lively conversation."""

FEWEST_SAMPLES = round(WINDOW_S / 3 / SAMPLE_S)
"""Looks that a percentile is taken of; just after the start those to come count as calm. Of four
looks the worst would be the 95th percentile: one hiccup then kept everybody but the first out."""

MAX_UTILISATION = 0.75
"""Share of the cores beyond which nobody is let in."""

MAX_LOOP = 0.6
"""Share of one core beyond which the loop falls behind: the engines' threads need the interpreter
as well. Measured on two cores: 0.41 with 50 who talk, 0.65 with 90, whose audio then piles up."""

MAX_LATE_S = 0.03
"""95th percentile of the loop's lateness: 1 to 5 ms with 50 who talk, 26 to 46 ms when other
programs take a third of the machine (first audio is then near a second), 45 to 90 ms beyond."""

MAX_WAIT_S = 0.25
"""95th percentile of the longest wait for an engine."""

EASED = 0.85
"""Once somebody was refused, all must fall below this part of the limits before the next is let in:
otherwise one in and one out would alternate at the edge, and those inside would notice."""

NEWCOMER_CORES = 0.036
NEWCOMER_LOOP = 0.018
"""What a newcomer is expected to cost until its own cost shows, in cores: in all, and of the loop's
thread. Twice what was measured with one question every nine seconds: a crowd that comes at once is
let in by halves, since nobody can be sent away again when it turns out to be too large."""

RETRY_S = 5
"""What a refused client is told to wait: a third of the window has then changed."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the last seconds have shown; each is 1.0 at the limit beyond which nobody is let in."""

    cores: float
    loop: float
    late: float
    wait: float

    @property
    def worst(self) -> float:
        """The part of its limit that the tightest of them has reached."""
        return max(self.cores, self.loop, self.late, self.wait)


@dataclass(frozen=True, slots=True)
class _Sample:
    at_s: float
    cpu_s: float
    loop_cpu_s: float
    late_s: float
    wait_s: float


class LoadMeter:
    """Keeps the last samples and decides on newcomers; ``LoadWatch`` feeds it."""

    def __init__(self, *, cores: int) -> None:
        """Begin with no load."""
        self._cores = cores
        self._samples: deque[_Sample] = deque(maxlen=round(WINDOW_S / SAMPLE_S) + 1)
        self._came_s: dict[Hashable, float] = {}  # bounded: by the open sessions
        self._is_refusing = False

    def sample(
        self, at_s: float, *, cpu_s: float, loop_cpu_s: float, late_s: float, wait_s: float
    ) -> None:
        """Take one look.

        CPU seconds so far of the process and of the loop's thread, the loop's lateness, the longest
        wait for an engine.
        """
        self._samples.append(_Sample(at_s, cpu_s, loop_cpu_s, late_s, wait_s))
        while self._samples[0].at_s < at_s - WINDOW_S - SAMPLE_S:
            self._samples.popleft()

    def came(self, session: Hashable, at_s: float) -> None:
        """A session was let in."""
        self._came_s[session] = at_s

    def left(self, session: Hashable) -> None:
        """A session has ended."""
        self._came_s.pop(session, None)

    def load(self, now_s: float) -> Load:
        """Return the load, with what those who came a moment ago are expected to add."""
        ages = ((now_s - came_s) / WINDOW_S for came_s in self._came_s.values())
        unseen = sum(1 - age for age in ages if age < 1)
        cores, loop = self._used()
        return Load(
            cores=(cores + unseen * NEWCOMER_CORES) / self._cores / MAX_UTILISATION,
            loop=(loop + unseen * NEWCOMER_LOOP) / MAX_LOOP,
            late=_mostly([s.late_s for s in self._samples]) / MAX_LATE_S,
            wait=_mostly([s.wait_s for s in self._samples]) / MAX_WAIT_S,
        )

    def has_room(self, now_s: float, *, sessions: int) -> bool:
        """Whether one more session may come while ``sessions`` run; an empty server always has."""
        limit = EASED if self._is_refusing else 1.0
        self._is_refusing = sessions > 0 and self.load(now_s).worst >= limit
        return not self._is_refusing

    def _used(self) -> tuple[float, float]:
        """Return what was used over the window in cores, by the process and by the loop."""
        if len(self._samples) < 2:
            return 0.0, 0.0
        first, last = self._samples[0], self._samples[-1]
        # Just after the start the window is short; loading models is not what sessions cost.
        span_s = max(last.at_s - first.at_s, WINDOW_S / 3)
        return (last.cpu_s - first.cpu_s) / span_s, (last.loop_cpu_s - first.loop_cpu_s) / span_s


class LoadWatch:
    """Looks at the running process every quarter of a second."""

    def __init__(self) -> None:
        """Watch nothing yet; until ``watching`` there is room for everybody."""
        self.meter = LoadMeter(cores=usable_cores())

    def has_room(self, *, sessions: int) -> bool:
        """Whether one more session may come now."""
        return self.meter.has_room(time.monotonic(), sessions=sessions)

    def came(self, session: Hashable) -> None:
        """A session was let in now; ``left`` is due at its end."""
        self.meter.came(session, time.monotonic())

    def left(self, session: Hashable) -> None:
        """A session has ended."""
        self.meter.left(session)

    @contextlib.asynccontextmanager
    async def watching(self, queues: Sequence[EngineQueue]) -> AsyncIterator[None]:
        """Watch this process, its loop and the lines in front of engines while the block runs."""
        task = asyncio.create_task(self._run(queues))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _run(self, queues: Sequence[EngineQueue]) -> None:
        while True:
            due_s = time.monotonic() + SAMPLE_S
            await asyncio.sleep(SAMPLE_S)
            now_s = time.monotonic()
            waits = (queue.state().longest_wait_s for queue in queues)
            self.meter.sample(
                now_s,
                cpu_s=time.process_time(),
                loop_cpu_s=time.thread_time(),
                late_s=max(0.0, now_s - due_s),
                wait_s=max(waits, default=0.0),
            )


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _mostly(values: Sequence[float]) -> float:
    """Return the 95th percentile of at least FEWEST_SAMPLES looks."""
    return percentile_95([*values, *[0.0] * (FEWEST_SAMPLES - len(values))])


def percentile_95(values: Sequence[float]) -> float:
    """Return the 95th percentile, nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * 95 // 100) - 1] if ordered else 0.0
