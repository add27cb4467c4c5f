"""What happened here, as ClientCore takes it besides wire events; all names are past tense.

All audio here is in the session's wire format; the shell converts from the microphone.

Everything here is frozen but what carries audio: building a frozen value takes 0.3 us longer, and
one chunk of audio should cost no more than 11 us in all (measured on two cores of an AMD EPYC).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from voice.protocol.dialects import Dialect
from voice.protocol.playback import HeardPart
from voice.protocol.server_events import ServerEvent
from voice.protocol.session_config import FunctionTool


class Button(Enum):
    """What a person can press on any face."""

    TALK_DOWN = "talk_down"
    TALK_UP = "talk_up"
    INTERRUPT = "interrupt"
    MUTE = "mute"
    UNMUTE = "unmute"


class NearKind(Enum):
    """What was heard over the assistant's voice."""

    INTERRUPTION = "interruption"
    BACKCHANNEL = "backchannel"
    NOISE = "noise"
    ECHO = "echo"


@dataclass(frozen=True, slots=True)
class Started:
    """The session wants its connection; the first input of every core."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The socket is open; nothing was read from it yet.

    ``unix_s`` is the time of day, for endpoints that say when a session expires; 0 for unknown.
    """

    unix_s: int = 0


@dataclass(frozen=True, slots=True)
class DialectDetected:
    """The codec read the dialect off the first ``session.created``; fed just before that event."""

    dialect: Dialect


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The socket is closed, or could not be opened.

    ``code`` is the WebSocket close code, the HTTP status of a refused handshake, or 0 where there
    is neither. ``is_auth`` where the endpoint refused the key or the account. ``retry_after_ms`` is
    how long the endpoint asks us to stay away, 0 where it does not say.
    """

    code: int
    reason: str
    is_auth: bool = False
    retryable: bool = True
    retry_after_ms: int = 0


@dataclass(frozen=True, slots=True)
class FrameRefused:
    """A frame came that is no event; ``reason`` holds nothing of its content."""

    reason: str


@dataclass(frozen=True, slots=True)
class ClockJumped:
    """Time passed without us: the computer slept, or the process was stopped."""


@dataclass(frozen=True, slots=True)
class StandbyEvent:
    """Something happened on the standby connection: what would else be fed as it is."""

    event: StandbyNews


@dataclass(slots=True)
class MicFrame:
    """A stretch of the microphone, whole samples in the wire format."""

    audio: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlaybackStopped:
    """The answer to ``FlushPlayback``: what the speaker had let sound of each part, in order."""

    heard: tuple[HeardPart, ...]


@dataclass(frozen=True, slots=True)
class PlaybackDrained:
    """Everything that was queued at the speaker has been heard.

    Whoever feeds this must know that nothing was queued in the meantime.
    """


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool call ended; fed exactly once for each ``StartTool``.

    ``output`` is told to the model as it stands. ``speak`` says that the answer should be spoken.
    """

    call_id: str
    output: str
    speak: bool = True
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class UserPressed:
    """A person pressed a button."""

    button: Button


@dataclass(frozen=True, slots=True)
class UserTyped:
    """A person typed a message; it interrupts like speech."""

    text: str


@dataclass(frozen=True, slots=True)
class NearSpeech:
    """Somebody is heard over our voice by the ear at this end; a ``NearVerdict`` follows.

    ``cause`` is what made it think so, for people.
    """

    cause: str = ""


@dataclass(frozen=True, slots=True)
class NearVerdict:
    """What the sound over our voice was; ``words`` are what the ear made of it."""

    kind: NearKind
    words: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A ``microphone`` or a ``speaker`` came, went, or took the place of another."""

    kind: str
    name: str
    is_working: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CommitTurn:
    """The user's spoken turn is over; for sessions without turn detection."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Something to be told when nobody speaks, such as a timer that is due."""

    text: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """An ``Announce`` of this text is no longer needed, if nobody was told yet."""

    text: str


@dataclass(frozen=True, slots=True)
class AskUser:
    """A tool asks the user; the next turn is its answer, until ``QuestionOver``."""

    text: str


@dataclass(frozen=True, slots=True)
class QuestionOver:
    """No tool waits for the user any more."""


@dataclass(frozen=True, slots=True)
class ApprovalAnswered:
    """The user's own answer to an ``ApprovalRequested``."""

    request_id: str
    approve: bool


@dataclass(frozen=True, slots=True)
class ToolsChanged:
    """There are other tools now, for every endpoint that was to be told those ``before``."""

    tools: tuple[FunctionTool, ...]
    before: tuple[FunctionTool, ...]
    cancellable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HangUp:
    """The person, or the program, wants to end the session."""

    reason: str = "hung up"


@dataclass(frozen=True, slots=True)
class EndpointsBarred:
    """Endpoints that must not be used from now on, such as paid ones once a cap is reached.

    They take the place of those that were barred before. The one in use is left as soon as nothing
    is being said; where no other is left the session ends for ``reason``.
    """

    endpoints: frozenset[int]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """The time that ``next_deadline_ms`` named has come; harmless when early."""


StandbyNews: TypeAlias = ServerEvent | LinkUp | DialectDetected | LinkDown | FrameRefused

Input: TypeAlias = (
    Started
    | LinkUp
    | DialectDetected
    | LinkDown
    | FrameRefused
    | ClockJumped
    | StandbyEvent
    | MicFrame
    | PlaybackStopped
    | PlaybackDrained
    | ToolFinished
    | UserPressed
    | UserTyped
    | NearSpeech
    | NearVerdict
    | DeviceChanged
    | CommitTurn
    | Announce
    | Withdraw
    | AskUser
    | QuestionOver
    | ApprovalAnswered
    | ToolsChanged
    | HangUp
    | EndpointsBarred
    | Tick
)
