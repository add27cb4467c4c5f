"""Runs Autobahn's cases against the server's listener and explains what is not a plain pass.

``python -m tests.interop.autobahn.run`` drives them with kosoku, which needs no Python 2;
``--python2 PATH`` with the original ``wstest``. Exit status 1 where a case has no explanation. The
table goes to ``AUTOBAHN.md`` with ``--write``.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.interop import make_environments
from tests.interop.autobahn.echo import echoing
from tests.interop.autobahn.explained import EXPLAINED

HERE = Path(__file__).resolve().parent
REPORTS = make_environments.BUILD / "autobahn-report"
WSTEST = make_environments.BUILD / "autobahn-original"
TABLE = HERE.parent / "AUTOBAHN.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
LIMIT_S = 400
NO_COMPRESSION = ("12.*", "13.*")
"""The listener offers no permessage-deflate, so these cases have nothing to test."""

Results = dict[str, dict[str, Any]]


def kosoku(port: int) -> list[str]:
    """Return the command of the new runner; its environment is made where it is missing."""
    failure = make_environments.make("autobahn")
    if failure is not None:
        raise SystemExit(f"!! SKIPPED: the fuzzing client cannot be installed: {failure}")
    program = str(make_environments.python_of("autobahn").with_name("kosoku"))
    excluded = [word for cases in NO_COMPRESSION for word in ("-x", cases)]
    return [program, "-m", "fuzzingclient", "-o", str(REPORTS), *excluded, f"127.0.0.1:{port}"]


def wstest(port: int, python2: str) -> list[str]:
    """Return the command of the original, installed beside that Python 2.7 where it is missing."""
    if not WSTEST.is_dir():
        pip = [python2, "-m", "pip", "install", "-q", "--target", str(WSTEST)]
        subprocess.run([*pip, "-r", str(HERE / "original.txt")], check=True)
        # A namespace that pip leaves to a .pth file, which is not read in such a folder.
        (WSTEST / "zope" / "__init__.py").touch()
    spec = REPORTS / "spec.json"
    server = {"agent": "voice", "url": f"ws://127.0.0.1:{port}"}
    plan = {
        "outdir": str(REPORTS),
        "servers": [server],
        "cases": ["*"],
        "exclude-cases": list(NO_COMPRESSION),
        "exclude-agent-cases": {},
    }
    spec.write_text(json.dumps(plan), "utf-8")
    script = "from autobahntestsuite.wstest import run; run()"
    return [python2, "-c", script, "-m", "fuzzingclient", "-s", str(spec)]


async def fuzz(python2: str | None) -> Results:
    """Run every case against the echo; return the results by case."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    async with echoing() as port:
        command = kosoku(port) if python2 is None else wstest(port, python2)
        client = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, "PYTHONPATH": "" if python2 is None else str(WSTEST)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(LIMIT_S):
                await client.wait()
        except TimeoutError:
            client.kill()
            await client.wait()
            raise SystemExit(f"the fuzzing client did not end in {LIMIT_S} s") from None
    index = REPORTS / "index.json"
    if not index.is_file():
        raise SystemExit(f"the fuzzing client failed with status {client.returncode}: {command}")
    found: Results = next(iter(json.loads(index.read_text("utf-8")).values()))
    return found


def odd_cases(results: Results) -> list[str]:
    """Return the numbers of the cases that are not a plain pass, in order."""
    odd = [
        case
        for case, result in results.items()
        if (result["behavior"], result["behaviorClose"]) != ("OK", "OK")
    ]
    return sorted(odd, key=lambda case: [int(part) for part in case.split(".")])


def table(results: Results) -> str:
    """Return the odd cases and why each is as it is, as Markdown."""
    counts = collections.Counter(result["behavior"] for result in results.values())
    said = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    rows = [f"{len(results)} cases: {said}.", "", "| case | result | close | why |"]
    rows.append("|---|---|---|---|")
    for case in odd_cases(results):
        result = results[case]
        close = f"{result['behaviorClose']} ({result['remoteCloseCode']})"
        why = EXPLAINED.get((case, result["behavior"]), "**unexplained**")
        rows.append(f"| {case} | {result['behavior']} | {close} | {why} |")
    return "\n".join(rows)


def main() -> int:
    """Run the cases, print the table, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python2", help="a Python 2.7, to drive the cases with the original")
    parser.add_argument("--write", action="store_true", help=f"put the table into {TABLE.name}")
    options = parser.parse_args()
    began = time.monotonic()
    results = asyncio.run(fuzz(options.python2))
    print(table(results))
    odd = odd_cases(results)
    unexplained = [case for case in odd if (case, results[case]["behavior"]) not in EXPLAINED]
    print(f"\n{len(results)} cases in {time.monotonic() - began:.0f} s, ", end="")
    print(f"{len(unexplained)} unexplained; reports in {os.path.relpath(REPORTS)}")
    if options.write:
        before, _, rest = TABLE.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        TABLE.write_text(f"{before}{BEGIN}\n{table(results)}\n{END}{after}", "utf-8")
    return 1 if unexplained or not results else 0


if __name__ == "__main__":
    sys.exit(main())
