"""Every exception of the package, named by whose fault it is.

::

    VoiceError
    ├── LocalProtocolError      our own bug: an illegal move of our state machine
    ├── SettingsError           the person's settings: voice.toml, environment, flags
    ├── CapReached              the person's own cap on what may be spent
    ├── AudioFileError          the person's audio file: missing, empty, not audio
    ├── RemoteError             the other side of the wire
    │   ├── ConnectError        no session could be opened: refused, DNS, TLS, HTML, time-out
    │   │   └── AuthError       the endpoint refused the key or the account
    │   ├── RemoteProtocolError a frame that breaks the protocol
    │   └── LinkLost            an open session ended without our asking
    ├── DeviceError             the sound card or the library that drives it
    └── EngineError             a speech engine or a brain failed

A message says what was expected, what came, and what to do. It never holds a key, audio, a
transcript
or tool arguments.
"""

from __future__ import annotations

from typing import ClassVar


class VoiceError(Exception):
    """Base of every error that this package raises on purpose.

    ``exit_code`` is what the command line exits with when the error ends the command.
    """

    exit_code: ClassVar[int] = 1


class LocalProtocolError(VoiceError):
    """An illegal move of ours; a bug in this package, never the endpoint's fault."""


class SettingsError(VoiceError):
    """A setting is missing, unknown or out of range; the person can mend it."""

    exit_code: ClassVar[int] = 2


class CapReached(VoiceError):
    """As much was spent as the settings allow; the message names the cap and how to raise it."""

    exit_code: ClassVar[int] = 6


class AudioFileError(VoiceError):
    """An audio file could not be read or written; the message names the file and the cause."""

    exit_code: ClassVar[int] = 2


class RemoteError(VoiceError):
    """The other side of the wire failed or misbehaved."""

    exit_code: ClassVar[int] = 4


class ConnectError(RemoteError):
    """No session could be opened at the endpoint.

    ``status`` is the HTTP status of a refused handshake, or None where no HTTP answer came.
    ``retryable`` is False where another try cannot help (bad key, bad certificate, wrong path).
    ``retry_after_s`` is how long the endpoint asks to be left alone, 0 where it does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retryable: bool = True,
        retry_after_s: float = 0.0,
    ) -> None:
        """Keep the HTTP status and whether another try may help beside the message."""
        super().__init__(message)
        self.status = status
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class AuthError(ConnectError):
    """The endpoint refused the key or the account; never retried."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, status: int | None = None) -> None:
        """Build an error that is never retryable."""
        super().__init__(message, status=status, retryable=False)


class RemoteProtocolError(RemoteError):
    """A frame from the other side breaks the protocol; the session goes on without it.

    ``code`` and ``param`` are what an ``error`` event would say of it (``invalid_json``,
    ``missing_required_parameter`` …, and the field's path); ``event_id`` is the id of the event at
    fault where it had one.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "invalid_event",
        param: str | None = None,
        event_id: str | None = None,
    ) -> None:
        """Keep what an answering ``error`` event needs beside the message."""
        super().__init__(message)
        self.code = code
        self.param = param
        self.event_id = event_id


class LinkLost(RemoteError):
    """An open session ended without our asking.

    ``code`` is the WebSocket close code (1006: none came).
    """

    def __init__(self, message: str, *, code: int = 1006) -> None:
        """Keep the close code beside the message."""
        super().__init__(message)
        self.code = code


class DeviceError(VoiceError):
    """The sound card, or the library that drives it, is missing or failed."""

    exit_code: ClassVar[int] = 5


class EngineError(VoiceError):
    """A speech engine or a brain failed; the message names the engine and the mend.

    ``code`` and ``kind`` are what the ``error`` of a failed response says of it, in the words that
    realtime clients know (``insufficient_quota``, ``invalid_api_key`` …).
    """

    def __init__(
        self, message: str, *, code: str = "engine_error", kind: str = "server_error"
    ) -> None:
        """Keep the wire's code and type beside the message."""
        super().__init__(message)
        self.code = code
        self.kind = kind
