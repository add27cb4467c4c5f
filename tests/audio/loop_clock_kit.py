"""A loop clock that stands still until a test moves it."""

import asyncio
import heapq
import itertools


class MovedLoopClock:
    """Implements ``LoopClock``: calls that are due are made by ``advance``, in order."""

    def __init__(self, now_s=100.0):
        self._now_s = now_s
        self._due = []
        self._count = itertools.count()

    def time(self):
        return self._now_s

    def call_at(self, when, callback, /):
        alarm = _Alarm(callback)
        heapq.heappush(self._due, (when, next(self._count), alarm))
        return alarm

    async def advance(self, seconds):
        """Let time pass, make the calls that fall due, and let tasks run after each."""
        end_s = self._now_s + seconds
        await settled()
        while self._due and self._due[0][0] <= end_s + 1e-9:
            when, _, alarm = heapq.heappop(self._due)
            self._now_s = max(self._now_s, when)
            alarm.ring()
            await settled()
        self._now_s = end_s
        await settled()


class _Alarm:
    def __init__(self, callback):
        self._callback = callback

    def ring(self):
        if self._callback is not None:
            self._callback()

    def cancel(self):
        self._callback = None


async def settled():
    """Let every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)
