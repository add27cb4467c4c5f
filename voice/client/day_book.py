"""What was spent today, on disk: all sessions of all programs of this person add up.

A file a day, which is only appended to; one line is one response. Whoever appends reads what the
others have appended since. The disk is touched once a response, and never waited for longer than a
write into the system's cache takes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

log = logging.getLogger(__name__)

KEEP_DAYS = 35
"""Older days are removed: a month can still be looked back on."""

MAX_BYTES = 16 * 1024 * 1024
"""More than 200,000 responses in a day are damage; what is beyond is not read."""

_SUFFIX = ".spent"


class DayBook:
    """The spending of the days, in one currency; for one event loop.

    ``today`` returns the local date. A disk that fails costs the memory of the day, told once in
    the log; what this program spent is still counted.
    """

    def __init__(
        self, folder: Path, currency: str, *, today: Callable[[], date] = date.today
    ) -> None:
        self._folder = folder
        self._currency = currency
        self._today = today
        self._is_warned = False
        self._begin(today())
        self._remove_old()

    @property
    def day(self) -> date:
        """The day that is counted; changes with ``total`` and ``add`` alone."""
        return self._day

    def total(self) -> float:
        """Return what was spent today so far; a new day begins at 0."""
        if self._today() != self._day:
            self._begin(self._today())
            self._remove_old()
        self._read()
        return self._spent + self._unwritten

    def add(self, price: float) -> float:
        """Note a price, and return what was spent today with it."""
        self.total()
        if price <= 0:
            return self._spent + self._unwritten
        entry = json.dumps({"price": round(price, 9), "currency": self._currency})
        try:
            self._append(entry)
        except OSError as error:
            self._unwritten += price
            self._warn("cannot be written: %s", error.strerror or type(error).__name__)
        else:
            self._read()
        return self._spent + self._unwritten

    def _begin(self, day: date) -> None:
        self._day = day
        self._path = self._folder / f"{day.isoformat()}{_SUFFIX}"
        self._read_bytes = 0
        self._spent = self._unwritten = 0.0

    def _append(self, entry: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        number = os.open(self._path, flags, 0o600)
        try:
            # One write, so that two programs never mix; the line end in front heals a torn line.
            os.write(number, f"\n{entry}\n".encode())
        finally:
            os.close(number)

    def _read(self) -> None:
        """Read what was appended since the last time, up to the last whole line."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_bytes)
                news = file.read(max(0, MAX_BYTES - self._read_bytes))
        except FileNotFoundError:
            return
        except OSError as error:
            self._warn("cannot be read: %s", error.strerror or type(error).__name__)
            return
        whole = news.rfind(b"\n") + 1
        self._read_bytes += whole
        for line in news[:whole].splitlines():
            if line.strip():
                self._spent += self._price_in(line)

    def _price_in(self, line: bytes) -> float:
        try:
            match json.loads(line):
                case {"price": int() | float() as price, "currency": str(currency)} if price >= 0:
                    return float(price) if currency == self._currency else 0.0
        except ValueError:
            pass
        self._warn("has a damaged line, which is left out%s", "")
        return 0.0

    def _warn(self, message: str, detail: str) -> None:
        if not self._is_warned:
            self._is_warned = True
            log.warning("the day's spending in %s " + message, self._path, detail)

    def _remove_old(self) -> None:
        oldest = (self._day - timedelta(days=KEEP_DAYS)).isoformat()
        with contextlib.suppress(OSError):
            for path in self._folder.glob(f"*{_SUFFIX}"):
                if path.stem < oldest:
                    path.unlink()
