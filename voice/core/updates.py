"""What a face can show: everything that a session publishes, as plain values.

Texts are transcripts and belong to the person's screen alone; nothing here is meant for a log.
Times ending in ``_ms`` are on the core's own clock, whose zero means nothing: compare, subtract.
A ``cause`` is a short plain phrase, without any words that were said but those of a backchannel;
empty where nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, TypeAlias

from voice.core.cost import CostUpdated
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig


class Phase(Enum):
    """What the conversation is doing, computed from the machines and stored nowhere."""

    CONNECTING = "connecting"
    RECONNECTING = "reconnecting"
    """The connection is lost; the conversation waits for another."""
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    WORKING = "working"
    """A tool is running and nothing is being said."""
    CLOSED = "closed"


class EndKind(Enum):
    """Why a session ended."""

    HUNG_UP = "hung up"
    CONNECT_FAILED = "no session could be opened"
    AUTH_FAILED = "the key or the account was refused"
    LINK_LOST = "the connection was lost"
    CAP_REACHED = "as much was spent as may be"


@dataclass(frozen=True, slots=True)
class SessionReady:
    """The endpoint took the configuration; ``session`` is the effective one."""

    session: SessionConfig
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The connection is lost, or another try failed; the conversation is kept.

    ``attempt`` counts from 1 and goes on where a new connection did not hold. The next try comes in
    ``retry_in_ms``.
    """

    reason: str
    retry_in_ms: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Reconnected:
    """A new connection has the conversation.

    ``restored`` is ``partial`` where the endpoint was not told everything that was said; it then
    refused ``skipped`` items, or they could not be told.
    """

    restored: Literal["full", "partial"]
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class SessionRenewed:
    """A fresh session took over from one that would soon have expired; nobody need notice."""

    restored: Literal["full", "partial"]
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """The conversation goes on at another endpoint of the list.

    ``index`` is its place in the list, 0 the best; ``reason`` says why the one before was left, and
    is empty where a better one is back.
    """

    name: str
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """The conversation does something else now."""

    phase: Phase
    cause: str = ""


@dataclass(frozen=True, slots=True)
class UserSpeechStarted:
    """The endpoint hears the user speak, or the talk button went down.

    ``item_id`` is the one that the words will have; empty where the endpoint has named none yet.
    """

    item_id: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class UserSpeechStopped:
    """The user's turn is over."""

    cause: str = ""


@dataclass(frozen=True, slots=True)
class UserTranscript:
    """Words of the user: what was added, or, where ``is_final``, the whole turn.

    ``usage`` is the endpoint's own account of the transcription, with the whole turn alone.
    """

    item_id: str
    text: str
    is_final: bool
    usage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssistantTranscript:
    """Words of the assistant: what was added, or, where ``is_final``, the whole part."""

    response_id: str
    item_id: str
    text: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """A tool runs; ``arguments`` is JSON text as the model wrote it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolCallFinished:
    """A tool call was answered; ``output`` is what the model is told."""

    call_id: str
    name: str
    output: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class HostedToolsListed:
    """The endpoint connected to a server of tools itself; its calls are shown as ours are."""

    server: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """The endpoint asks the user's leave for a call of its own; ``arguments`` is JSON text."""

    request_id: str
    server: str
    tool: str
    arguments: str


ApprovalVerdict: TypeAlias = Literal["approved", "refused", "expired", "lost"]


@dataclass(frozen=True, slots=True)
class ApprovalOver:
    """A request was answered, or is gone: nobody answered it, or its session was lost."""

    request_id: str
    verdict: ApprovalVerdict


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A tool's question is put to the user; the next turn is its answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An answer was cut; ``heard_ms`` of it sounded, 0 where nothing did.

    The texts are estimated from the time at which each word came; ``TranscriptCorrected`` follows
    where the endpoint knows better.
    """

    item_id: str
    heard_ms: int
    heard_text: str
    unheard_text: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class PlaybackPaused:
    """The answer fell silent for a moment, since somebody may be speaking over it."""

    cause: str


@dataclass(frozen=True, slots=True)
class PlaybackResumed:
    """The answer goes on from where it was paused.

    ``kind`` says what was heard over it: ``backchannel``, ``noise`` or ``echo``; empty where nobody
    judged. ``words`` are what the judge made of it.
    """

    kind: str
    words: str
    cause: str


@dataclass(frozen=True, slots=True)
class DeviceUpdate:
    """A microphone or a speaker came, went, or took the place of another.

    ``kind`` is ``microphone`` or ``speaker``, ``name`` the device, ``detail`` for people.
    """

    kind: str
    name: str
    is_working: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TranscriptCorrected:
    """The endpoint's own account of what was heard of an answer that was cut."""

    item_id: str
    heard_text: str


@dataclass(frozen=True, slots=True)
class ResponseFinished:
    """A response ended.

    ``status`` is ``completed``, ``cancelled``, ``incomplete`` or ``failed``, ``reason`` what the
    endpoint gave for it, or None. ``usage`` is the endpoint's own object, empty where it gave none.
    """

    response_id: str
    status: str
    reason: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TurnTimeline:
    """When things happened in the turn that one response answers; None for what did not happen.

    ``speech_end_ms`` is when the last sample of the user's speech was sent: the endpoint's own
    offset, less the silence it waited for. ``turn_end_ms`` is when the turn was known to be over.
    """

    response_id: str
    speech_end_ms: int | None = None
    turn_end_ms: int | None = None
    transcript_ms: int | None = None
    first_token_ms: int | None = None
    first_audio_ms: int | None = None
    last_audio_ms: int | None = None


@dataclass(frozen=True, slots=True)
class MicrophoneEnded:
    """The microphone has no more to give: a file is through, or the device is gone."""


@dataclass(frozen=True, slots=True)
class WarningIssued:
    """Something odd was survived; ``code`` is stable, ``message`` is for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ErrorReported:
    """The endpoint, or a response, reported an error; the session goes on."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The last update of every session.

    ``code`` is a WebSocket close code, an HTTP status, or 0. ``retryable`` says whether another
    session may fare better.
    """

    kind: EndKind
    code: int
    reason: str
    retryable: bool = False


Update: TypeAlias = (
    SessionReady
    | ConnectionLost
    | Reconnected
    | SessionRenewed
    | EndpointChanged
    | PhaseChanged
    | UserSpeechStarted
    | UserSpeechStopped
    | UserTranscript
    | AssistantTranscript
    | ToolCallStarted
    | QuestionAsked
    | ToolCallFinished
    | HostedToolsListed
    | ApprovalRequested
    | ApprovalOver
    | Interrupted
    | PlaybackPaused
    | PlaybackResumed
    | DeviceUpdate
    | TranscriptCorrected
    | ResponseFinished
    | TurnTimeline
    | CostUpdated
    | MicrophoneEnded
    | WarningIssued
    | ErrorReported
    | Ended
)
