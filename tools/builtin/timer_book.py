"""The timers and alarms that run: on disk, so that a restart takes them up again."""

from __future__ import annotations

import threading
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tools import ToolContext, ToolError
from tools.schedule import ScheduledCall
from tools.spoken.dates import say_day
from tools.spoken.durations import say_duration
from tools.spoken.numbers import join_spoken
from tools.spoken.times import say_time
from tools.store import JsonFile

MAX_TIMERS = 100
_MISSED_SHOWN = 5

Kind = Literal["timer", "alarm"]


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer or alarm; ``due`` is aware, in UTC. ``duration_s`` is 0 for an alarm."""

    id: str
    kind: Kind
    label: str
    due: datetime
    duration_s: float

    @property
    def name(self) -> str:
        """How a voice calls it: "pasta timer", "ten minute timer", "alarm"."""
        if self.label:
            return f"{self.label} {self.kind}"
        if self.kind == "timer" and self.duration_s:
            return f"{_adjective(self.duration_s)} timer"
        return self.kind


class TimerBook:
    """A service: it owns the scheduled calls of one registry's timers.

    The file is the truth; what is armed in memory follows it. All methods may be called from any
    thread.
    """

    def __init__(self, context: ToolContext) -> None:
        """Open the book; nothing is armed before ``rearm`` or ``add``."""
        self._context = context
        self._file = JsonFile(context.data_dir / "timers.json")
        self._armed: dict[str, ScheduledCall] = {}
        self._lock = threading.RLock()

    def add(self, kind: Kind, *, due: datetime, label: str = "", duration_s: float = 0.0) -> Timer:
        """Write down and arm a new one. Raises ToolError when there are too many."""
        timer = Timer(uuid.uuid4().hex[:8], kind, label, due.astimezone(UTC), duration_s)
        self._write_down(timer)
        return timer

    def put_back(self, timers: list[Timer]) -> None:
        """Set timers again that were cancelled. Raises ToolError where all came due meanwhile."""
        now = self._context.now()
        to_come = [timer for timer in timers if timer.due > now]
        if not to_come:
            raise ToolError("It is too late to set that again: its time has passed.")
        for timer in to_come:
            self._write_down(timer)

    def _write_down(self, timer: Timer) -> None:
        with self._lock:
            if len(self.running()) >= MAX_TIMERS:
                raise ToolError("There are too many timers already. Cancel some first.")
            self._arm(timer)
            try:
                with self._file.change() as content:
                    content.setdefault("timers", []).append(_to_json(timer))
            except BaseException:
                self._disarm(timer.id)
                raise

    def running(self) -> list[Timer]:
        """Return what is not due yet, the soonest first."""
        now = self._context.now()
        return [timer for timer in self._timers() if timer.due > now]

    def remove(self, timers: list[Timer]) -> None:
        """Cancel these; those that have rung meanwhile are ignored."""
        with self._lock:
            for timer in timers:
                self._disarm(timer.id)
            self._forget({timer.id for timer in timers})

    def take_damage(self) -> str | None:
        """Return one sentence if the file on disk was damaged, once."""
        return self._file.take_damage()

    def rearm(self) -> None:
        """Arm what the file holds, and announce what came due while nothing ran."""
        now = self._context.now()
        with self._lock:
            timers = [timer for timer in self._timers() if timer.id not in self._armed]
            missed = [timer for timer in timers if timer.due <= now]
            self._forget({timer.id for timer in missed})
            for timer in timers:
                if timer.due > now:
                    self._arm(timer)
        if missed:
            self._context.say(_say_missed(missed, now))
        damage = self.take_damage()
        if damage:
            self._context.say(damage)

    def _arm(self, timer: Timer) -> None:
        call = self._context.schedule_at(timer.due, lambda: self._ring(timer))
        self._armed[timer.id] = call

    def _disarm(self, timer_id: str) -> None:
        call = self._armed.pop(timer_id, None)
        if call is not None:
            call.cancel()

    def _ring(self, timer: Timer) -> None:
        # Said before it is struck out: after a crash in between it is announced again, not lost.
        with self._lock:
            if self._armed.pop(timer.id, None) is None:
                return
            self._context.say(_say_due(timer, self._context.now()))
            self._forget({timer.id})

    def _forget(self, ids: set[str]) -> None:
        if not ids:
            return
        with self._file.change() as content:
            content["timers"] = [entry for entry in _list(content) if _entry_id(entry) not in ids]

    def _timers(self) -> list[Timer]:
        """Return all of the file, the soonest first."""
        read = map(_from_json, _list(self._file.read()))
        return sorted((timer for timer in read if timer is not None), key=lambda timer: timer.due)


def describe(timer: Timer, now: datetime) -> str:
    """Write when it rings: "7 AM tomorrow" for an alarm, what is left for a timer's list entry."""
    local = timer.due.astimezone(now.tzinfo)
    return f"{say_time(local)} {say_day(local.date(), now.date())}"


def _adjective(seconds: float) -> str:
    """Write a duration before a noun: "ten minute", "one hour and thirty minute"."""
    words = say_duration(seconds)
    return " ".join(word.removesuffix("s") if word != "no" else word for word in words.split())


def _say_due(timer: Timer, now: datetime) -> str:
    if timer.kind == "timer":
        return f"Your {timer.name} is done."
    time = say_time(timer.due.astimezone(now.tzinfo))
    return f"It's {time}. This is your {timer.name}."


def _say_missed(missed: list[Timer], now: datetime) -> str:
    parts = []
    for timer in missed[:_MISSED_SHOWN]:
        verb = "ended" if timer.kind == "timer" else "was due"
        parts.append(f"your {timer.name} {verb} at {describe(timer, now)}")
    if len(missed) > _MISSED_SHOWN:
        parts.append(f"{len(missed) - _MISSED_SHOWN} more came due")
    return f"While I was off, {join_spoken(parts)}."


def _list(content: dict[str, Any]) -> list[Any]:
    entries = content.get("timers", [])
    return entries if isinstance(entries, list) else []


def _entry_id(entry: Any) -> Any:
    return entry.get("id") if isinstance(entry, dict) else None


def _to_json(timer: Timer) -> dict[str, Any]:
    return {**asdict(timer), "due": timer.due.isoformat()}


def _from_json(entry: Any) -> Timer | None:
    """Read one entry; what a person's editor broke is passed over, not fatal."""
    try:
        kind: Kind = "alarm" if entry["kind"] == "alarm" else "timer"
        due = datetime.fromisoformat(entry["due"])
        if due.tzinfo is None:
            return None
        return Timer(
            id=str(entry["id"]),
            kind=kind,
            label=str(entry.get("label", "")),
            due=due.astimezone(UTC),
            duration_s=float(entry.get("duration_s", 0)),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def after(now: datetime, seconds: float) -> datetime:
    """Return the moment ``seconds`` after ``now``, true over clock changes, in the zone of it."""
    return (now.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(now.tzinfo)
