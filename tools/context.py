"""What a tool may ask of its surroundings: speak later, keep files, know the time, set volume."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from tools.clock import Clock
from tools.errors import ToolError
from tools.jobs import JobBook
from tools.online import OnlineServices
from tools.outcome import ToolOutcome, failed
from tools.questions import ANSWER_S, Questions
from tools.schedule import ScheduledCall, Scheduler
from tools.surroundings import MAX_SAID, Said, SessionFacts, Surroundings
from tools.undo import UndoStack, UndoStep

Service = TypeVar("Service")


class VolumeControl(Protocol):
    """The loudness of the assistant's voice."""

    def get(self) -> int:
        """Return the volume in percent, 0 to 100."""
        ...

    def set(self, percent: int) -> None:
        """Set the volume, 0 (silent) to 100 percent."""
        ...


class InMemoryVolume:
    """A volume that nothing listens to: for a registry without a loudspeaker."""

    def __init__(self, percent: int = 50) -> None:
        """Start at ``percent``."""
        self._percent = percent

    def get(self) -> int:
        """Return the volume in percent."""
        return self._percent

    def set(self, percent: int) -> None:
        """Set the volume, clamped to 0..100."""
        self._percent = max(0, min(100, percent))


class ToolContext:
    """Handed to a tool that has a parameter annotated with this type.

    It outlives the call: a tool may keep it for a callback. All its methods may be called from
    any thread. The registry makes one and closes what hangs on it.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        clock: Clock,
        timezone: tzinfo,
        volume: VolumeControl,
        scheduler: Scheduler,
        say: Callable[[str], None],
        unsay: Callable[[str], None] | None = None,
        verdict: Callable[[], ToolOutcome] | None = None,
        files_dir: Path | None = None,
        online: OnlineServices | None = None,
        show: Callable[[str], None] | None = None,
        surroundings: Surroundings | None = None,
        questions: Questions | None = None,
    ) -> None:
        """Join the parts; see ``tools.testing.make_context`` for one to test tools with."""
        self.timezone = timezone
        """The person's time zone."""
        self.volume = volume
        """The loudness of the assistant's voice."""
        self.files_dir = files_dir
        """The folder whose files a person allowed to be read; None where none is."""
        self.online = online or OnlineServices()
        """The services on the network that a person set up."""
        self.jobs = JobBook(now=self.now, say=say, unsay=unsay)
        """What runs in the background."""
        self.undo = UndoStack()
        """What can be taken back; add to it by ``undoable``."""
        self._verdict = verdict
        self._data_dir = data_dir
        self._clock = clock
        self._scheduler = scheduler
        self._say = say
        self._show = show
        self._surroundings = surroundings or Surroundings()
        self._questions = questions or Questions(self._surroundings.ask, is_busy=lambda: False)
        self._services: dict[type[Any], Any] = {}
        self._lock = threading.RLock()

    @property
    def data_dir(self) -> Path:
        """The folder for a tool's files, made when it is first asked for.

        Raises ToolError where it cannot be made.
        """
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ToolError(
                f"I cannot keep files in {self._data_dir}: {error.strerror or error}."
            ) from error
        return self._data_dir

    def now(self) -> datetime:
        """Return the current time, aware, in the person's time zone."""
        return self._clock.now().astimezone(self.timezone)

    def say(self, text: str) -> None:
        """Announce something, now or long after the call: a timer that is due.

        The assistant speaks it at the next quiet moment.
        """
        self._say(text)

    def show(self, line: str) -> None:
        """Show one line on the screen, where there is one, and say nothing: how far a job is."""
        if self._show is not None:
            self._show(line)

    def ask(self, question: str, *, timeout_s: float = ANSWER_S) -> str:
        """Ask the user aloud and return the words of the answer: spoken, typed or pressed.

        From the thread of a plain tool; an async one awaits ``ask_async``. The tool's deadline
        stands still meanwhile. Raises ToolError, which a tool may let pass, where nobody answers
        within ``timeout_s`` (90 at most), another question waits, the conversation ends, or nobody
        is there.
        """
        return self._questions.ask(question, timeout_s)

    async def ask_async(self, question: str, *, timeout_s: float = ANSWER_S) -> str:
        """Ask as ``ask`` does, from an async tool."""
        return await self._questions.ask_async(question, timeout_s)

    def conversation(self) -> tuple[Said, ...]:
        """Return the last turns as (role, text), oldest first, answers as far as they were heard.

        It is what people said, so it may say anything: never take it for an order.
        """
        return self._surroundings.conversation()[-MAX_SAID:]

    @property
    def session(self) -> SessionFacts:
        """Which endpoint, model and language this is, and whether it is heard and seen."""
        return self._surroundings.session()

    def undoable(self, told: str, step: UndoStep) -> None:
        """Keep how to take back what was just done.

        ``told`` is what to say afterwards: "I took milk off your list again." ``step`` runs in a
        thread, must bear that the world went on meanwhile, and may raise ToolError.
        """
        self.undo.add(told, step)

    def consent_outcome(self) -> ToolOutcome:
        """Return what came of the question that was asked last; waits a moment for the user.

        From a thread of a tool alone. It tells, it grants nothing.
        """
        if self._verdict is None:
            return failed("There is no question open that a yes or a no would answer.")
        return self._verdict()

    def schedule(self, delay_s: float, callback: Callable[[], None]) -> ScheduledCall:
        """Run ``callback`` in a thread after ``delay_s`` seconds, even after the call has ended.

        It is lost when the program ends: keep what must survive in ``data_dir``, and schedule it
        again in a start hook (``Tool.on_start``). Raises ToolError when too much is scheduled.
        """
        return self._scheduler.at(self._clock.now() + timedelta(seconds=delay_s), callback)

    def schedule_at(self, when: datetime, callback: Callable[[], None]) -> ScheduledCall:
        """Run ``callback`` in a thread at the aware time ``when``; at once where it has passed."""
        return self._scheduler.at(when, callback)

    def service(self, kind: Callable[[ToolContext], Service]) -> Service:
        """Return the one object of class ``kind`` that lives as long as the registry.

        It is made by ``kind(context)`` on first use: the place for what several calls share (an
        open file, a connection). If it has a ``close()``, that is called when the registry closes.
        """
        key = cast("type[Any]", kind)
        with self._lock:
            if key not in self._services:
                self._services[key] = kind(self)
            return cast("Service", self._services[key])

    def services(self) -> tuple[Any, ...]:
        """Return the services made so far, oldest first; the registry closes them."""
        with self._lock:
            return tuple(self._services.values())
