"""What time it is and where: the injectable clock of the tools, and the machine's time zone."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Handle(Protocol):
    """Something that was arranged for later."""

    def cancel(self) -> None:
        """Make it not happen. Idempotent."""
        ...


class Clock(Protocol):
    """Tells the time and wakes its caller; tests move one by hand."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC. May be called from any thread."""
        ...

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Handle:
        """Call ``callback`` after ``delay_s`` seconds; called on the event loop's thread only."""
        ...


class SystemClock:
    """The machine's clock and the running event loop's timers."""

    def now(self) -> datetime:
        """Return the machine's wall-clock time in UTC."""
        return datetime.now(UTC)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Handle:
        """Arrange a call on the running event loop."""
        return asyncio.get_running_loop().call_later(delay_s, callback)


class MachineZone(tzinfo):
    """The machine's own rules of local time, for systems that do not name their zone.

    Windows is one. It asks the C library, so that a date after the next clock change gets the
    offset of that date.
    """

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Return the offset that holds at the local time ``moment``."""
        return timedelta(seconds=self._local(moment).tm_gmtoff)

    def dst(self, moment: datetime | None) -> timedelta:
        """Return one hour in summer time, else zero; the C library says no more than that."""
        return timedelta(hours=1 if self._local(moment).tm_isdst > 0 else 0)

    def tzname(self, moment: datetime | None) -> str:
        """Return the abbreviation that the machine uses."""
        return self._local(moment).tm_zone

    def _local(self, moment: datetime | None) -> time.struct_time:
        if moment is None:
            return time.localtime()
        # A naive timestamp is read as local time; `fold` chooses inside an hour that comes twice.
        return time.localtime(moment.replace(tzinfo=None).timestamp())

    def __repr__(self) -> str:
        return "MachineZone()"


def local_zone() -> tzinfo:
    """Return the machine's time zone: ``TZ``, else what the system names, else its rules."""
    name = os.environ.get("TZ", "").removeprefix(":") or _system_zone_name()
    if name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    return MachineZone()


def _system_zone_name() -> str | None:
    """Return the zone key that ``/etc/localtime`` or ``/etc/timezone`` names."""
    parts = Path(os.path.realpath("/etc/localtime")).parts
    if "zoneinfo" in parts:
        return "/".join(parts[parts.index("zoneinfo") + 1 :])
    try:
        return Path("/etc/timezone").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
