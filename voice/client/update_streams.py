"""Updates on their way to faces: each reader has its own, and a slow one loses the least."""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakSet

from voice.core.updates import AssistantTranscript, PhaseChanged, Update, UserTranscript

MAX_WAITING = 1_024
"""Updates that wait for one reader."""


class UpdateStream:
    """One reader's updates; an asynchronous iterator that ends with the session.

    A reader that falls too far behind loses the oldest updates that later ones make up for, such as
    parts of a transcript.
    """

    def __init__(self) -> None:
        self._updates: deque[Update] = deque()  # bounded: put drops above MAX_WAITING
        self._is_filled = asyncio.Event()
        self._is_ended = False
        self._error: BaseException | None = None

    def __aiter__(self) -> UpdateStream:
        """Return itself."""
        return self

    async def __anext__(self) -> Update:
        """Return the next update; raises what broke the session, if our own code did."""
        while not self._updates:
            if self._is_ended:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._is_filled.clear()
            await self._is_filled.wait()
        return self._updates.popleft()

    def put(self, update: Update) -> bool:
        """Add an update; return whether another was lost for it. After the end, do nothing."""
        if self._is_ended:
            return False
        is_full = len(self._updates) >= MAX_WAITING
        if is_full:
            self._drop_one()
        self._updates.append(update)
        self._is_filled.set()
        return is_full

    def end(self, error: BaseException | None = None) -> None:
        """Let the reader stop, or fail with ``error``, after everything before. Idempotent."""
        if not self._is_ended:
            self._is_ended, self._error = True, error
            self._is_filled.set()

    def _drop_one(self) -> None:
        for position, update in enumerate(self._updates):
            if not is_essential(update):
                del self._updates[position]
                return
        self._updates.popleft()


class UpdateStreams:
    """All readers of one session. What is published before the first one came waits for it."""

    def __init__(self) -> None:
        self.dropped = 0
        """Updates that slow readers lost, all together."""
        self._early: UpdateStream | None = UpdateStream()
        # Readers that nobody holds any more are not written to.
        self._readers: WeakSet[UpdateStream] = WeakSet([self._early])
        self._end: tuple[BaseException | None] | None = None

    def open(self) -> UpdateStream:
        """Return a stream of everything from now on; the first also has what came before."""
        stream, self._early = self._early, None
        if stream is None:
            stream = UpdateStream()
            self._readers.add(stream)
            if self._end is not None:
                stream.end(*self._end)
        return stream

    def publish(self, update: Update) -> None:
        """Give an update to every reader."""
        for reader in self._readers:
            self.dropped += reader.put(update)

    def end(self, error: BaseException | None = None) -> None:
        """End every stream, also those that are opened later."""
        self._end = self._end or (error,)
        for reader in self._readers:
            reader.end(error)


def is_essential(update: Update) -> bool:
    """Return whether no later update makes up for the loss of this one."""
    match update:
        case AssistantTranscript() | UserTranscript():
            return update.is_final
        case PhaseChanged():
            return False
    return True
