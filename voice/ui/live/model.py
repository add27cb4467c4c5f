"""What the live view shows, kept from a session's updates; it draws nothing and asks no clock.

Updates go in by ``take``, with the time; entries, marks and facts come out. Everything is bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from voice.core.bounded import BoundedDict
from voice.core.cost import CostUpdated
from voice.core.updates import (
    AssistantTranscript,
    ConnectionLost,
    DeviceUpdate,
    Ended,
    EndKind,
    EndpointChanged,
    ErrorReported,
    Interrupted,
    Phase,
    PhaseChanged,
    PlaybackPaused,
    PlaybackResumed,
    Reconnected,
    ResponseFinished,
    SessionRenewed,
    ToolCallFinished,
    ToolCallStarted,
    TranscriptCorrected,
    Update,
    UserTranscript,
    WarningIssued,
)
from voice.ui.live.connection import ConnectionFacts
from voice.ui.live.entries import (
    AnswerEntry,
    Entry,
    NoteEntry,
    Role,
    ToolEntry,
    UserEntry,
    clean,
)
from voice.ui.render import device_text, incomplete_text
from voice.ui.turns import Timing, TurnLog

MAX_ENTRIES = 400
MAX_EVENTS = 200
MAX_TIMED = 50
"""Turns whose times are compared."""

_MAX_IDS = 256


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of what happened: a phase, and why; ``at_s`` since the view began."""

    at_s: float
    text: str
    cause: str


