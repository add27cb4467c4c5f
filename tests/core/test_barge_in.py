"""The interruption: what falls silent, what is sent, in which order, and what stays dead."""

import pytest

from voice.core.client_actions import CancelTool, FlushPlayback, PlayAudio, Publish, SendEvent
from voice.core.client_inputs import Button, Input, PlaybackDrained, UserPressed, UserTyped
from voice.core.updates import Interrupted, Phase, WarningIssued
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import (
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemTruncate,
    ResponseCancel,
    ResponseCreate,
)
from voice.protocol.server_events import ServerEvent
from voice.protocol.session_config import AudioConfig, AudioInputConfig, ServerVad, SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell, sent_in

LEADING = Capabilities(cancels_on_speech=False)


def speaking(shell: PureShell | None = None, *, ms: int = 1_000) -> PureShell:
    """Return a shell whose assistant has said 1 s, in an answer that goes on."""
    shell = shell or PureShell()
    shell.connect()
    shell.feed(events.response_created("r1"))
    shell.feed(events.words("r1", "i1", "It is noon."))
    shell.feed(events.audio_delta("r1", "i1", ms))
    return shell


def truncations(shell: PureShell) -> list[tuple[str, int]]:
    return [(cut.item_id, cut.audio_end_ms) for cut in shell.sent(ConversationItemTruncate)]


def test_speech_silences_and_truncates_at_what_was_heard_and_the_endpoint_cancels() -> None:
    shell = speaking()
    shell.advance(420)
    done = shell.feed(events.speech_started())
    assert [event.type for event in sent_in(done)] == ["conversation.item.truncate"]
    assert truncations(shell) == [("i1", 420)]
    assert shell.speaker.queued_ms == 0
    assert shell.core.phase is Phase.LISTENING


def test_the_client_cancels_where_the_endpoint_does_not() -> None:
    shell = speaking(PureShell(capabilities=LEADING))
    shell.advance(420)
    done = shell.feed(events.speech_started())
    kinds = [event.type for event in sent_in(done)]
    assert kinds == ["response.cancel", "conversation.item.truncate"]
    assert [cancel.response_id for cancel in shell.sent(ResponseCancel)] == ["r1"]


def test_the_client_cancels_where_the_session_forbids_the_endpoint_to() -> None:
    rules = ServerVad(interrupt_response=False)
    config = SessionConfig(audio=AudioConfig(input=AudioInputConfig(turn_detection=rules)))
    shell = speaking(PureShell(config))
    shell.feed(events.speech_started())
    assert len(shell.sent(ResponseCancel)) == 1


def test_a_button_cancels_by_itself() -> None:
    shell = speaking()
    shell.advance(100)
    done = shell.feed(UserPressed(Button.INTERRUPT))
    kinds = [event.type for event in sent_in(done)]
    assert kinds == ["response.cancel", "conversation.item.truncate"]


@pytest.mark.parametrize(
    "interruption",
    [
        events.speech_started(),
        UserPressed(Button.INTERRUPT),
        UserPressed(Button.TALK_DOWN),
        UserTyped("And tomorrow?"),
    ],
    ids=["speech", "button", "talk button", "typed words"],
)
def test_whatever_interrupts_does_the_same(interruption: ServerEvent | Input) -> None:
    shell = speaking(PureShell(capabilities=LEADING))
    shell.advance(420)
    done = shell.feed(interruption)
    assert FlushPlayback() in done
    assert [event.type for event in sent_in(done)][:2] == [
        "response.cancel",
        "conversation.item.truncate",
    ]
    assert truncations(shell) == [("i1", 420)]
    assert [cut.heard_ms for cut in shell.updates(Interrupted)] == [420]
    for late in (events.audio_delta("r1", "i1", 500), events.audio_delta("r1", "i9", 500)):
        assert not shell.feed(late)


def test_typed_words_come_after_the_truncate_and_are_answered_after_the_cancelled_response() -> (
    None
):
    shell = speaking()
    shell.advance(100)
    done = shell.feed(UserTyped("And tomorrow?"))
    assert [event.type for event in sent_in(done)] == [
        "response.cancel",
        "conversation.item.truncate",
        "conversation.item.create",
    ]
    done = shell.feed(events.response_done("r1", "cancelled"))
    assert [event.type for event in sent_in(done)] == ["response.create"]


def test_an_idle_slot_and_a_talking_speaker_truncate_and_do_not_cancel() -> None:
    shell = speaking()
    shell.feed(events.response_done("r1"))
    shell.advance(300)
    done = shell.feed(UserPressed(Button.INTERRUPT))
    assert [event.type for event in sent_in(done)] == ["conversation.item.truncate"]


