"""Runs many cases with many seeds, several at a time, and gathers what came of them."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import sys
from collections import defaultdict
from collections.abc import Sequence

from tests.chaos.all_cases import CASES
from tests.chaos.cases import ALONE, Case
from tests.chaos.kernel import run_in_namespace, why_not
from tests.chaos.run import Outcome, run_case
from tests.chaos.table import Row

FEW_RUNS = 3
"""Runs of a case whose time cannot be hurried: in the kernel, or with processes of its own."""


def run_one(case_id: str, seed: int) -> Outcome:
    """Run one case where it belongs: here, or in a network namespace."""
    case = next(case for case in CASES if case.id == case_id)
    return run_in_namespace(case, seed) if case.backend == "kernel" else run_case(case, seed)


def chosen(names: str) -> list[Case]:
    """Return the cases with these names, or with names that begin so; all for none."""
    wanted = tuple(filter(None, names.split(",")))
    return [
        case
        for case in CASES
        if not wanted or case.id in wanted or any(case.name.startswith(name) for name in wanted)
    ]


def run_all(cases: Sequence[Case], seeds: Sequence[int], jobs: int) -> list[Row]:
    """Run all cases with all seeds; tells the progress, and every failure in full."""
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    slow = {case.id for case in cases if case.backend == "kernel" or case.id in ALONE}
    runs = {c.id: seeds[:FEW_RUNS] if c.id in slow else seeds for c in cases}

    def note(outcome: Outcome) -> None:
        found = outcomes[outcome.case.id]
        found.append(outcome)
        if outcome.problem:
            sys.stdout.write(f"\n{outcome.case.id}, seed {outcome.seed}: {outcome.problem}\n")
        if len(found) == len(runs[outcome.case.id]):
            good = sum(1 for one in found if not one.problem)
            took_s = sum(one.took_s for one in found)
            sys.stdout.write(f"{outcome.case.id}: {good} of {len(found)}, {took_s:.0f} s\n")
        sys.stdout.flush()

    skipped = {case.id: why_not(case.name) for case in cases if case.backend == "kernel"}
    skipped = {case_id: reason for case_id, reason in skipped.items() if reason}
    for case_id, reason in skipped.items():
        sys.stdout.write(f"{case_id}: SKIPPED, {reason}\n")
    wanted = [case for case in cases if case.id not in skipped]
    # Processes that are made new: a run counts the files and threads of its own process.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
        together = [case for case in wanted if case.id not in ALONE]
        pending = [pool.submit(run_one, c.id, seed) for c in together for seed in runs[c.id]]
        for future in concurrent.futures.as_completed(pending):
            note(future.result())
    for case in wanted:
        if case.id in ALONE:
            for seed in runs[case.id]:
                note(run_one(case.id, seed))
    return [
        Row(case, sorted(outcomes[case.id], key=lambda o: o.seed), skipped.get(case.id, ""))
        for case in cases
    ]
