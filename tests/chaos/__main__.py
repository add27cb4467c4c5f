"""Runs the fault matrix and prints its table: ``make chaos``.

``python -m tests.chaos --seeds 20`` breaks everything that FAULTS §3 names, twenty times each, and
ends with 1 where anything did not come back. ``--cases N01,P03,S`` chooses, ``--seed 7`` repeats
one run, ``--soak`` lives through a day of rollovers instead.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.chaos.day import soak
from tests.chaos.matrix import chosen, run_all
from tests.chaos.table import as_markdown, as_text, machine


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Break everything, and see what comes back.")
    parser.add_argument("--seeds", type=int, default=20, help="runs of each case")
    parser.add_argument("--seed", type=int, help="this one run of each case")
    parser.add_argument("--cases", default="", help="names or their beginnings, with commas")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    parser.add_argument("--markdown", action="store_true", help="print the table for the README")
    parser.add_argument("--soak", action="store_true", help="a day of rollovers instead")
    options = parser.parse_args()
    if options.soak:
        sys.exit(soak(options.seed or 0))
    seeds = range(options.seeds) if options.seed is None else [options.seed]
    begun_s = time.perf_counter()
    rows = run_all(chosen(options.cases), list(seeds), options.jobs)
    took_s = time.perf_counter() - begun_s
    sys.stdout.write(as_markdown(rows, took_s) if options.markdown else as_text(rows))
    sys.stdout.write(f"\n{took_s / 60:.1f} min, {machine()}\n")
    failed = [f"{o.case.id} seed {o.seed}" for row in rows for o in row.outcomes if o.problem]
    if failed:
        sys.stdout.write(f"failed: {', '.join(failed)}\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
