"""Endpoints that must not be used any more: left when the answer has ended, never in its middle."""

import pytest

from voice.core.client_actions import (
    Close,
    CloseStandby,
    Connect,
    ConnectStandby,
    DropLink,
    PlayAudio,
    SendAudio,
    TakeOver,
)
from voice.core.client_inputs import EndpointsBarred, LinkDown, MicFrame, Started, UserTyped
from voice.core.routes import Route
from voice.core.standby_plan import PROBE_MS
from voice.core.updates import Ended, EndKind, EndpointChanged, Phase, Reconnected
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import ConversationItemCreate, ResponseCreate
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell

CAP = "the day's cap is reached"
BARRED = EndpointsBarred(frozenset({0}), CAP)
OWN = Route("own", Capabilities(), SessionConfig())


def opened(*fallbacks: Route) -> PureShell:
    shell = PureShell(fallbacks=fallbacks)
    shell.connect()
    return shell


def asked(shell: PureShell) -> None:
    shell.feed(UserTyped("Tell me."))
    shell.feed(events.response_created("r1"))
    shell.feed(events.words("r1", "a1", "Once upon a time."))
    shell.feed(events.audio_delta("r1", "a1", 500))


def finish(shell: PureShell) -> None:
    shell.feed(events.audio_done("r1", "a1"))
    shell.feed(events.words_done("r1", "a1", "Once upon a time."))
    shell.feed(events.response_done("r1"))


def test_the_answer_is_heard_to_its_end_and_then_the_next_endpoint_goes_on() -> None:
    shell = opened(OWN)
    asked(shell)
    assert not any(isinstance(action, DropLink) for action in shell.feed(BARRED))
    finish(shell)
    assert shell.core.phase is Phase.SPEAKING
    done = shell.advance(600)
    assert DropLink() in done
    assert Connect(1, None) in done
    shell.connect_from_dialled()
    assert shell.updates(EndpointChanged) == [EndpointChanged("own", 1, CAP)]
    assert shell.updates(Reconnected) or shell.core.phase is Phase.LISTENING
    told = [event.item.to_wire() for event in shell.sent(ConversationItemCreate)]
    assert any("Once upon a time." in str(item) for item in told)
    assert len(shell.sent(ResponseCreate)) == 1
    assert shell.replays()


def test_without_another_endpoint_the_session_ends_after_the_answer() -> None:
    shell = opened()
    asked(shell)
    finish(shell)
    shell.feed(BARRED)
    assert not shell.updates(Ended)
    done = shell.advance(600)
    assert Close(1000, CAP) in done
    assert shell.updates(Ended) == [Ended(EndKind.CAP_REACHED, 1000, CAP)]
    shell.feed(LinkDown(1000, ""))
    assert shell.core.is_closed
    assert shell.feed(MicFrame(b"\0\0")) == []
    assert shell.replays()


def test_a_quiet_session_is_left_at_once() -> None:
    shell = opened(OWN)
    assert Connect(1, None) in shell.feed(BARRED)


def test_a_session_never_begins_at_a_barred_endpoint() -> None:
    shell = PureShell(fallbacks=(OWN,))
    assert shell.feed(BARRED) == []
    assert shell.feed(Started()) == [Connect(1, None)]


def test_a_session_with_barred_endpoints_only_ends_before_it_dials() -> None:
    shell = PureShell()
    shell.feed(BARRED)
    shell.feed(Started())
    assert shell.updates(Ended) == [Ended(EndKind.CAP_REACHED, 1000, CAP)]
    assert shell.core.is_closed


def test_an_endpoint_that_is_being_dialled_is_let_go() -> None:
    shell = PureShell(fallbacks=(OWN,))
    shell.feed(Started())
    done = shell.feed(BARRED)
    assert DropLink() in done
    assert Connect(1, None) in done


def test_a_barred_endpoint_is_not_dialled_again_when_its_connection_is_lost() -> None:
    shell = opened(OWN)
    asked(shell)
    shell.feed(BARRED)
    done = shell.feed(LinkDown(1006, "gone"))
    assert Connect(1, None) in done


def test_words_in_the_air_go_to_the_next_endpoint() -> None:
    shell = opened(OWN)
    shell.feed(events.speech_started("u1"))
    for _ in range(10):
        shell.feed(MicFrame(b"\x01\x02" * 480))
        shell.advance(20)
    shell.feed(BARRED)
    shell.connect_from_dialled()
    again = [action for action in shell.done if isinstance(action, SendAudio)]
    assert sum(len(action.audio) for action in again[10:]) >= 10 * 960


def test_what_is_allowed_again_takes_over_again() -> None:
    shell = opened(OWN)
    shell.feed(BARRED)
    shell.connect_from_dialled()
    shell.advance(10 * PROBE_MS[-1])
    assert not any(isinstance(action, ConnectStandby) for action in shell.done)
    shell.feed(EndpointsBarred(frozenset()))
    assert ConnectStandby(0, None) in shell.advance(PROBE_MS[0])
    shell.connect_standby()
    shell.advance(1_000)
    assert any(isinstance(action, TakeOver) for action in shell.done)


def test_a_standby_that_is_barred_is_given_up() -> None:
    shell = opened(OWN)
    shell.feed(BARRED)
    shell.connect_from_dialled()
    shell.feed(EndpointsBarred(frozenset()))
    shell.advance(PROBE_MS[0])
    assert CloseStandby() in shell.feed(BARRED)
    assert not any(isinstance(action, ConnectStandby) for action in shell.advance(PROBE_MS[-1]))


@pytest.mark.parametrize("order", ["answer first", "bar first"])
def test_no_sample_is_played_twice_or_lost(order: str) -> None:
    shell = opened(OWN)
    asked(shell)
    for step in (finish, lambda s: s.feed(BARRED))[:: 1 if order == "answer first" else -1]:
        step(shell)
    shell.advance(600)
    played = [action for action in shell.done if isinstance(action, PlayAudio)]
    assert [len(action.audio) for action in played] == [500 * 48]
