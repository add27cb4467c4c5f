"""Faults of the kernel's own: loss, a slow link and a dead one, in a private network namespace.

A proxy cannot lose packets. ``python -m tests.chaos.kernel CASE SEED`` runs one case in the
namespace that ``unshare`` made for it, and prints its outcome.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.chaos.cases import Case, Cases
from tests.chaos.run import RUN_LIMIT_S, Outcome, run_case
from tests.chaos.stage import Stage
from voice.core.updates import ConnectionLost, WarningIssued

ROOT = Path(__file__).parent.parent.parent

cases = Cases()
case = cases.case

NEEDS = {"N11": ("nft",), "N12": ("tc",), "N13": ("tc",), "N15": ()}
"""Programs that a case needs beside ``unshare`` and ``ip``."""


def why_not(name: str) -> str:
    """Return why a case cannot run on this machine; empty where it can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    missing = [tool for tool in ("unshare", "ip", *NEEDS[name]) if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(["unshare", "-n", "ip", "link", "set", "lo", "up"], capture_output=True)
    return "" if tried.returncode == 0 else "a network namespace needs root"


def run_in_namespace(case: Case, seed: int) -> Outcome:
    """Run a case in a namespace of its own."""
    command = ["unshare", "-n", sys.executable, "-m", "tests.chaos.kernel", case.name, str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        ran = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=RUN_LIMIT_S + 20
        )
    except subprocess.TimeoutExpired:
        return Outcome(case, seed, "it hangs")
    if ran.returncode:
        return Outcome(case, seed, ran.stderr or ran.stdout or "it died")
    return Outcome(case, seed, **json.loads(ran.stdout.splitlines()[-1]))


def _order(*words: str) -> None:
    """Change the network of this namespace."""
    subprocess.run(words, check=True, capture_output=True)


@case("N11", "5 % of all packets are lost", "little pauses", speed=1)
async def packet_loss(stage: Stage) -> None:
    """The kernel sends again, and nothing is lost."""
    await stage.open()
    await stage.ask_and_hear()
    _order("nft", "add", "table", "inet", "faults")
    _order("nft", "add chain inet faults in { type filter hook input priority 0; }")
    _order("nft", "add rule inet faults in numgen random mod 100 < 5 drop")
    for _ in range(4):
        await stage.ask_and_hear(limit_s=15)
    assert not stage.all(ConnectionLost), "loss was taken for gone"


@case("N12", "24 kB/s in all", "pauses in the answer", speed=1)
async def slow_link(stage: Stage) -> None:
    """A token bucket instead of a proxy."""
    await stage.open()
    stage.upstream.deltas = 12
    _order(*"tc qdisc add dev lo root tbf rate 192kbit burst 8kb latency 300ms".split())
    await stage.ask_and_hear(limit_s=30)
    assert not stage.all(ConnectionLost), "slow was taken for gone"
    _order(*"tc qdisc del dev lo root".split())
    stage.upstream.deltas = 8


@case("N13", "16 kB/s up", "a warning", speed=1)
async def slow_uplink(stage: Stage) -> None:
    """The microphone is not kept in the kernel's buffers, and the connection holds."""
    await stage.open(hears=True)
    _order(*"tc qdisc add dev lo root tbf rate 128kbit burst 8kb latency 300ms".split())
    await stage.speak_in_time(5_000)
    assert any(update.code == "audio_dropped" for update in stage.all(WarningIssued))
    stage.lost_audio_ms = stage.session.dropped_audio_ms
    _order(*"tc qdisc del dev lo root".split())
    await stage.speak_in_time(400, is_silence=True)
    await stage.state(lambda: stage.completed, "the answer")
    assert not stage.all(ConnectionLost), "slow was taken for gone"


@case("N15", "the network is out for 13 s", "notice, then “back again”", speed=1)
async def cable_out(stage: Stage) -> None:
    """The link goes down, and comes up again."""
    await stage.open()
    await stage.ask_and_hear()
    _order(*"ip link set lo down".split())
    await asyncio.sleep(13)
    assert stage.all(ConnectionLost), "nobody was told"
    stage.broken()
    _order(*"ip link set lo up".split())
    await stage.restored(limit_s=16)


def main() -> None:
    """Run one case here, where the network is this process's own."""
    name, seed = sys.argv[1], int(sys.argv[2])
    # Packets as on a real link: a token bucket drops what is larger than itself.
    _order(*"ip link set lo mtu 1500 up".split())
    chosen = next(case for case in cases.all if case.name == name)
    outcome = run_case(chosen, seed)
    told = replace(outcome, case=None)  # type: ignore[arg-type]
    fields = {key: value for key, value in vars_of(told).items() if key not in ("case", "seed")}
    sys.stdout.write(json.dumps(fields) + "\n")


def vars_of(outcome: Outcome) -> dict[str, object]:
    """Return an outcome's fields."""
    return {name: getattr(outcome, name) for name in outcome.__dataclass_fields__}


if __name__ == "__main__":
    main()
