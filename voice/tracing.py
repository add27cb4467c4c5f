"""OpenTelemetry spans, off unless the standard variables ask for them.

``OTEL_EXPORTER_OTLP_ENDPOINT`` (or ``OTEL_TRACES_EXPORTER=otlp`` or ``console``) switches them on,
``OTEL_SDK_DISABLED=true`` or ``OTEL_TRACES_EXPORTER=none`` off again. Nothing of OpenTelemetry is
imported before. Spans carry ids, counts, times and statuses; never what was said, what tools were
told, or a key.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)

Attribute: TypeAlias = str | int | float | bool

SERVICE_NAME = "voice"
FLUSH_MS = 3_000
"""The end of a program waits this long for the last spans to leave."""

_SWITCHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass(slots=True)
class Span:
    """A stretch of time with a name, and what lies within it; times of day in seconds."""

    name: str
    begin_s: float
    end_s: float
    attributes: dict[str, Attribute] = field(default_factory=dict)
    children: list[Span] = field(default_factory=list)
    is_error: bool = False


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Return whether the standard variables ask for spans."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter != "none" and bool(exporter or any(environ.get(name) for name in _SWITCHES))


class Spans:
    """Sends spans away, from a thread of its own; ``close`` sends the last ones."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer: Tracer = provider.get_tracer("voice")

    def send(self, span: Span) -> None:
        """Send a span with everything in it; quick, and never raises."""
        self._send(span, None)

    def close(self) -> None:
        """Send what waits, for at most some seconds. Blocks; belongs into a thread."""
        self._provider.force_flush(FLUSH_MS)
        self._provider.shutdown()

    def _send(self, span: Span, parent: object) -> None:
        from opentelemetry.context import Context
        from opentelemetry.trace import StatusCode, set_span_in_context

        # An empty context, so that whatever runs around us is not taken for the parent.
        context = parent if isinstance(parent, Context) else Context()
        made = self._tracer.start_span(
            span.name,
            context=context,
            attributes=span.attributes,
            start_time=int(span.begin_s * 1e9),
        )
        if span.is_error:
            made.set_status(StatusCode.ERROR)
        inner = set_span_in_context(made, context)
        for child in span.children:
            self._send(child, inner)
        made.end(int(max(span.end_s, span.begin_s) * 1e9))


def open_spans(environ: Mapping[str, str] | None = None) -> Spans | None:
    """Return where spans go, or None where nobody wants any.

    An OpenTelemetry that is missing, or cannot be set up, is told in the log, and costs the spans.
    """
    environ = os.environ if environ is None else environ
    if not is_wanted(environ):
        return None
    try:
        exporter = _exporter(environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() or "otlp")
    except ImportError:
        log.warning("no spans: OpenTelemetry is not installed (voice-assistant-service[otel])")
        return None
    except ValueError as error:
        log.warning("no spans: %s", error)
        return None
    return spans_to(exporter, environ)


def spans_to(exporter: SpanExporter, environ: Mapping[str, str]) -> Spans:
    """Return spans that go to an exporter, in batches."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = environ.get("OTEL_SERVICE_NAME") or SERVICE_NAME
    # A provider of our own: a program that uses this package may have set up another.
    provider = TracerProvider(
        resource=Resource.create({"service.name": name}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider)


def _exporter(kind: str) -> SpanExporter:
    match kind:
        case "otlp":
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            return OTLPSpanExporter()
        case "console":
            from opentelemetry.sdk.trace.export import ConsoleSpanExporter

            return ConsoleSpanExporter()
        case _:
            raise ValueError(
                f"OTEL_TRACES_EXPORTER: expected otlp, console or none, got {kind!r:.40}"
            )
