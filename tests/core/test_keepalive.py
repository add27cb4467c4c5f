"""Silence for endpoints that hang up on silence."""

from voice.core.client_actions import SendAudio
from voice.core.client_inputs import LinkDown
from voice.core.keepalive import SHARE, SILENCE_MS
from voice.protocol.capabilities import Capabilities
from voice.protocol.formats import AudioFormat
from voice.testing import events
from voice.testing.pure_shell import PureShell

PCM_16K = AudioFormat("audio/pcm", 16_000, 2)
IDLE_S = 300
WAIT_MS = int(IDLE_S * 1_000 * SHARE)


def ready(idle_limit_s: int | None = IDLE_S) -> PureShell:
    shell = PureShell(capabilities=Capabilities(idle_limit_s=idle_limit_s, input_format=PCM_16K))
    shell.connect()
    return shell


def sounds(shell: PureShell) -> list[bytes]:
    return [action.audio for action in shell.done if isinstance(action, SendAudio)]


def test_an_impatient_endpoint_hears_a_little_silence_in_good_time() -> None:
    shell = ready()
    shell.advance(WAIT_MS - 1)
    assert sounds(shell) == []
    shell.advance(1)
    assert sounds(shell) == [bytes(PCM_16K.ms_to_bytes(SILENCE_MS))]
    shell.advance(10 * WAIT_MS)
    assert len(sounds(shell)) == 11
    assert shell.replays()


def test_a_patient_endpoint_hears_nothing() -> None:
    shell = ready(None)
    shell.advance(100 * WAIT_MS)
    assert sounds(shell) == []


def test_nothing_is_said_into_what_the_user_says() -> None:
    shell = ready()
    shell.advance(WAIT_MS - 1)
    shell.feed(events.speech_started())
    shell.advance(1)
    assert sounds(shell) == []


def test_a_new_connection_counts_anew() -> None:
    shell = ready()
    shell.advance(WAIT_MS - 1)
    shell.feed(LinkDown(1006, "gone"))
    shell.advance(1_000)
    shell.connect_from_dialled()
    shell.advance(WAIT_MS - 1)
    assert sounds(shell) == []
    shell.advance(1)
    assert len(sounds(shell)) == 1
