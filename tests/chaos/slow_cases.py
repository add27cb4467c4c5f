"""N10, N12 to N14, N22 to N24 and N26: the network is slow, dirty or forgetful, or we slept."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from types import SimpleNamespace
from unittest.mock import patch

from tests.chaos.cases import Cases
from tests.chaos.certificates import trusted
from tests.chaos.fast_loop import until
from tests.chaos.stage import Stage
from voice.client import session_run, transport
from voice.core.updates import ConnectionLost, UserSpeechStarted, WarningIssued
from voice.protocol.endpoints import resolve

cases = Cases()
case = cases.case


@case("N10", "latency 300 ± 200 ms", "answers come late", own=True, speed=10)
async def latency(stage: Stage) -> None:
    """Nothing is lost, and nobody takes slow for gone."""
    await stage.open()
    for faults in (stage.proxy.up, stage.proxy.down):
        faults.latency_ms, faults.jitter_ms = 300, 200
    for _ in range(3):
        await stage.ask_and_hear(limit_s=20)
    assert not stage.all(ConnectionLost), "slow was taken for gone"
    stage.proxy.heal()


@case("N12", "24 kB/s down", "pauses in the answer, “weak connection”", own=True, speed=10)
async def slow_down(stage: Stage) -> None:
    """Speech at 64 kB/s through a third of it: all of it comes, in order."""
    await stage.open(endpoint=resolve(stage.url))
    stage.upstream.deltas = 20
    stage.proxy.down.rate_bps = 24_000
    await stage.ask_and_hear(limit_s=30)
    assert not stage.all(ConnectionLost), "slow was taken for gone"
    warned = [update.code for update in stage.all(WarningIssued)]
    assert warned.count("weak_connection") == 1, warned
    stage.proxy.heal()
    stage.upstream.deltas = 8


@case("N13", "16 kB/s up", "a warning", speed=5)
async def slow_up(stage: Stage) -> None:
    """The oldest of the microphone is dropped, so that what is heard is not old."""
    proxy = stage.proxy
    port = proxy.port
    await proxy.stop_listening()
    proxy.buffer_bytes = 4_096
    await proxy.start(port)
    await stage.open(hears=True)
    proxy.up.rate_bps = 16_000
    loop = asyncio.get_running_loop()
    await stage.speak_in_time(6_000)
    await stage.speak_in_time(400, is_silence=True)
    spoken_s = loop.time()
    await stage.state(lambda: stage.upstream.heard_turns, "the turn arrives", limit_s=60)
    stage.notes["age_s"] = loop.time() - spoken_s
    stage.lost_audio_ms = stage.session.dropped_audio_ms
    assert any(update.code == "audio_dropped" for update in stage.all(WarningIssued)), (
        f"nobody was told; the turn came {stage.notes['age_s']:.1f} s late"
    )
    proxy.heal()


@case("N14", "slices of one byte", "nothing", own=True, speed=2)
async def slices(stage: Stage) -> None:
    """Frames come in pieces."""
    stage.upstream.deltas, stage.upstream.delta_ms = 5, 20
    await stage.open()
    stage.proxy.up.slice_bytes = 1
    stage.proxy.down.slice_bytes = 1 if stage.own is None else 7
    await stage.ask_and_hear(limit_s=30)
    assert not stage.all(ConnectionLost)
    stage.proxy.heal()


@case("N22", "bytes flip, without TLS", "a click, or a reconnect", speed=20)
async def flipped_bytes(stage: Stage) -> None:
    """Whatever is made of it, nothing breaks but what was damaged."""
    stage.is_garbled = True
    await stage.open()
    await stage.ask_and_hear()
    stage.broken()
    stage.proxy.down.corrupt = stage.random.choice((0.000_02, 0.000_2, 0.002))
    stage.ask()
    await asyncio.sleep(5)
    stage.proxy.heal()
    # An answer whose end was lost is given up after a minute without a sign of life.
    await stage.state(lambda: stage.is_idle, "calm", limit_s=75)


@case("N23", "bytes flip, with TLS", "as N01", speed=5)
async def flipped_bytes_with_tls(stage: Stage) -> None:
    """The connection breaks at once, and nothing false is ever read."""
    place = await stage.enter(trusted(stage))
    await stage.open(endpoint=place)
    await stage.ask_and_hear()
    answered, before = stage.completed, stage.speaker.chunks
    cut = stage.random.randint(1, 7)
    stage.hold_after(cut)
    stage.ask()
    await stage.chunks(before + cut)
    stage.broken()
    stage.proxy.down.corrupt = 0.01
    stage.hold_after(None)
    await stage.shown(ConnectionLost)
    stage.proxy.heal()
    await stage.restored()
    await stage.answer_heard(answered + 1)


@case("N24", "sleep of 10 min", "“back”, and no old speech", speed=5)
async def sleep(stage: Stage) -> None:
    """The clock jumps: connections and audio are of before it."""
    await stage.open(hears=True)
    await stage.ask_and_hear()
    is_speaking = bool(stage.random.randint(0, 1))
    if is_speaking:
        stage.speak(500)
        await stage.shown(UserSpeechStarted)
    turns = len(stage.upstream.heard_turns)
    stage.broken()
    offset = SimpleNamespace(time=lambda: time.time() + 600, monotonic=time.monotonic)
    with patch.object(session_run, "time", offset):
        lost = await stage.shown(ConnectionLost, limit_s=3)
        assert "slept" in lost.reason
        await stage.restored()
        await stage.state(lambda: stage.is_idle, "calm")
    assert len(stage.upstream.heard_turns) == turns, "old speech was sent again"


@case("N24", "SIGSTOP for 4 s or 7 s", "nothing, or “back”", speed=10, variant="b")
async def stopped(stage: Stage) -> None:
    """A real process stands still and goes on."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.sleeper", stage.url, stdout=-1, stdin=-1
    )
    assert child.stdout is not None and child.stdin is not None
    try:
        await _line(child, "answered")
        stopped_s = stage.random.choice((4, 7))
        accepted = stage.proxy.accepted
        child.send_signal(signal.SIGSTOP)
        await asyncio.sleep(stopped_s)
        stage.broken()
        child.send_signal(signal.SIGCONT)
        if stopped_s > 6:
            await until(lambda: stage.proxy.accepted > accepted, "it dials again", limit_s=20)
            await _line(child, "back")
        child.stdin.write(b"ask\n")
        await _line(child, "answered")
    finally:
        child.stdin.close()
        await child.wait()
    assert child.returncode == 0
    await stage.open()


