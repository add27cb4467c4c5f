"""Telling of another endpoint: shown each time, said aloud once."""

from tests.core.recovery_kit import LOST, answer, ready
from voice.core.client_actions import Connect
from voice.core.client_inputs import EndpointsBarred, HangUp, StandbyEvent
from voice.core.reconnect import Persistence
from voice.core.routes import Route
from voice.core.standby_plan import PROBE_MS
from voice.core.updates import EndpointChanged
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import ConversationItemCreate
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell

NOTICE = "The cloud is gone."
OWN = Route("our own server", Capabilities(), SessionConfig(), notice=NOTICE)


def with_fallback() -> PureShell:
    return ready(fallbacks=(OWN,), persistence=Persistence(switch_after_ms=0))


def fail_over(shell: PureShell) -> None:
    """Lose the first endpoint, and be connected at the second."""
    done = shell.feed(LOST)
    while Connect(1, None) not in done:
        done = shell.feed(LOST) if Connect(0, None) in done else shell.advance(100)
    shell.connect_from_dialled()


def come_back(shell: PureShell) -> None:
    """Let the first endpoint be found again."""
    shell.advance(PROBE_MS[0])
    shell.connect_standby()
    for item in restored(shell):
        shell.feed(StandbyEvent(events.item_added(item.to_wire())))


def restored(shell: PureShell) -> list[object]:
    from voice.core.client_actions import SendStandby

    return [
        action.event.item
        for action in shell.done
        if isinstance(action, SendStandby) and isinstance(action.event, ConversationItemCreate)
    ]


def notices(shell: PureShell) -> int:
    """Return how often the model was asked to tell the notice."""
    told = {
        event.item.id
        for event in shell.sent(ConversationItemCreate)
        if (event.event_id or "").startswith("add") and NOTICE in str(event.item.to_wire())
    }
    return len(told)


def test_that_a_better_endpoint_is_gone_is_shown_and_said() -> None:
    shell = with_fallback()
    fail_over(shell)
    [shown] = shell.updates(EndpointChanged)
    assert (shown.name, shown.index) == ("our own server", 1)
    assert notices(shell) == 1


def test_it_is_said_at_a_quiet_moment() -> None:
    shell = with_fallback()
    shell.feed(events.speech_started("u1"))
    fail_over(shell)
    assert notices(shell) == 0
    shell.feed(events.speech_started("u2"))
    shell.feed(events.speech_stopped("u2"))
    answer(shell, 1, "Here is your answer.")
    shell.advance(500)
    assert notices(shell) == 1


def test_that_it_is_back_is_only_shown() -> None:
    shell = with_fallback()
    fail_over(shell)
    answer(shell, 1, "The cloud is gone.")
    shell.advance(500)
    come_back(shell)
    assert [one.index for one in shell.updates(EndpointChanged)] == [1, 0]
    assert notices(shell) == 1


def test_an_endpoint_that_comes_and_goes_is_spoken_of_once() -> None:
    shell = with_fallback()
    for number in range(3):
        fail_over(shell)
        answer(shell, number, "Well.")
        shell.advance(500)
        come_back(shell)
    assert [one.index for one in shell.updates(EndpointChanged)] == [1, 0] * 3
    assert notices(shell) == 1


def test_a_notice_that_nobody_heard_yet_is_dropped_when_it_is_no_longer_true() -> None:
    shell = with_fallback()
    shell.feed(events.speech_started("u1"))
    fail_over(shell)
    shell.feed(events.speech_started("u2"))
    done = shell.feed(LOST)
    while Connect(0, None) not in done:
        done = shell.feed(LOST) if Connect(1, None) in done else shell.advance(100)
    shell.connect_from_dialled()
    shell.feed(events.speech_started("u3"))
    shell.feed(events.speech_stopped("u3"))
    answer(shell, 3, "Good.")
    shell.advance(1_000)
    assert notices(shell) == 0
    shell.feed(HangUp())


def test_nothing_is_said_where_the_place_has_no_notice() -> None:
    silent = Route("another", Capabilities(), SessionConfig())
    shell = ready(fallbacks=(silent,), persistence=Persistence(switch_after_ms=0))
    fail_over(shell)
    assert len(shell.updates(EndpointChanged)) == 1
    assert not shell.sent(ConversationItemCreate)


def test_a_place_that_costs_too_much_is_shown_as_left_and_not_called_gone() -> None:
    shell = with_fallback()
    shell.feed(EndpointsBarred(frozenset({0}), "the day's cap is reached"))
    shell.connect_from_dialled()
    shell.advance(5_000)
    assert shell.updates(EndpointChanged) == [
        EndpointChanged("our own server", 1, "the day's cap is reached")
    ]
    assert notices(shell) == 0
