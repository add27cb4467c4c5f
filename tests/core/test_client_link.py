"""Opening, configuring and ending a session."""

import pytest

from voice.core.client_actions import CancelTool, Close, Connect, DropLink, FlushPlayback, SendAudio
from voice.core.client_inputs import (
    DialectDetected,
    FrameRefused,
    HangUp,
    LinkDown,
    LinkUp,
    MicFrame,
    Started,
    UserTyped,
)
from voice.core.client_link import MAX_BAD_FRAMES
from voice.core.link import CONFIGURED_DEADLINE_MS, GREETING_DEADLINE_MS
from voice.core.reconnect import Persistence
from voice.core.updates import ConnectionLost, Ended, EndKind, Phase, SessionReady, WarningIssued
from voice.errors import LocalProtocolError
from voice.protocol.client_events import SessionUpdate
from voice.protocol.dialects import Dialect
from voice.protocol.formats import PCMU
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell

GIVES_UP = Persistence(give_up_after_ms=0)


def ready() -> PureShell:
    shell = PureShell(SessionConfig(instructions="Be brief."))
    shell.connect()
    return shell


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


def test_an_endpoint_that_never_greets_is_no_endpoint() -> None:
    shell = PureShell()
    shell.feed(Started())
    shell.feed(LinkUp())
    done = shell.advance(GREETING_DEADLINE_MS)
    assert any(isinstance(action, Close) for action in done)
    [ended] = shell.updates(Ended)
    assert ended.kind is EndKind.CONNECT_FAILED
    assert "session.created" in ended.reason


def test_a_second_greeting_is_survived() -> None:
    shell = ready()
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


def test_hanging_up_silences_stops_tools_closes_and_is_the_last_update() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    shell.feed(events.audio_delta("r1", "i1", 500))
    done = shell.feed(HangUp())
    kinds = [type(action) for action in done]
    assert kinds[:3] == [FlushPlayback, CancelTool, Close]
    assert shell.updates(Ended) == [Ended(EndKind.HUNG_UP, 1000, "hung up")]


def test_after_the_end_nothing_has_any_effect() -> None:
    shell = ready()
    shell.feed(HangUp())
    assert shell.feed(events.response_created("r1")) == []
    assert shell.feed(UserTyped("hello")) == []
    assert shell.feed(MicFrame(bytes(960))) == []
    assert shell.feed(HangUp()) == []
    assert shell.feed(LinkDown(1000, "")) == []
    assert shell.feed(LinkUp()) == []
    assert shell.core.phase is Phase.CLOSED
    assert shell.core.next_deadline_ms() is None


def test_a_close_that_nobody_confirms_is_over_in_time() -> None:
    shell = ready()
    shell.feed(HangUp())
    assert shell.core.next_deadline_ms() is not None
    shell.advance(5_000)
    assert shell.core.next_deadline_ms() is None


def test_a_link_lost_for_good_ends_the_session_and_stops_its_tools() -> None:
    shell = PureShell(persistence=GIVES_UP)
    shell.connect()
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    done = shell.feed(LinkDown(1006, "gone"))
    assert CancelTool("c1") in done
    [ended] = shell.updates(Ended)
    assert (ended.kind, ended.code, ended.reason) == (EndKind.LINK_LOST, 1006, "gone")


@pytest.mark.parametrize(
    ("down", "kind"),
    [
        (LinkDown(0, "refused"), EndKind.CONNECT_FAILED),
        (LinkDown(401, "no", is_auth=True), EndKind.AUTH_FAILED),
    ],
)
def test_a_link_that_never_came_up_is_a_failed_connect(down: LinkDown, kind: EndKind) -> None:
    shell = PureShell()
    shell.feed(Started())
    shell.feed(down)
    [ended] = shell.updates(Ended)
    assert (ended.kind, ended.reason) == (kind, down.reason)


def test_a_link_that_closes_while_it_is_configured_is_a_failed_connect() -> None:
    shell = greeted()
    shell.feed(LinkDown(1008, "policy"))
    [ended] = shell.updates(Ended)
    assert ended.kind is EndKind.CONNECT_FAILED
    assert "while it was being configured: policy" in ended.reason


def test_one_bad_frame_is_survived_and_a_flood_costs_the_connection() -> None:
    shell = ready()
    for _ in range(MAX_BAD_FRAMES):
        shell.feed(FrameRefused("expected a frame of JSON"))
    assert shell.updates(ConnectionLost) == []
    done = shell.feed(FrameRefused("expected a frame of JSON"))
    assert DropLink() in done
    assert Connect() in done
    assert shell.core.phase is Phase.RECONNECTING


def test_a_flood_of_bad_frames_is_the_end_where_nothing_is_tried_again() -> None:
    shell = PureShell(persistence=GIVES_UP)
    shell.connect()
    for _ in range(MAX_BAD_FRAMES + 1):
        shell.feed(FrameRefused("expected a frame of JSON"))
    assert [ended.code for ended in shell.updates(Ended)] == [1007]


def test_bad_frames_that_come_slowly_never_end_a_session() -> None:
    shell = ready()
    for _ in range(4 * MAX_BAD_FRAMES):
        shell.feed(FrameRefused("expected a frame of JSON"))
        shell.advance(1_000)
    assert shell.updates(Ended) == []


def test_starting_twice_is_our_bug() -> None:
    shell = ready()
    with pytest.raises(LocalProtocolError):
        shell.feed(Started())
