"""What ClientCore orders its shell to do; all names are imperative.

What faces see is in ``voice.core.updates``. All audio here is in the session's wire format; the
shell converts for the speaker. What carries audio is not frozen, for the reason in
``client_inputs``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from voice.core.updates import Update
from voice.protocol.client_events import ClientEvent
from voice.protocol.dialects import Dialect


@dataclass(frozen=True, slots=True)
class Connect:
    """Open the socket; answer with ``LinkUp`` or ``LinkDown``, sooner or later.

    What was open before is dropped, and nothing more that it says is fed. ``endpoint`` counts from
    0 in the session's list; ``dialect`` overrides what its handshake asks for.
    """

    endpoint: int = 0
    dialect: Dialect | None = None


@dataclass(frozen=True, slots=True)
class DropLink:
    """Drop the socket at once, without a word; nothing more that it says is fed."""


@dataclass(frozen=True, slots=True)
class ConnectStandby:
    """Open a second socket beside the first; everything it says comes as ``StandbyEvent``."""

    endpoint: int = 0
    dialect: Dialect | None = None


@dataclass(frozen=True, slots=True)
class SendStandby:
    """Send one event on the standby connection."""

    event: ClientEvent


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Make the standby connection the one that is talked to; close the other."""


@dataclass(frozen=True, slots=True)
class CloseStandby:
    """Drop the standby connection."""


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Send one event, after everything sent before; never dropped."""

    event: ClientEvent


@dataclass(slots=True)
class SendAudio:
    """Append microphone audio; the oldest is dropped where the network is too slow.

    What is ``kept`` was held back until now, ten seconds of it at most, and is not dropped: it all
    comes at once, on a connection whose speed nobody knows yet.
    """

    audio: bytes = field(repr=False)
    kept: bool = False


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
class PausePlayback:
    """Fall silent now and keep everything that is queued; a ``FlushPlayback`` ends it too."""


@dataclass(frozen=True, slots=True)
class ResumePlayback:
    """Go on from where playback was paused."""


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
    | DropLink
    | ConnectStandby
    | SendStandby
    | TakeOver
    | CloseStandby
    | SendEvent
    | SendAudio
    | PlayAudio
    | FlushPlayback
    | PausePlayback
    | ResumePlayback
    | StartTool
    | CancelTool
    | Publish
    | Close
)