def test_typed_words_over_a_finished_answer_are_asked_about_after_the_truncate() -> None:
    shell = speaking()
    shell.feed(events.response_done("r1"))
    shell.advance(300)
    done = shell.feed(UserTyped("And tomorrow?"))
    assert [event.type for event in sent_in(done)] == [
        "conversation.item.truncate",
        "conversation.item.create",
        "response.create",
    ]


def test_nothing_heard_deletes_the_item() -> None:
    shell = speaking()
    shell.feed(events.speech_started())
    assert [event.item_id for event in shell.sent(ConversationItemDelete)] == ["i1"]
    assert truncations(shell) == []
    assert "i1" not in shell.core.ledger


def test_wholly_heard_and_finished_is_left_alone() -> None:
    shell = speaking()
    shell.feed(events.response_done("r1"))
    shell.advance(1_000)
    assert sent_in(shell.feed(events.speech_started())) == []
    assert shell.speaker.flushes == 0


def test_heard_to_the_end_of_what_came_is_still_cut_while_the_answer_goes_on() -> None:
    shell = speaking()
    shell.advance(1_500)
    shell.feed(events.speech_started())
    assert truncations(shell) == [("i1", 1_000)]


def test_late_audio_of_a_cut_answer_is_never_played() -> None:
    shell = speaking()
    shell.advance(100)
    shell.feed(events.speech_started())
    late = shell.feed(events.audio_delta("r1", "i1", 500))
    late += shell.feed(events.audio_delta("r1", "i2", 500))
    late += shell.feed(events.words("r1", "i1", " More."))
    assert late == []


def test_late_audio_under_a_new_response_id_of_a_cut_item_is_not_played() -> None:
    shell = speaking()
    shell.advance(100)
    shell.feed(events.speech_started())
    shell.feed(events.speech_stopped())
    assert not any(
        isinstance(action, PlayAudio) for action in shell.feed(events.audio_delta("rX", "i1", 500))
    )


def test_the_next_answer_is_played() -> None:
    shell = speaking()
    shell.advance(100)
    shell.feed(events.speech_started())
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(events.speech_stopped())
    shell.feed(events.response_created("r2"))
    done = shell.feed(events.audio_delta("r2", "i2", 20))
    assert any(isinstance(action, PlayAudio) for action in done)


def test_a_second_interruption_finds_nothing_left_to_cut() -> None:
    shell = speaking()
    shell.advance(100)
    shell.feed(events.speech_started())
    assert sent_in(shell.feed(UserPressed(Button.INTERRUPT))) == []


def test_several_queued_items_are_cut_one_by_one_in_order() -> None:
    shell = speaking(ms=200)
    shell.feed(events.audio_done("r1", "i1"))
    shell.feed(events.audio_delta("r1", "i2", 200))
    shell.feed(events.audio_delta("r1", "i3", 200))
    shell.advance(250)
    done = shell.feed(events.speech_started())
    assert [(event.type, event.item_id) for event in sent_in(done)] == [
        ("conversation.item.truncate", "i2"),
        ("conversation.item.delete", "i3"),
    ]


def test_faces_learn_what_was_heard_and_what_was_not() -> None:
    shell = speaking()
    shell.feed(events.words("r1", "i1", " Anything else?"))
    shell.feed(events.audio_delta("r1", "i1", 1_000))
    shell.advance(1_000)
    shell.feed(events.speech_started())
    assert shell.updates(Interrupted) == [
        Interrupted("i1", 1_000, "It is noon.", " Anything else?", "the endpoint heard speech")
    ]
    entry = shell.core.ledger.entry("i1")
    assert (entry.text, entry.unheard_text, entry.heard_ms) == (
        "It is noon.",
        " Anything else?",
        1_000,
    )


def test_the_flush_is_answered_before_anything_else_is_done() -> None:
    shell = speaking()
    shell.advance(100)
    done = shell.feed(UserTyped("Stop"))
    flush = next(n for n, action in enumerate(done) if isinstance(action, FlushPlayback))
    after = done[flush + 1]
    assert isinstance(after, SendEvent)
    assert isinstance(after.event, ConversationItemTruncate)
    assert isinstance(done[flush + 2], Publish)


def test_a_request_on_its_way_is_cancelled_at_birth_after_a_button() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(UserTyped("Tell me a story"))
    shell.feed(UserPressed(Button.INTERRUPT))
    done = shell.feed(events.response_created("r1"))
    assert [cancel.response_id for cancel in sent_in(done)] == ["r1"]
    assert shell.feed(events.audio_delta("r1", "i1", 100)) == []
    assert shell.core.phase is Phase.THINKING
    shell.feed(events.response_done("r1", "cancelled"))
    assert shell.core.phase is Phase.LISTENING


