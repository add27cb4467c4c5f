"""Opening and configuring a session."""

from voice.core.client_actions import Connect, SendAudio
from voice.core.client_inputs import (
    DialectDetected,
    LinkUp,
    MicFrame,
    Started,
    UserTyped,
)
from voice.core.link import CONFIGURED_DEADLINE_MS
from voice.core.updates import Phase, SessionReady, WarningIssued
from voice.protocol.client_events import SessionUpdate
from voice.protocol.dialects import Dialect
from voice.protocol.formats import PCMU
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell


def greeted() -> PureShell:
    shell = PureShell(SessionConfig(instructions="Be brief."))
    shell.feed(Started())
    shell.feed(LinkUp())
    shell.feed(DialectDetected(Dialect.BETA))
    shell.feed(events.session_created())
    return shell


def test_the_first_act_is_to_dial() -> None:
    shell = PureShell()
    assert shell.feed(Started()) == [Connect()]
    assert shell.core.phase is Phase.CONNECTING


def test_nothing_is_sent_before_the_greeting() -> None:
    shell = PureShell()
    shell.feed(Started())
    shell.feed(LinkUp())
    assert shell.done == [Connect()]


def test_the_greeting_is_answered_with_the_whole_configuration() -> None:
    [update] = greeted().sent(SessionUpdate)
    wire = update.session.to_wire()
    assert wire["instructions"] == "Be brief."
    assert wire["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "create_response": True,
        "interrupt_response": True,
    }
    assert wire["tools"] == []
    assert wire["tool_choice"] == "auto"


def test_the_confirmation_makes_the_session_ready() -> None:
    shell = greeted()
    shell.feed(events.session_updated({"type": "realtime", "model": "m", "audio": {}}))
    [update] = shell.updates(SessionReady)
    assert update.session.model == "m"
    assert update.dialect is Dialect.BETA
    assert shell.core.phase is Phase.LISTENING


def test_an_endpoint_that_never_confirms_is_used_all_the_same() -> None:
    shell = greeted()
    shell.advance(CONFIGURED_DEADLINE_MS)
    assert [update.code for update in shell.updates(WarningIssued)] == ["unconfirmed_configuration"]
    assert shell.core.phase is Phase.LISTENING


def test_a_second_greeting_is_survived() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(events.session_created())
    assert shell.updates(WarningIssued)[-1].code == "unexpected_greeting"
    assert shell.core.phase is Phase.LISTENING


def test_speech_before_the_session_was_ready_is_kept_for_half_a_second() -> None:
    shell = PureShell()
    shell.feed(Started())
    frames = [bytes([number]) * 48 * 20 for number in range(60)]
    for frame in frames:
        shell.feed(MicFrame(frame))
    shell.connect_from_dialled()
    sent = [action.audio for action in shell.done if isinstance(action, SendAudio)]
    assert sent == frames[-25:]


def test_typed_words_before_the_session_is_ready_are_refused_with_a_warning() -> None:
    shell = PureShell()
    shell.feed(Started())
    shell.feed(UserTyped("hello"))
    assert [update.code for update in shell.updates(WarningIssued)] == ["not_ready"]


def test_another_audio_format_than_asked_is_taken_as_the_endpoint_says() -> None:
    shell = greeted()
    audio = {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": PCMU.to_ga()}}
    shell.feed(events.session_updated({"type": "realtime", "audio": audio}))
    assert shell.core.input_format == shell.core.output_format == PCMU
    assert [update.code for update in shell.updates(WarningIssued)] == ["other_audio_format"] * 2
