"""The wiring of ClientCore: unknown and odd events, deadlines, replay."""

import pytest

from voice.core.client_inputs import HangUp, Tick, UserTyped
from voice.core.responses import ASK_DEADLINE_MS
from voice.core.updates import Phase, PhaseChanged, WarningIssued
from voice.protocol.capabilities import Capabilities
from voice.protocol.server_events import SERVER_EVENTS, UnknownEvent
from voice.testing import events
from voice.testing.pure_shell import PureShell


def ready() -> PureShell:
    shell = PureShell()
    shell.connect()
    return shell


def test_unknown_events_are_told_of_once_a_type() -> None:
    shell = ready()
    for number in range(200):
        shell.feed(UnknownEvent(f"x.{number % 3}", None, {}))
    assert [update.code for update in shell.updates(WarningIssued)] == ["unknown_event"] * 3


def test_more_unknown_types_than_can_be_told_of_are_survived() -> None:
    shell = ready()
    for number in range(200):
        shell.feed(UnknownEvent(f"x.{number}", None, {}))
    assert len(shell.updates(WarningIssued)) == 64


@pytest.mark.parametrize("kind", sorted(SERVER_EVENTS))
def test_every_event_with_nothing_in_it_is_survived(kind: str) -> None:
    shell = ready()
    try:
        event = SERVER_EVENTS[kind].model_validate({"type": kind})
    except ValueError:
        return
    shell.feed(event)
    assert shell.core.phase is not Phase.CLOSED
    assert "event_ignored" not in [update.code for update in shell.updates(WarningIssued)]


def test_the_next_deadline_is_the_earliest_of_all_machines() -> None:
    shell = ready()
    assert shell.core.next_deadline_ms() is None
    shell.feed(UserTyped("Hello"))
    assert shell.core.next_deadline_ms() == ASK_DEADLINE_MS
    shell.feed(events.speech_started())
    shell.feed(events.speech_stopped())
    assert shell.core.next_deadline_ms() == 3_000


def test_a_tick_that_comes_early_does_nothing() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    assert shell.feed(Tick()) == []


def test_a_phase_is_told_when_it_changes_and_only_then() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.words("r1", "i1", "Hi"))
    assert [update.phase for update in shell.updates(PhaseChanged)] == [
        Phase.LISTENING,
        Phase.THINKING,
    ]


def test_a_log_gives_the_same_actions_again() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    shell.feed(events.audio_delta("r1", "i1", 500))
    shell.advance(200)
    shell.feed(events.speech_started())
    shell.feed(HangUp())
    assert shell.replays()


def test_audio_and_transcripts_do_not_show_in_the_log_form_of_actions() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    [action, *_] = shell.feed(events.audio_delta("r1", "i1", 20))
    assert "\\x01" not in repr(action)


def test_what_an_endpoint_is_known_to_send_is_passed_over_without_a_word() -> None:
    shell = PureShell(capabilities=Capabilities(own_events=("ping", "vendor.")))
    shell.connect()
    for kind in ("ping", "vendor.speaker", "strange"):
        shell.feed(UnknownEvent(kind, "e", {"type": kind}))
    told = [w.message for w in shell.updates(WarningIssued) if w.code == "unknown_event"]
    assert len(told) == 1
    assert "strange" in told[0]
