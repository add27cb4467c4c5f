"""Runs the fault matrix and prints its table: ``make chaos``.

``python -m tests.chaos --seeds 20`` breaks everything that FAULTS §3 names, twenty times each, and
ends with 1 where anything did not come back. ``--cases N01,P03-own`` chooses, ``--seed 7`` repeats
one run, ``--soak`` lives through a day of rollovers instead.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
import sys
import time
from collections import defaultdict
from collections.abc import Sequence

from tests.chaos.all_cases import CASES
from tests.chaos.cases import ALONE, Case
from tests.chaos.run import Outcome, run_case
from tests.chaos.table import Row, as_markdown, as_text, machine


def _run(case_id: str, seed: int) -> Outcome:
    return run_case(next(case for case in CASES if case.id == case_id), seed)


def _chosen(names: str) -> list[Case]:
    wanted = set(filter(None, names.split(",")))
    return [case for case in CASES if not wanted or wanted & {case.id, case.name}]


def _run_all(cases: Sequence[Case], seeds: Sequence[int], jobs: int) -> list[Row]:
    outcomes: dict[str, list[Outcome]] = defaultdict(list)

    def note(outcome: Outcome) -> None:
        found = outcomes[outcome.case.id]
        found.append(outcome)
        if outcome.problem:
            sys.stdout.write(f"\n{outcome.case.id}, seed {outcome.seed}: {outcome.problem}\n")
        if len(found) == len(seeds):
            good = sum(1 for one in found if not one.problem)
            took_s = sum(one.took_s for one in found)
            sys.stdout.write(f"{outcome.case.id}: {good} of {len(found)}, {took_s:.0f} s\n")
            sys.stdout.flush()

    together = [case for case in cases if case.name not in ALONE]
    # Processes that are made new: a run counts the files and threads of its own process.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
        pending = [pool.submit(_run, case.id, seed) for case in together for seed in seeds]
        for future in concurrent.futures.as_completed(pending):
            note(future.result())
    for case in cases:
        if case.name in ALONE:
            for seed in seeds:
                note(run_case(case, seed))
    return [Row(case, sorted(outcomes[case.id], key=lambda o: o.seed)) for case in cases]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Break everything, and see what comes back.")
    parser.add_argument("--seeds", type=int, default=20, help="runs of each case")
    parser.add_argument("--seed", type=int, help="this one run of each case")
    parser.add_argument("--cases", default="", help="names, with commas; all of them without")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    parser.add_argument("--markdown", action="store_true", help="print the table for the README")
    parser.add_argument("--soak", action="store_true", help="a day of rollovers instead")
    options = parser.parse_args()
    if options.soak:
        from tests.chaos.day import soak

        sys.exit(soak())
    seeds = range(options.seeds) if options.seed is None else [options.seed]
    begun_s = time.perf_counter()
    rows = _run_all(_chosen(options.cases), list(seeds), options.jobs)
    took_s = time.perf_counter() - begun_s
    sys.stdout.write(as_markdown(rows, took_s) if options.markdown else as_text(rows))
    sys.stdout.write(f"\n{took_s / 60:.1f} min, {machine()}\n")
    failed = [f"{o.case.id} seed {o.seed}" for row in rows for o in row.outcomes if o.problem]
    if failed:
        sys.stdout.write(f"failed: {', '.join(failed)}\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
