"""``GET /metrics``: the server's counts in the Prometheus text format."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from voice.server.meters import Histogram
from voice.server.page_answers import server_state
from voice.server.state import ServerState

if TYPE_CHECKING:
    from prometheus_client import Metric


async def metrics(request: Request) -> Response:
    """Answer with everything that is counted; see ``families`` for the names."""
    state = server_state(request)
    # Not at the start of the server: the library takes 80 ms to import and few servers are scraped.
    await asyncio.to_thread(__import__, "prometheus_client")
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
    from prometheus_client.registry import Collector

    class ServerCollector(Collector):
        """Reads the counts anew for each scrape."""

        def collect(self) -> Iterator[Metric]:
            """Yield all families."""
            return families(state)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServerCollector())
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def families(state: ServerState) -> Iterator[Metric]:
    """Yield the server's metric families; process figures come from the library on Linux."""
    yield from _sessions(state)
    yield from _traffic(state)
    yield from _timings(state)
    yield from _queues(state)


def _sessions(state: ServerState) -> Iterator[Metric]:
    meters = state.meters
    yield _gauge("voice_ready", "Whether the models are loaded.", float(state.engines is not None))
    yield _gauge("voice_open_sessions", "Open sessions.", len(state.connections))
    yield _gauge(
        "voice_open_sessions_limit", "Sessions that may be open.", state.config.max_sessions
    )
    yield _count("voice_sessions", "Sessions opened.", meters.sessions)
    text = "Handshakes turned away, by the code of the answer."
    yield _counts("voice_refused_sessions", text, "code", meters.refusals)
    yield _gauge(
        "voice_client_secrets", "Ephemeral keys that are valid.", len(state.client_secrets)
    )


def _traffic(state: ServerState) -> Iterator[Metric]:
    meters = state.meters
    yield _count("voice_turns", "User turns committed.", meters.turns)
    yield _counts("voice_responses", "Responses by how they ended.", "status", meters.responses)
    yield _counts("voice_errors", "Error events sent, by code.", "code", meters.errors)
    text = "Seconds of audio over the realtime sockets."
    seconds = {"in": meters.audio_in_s, "out": meters.audio_out_s}
    yield _counts("voice_audio_seconds", text, "direction", seconds)
    frame_bytes = {"in": meters.bytes_in, "out": meters.bytes_out}
    text = "Characters of the frames over the realtime sockets."
    yield _counts("voice_frame_bytes", text, "direction", frame_bytes)
    text = "One-shot requests answered, by kind."
    yield _counts("voice_one_shots", text, "kind", meters.one_shots)
    yield _gauge("voice_one_shots_in_hand", "One-shot requests in hand.", state.one_shots.in_hand)


def _timings(state: ServerState) -> Iterator[Metric]:
    meters = state.meters
    text = "Seconds from the user's last word to each stage of the answer."
    yield _histograms("voice_turn_stage_seconds", text, "stage", meters.stages)
    text = "How late the event loop is."
    yield _histograms("voice_event_loop_lag_seconds", text, None, {"": meters.loop_lag})


def _queues(state: ServerState) -> Iterator[Metric]:
    queues = state.engines.queues if state.engines is not None else ()
    states = {queue.name: queue.state() for queue in queues}
    for name, text, values in (
        ("waiting", "Calls that wait for an engine.", {n: s.waiting for n, s in states.items()}),
        ("running", "Calls that an engine works on.", {n: s.running for n, s in states.items()}),
    ):
        yield _gauges(f"voice_engine_calls_{name}", text, "engine", values)
    text = "How long the first call that a user waits for has waited for an engine."
    waits_s = {name: s.longest_wait_s for name, s in states.items()}
    yield _gauges("voice_engine_longest_wait_seconds", text, "engine", waits_s)


def _gauge(name: str, text: str, value: float) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _count(name: str, text: str, value: float) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(name, text, value=value)


def _counts(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _histograms(name: str, text: str, label: str | None, values: Mapping[str, Histogram]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, text, labels=[] if label is None else [label])
    for key, histogram in values.items():
        labels = [] if label is None else [key]
        family.add_metric(labels, histogram.cumulative(), histogram.sum_s)
    return family