class LiveModel:
    """The state of one live view.

    ``endpoint`` is the name of what is talked to. ``now_s`` of every method is one clock, which
    never goes back.
    """

    def __init__(self, endpoint: str, *, now_s: float) -> None:
        self.began_s = now_s
        self.phase = Phase.LISTENING
        self.cause = ""
        self.is_paused = False
        """Whether the answer is held back while somebody may be speaking over it."""
        self.is_muted = False
        self.mode = ""
        """How the microphone listens: ``full duplex``, ``asleep`` …; empty where nobody knows."""
        self.entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self.dropped = 0
        """Entries that were pushed out at the beginning."""
        self.happenings: deque[Happening] = deque(maxlen=MAX_EVENTS)
        self.connection = ConnectionFacts(endpoint, now_s)
        self.devices: dict[str, str] = {}  # bounded: one each for microphone and speaker
        self.cost: CostUpdated | None = None
        self.ended: Ended | None = None
        self.timing_is_typed = False
        self._now_s = now_s
        self._log = TurnLog(lambda: self._now_s)
        self._timing: Timing | None = None
        self._first_audio_ms: BoundedDict[int, int] = BoundedDict(MAX_TIMED)
        self._users: BoundedDict[str, UserEntry] = BoundedDict(_MAX_IDS)
        self._answers: BoundedDict[str, AnswerEntry] = BoundedDict(_MAX_IDS)
        self._calls: BoundedDict[str, ToolEntry] = BoundedDict(_MAX_IDS)

    @property
    def timing(self) -> Timing | None:
        """When things happened in the last turn that was timed."""
        return self._timing

    @property
    def timed_turns(self) -> int:
        """How many of the last turns were timed."""
        return len(self._first_audio_ms)

    @property
    def usual_first_audio_ms(self) -> int | None:
        """The median of the times to the first audio; None before there are two."""
        known = list(self._first_audio_ms.values())
        return round(median(known)) if len(known) > 1 else None

    # --- what a person does -----------------------------------------------------------------------

    def typed(self, text: str, now_s: float) -> None:
        """Show a line that was typed."""
        self._now_s = now_s
        self._log.begin(typed=text)
        self._add(UserEntry(text=text, is_final=True))

    def open_devices(self, names: Sequence[str]) -> None:
        """Show the names of the microphone and the speaker that are open; empty for unknown."""
        for kind, name in zip(("microphone", "speaker"), names, strict=False):
            if name:
                self.devices[kind] = clean(name)

    def note(self, text: str, kind: Role = Role.NOTE) -> None:
        """Show a remark; one that repeats the last entry is not shown again."""
        last = self.entries[-1] if self.entries else None
        if not (isinstance(last, NoteEntry) and last.text == text):
            self._add(NoteEntry(text=text, kind=kind))

    def tool_line(self, line: str) -> None:
        """Show what a server of tools tells meanwhile: beside the call that runs, or as a remark.

        Progress begins with the names of the server and the tool, and a colon.
        """
        who, _, told = clean(line).partition(": ")
        name = "__".join(who.split())
        for entry in reversed(self.entries):
            if isinstance(entry, ToolEntry) and entry.is_running and entry.name == name:
                entry.progress = told
                entry.version += 1
                return
        self.note(clean(line))

    def logged(self, line: str, now_s: float) -> None:
        """Show a line of a log or a library among what happened: it is no part of the talk."""
        self._now_s = now_s
        self._happened("log", line)

    def hear(self, heard: Mapping[str, str]) -> bool:
        """Note which words of the answers that sound were heard so far; returns if that is news.

        An answer that is not named any more was heard to its end.
        """
        is_news = False
        for item_id, entry in self._answers.items():
            text = heard.get(item_id)
            if entry.is_cut or (text is None and entry.heard_length is None):
                continue
            length = len(text) if text is not None and entry.text.startswith(text) else None
            if length != entry.heard_length:
                entry.heard_length = length
                entry.version += 1
                is_news = True
        return is_news

    # --- what the session tells -------------------------------------------------------------------

    def take(self, update: Update, now_s: float) -> None:
        """Take in one update that came at ``now_s``."""
        self._now_s = now_s
        turn = self._log.take(update)
        if turn is not None and turn.timing.first_token_ms is not None:
            self._timing, self.timing_is_typed = turn.timing, turn.is_typed
            if turn.timing.first_audio_ms is not None:
                self._first_audio_ms[id(turn)] = turn.timing.first_audio_ms
        if self.connection.take(update, now_s):
            self._happened(self.connection.why or self.connection.state, "")
        match update:
            case PhaseChanged():
                self._change_phase(update.phase, update.cause)
            case PlaybackPaused(cause=cause):
                self.is_paused = True
                self._happened("paused", cause)
            case PlaybackResumed(cause=cause):
                self.is_paused = False
                self._happened("resumed", cause)
            case UserTranscript() | AssistantTranscript():
                self._take_words(update)
            case Interrupted() | TranscriptCorrected():
                self._take_cut(update)
            case ToolCallStarted() | ToolCallFinished():
                self._take_call(update)
            case CostUpdated():
                self.cost = update
            case _:
                self._take_news(update)

    def _take_news(self, update: Update) -> None:
        match update:
            case ConnectionLost(reason=reason, attempt=1):
                self.note(f"the connection is lost: {reason}; trying again")
            case Reconnected(restored=restored, skipped=skipped):
                missing = "" if restored == "full" else f", without {skipped} of its messages"
                self.note(f"connected again; the conversation goes on{missing}")
            case SessionRenewed():
                pass
            case EndpointChanged(name=name, reason=reason):
                self.note(f"going on at {name}{_since(reason)}")
            case DeviceUpdate():
                self._take_device(update)
            case ResponseFinished(status="incomplete", reason=reason):
                self.note(incomplete_text(reason), Role.WARNING)
            case WarningIssued(message=message):
                self.note(message, Role.WARNING)
            case ErrorReported(message=message):
                self.note(message, Role.ERROR)
            case Ended():
                self.ended = update
                if update.kind is EndKind.HUNG_UP and update.reason != "hung up":
                    self.note(f"the conversation ends: {update.reason}")
                elif update.kind is not EndKind.HUNG_UP:
                    self._happened(f"ended: {update.kind.value}", update.reason)
            case _:
                pass

    def _change_phase(self, phase: Phase, cause: str) -> None:
        self.phase, self.cause = phase, clean(cause)
        self.is_paused = False
        self._happened(phase.value, cause)
        if phase is not Phase.SPEAKING:
            self.hear({})

    def _take_device(self, update: DeviceUpdate) -> None:
        if update.name:
            gone = "" if update.is_working else " (gone)"
            self.devices[update.kind] = f"{update.name}{gone}"
        self.note(device_text(update), Role.NOTE if update.is_working else Role.WARNING)

    def _take_words(self, update: UserTranscript | AssistantTranscript) -> None:
        entry: UserEntry | AnswerEntry
        if isinstance(update, UserTranscript):
            if update.is_final and not update.text.strip() and update.item_id not in self._users:
                return
            user = self._users.get(update.item_id)
            if user is None:
                user = self._users[update.item_id] = UserEntry()
                self._add(user)
            entry = user
        else:
            answer = self._answers.get(update.item_id)
            if answer is None:
                answer = self._answers[update.item_id] = AnswerEntry()
                self._add(answer)
            if answer.is_cut:
                return
            entry = answer
        entry.text = update.text if update.is_final else entry.text + update.text
        entry.is_final = update.is_final
        entry.version += 1

    def _take_cut(self, update: Interrupted | TranscriptCorrected) -> None:
        entry = self._answers.get(update.item_id)
        if entry is None:
            if isinstance(update, TranscriptCorrected):
                return
            entry = self._answers[update.item_id] = AnswerEntry()
            self._add(entry)
        if isinstance(update, Interrupted):
            entry.unheard, entry.cause = update.unheard_text, update.cause
        else:
            entry.unheard = (entry.text + entry.unheard).removeprefix(update.heard_text)
        entry.text, entry.is_cut, entry.is_final = update.heard_text, True, True
        entry.heard_length = None
        entry.version += 1

    def _take_call(self, update: ToolCallStarted | ToolCallFinished) -> None:
        if isinstance(update, ToolCallStarted):
            entry = ToolEntry(name=update.name, arguments=update.arguments, begun_s=self._now_s)
            self._calls[update.call_id] = entry
            self._add(entry)
            return
        known = self._calls.get(update.call_id)
        if known is not None:
            known.finish(update.output, is_error=update.is_error, now_s=self._now_s)
            known.version += 1

    def _add(self, entry: Entry) -> None:
        if len(self.entries) == MAX_ENTRIES:
            self.dropped += 1
        self.entries.append(entry)

    def _happened(self, text: str, cause: str) -> None:
        self.happenings.append(Happening(self._now_s - self.began_s, text, clean(cause)))


def _since(reason: str) -> str:
    return f", since {reason}" if reason else ", which is back"
