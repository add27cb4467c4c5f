"""What can be taken back: the last changes, each with the step that undoes it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from tools.errors import ToolError

MAX_KEPT = 20

UndoStep = Callable[[], None]


class UndoStack:
    """The last changes of one registry, the newest undone first; gone when the program ends.

    May be used from any thread.
    """

    def __init__(self) -> None:
        """Begin with nothing to undo."""
        self._steps: deque[tuple[str, UndoStep]] = deque(maxlen=MAX_KEPT)
        self._lock = threading.Lock()

    def add(self, told: str, step: UndoStep) -> None:
        """Keep a change and the step that undoes it.

        ``told`` is said when that is done: "I took milk off your list again." ``step`` must bear
        that the world went on meanwhile; it may raise ToolError.
        """
        with self._lock:
            self._steps.append((told, step))

    def take_back(self) -> str:
        """Undo the newest change and return what to say. Raises ToolError where there is none.

        A change whose step fails is not tried again.
        """
        with self._lock:
            if not self._steps:
                raise ToolError("There is nothing that I could take back.")
            told, step = self._steps.pop()
        step()
        return told
