"""A clock that stands still until a test moves it, and ids that count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class MovedClock:
    """Milliseconds that pass only by ``advance``."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms
        self._watchers: list[Callable[[], None]] = []

    def __call__(self) -> int:
        """Return the time."""
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Let ``ms`` pass, one at a time, and tell every watcher of each."""
        for _ in range(ms):
            self._now_ms += 1
            for watcher in tuple(self._watchers):
                watcher()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` after each millisecond that passes."""
        self._watchers.append(watcher)


class SequentialIds:
    """Ids such as ``item_1``, ``item_2``, ``ask_1``: the same in every run."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def __call__(self, kind: str) -> str:
        """Return the next id of a kind."""
        self._counts[kind] += 1
        return f"{kind}_{self._counts[kind]}"
