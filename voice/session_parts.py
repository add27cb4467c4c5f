"""What stands beside a session, as the settings want it: its budget, its recording, its gate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pydantic import SecretStr

from voice.blackbox.recorder import Recorder
from voice.blackbox.shelf import new_record, tidy
from voice.client.bookkeeper import Budget
from voice.client.ear import Ear
from voice.client.gate import KEEP_ALIVE_MS, GatedMicrophone, SilenceGate, SpeechDetector
from voice.client.place import Place
from voice.client.turn_spans import TurnSpans
from voice.core.updates import Update
from voice.protocol.endpoints import Endpoint
from voice.spending import budget_of
from voice.tracing import Spans, open_spans

if TYPE_CHECKING:
    from voice.audio.ports import Microphone
    from voice.settings import Settings

GatePair: TypeAlias = tuple[SpeechDetector, SilenceGate]

UNKNOWN_IDLE_LIMIT_S = 180
"""Endpoints that say nothing of it have been seen to close what is idle for some minutes."""


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What watches a session, and what stands between it and the microphone."""

    budget: Budget
    recorder: Recorder | None
    gate: GatePair | None
    spans: Spans | None = None
    endpoint: str = ""

    @property
    def observers(self) -> list[Callable[[Update], None]]:
        """What is to see every update of the session; belongs to its event loop."""
        found: list[Callable[[Update], None]] = []
        if self.gate is not None:
            found.append(self.gate[1].take)
        if self.spans is not None:
            core_s = asyncio.get_running_loop().time
            send, endpoint = self.spans.send, self.endpoint
            found.append(TurnSpans(send, endpoint=endpoint, wall_s=time.time, core_s=core_s).take)
        return found

    def close(self) -> None:
        """Send what waits to be sent. Blocks for some seconds at most; belongs into a thread."""
        if self.spans is not None:
            self.spans.close()

    def heard_through(self, microphone: Microphone) -> Microphone:
        """Return the microphone that the session is to hear; an ear has a detector of its own."""
        if self.gate is None:
            return microphone
        detector, gate = self.gate
        if isinstance(microphone, Ear):
            microphone.keep_silence(gate)
            return microphone
        return GatedMicrophone(microphone, detector, gate)


def parts_of(
    settings: Settings, places: list[Place], record: Path | None, token: SecretStr
) -> SessionParts:
    """Make the parts; touches the disk, and loads the detector where silence is kept back.

    ``record`` is a file that the person named; ``token`` is our own server's, to be masked.
    """
    endpoints = [place.endpoint for place in places]
    recorder = _recorder(record, settings, token)
    return SessionParts(
        budget_of(settings, endpoints),
        recorder,
        _gate(settings, endpoints),
        open_spans(),
        endpoints[0].name,
    )


def _gate(settings: Settings, endpoints: list[Endpoint]) -> GatePair | None:
    if settings.audio.send_silence:
        return None
    from voice.engines.vad import SileroVad

    limits_s = [
        endpoint.capabilities.idle_limit_s or UNKNOWN_IDLE_LIMIT_S for endpoint in endpoints
    ]
    keep_alive_ms = min(KEEP_ALIVE_MS, min(limits_s) * 1_000 // 3)
    return SileroVad().open(), SilenceGate(keep_alive_ms=keep_alive_ms)


def _recorder(path: Path | None, settings: Settings, token: SecretStr) -> Recorder | None:
    wanted, is_asked_for = settings.record, path is not None
    if path is None:
        if not wanted.always:
            return None
        tidy(wanted.folder, keep_days=wanted.keep_days, keep_bytes=wanted.keep_mb * 1_000_000)
        path = new_record(wanted.folder)
    hidden = (*settings.secret_values(), token.get_secret_value())
    # Nobody waits for a recording that every session makes; the conversation goes before it.
    return Recorder(path, secrets=hidden, may_fail=not is_asked_for)