async def _line(child: asyncio.subprocess.Process, wanted: str) -> None:
    assert child.stdout is not None
    async with asyncio.timeout(60):
        while (line := (await child.stdout.readline()).decode().strip()) != wanted:
            assert line, f"the process ended before it said {wanted!r}"


@case("N26", "a proxy that cuts idle connections", "nothing", own=True, speed=20)
async def idle_cut(stage: Stage) -> None:
    """Pings keep the connection; without them it would be cut."""
    await stage.open()
    await stage.ask_and_hear()
    cutting = asyncio.create_task(_cut_when_idle(stage, 7))
    try:
        await asyncio.sleep(30)
        assert not stage.all(ConnectionLost), "the connection was idle for 7 s"
        with patch.object(transport, "PING_EVERY_S", 1_000.0):
            stage.broken()
            await stage.shown(ConnectionLost, limit_s=30)
        await stage.restored()
    finally:
        cutting.cancel()
        await asyncio.wait({cutting})


async def _cut_when_idle(stage: Stage, limit_s: float) -> None:
    loop = asyncio.get_running_loop()
    seen, since_s = dict(stage.proxy.forwarded), loop.time()
    while True:
        await asyncio.sleep(0.25)
        if stage.proxy.forwarded != seen:
            seen, since_s = dict(stage.proxy.forwarded), loop.time()
        elif loop.time() - since_s > limit_s:
            stage.proxy.finish()
            since_s = loop.time()
