"""Runs one case with one seed, and says what came of it."""

from __future__ import annotations

import asyncio
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.cases import Case
from tests.chaos.fast_loop import run_fast
from tests.chaos.green import (
    Belongings,
    LogWatch,
    check_alive,
    check_no_tasks,
    check_quiet,
    check_recordings,
    check_said,
)
from tests.chaos.stage import Stage, staged

RUN_LIMIT_S = 60.0
"""A run that takes longer by the world's clock hangs."""


@dataclass(frozen=True)
class Outcome:
    """What came of one run; ``problem`` is empty where everything held."""

    case: Case
    seed: int
    problem: str = ""
    back_ms: float | None = None
    lost_items: int = 0
    lost_turns: int = 0
    lost_audio_ms: int = 0
    replayed_steps: int = 0
    took_s: float = 0.0


def run_case(case: Case, seed: int) -> Outcome:
    """Run a case, and everything that must be true afterwards; never raises for a failed case."""
    begun_s = time.perf_counter()
    before = Belongings.now()
    stage: list[Stage] = []
    problem, steps = "", 0
    with tempfile.TemporaryDirectory() as folder, LogWatch() as log:
        try:
            run_fast(_act(case, seed, Path(folder), stage), case.speed)
            check_said(stage[0])
            check_quiet(stage[0], log)
            before.check(Belongings.now())
            steps = check_recordings(stage[0])
        except Exception as error:
            problem = f"{error}\n{''.join(traceback.format_exception(error))}"
            if stage:
                problem += _story(stage[0], log)
    took_s = time.perf_counter() - begun_s
    if not stage:
        return Outcome(case, seed, problem, took_s=took_s)
    played = stage[0]
    back_ms = None if played.back_s is None else played.back_s * 1_000
    return Outcome(
        case,
        seed,
        problem,
        back_ms,
        played.lost_items,
        played.lost_turns,
        played.lost_audio_ms,
        steps,
        took_s,
    )


async def _act(case: Case, seed: int, folder: Path, stages: list[Stage]) -> None:
    before = asyncio.all_tasks()
    async with asyncio.timeout(RUN_LIMIT_S * case.speed):
        async with staged(seed, folder, case.backend) as stage:
            stages.append(stage)
            await case.act(stage)
            await check_alive(stage)
        await check_no_tasks(before)


def _story(stage: Stage, log: LogWatch) -> str:
    """Return the last things that happened, for whoever looks for the cause."""
    shown = [f"  {update!r:.300}" for update in stage.updates[-25:]]
    logged = [f"  {line:.200}" for line in log.lines[-15:]]
    items = [f"  {item.role or item.kind}: {item.text}" for item in _history(stage)]
    return "\n".join(["updates:", *shown, "log:", *logged, "conversation:", *items])


def _history(stage: Stage) -> list[object]:
    try:
        return list(stage.history())
    except IndexError:
        return []
