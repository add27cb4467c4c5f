"""Metrics as a Prometheus server reads them."""

import contextlib
import subprocess
import sys

import websockets
from prometheus_client.parser import text_string_to_metric_families

from tests.server.page_kit import pages
from tests.server.serving_kit import connect, engines, server
from voice.engines.ports import QueueState


async def scraped(running):
    async with pages(running) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            samples[(sample.name, *sorted(sample.labels.items()))] = sample.value
    return samples


async def test_a_spoken_turn_is_counted_and_measured():
    async with server(engines(heard=["Hello."])) as running:
        async with connect(running) as client:
            await client.until("session.created")
            await client.speak()
            await client.until("response.done")
            await client.send("no.such.event")
            await client.until("error")
            open_now = await scraped(running)
        samples = await scraped(running)

    assert open_now[("voice_open_sessions",)] == 1
    assert samples[("voice_sessions_total",)] == 1
    assert samples[("voice_turns_total",)] == 1
    assert samples[("voice_responses_total", ("status", "completed"))] == 1
    assert samples[("voice_errors_total", ("code", "invalid_value"))] == 1
    assert samples[("voice_audio_seconds_total", ("direction", "in"))] > 1.5
    assert samples[("voice_audio_seconds_total", ("direction", "out"))] > 0
    assert samples[("voice_frame_bytes_total", ("direction", "in"))] > 50_000
    for stage in ("transcript", "first_token", "first_audio"):
        assert samples[("voice_turn_stage_seconds_count", ("stage", stage))] == 1


async def test_refused_handshakes_are_counted_by_reason():
    async with server(max_sessions=0) as running:
        with contextlib.suppress(websockets.InvalidStatus):
            async with connect(running):
                pass
        samples = await scraped(running)

    assert samples[("voice_refused_sessions_total", ("code", "busy"))] == 1


class Queue:
    """A waiting line in front of an engine."""

    name = "synthesiser"

    def state(self):
        return QueueState(waiting=3, running=2, longest_wait_s=0.25)


async def test_queues_of_the_engines_are_shown():
    bundle = engines()
    object.__setattr__(bundle, "queues", (Queue(),))
    async with server(bundle) as running:
        samples = await scraped(running)

    engine = ("engine", "synthesiser")
    assert samples[("voice_engine_calls_waiting", engine)] == 3
    assert samples[("voice_engine_calls_running", engine)] == 2
    assert samples[("voice_engine_longest_wait_seconds", engine)] == 0.25


async def test_the_process_is_measured_where_the_system_tells():
    async with server() as running:
        samples = await scraped(running)

    if sys.platform == "linux":
        assert samples[("process_resident_memory_bytes",)] > 10_000_000


async def test_two_servers_count_apart():
    async with server() as first, server() as second:
        async with connect(first) as client:
            await client.until("session.created")
        assert (await scraped(first))[("voice_sessions_total",)] == 1
        assert (await scraped(second))[("voice_sessions_total",)] == 0


def test_the_library_is_not_imported_before_it_is_needed():
    program = "import sys, voice.server.serve; print('prometheus_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.strip() == "False", done.stderr
