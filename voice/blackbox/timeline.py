"""What happened in a recorded conversation, laid out on one axis of time.

Read from the records alone, without a core: a recording of another version can still be looked at.
All times are milliseconds since the first step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from voice.audio.wire import decode_wire
from voice.blackbox.record_file import END, HEADER, STEP, Record, read_records
from voice.core.updates import EndKind
from voice.errors import SettingsError
from voice.protocol.formats import PCM16, AudioFormat, read_format

LEVEL_MS = 20
"""One level of a waveform stands for this long."""

_FULL_SCALE = 32_768.0


@dataclass(slots=True)
class Span:
    """Something that lasted; ``end_ms`` None while it was not seen to end."""

    kind: str
    start_ms: int
    end_ms: int | None
    text: str = ""
    detail: str = ""


@dataclass(slots=True)
class Mark:
    """Something that happened at one moment; ``kind`` is warning, error, interrupted or link."""

    kind: str
    at_ms: int
    text: str


@dataclass(slots=True)
class Said:
    """One turn of either side; what was generated and not heard stands in ``unheard``."""

    who: str
    at_ms: int
    text: str
    unheard: str = ""


@dataclass(slots=True)
class Timeline:
    """A whole conversation; levels are 0 to 1, one for each LEVEL_MS."""

    header: Mapping[str, Any] = field(default_factory=dict)
    duration_ms: int = 0
    microphone: dict[int, float] = field(default_factory=dict)
    speaker: dict[int, float] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    latencies: list[Mapping[str, Any]] = field(default_factory=list)
    is_whole: bool = False

    def of(self, kind: str) -> list[Span]:
        """Return the spans of one kind, in order."""
        return [span for span in self.spans if span.kind == kind]


def read_timeline(path: Path) -> Timeline:
    """Read a recording; raises SettingsError for a file that is none."""
    reader = _Reader()
    for record in read_records(path):
        reader.take(record)
    if reader.start_ms is None:
        raise SettingsError(f"{path} holds no conversation yet")
    return reader.finish()


class _Reader:
    """Walks over the records and keeps what is open."""

    def __init__(self) -> None:
        self.start_ms: int | None = None
        self._timeline = Timeline()
        self._now_ms = 0
        self._open: dict[str, Span] = {}  # bounded: one of each kind, and the calls in flight
        self._formats = {"input": PCM16, "output": PCM16}
        self._silent_from_ms = 0
        self._paused_at_ms: int | None = None
        self._answers: dict[str, Said] = {}  # bounded: by the recording
        self._updates: dict[str, Callable[[dict[str, Any]], None]] = {
            "SessionReady": self._ready,
            "PhaseChanged": self._phase,
            "UserSpeechStarted": lambda u: self._begin("user", "user", u.get("cause", "")),
            "UserSpeechStopped": self._user_stopped,
            "PlaybackPaused": lambda u: self._begin("paused", "paused", u["cause"]),
            "PlaybackResumed": self._resumed,
            "DeviceUpdate": lambda u: self._mark("link", f"{u['kind']} {u['name']}: {u['detail']}"),
            "UserTranscript": self._user_said,
            "AssistantTranscript": self._assistant_said,
            "ToolCallStarted": self._tool_began,
            "ToolCallFinished": self._tool_ended,
            "Interrupted": self._interrupted,
            "TranscriptCorrected": self._corrected,
            "TurnTimeline": self._measured,
            "WarningIssued": lambda u: self._mark("warning", f"{u['code']}: {u['message']}"),
            "ErrorReported": lambda u: self._mark("error", f"{u['code']}: {u['message']}"),
            "ConnectionLost": lambda u: self._mark("link", f"connection lost: {u['reason']}"),
            "Reconnected": lambda u: self._mark("link", f"back, restored {u['restored']}"),
            "EndpointChanged": lambda u: self._mark("link", f"now at {u.get('name', '?')}"),
            "Ended": self._ended,
        }

    def take(self, record: Record) -> None:
        """Take one record."""
        if record.kind == HEADER:
            self._timeline.header = record.data
        elif record.kind == END:
            self._timeline.is_whole = True
        elif record.kind == STEP:
            self._step(record)

    def finish(self) -> Timeline:
        """Close what is open and return the whole."""
        timeline = self._timeline
        timeline.duration_ms = max(self._now_ms, self._silent_from_ms)
        for span in self._open.values():
            span.end_ms = timeline.duration_ms
        timeline.said.sort(key=lambda said: said.at_ms)
        return timeline

    def _step(self, record: Record) -> None:
        data = record.data
        if self.start_ms is None:
            self.start_ms = data["t"]
        self._now_ms = data["t"] - self.start_ms
        event = data["event"]
        kind = event.get("@")
        if kind == "MicFrame" and record.attachments:
            self._hear(record.attachments[0])
        elif kind == "UserTyped":
            self._timeline.said.append(Said("user", self._now_ms, event["text"]))
        for action in data["actions"]:
            name = action.get("@")
            if name == "PlayAudio" and kind == "AudioDelta" and record.attachments:
                self._play(record.attachments[0])
            elif name == "FlushPlayback":
                self._flush()
            elif name == "PausePlayback":
                self._paused_at_ms = self._now_ms
            elif name == "ResumePlayback":
                self._play_on()
            elif name == "Publish":
                update = action["update"]
                self._updates.get(update.get("@", ""), _ignore)(update)

    # --- sound ------------------------------------------------------------------------------------

    def _hear(self, audio: bytes) -> None:
        levels = _levels(audio, self._formats["input"])
        start = (self._now_ms - len(levels) * LEVEL_MS) // LEVEL_MS
        _lay(self._timeline.microphone, max(0, start), levels)

    def _play(self, audio: bytes) -> None:
        audio_format = self._formats["output"]
        begin_ms = max(self._silent_from_ms, self._sounded_to_ms)
        _lay(self._timeline.speaker, begin_ms // LEVEL_MS, _levels(audio, audio_format))
        self._silent_from_ms = begin_ms + audio_format.bytes_to_ms(len(audio))

    def _flush(self) -> None:
        """What was to sound from now on, or from the pause on, never did."""
        self._take_unheard()
        self._end("paused")

    def _play_on(self) -> None:
        """Lay what was paused where it sounded in the end."""
        later_ms = self._now_ms - self._sounded_to_ms
        end_ms, levels = self._silent_from_ms + later_ms, self._take_unheard()
        shift = later_ms // LEVEL_MS
        self._timeline.speaker.update({at + shift: level for at, level in levels.items()})
        self._silent_from_ms = end_ms

    def _take_unheard(self) -> dict[int, float]:
        """Take out, and return, what has not sounded yet; no pause goes on after this."""
        speaker, heard_ms = self._timeline.speaker, self._sounded_to_ms
        first, last = heard_ms // LEVEL_MS, self._silent_from_ms // LEVEL_MS + 2
        taken = {at: speaker.pop(at) for at in range(first, last) if at in speaker}
        self._silent_from_ms = min(self._silent_from_ms, heard_ms)
        self._paused_at_ms = None
        return taken

    @property
    def _sounded_to_ms(self) -> int:
        """Up to when playback went on: until now, or until it was paused."""
        return self._now_ms if self._paused_at_ms is None else self._paused_at_ms

    # --- updates ----------------------------------------------------------------------------------

    def _ready(self, update: dict[str, Any]) -> None:
        audio = update["session"]["fields"].get("audio") or {}
        for side in ("input", "output"):
            found = (audio.get(side) or {}).get("format")
            if found:
                self._formats[side] = read_format(found)

    def _phase(self, update: dict[str, Any]) -> None:
        self._end("phase")
        cause = update.get("cause", "")
        self._begin("phase", "phase", update["phase"]["name"].lower(), cause)

    def _user_stopped(self, update: dict[str, Any]) -> None:
        span = self._open.get("user")
        if span is not None:
            span.detail = update.get("cause", "")
        self._end("user")

    def _resumed(self, update: dict[str, Any]) -> None:
        span = self._open.get("paused")
        if span is not None:
            span.detail = f"went on: {update['cause']}"
        self._end("paused")

    def _user_said(self, update: dict[str, Any]) -> None:
        if update["is_final"] and update["text"]:
            turns = self._timeline.of("user")
            at_ms = turns[-1].start_ms if turns else self._now_ms
            self._timeline.said.append(Said("user", at_ms, update["text"]))

    def _assistant_said(self, update: dict[str, Any]) -> None:
        said = self._answers.get(update["item_id"])
        if said is None:
            said = self._answers[update["item_id"]] = Said("assistant", self._now_ms, "")
            self._timeline.said.append(said)
        if not said.unheard:
            said.text = update["text"] if update["is_final"] else said.text + update["text"]

    def _interrupted(self, update: dict[str, Any]) -> None:
        said = self._answers.get(update["item_id"])
        if said is not None:
            said.text, said.unheard = update["heard_text"], update["unheard_text"]
        cause = f": {update['cause']}" if update.get("cause") else ""
        self._mark("interrupted", f"interrupted after {update['heard_ms']} ms{cause}")

    def _corrected(self, update: dict[str, Any]) -> None:
        said = self._answers.get(update["item_id"])
        if said is not None:
            whole = said.text + said.unheard
            said.text = update["heard_text"]
            said.unheard = whole.removeprefix(said.text)

    def _tool_began(self, update: dict[str, Any]) -> None:
        self._begin(update["call_id"], "tool", update["name"], update["arguments"])

    def _tool_ended(self, update: dict[str, Any]) -> None:
        span = self._open.get(update["call_id"])
        if span is not None:
            span.detail += f" → {update['output']}"
        self._end(update["call_id"])

    def _measured(self, update: dict[str, Any]) -> None:
        start_ms = self.start_ms or 0
        moments = {
            key: value - start_ms
            for key, value in update.items()
            if key.endswith("_ms") and isinstance(value, int)
        }
        self._timeline.latencies.append(moments)

    def _ended(self, update: dict[str, Any]) -> None:
        if update["kind"]["name"] != EndKind.HUNG_UP.name:
            self._mark("error", f"ended: {update['reason']}")

    def _mark(self, kind: str, text: str) -> None:
        self._timeline.marks.append(Mark(kind, self._now_ms, text))

    def _begin(self, key: str, kind: str, text: str, detail: str = "") -> None:
        span = Span(kind, self._now_ms, None, text, detail)
        self._open[key] = span
        self._timeline.spans.append(span)

    def _end(self, key: str) -> None:
        span = self._open.pop(key, None)
        if span is not None:
            span.end_ms = self._now_ms


def _ignore(_: dict[str, Any]) -> None:
    """Show nothing for an update that the picture has no place for."""


def _levels(audio: bytes, audio_format: AudioFormat) -> list[float]:
    """Return the peak of each LEVEL_MS of audio, 0 to 1."""
    whole = len(audio) - len(audio) % audio_format.bytes_per_sample
    pcm = decode_wire(audio[:whole], audio_format, audio_format.rate_hz)
    step = audio_format.ms_to_samples(LEVEL_MS)
    cut = [pcm[at : at + step] for at in range(0, pcm.size, step)]
    return [float(np.abs(part.astype(np.float32)).max()) / _FULL_SCALE for part in cut if part.size]


def _lay(levels: dict[int, float], start: int, added: list[float]) -> None:
    for offset, level in enumerate(added):
        levels[start + offset] = max(level, levels.get(start + offset, 0.0))
