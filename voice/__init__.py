"""A realtime voice assistant service: speak, be answered, interrupt, call tools.

The public names are imported when first asked for, so that ``import voice`` touches no engine, no
sound card and no SDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voice.app import open_session
    from voice.client.place import Place
    from voice.client.session import Session
    from voice.core.client_inputs import Button
    from voice.core.reconnect import Persistence
    from voice.core.updates import (
        AssistantTranscript,
        ConnectionLost,
        DeviceUpdate,
        Ended,
        EndKind,
        EndpointChanged,
        ErrorReported,
        Interrupted,
        MicrophoneEnded,
        Phase,
        PhaseChanged,
        PlaybackPaused,
        PlaybackResumed,
        Reconnected,
        ResponseFinished,
        SessionReady,
        SessionRenewed,
        ToolCallFinished,
        ToolCallStarted,
        TranscriptCorrected,
        TurnTimeline,
        Update,
        UserSpeechStarted,
        UserSpeechStopped,
        UserTranscript,
        WarningIssued,
    )
    from voice.errors import (
        AudioFileError,
        AuthError,
        ConnectError,
        DeviceError,
        EngineError,
        LinkLost,
        LocalProtocolError,
        RemoteError,
        RemoteProtocolError,
        SettingsError,
        VoiceError,
    )
    from voice.protocol.endpoints import Endpoint, resolve
    from voice.protocol.session_config import SessionConfig
    from voice.settings import Settings

__all__ = [
    "AssistantTranscript",
    "AudioFileError",
    "AuthError",
    "Button",
    "ConnectError",
    "ConnectionLost",
    "DeviceError",
    "DeviceUpdate",
    "EndKind",
    "Ended",
    "Endpoint",
    "EndpointChanged",
    "EngineError",
    "ErrorReported",
    "Interrupted",
    "LinkLost",
    "LocalProtocolError",
    "MicrophoneEnded",
    "Persistence",
    "Phase",
    "PhaseChanged",
    "Place",
    "PlaybackPaused",
    "PlaybackResumed",
    "Reconnected",
    "RemoteError",
    "RemoteProtocolError",
    "ResponseFinished",
    "Session",
    "SessionConfig",
    "SessionReady",
    "SessionRenewed",
    "Settings",
    "SettingsError",
    "ToolCallFinished",
    "ToolCallStarted",
    "TranscriptCorrected",
    "TurnTimeline",
    "Update",
    "UserSpeechStarted",
    "UserSpeechStopped",
    "UserTranscript",
    "VoiceError",
    "WarningIssued",
    "open_session",
    "resolve",
]

_ELSEWHERE = {
    "Button": "voice.core.client_inputs",
    "Endpoint": "voice.protocol.endpoints",
    "Persistence": "voice.core.reconnect",
    "Place": "voice.client.place",
    "Session": "voice.client.session",
    "SessionConfig": "voice.protocol.session_config",
    "Settings": "voice.settings",
    "open_session": "voice.app",
    "resolve": "voice.protocol.endpoints",
}
"""Where the names live that are neither errors nor updates."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'voice' has no attribute {name!r}")
    if name in _ELSEWHERE:
        home = _ELSEWHERE[name]
    else:
        is_error = name.endswith(("Error", "LinkLost"))
        home = "voice.errors" if is_error else "voice.core.updates"
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted([*globals(), *__all__])
