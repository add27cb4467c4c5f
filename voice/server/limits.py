"""Every limit of the embedded server: its number, what happens beyond it, and how to change it.

``TABLE`` is what people read of it: ``python -m voice.server.limits`` prints the README's table.
Limits of other houses (JSON depth, items of a conversation) are imported from where they hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from voice.core.input_buffer import MAX_BUFFERED_MS
from voice.core.ledger import MAX_IMAGE_CHARS, MAX_ITEMS, MAX_TEXT_CHARS
from voice.core.server_responses import MAX_BESIDE
from voice.core.session_tools import MAX_TOOLS
from voice.protocol.frames import MAX_DEPTH

MIB = 1024 * 1024

FRAME_BYTES = 16 * MIB
"""15 MiB of base64 in one append, as upstream allows, and its JSON around it."""

EVENT_BYTES = MIB
"""An event that carries neither audio nor images: instructions and tools fit well."""

FRAGMENTS = 4_096
"""Fragments of one message: empty ones cost memory too and count towards no size."""

HEAD_BYTES = 16 * 1024
BODY_S = 70.0
"""The connection's own limit, for a page that forgets to keep one: those that we have wait 60 s."""

BAD_FRAMES = 20
BAD_FRAMES_S = 10.0
WAITING_BYTES = 4 * MIB
"""Unsent frames of one client; speech is not even made beyond a quarter of it."""

EARS_BYTES = 4 * MIB
"""Appended audio that is not scored yet: 87 s of 24 kHz PCM; the socket is not read meanwhile."""

FAILURES = 5
FAILURES_S = 60.0
FAILURE_DELAY_S = 0.2
"""Each wrong key of a minute is answered this much later than the one before."""

RESERVED_FILES = 64
"""File descriptors that no new session may take: the running ones need some to go on."""

JSON_BYTES = MIB
"""Largest JSON body of a request (FAULTS §5)."""

ONE_SHOTS = 4
"""One-shot requests at once, uploads that are still coming included: each may hold 25 MiB."""

EPHEMERAL_KEYS = 1_000
"""Ephemeral keys that are valid at once."""

SPOKEN_CHARS = 4_096
"""Longest text of one request for speech, as upstream."""

UPLOAD_BYTES = 25 * MIB
UPLOAD_S = 1_500.0
"""Largest recording, in bytes and in seconds of sound, as upstream."""

ADDRESSES = 1_024
"""Addresses whose wrong keys are remembered at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that a person may want to change; times in seconds, None for no limit.

    ``sessions_per_address`` None means 4, and any number from this machine itself; 0 is any number.
    ``header_s``, ``first_event_s`` and ``session_s`` count from the connection's start, ``idle_s``
    from the client's last event.
    """

    header_s: float = 5.0
    first_event_s: float | None = 10.0
    session_s: float | None = 3_600.0
    idle_s: float | None = 900.0
    blocked_s: float = 10.0
    drain_s: float = 7.0
    connections: int = 1_024
    sessions_per_address: int | None = None
    frame_bytes: int = FRAME_BYTES


USUAL = Limits()
"""What holds where nothing was set."""

SESSIONS_PER_ADDRESS = 4


def trusting(limits: Limits) -> Limits:
    """Limits for a server whose one client is ours, and silent for as long as its user is."""
    return replace(limits, first_event_s=None, session_s=None, idle_s=None)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    number: str
    action: str
    setting: str = ""


def _mib(count: int) -> str:
    return f"{count // MIB} MiB"


TABLE = (
    Row("one event", _mib(FRAME_BYTES), "close 1009", "server.max_frame_bytes"),
    Row("… that carries no audio or image", _mib(EVENT_BYTES), "`error` `string_above_max_length`"),
    Row("fragments of one message", f"{FRAGMENTS:,}", "close 1009"),
    Row("depth of JSON", str(MAX_DEPTH), "`error` `invalid_event`"),
    Row(
        "bad events",
        f"{BAD_FRAMES} in {BAD_FRAMES_S:g} s",
        "close 1008",
    ),
    Row("tools of a session", str(MAX_TOOLS), "`error` `array_above_max_length`"),
    Row(
        "audio appended and not committed",
        f"{MAX_BUFFERED_MS // 60_000} min",
        "the oldest audio is dropped",
    ),
    Row("audio not yet listened to", _mib(EARS_BYTES), "the socket is not read"),
    Row(
        "a conversation",
        f"{MAX_ITEMS:,} items, {_mib(MAX_TEXT_CHARS)} of text, {_mib(MAX_IMAGE_CHARS)} of images",
        "the oldest items are dropped",
    ),
    Row("responses beside the conversation's", str(MAX_BESIDE), "`error`"),
    Row(
        "a client that reads nothing",
        f"{USUAL.blocked_s:g} s",
        "close 4008",
        "server.blocked_s",
    ),
    Row("unsent to one client", _mib(WAITING_BYTES), "close 4008"),
    Row("head of a request, TLS handshake", f"{USUAL.header_s:g} s", "cut", "server.header_s"),
    Row("size of a request's head", f"{HEAD_BYTES // 1024} KiB", "400"),
    Row("body of a request", "60 s", "408"),
    Row("first event", f"{USUAL.first_event_s:g} s", "close 4011", "server.first_event_s"),
    Row("no event from the client", "15 min", "close 4012", "server.idle_s"),
    Row("length of a session", "60 min", "close 1001", "server.session_s"),
    Row(
        "connections",
        f"{USUAL.connections:,}",
        "the oldest without a request is cut, else the new one",
        "server.max_connections",
    ),
    Row(
        "sessions",
        "64; fewer where the machine is busy",
        "503, `Retry-After`",
        "server.max_sessions",
    ),
    Row(
        "sessions of one address",
        f"{SESSIONS_PER_ADDRESS}; this machine any",
        "429, `Retry-After`",
        "server.sessions_per_address",
    ),
    Row(
        "wrong keys of one address",
        f"{FAILURES} a minute",
        f"401 after {FAILURE_DELAY_S:g} s more each, then 429, `Retry-After`",
    ),
    Row("JSON body of a request", _mib(JSON_BYTES), "413"),
    Row("text to be spoken in one request", f"{SPOKEN_CHARS:,} characters", "400"),
    Row("uploaded recording", f"{_mib(UPLOAD_BYTES)}, {UPLOAD_S / 60:g} min", "413, 400"),
    Row("one-shot requests at once", str(ONE_SHOTS), "503, `Retry-After`"),
    Row("ephemeral keys at once", f"{EPHEMERAL_KEYS:,}", "429, `Retry-After`"),
    Row("file descriptors left", str(RESERVED_FILES), "503, `Retry-After`"),
    Row(
        "end of the server",
        f"{USUAL.drain_s:g} s to finish what is being said",
        "close 1001",
        "server.drain_s",
    ),
)


def markdown() -> str:
    """The table as the README shows it."""
    lines = ["| limit | number | beyond it | setting |", "|---|---|---|---|"]
    for row in TABLE:
        setting = f"`{row.setting}`" if row.setting else ""
        lines.append(f"| {row.what} | {row.number} | {row.action} | {setting} |")
    return "\n".join(lines)


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown() + "\n")