def test_audio_of_an_unwanted_request_that_comes_before_its_birth_is_not_played() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(UserTyped("Tell me a story"))
    shell.feed(UserPressed(Button.INTERRUPT))
    assert shell.feed(events.audio_delta("r1", "i1", 100)) == []
    assert len(sent_in(shell.feed(events.response_created("r1")))) == 1


def test_typed_words_replace_a_request_on_its_way() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(UserTyped("Tell me a story"))
    shell.feed(UserTyped("No, a joke"))
    assert len(shell.sent(ResponseCreate)) == 1
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1", "cancelled"))
    assert len(shell.sent(ResponseCreate)) == 2


def test_a_response_born_while_the_user_speaks_is_cancelled_at_birth() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(UserTyped("Tell me a story"))
    shell.feed(events.speech_started())
    done = shell.feed(events.response_created("r1"))
    assert [event.type for event in sent_in(done)] == ["response.cancel"]


def test_a_response_born_after_the_user_spoke_answers_the_new_turn_too() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(UserTyped("Tell me a story"))
    shell.feed(events.speech_started())
    shell.feed(events.speech_stopped())
    assert sent_in(shell.feed(events.response_created("r1"))) == []
    assert len(shell.feed(events.audio_delta("r1", "i1", 100))) == 2


def test_speech_that_a_dead_response_made_unplayed_is_taken_back() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(events.response_created("r1"))
    shell.feed(UserPressed(Button.INTERRUPT))
    shell.feed(events.audio_delta("r1", "i1", 100))
    shell.feed(events.item_done("r1", events.assistant_item("i1", "Hm", status="incomplete")))
    assert [event.item_id for event in shell.sent(ConversationItemDelete)] == ["i1"]


def test_an_interruption_leaves_tools_alone_unless_they_say_so() -> None:
    shell = PureShell(cancellable_tools=frozenset({"search"}))
    shell.connect()
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1", "search"))
    shell.feed(events.call_done("r1", "c2", "timer"))
    done = shell.feed(events.speech_started())
    assert [action for action in done if isinstance(action, CancelTool)] == [CancelTool("c1")]


def test_endpoints_that_cannot_truncate_or_cancel_are_not_asked_to() -> None:
    weak = Capabilities(can_cancel=False, can_truncate=False)
    shell = speaking(PureShell(capabilities=weak))
    shell.advance(100)
    assert sent_in(shell.feed(UserPressed(Button.INTERRUPT))) == []
    assert shell.core.ledger.entry("i1").heard_ms == 100


def test_endpoints_that_end_no_cancelled_response_are_not_waited_for() -> None:
    shell = speaking(PureShell(capabilities=Capabilities(done_after_cancel=False)))
    shell.feed(UserTyped("Next"))
    assert len(shell.sent(ConversationItemCreate)) == 1
    assert len(shell.sent(ResponseCreate)) == 1


def test_a_person_is_told_once_of_an_answer_with_gaps() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(events.response_created("r1"))
    for _ in range(6):
        shell.feed(events.audio_delta("r1", "i1", 100))
        shell.advance(300)
    shell.feed(events.audio_done("r1", "i1"))
    shell.feed(events.response_done("r1"))
    told = [update.code for update in shell.updates(WarningIssued)]
    assert told == ["weak_connection"]


def test_gaps_without_a_network_are_the_models_or_the_machines() -> None:
    shell = PureShell(capabilities=Capabilities(crosses_network=False))
    shell.connect()
    shell.feed(events.response_created("r1"))
    for _ in range(6):
        shell.feed(events.audio_delta("r1", "i1", 100))
        shell.advance(300)
    [told] = shell.updates(WarningIssued)
    assert told.code == "slow_answer"
    assert "connection" not in told.message


def test_a_speaker_that_plays_faster_than_time_leaves_no_gaps() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(events.response_created("r1"))
    for _ in range(6):
        shell.feed(events.audio_delta("r1", "i1", 300))
        shell.advance(100)
        shell.feed(PlaybackDrained())
    assert not shell.updates(WarningIssued)


def test_an_answer_that_pauses_once_is_no_weak_connection() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(events.response_created("r1"))
    for _ in range(2):
        shell.feed(events.audio_delta("r1", "i1", 100))
        shell.advance(300)
    shell.feed(events.audio_done("r1", "i1"))
    shell.advance(1_000)
    assert not shell.updates(WarningIssued)
