"""The outcomes of many runs as one table."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tests.chaos.all_cases import NOT_YET
from tests.chaos.cases import Case
from tests.chaos.run import Outcome


@dataclass(frozen=True)
class Row:
    """One case over all its seeds."""

    case: Case
    outcomes: Sequence[Outcome]
    skipped: str = ""

    @property
    def recovered(self) -> int:
        """Runs after which everything held."""
        return sum(1 for outcome in self.outcomes if not outcome.problem)

    @property
    def p95_ms(self) -> float | None:
        """The time back that 95 of 100 runs keep, in the program's own time."""
        backs = sorted(o.back_ms for o in self.outcomes if o.back_ms is not None and not o.problem)
        if not backs:
            return None
        return backs[min(len(backs) - 1, int(len(backs) * 0.95))]

    @property
    def lost(self) -> str:
        """The most that one run lost."""
        if not self.outcomes:
            return f"skipped: {self.skipped}"
        items = max(o.lost_items for o in self.outcomes)
        turns = max(o.lost_turns for o in self.outcomes)
        audio_ms = max(o.lost_audio_ms for o in self.outcomes)
        parts = [f"{items} item"] * bool(items) + [f"{turns} turn"] * bool(turns)
        parts += [f"{audio_ms / 1_000:.1f} s of microphone"] * bool(audio_ms)
        return ", ".join(parts) or "0"

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        back = "–" if self.p95_ms is None else f"{self.p95_ms:,.0f}"
        whom = {"own": ", our server", "kernel": ", in the kernel"}.get(self.case.backend, "")
        return (
            self.case.name,
            f"{self.case.title}{whom}",
            str(len(self.outcomes)),
            str(self.recovered),
            back,
            self.lost,
            self.case.sees,
        )


HEADS = ("case", "what breaks", "runs", "recovered", "p95 back, ms", "lost", "user hears or sees")


def machine() -> str:
    """Say on what this was measured, and when."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            found = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        model = found[0] if found else model
    except OSError:
        pass
    cores = os.cpu_count()
    return f"{cores} cores of {model}, Python {platform.python_version()}, {date.today()}"


def as_text(rows: Iterable[Row]) -> str:
    """Return the table for a terminal."""
    cells = [HEADS, *(row.cells for row in rows)]
    cells += [(case.name, case.title, "0", "–", "–", "–", "not yet: page") for case in NOT_YET]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def as_markdown(rows: Sequence[Row], took_s: float) -> str:
    """Return the table for the README, with the machine and the day."""
    lines = [f"| {' | '.join(HEADS)} |", "|" + "---|" * len(HEADS)]
    lines += [f"| {' | '.join(row.cells)} |" for row in rows]
    lines += [f"| {case.name} | {case.title} | 0 | | | | not yet: page |" for case in NOT_YET]
    runs = sum(len(row.outcomes) for row in rows)
    good = sum(row.recovered for row in rows)
    steps = sum(outcome.replayed_steps for row in rows for outcome in row.outcomes)
    told = (
        f"{good} of {runs} runs recovered; {steps:,} recorded steps replayed with the same "
        f"actions; {took_s / 60:.0f} min on {machine()}."
    )
    return "\n".join([*lines, "", told])
