"""What tests of lost connections share: a conversation to lose, and what was told of it."""

from typing import TypeVar

from voice.core.client_actions import Connect, SendAudio
from voice.core.client_inputs import LinkDown, MicFrame
from voice.protocol.client_events import (
    ConversationItemCreate,
)
from voice.protocol.session_config import AudioConfig, AudioInputConfig, SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell

U = TypeVar("U")

LOST = LinkDown(1006, "broke off")
FRAME = bytes(960)
NO_TURNS = SessionConfig(audio=AudioConfig(input=AudioInputConfig(turn_detection=None)))


def ready(config: SessionConfig | None = None, **options: object) -> PureShell:
    shell = PureShell(config, **options)  # type: ignore[arg-type]
    shell.connect()
    return shell


def lose(shell: PureShell) -> None:
    """Lose the connection, and wait until it is dialled again."""
    done = shell.feed(LOST)
    while not any(isinstance(action, Connect) for action in done):
        done = shell.advance(100)


def lose_and_return(shell: PureShell) -> list[object]:
    """Lose the connection, open it again, and return what was done in the new session."""
    lose(shell)
    before = len(shell.done)
    shell.connect_from_dialled()
    return list(shell.done[before:])


def told(shell: PureShell, since: int = 0) -> list[tuple[str, str]]:
    """Return what was told as items: who or what, and the words."""
    found = []
    for event in shell.sent(ConversationItemCreate)[since:]:
        wire = event.item.to_wire()
        content = wire.get("content") or [{}]
        words = content[0].get("text") or wire.get("output") or wire.get("arguments") or ""
        found.append((wire.get("role") or wire["type"], words))
    return found


def answer(shell: PureShell, number: int, text: str, ms: int = 200) -> None:
    shell.feed(events.response_created(f"r{number}"))
    shell.feed(events.words(f"r{number}", f"a{number}", text))
    shell.feed(events.audio_delta(f"r{number}", f"a{number}", ms))
    shell.feed(events.audio_done(f"r{number}", f"a{number}"))
    shell.feed(events.response_done(f"r{number}"))


def turn(shell: PureShell, number: int, text: str) -> None:
    shell.feed(events.speech_started(f"u{number}"))
    shell.feed(events.speech_stopped(f"u{number}"))
    shell.feed(events.committed(f"u{number}"))
    shell.feed(events.transcribed(f"u{number}", text))


def one(shell: PureShell, kind: type[U]) -> U:
    [found] = shell.updates(kind)
    return found


def sent_audio(actions: list[object]) -> bytes:
    return b"".join(action.audio for action in actions if isinstance(action, SendAudio))


def frames(shell: PureShell, first: int, count: int) -> bytes:
    """Let the microphone hear numbered frames of 20 ms."""
    pcm = b""
    for number in range(first, first + count):
        frame = number.to_bytes(2, "little") * 480
        pcm += frame
        shell.feed(MicFrame(frame))
        shell.advance(20)
    return pcm
