"""What goes into and comes out of ClientCore besides wire events.

Inputs say what happened here (past tense), actions are orders to the shell (imperative); what faces
see is in ``voice.core.updates``. All audio here is in the session's wire format; the shell converts
for microphone and speaker.

Everything here is frozen but what carries audio: building a frozen value takes 0.3 us longer, and
one chunk of audio should cost no more than 11 us in all (measured on two cores of an AMD EPYC).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from voice.core.updates import Update
from voice.protocol.client_events import ClientEvent
from voice.protocol.dialects import Dialect
from voice.protocol.playback import HeardPart


class Button(Enum):
    """What a person can press on any face."""

    TALK_DOWN = "talk_down"
    TALK_UP = "talk_up"
    INTERRUPT = "interrupt"
    MUTE = "mute"
    UNMUTE = "unmute"


# --- inputs ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The session wants its connection; the first input of every core."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The socket is open; nothing was read from it yet."""


@dataclass(frozen=True, slots=True)
class DialectDetected:
    """The codec read the dialect off the first ``session.created``; fed just before that event."""

    dialect: Dialect


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The socket is closed, or could not be opened.

    ``code`` is the WebSocket close code, the HTTP status of a refused handshake, or 0 where there
    is neither. ``is_auth`` where the endpoint refused the key or the account.
    """

    code: int
    reason: str
    is_auth: bool = False
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class FrameRefused:
    """A frame came that is no event; ``reason`` holds nothing of its content."""

    reason: str


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
class CommitTurn:
    """The user's spoken turn is over; for sessions without turn detection."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Something to be told when nobody speaks, such as a timer that is due."""

    text: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The person, or the program, wants to end the session."""

    reason: str = "hung up"


@dataclass(frozen=True, slots=True)
class Tick:
    """The time that ``next_deadline_ms`` named has come; harmless when early."""


Input: TypeAlias = (
    Started
    | LinkUp
    | DialectDetected
    | LinkDown
    | FrameRefused
    | MicFrame
    | PlaybackStopped
    | PlaybackDrained
    | ToolFinished
    | UserPressed
    | UserTyped
    | CommitTurn
    | Announce
    | HangUp
    | Tick
)


# --- actions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connect:
    """Open the socket; answer with ``LinkUp`` or ``LinkDown``, sooner or later."""


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Send one event, after everything sent before; never dropped."""

    event: ClientEvent


@dataclass(slots=True)
class SendAudio:
    """Append microphone audio; the oldest is dropped where the network is too slow."""

    audio: bytes = field(repr=False)


@dataclass(slots=True)
class PlayAudio:
    """Queue audio of one content part at the speaker."""

    item_id: str
    content_index: int
    audio: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FlushPlayback:
    """Fall silent now; answer with ``PlaybackStopped`` before anything else is fed or performed."""


@dataclass(frozen=True, slots=True)
class StartTool:
    """Run a tool; answer with exactly one ``ToolFinished``."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class CancelTool:
    """Stop a running tool; its ``ToolFinished`` still comes."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Show an update to whoever watches."""

    update: Update


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket once everything sent before is out; answer with ``LinkDown``."""

    code: int
    reason: str


Action: TypeAlias = (
    Connect
    | SendEvent
    | SendAudio
    | PlayAudio
    | FlushPlayback
    | StartTool
    | CancelTool
    | Publish
    | Close
)
