"""OpenTelemetry: off by default and then unknown, on by the standard variables, to a receiver."""

from __future__ import annotations

import asyncio
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.session_kit import Clock, Reader
from tests.server.serving_kit import connect, engines, server
from voice.client.session import Session
from voice.client.turn_spans import TurnSpans
from voice.core.updates import Phase, PhaseChanged, ResponseFinished
from voice.engines.scripted import ScriptedReply
from voice.protocol.endpoints import resolve
from voice.testing import events
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.tracing import Span, Spans, is_wanted, open_spans

pytest.importorskip("opentelemetry.sdk")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

SECRETS = ("canary words", "Canaryville", "noon")
VARIABLES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
)


@pytest.fixture(autouse=True)
def nobodys_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Run an OTLP/HTTP receiver that the variables point to; yields the bodies that it got."""
    bodies: list[bytes] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 (the base class's name)
            assert self.path == "/v1/traces"
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    port = listening.server_address[1]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    yield bodies
    listening.shutdown()
    listening.server_close()
    thread.join()


def received(bodies: list[bytes]) -> dict[str, object]:
    """Return what came: span name -> span, and the names of the services."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    found: dict[str, object] = {}
    for body in bodies:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for attribute in resource.resource.attributes:
                if attribute.key == "service.name":
                    found["service"] = attribute.value.string_value
            for scope in resource.scope_spans:
                found.update((span.name, span) for span in scope.spans)
    return found


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
        ({"OTEL_SERVICE_NAME": "kiosk"}, False),
    ],
)
def test_the_standard_variables_switch_spans_on_and_off(
    environ: dict[str, str], wanted: bool
) -> None:
    assert is_wanted(environ) is wanted


def test_nothing_is_imported_while_spans_are_off() -> None:
    code = (
        "import sys; from voice.tracing import open_spans; import voice.app, voice.server.serve; "
        "assert open_spans({}) is None; "
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=15)


def test_an_unknown_exporter_is_told_and_costs_the_spans(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert open_spans({"OTEL_TRACES_EXPORTER": "zipkin"}) is None
    assert "expected otlp, console or none, got 'zipkin'" in caplog.text


def test_a_missing_package_is_told_and_costs_the_spans(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    assert open_spans({"OTEL_TRACES_EXPORTER": "otlp"}) is None
    assert "voice-assistant-service[otel]" in caplog.text


def test_children_keep_their_times_and_their_parent() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans = Spans(provider)
    child = Span("brain", 10.1, 10.25, {"response.id": "r1"}, is_error=True)
    spans.send(Span("turn", 10.0, 11.0, {"turn.spoken": True}, [child]))
    inner, outer = exporter.get_finished_spans()
    assert (inner.name, outer.name) == ("brain", "turn")
    assert inner.parent is not None and inner.parent.span_id == outer.context.span_id
    assert outer.parent is None
    assert (inner.start_time, inner.end_time) == (10_100_000_000, 10_250_000_000)
    assert inner.attributes == {"response.id": "r1"}
    assert (inner.status.is_ok, outer.status.is_ok) == (False, True)
    spans.close()


async def test_a_turn_of_a_session_reaches_a_receiver(receiver: list[bytes]) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.expect("conversation.item.create")
        await peer.expect("response.create")
        await peer.send(
            events.response_created("r1"),
            events.call_done("r1", "c1", "clock", '{"city": "Canaryville"}'),
            events.response_done("r1"),
        )
        await peer.expect("conversation.item.create")
        await peer.expect("response.create")
        await peer.send(
            events.response_created("r2"),
            events.words("r2", "a2", "It is noon."),
            events.audio_delta("r2", "a2", 20),
            events.audio_done("r2", "a2"),
            events.response_done("r2"),
        )

    spans = open_spans()
    assert spans is not None
    now_s = asyncio.get_running_loop().time
    turns = TurnSpans(spans.send, endpoint="scripted", wall_s=now_s, core_s=now_s)
    async with ScriptedEndpoint(script) as endpoint:
        async with Session(
            endpoint=resolve(endpoint.url), tools=Clock(), observers=[turns.take]
        ) as session:
            reader = Reader(session)
            session.send_text("canary words")
            await reader.until(ResponseFinished, 2)
            while (await reader.until(PhaseChanged)).phase is not Phase.LISTENING:
                pass
    await asyncio.to_thread(spans.close)
    found = received(receiver)
    assert {"turn", "tool", "brain", "first audio", "response"} <= set(found)
    assert found["service"] == "voice"
    assert not any(secret.encode() in body for body in receiver for secret in SECRETS)


async def test_the_servers_responses_reach_a_receiver(
    receiver: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "kiosk")
    bundle = engines(replies=[ScriptedReply("canary words")], heard=["noon"])
    async with server(bundle) as running, connect(running) as client:
        await client.until("session.created")
        await client.speak()
        await client.until("response.done")
    found = received(receiver)
    assert found["service"] == "kiosk"
    assert {"response", "first words", "first audio"} <= set(found)
    keys = {attribute.key for attribute in found["response"].attributes}  # type: ignore[attr-defined]
    assert {"response.status", "session.id", "since_last_word.first_audio_ms"} <= keys
    assert not any(secret.encode() in body for body in receiver for secret in SECRETS)


async def test_a_receiver_that_is_gone_costs_no_time_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    spans = open_spans()
    assert spans is not None
    spans.send(Span("turn", 1.0, 2.0))
    async with asyncio.timeout(8):
        await asyncio.to_thread(spans.close)
