"""A clock that stands still until a test moves it, and ids that count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class MovedClock:
    """Milliseconds that pass only by ``advance``."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms
        self._sleepers: list[tuple[Callable[[], int | None], Callable[[], None]]] = []

    def __call__(self) -> int:
        """Return the time."""
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Let ``ms`` pass, and wake every sleeper at its time."""
        end_ms = self._now_ms + ms
        while self._now_ms < end_ms:
            dues = [due for due in (when() for when, _ in self._sleepers) if due is not None]
            # A sleeper whose time is long past is woken each millisecond, until it says another.
            self._now_ms = min([end_ms, *(max(due, self._now_ms + 1) for due in dues)])
            for when, wake in tuple(self._sleepers):
                due = when()
                if due is not None and due <= self._now_ms:
                    wake()

    def wake(self, when: Callable[[], int | None], wake: Callable[[], None]) -> None:
        """Call ``wake`` once the time that ``when`` returns has come; None means not now."""
        self._sleepers.append((when, wake))


class SequentialIds:
    """Ids such as ``item_1``, ``item_2``, ``ask_1``: the same in every run."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def __call__(self, kind: str) -> str:
        """Return the next id of a kind."""
        self._counts[kind] += 1
        return f"{kind}_{self._counts[kind]}"
