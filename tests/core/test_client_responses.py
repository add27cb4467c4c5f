"""Responses from birth to end, in the orders in which endpoints really send them."""

from voice.core.client_actions import Connect, DropLink, PlayAudio, Publish
from voice.core.client_inputs import Button, UserPressed, UserTyped
from voice.core.response_failures import ASK_AGAIN_MS, PAUSE_MS
from voice.core.responses import ASK_DEADLINE_MS, DOUBT_DEADLINE_MS, IDLE_STREAM_DEADLINE_MS
from voice.core.updates import (
    AssistantTranscript,
    Ended,
    EndKind,
    ErrorReported,
    Phase,
    PhaseChanged,
    ResponseFinished,
    TurnTimeline,
    WarningIssued,
)
from voice.protocol import server_events as wire
from voice.protocol.client_events import ResponseCreate
from voice.protocol.server_events import ServerEvent
from voice.testing import events
from voice.testing.pure_shell import PureShell, sent_in


def ready() -> PureShell:
    shell = PureShell()
    shell.connect()
    return shell


def played_ms(shell: PureShell) -> int:
    chunks = (action.audio for action in shell.done if isinstance(action, PlayAudio))
    return sum(map(len, chunks)) // 48


def test_an_answer_goes_from_thinking_over_speaking_to_listening() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("r1", "i1", 100))
    shell.feed(events.response_done("r1"))
    shell.advance(100)
    phases = [update.phase for update in shell.updates(PhaseChanged)]
    assert phases == [Phase.LISTENING, Phase.THINKING, Phase.SPEAKING, Phase.LISTENING]


def test_audio_goes_to_the_speaker_as_it_came() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    delta = events.audio_delta("r1", "i1", 100, index=2)
    assert isinstance(delta, wire.AudioDelta)
    assert shell.feed(delta)[-1] == PlayAudio("i1", 2, delta.audio)


def test_a_delta_before_its_response_was_announced_is_played() -> None:
    shell = ready()
    shell.feed(events.audio_delta("r1", "i1", 100))
    shell.feed(events.response_created("r1"))
    assert played_ms(shell) == 100


def test_a_delta_after_the_end_of_its_response_is_played() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1"))
    shell.feed(events.audio_delta("r1", "i1", 100))
    shell.advance(100)
    assert played_ms(shell) == 100
    assert shell.core.phase is Phase.LISTENING


def test_a_late_tail_counts_on_where_the_part_had_ended() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("r1", "i1", 1_000))
    shell.feed(events.response_done("r1"))
    shell.advance(1_000)
    shell.feed(events.audio_delta("r1", "i1", 500))
    shell.advance(200)
    [cut] = sent_in(shell.feed(events.speech_started()))
    assert cut.audio_end_ms == 1_200


def test_deltas_without_a_response_id_are_told_apart_by_their_item() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("", "i1", 100))
    shell.feed(events.speech_started())
    shell.feed(events.speech_stopped())
    shell.feed(events.audio_delta("", "i1", 100))
    shell.feed(events.audio_delta("", "i2", 100))
    assert played_ms(shell) == 200


def test_a_second_end_of_a_response_changes_nothing() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1"))
    assert shell.feed(events.response_done("r1")) == []


def test_a_second_birth_of_a_response_is_survived() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1"))
    shell.feed(events.response_created("r1"))
    assert [update.code for update in shell.updates(WarningIssued)] == [
        "response_created_twice"
    ] * 2
    assert shell.core.phase is Phase.LISTENING


def test_the_end_of_a_response_that_was_given_up_does_not_free_the_next_request() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(UserTyped("Hello"))
    shell.advance(3_000)
    assert len(shell.sent(ResponseCreate)) == 1
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(UserTyped("Hello?"))
    assert len(shell.sent(ResponseCreate)) == 1


def test_a_request_that_is_not_answered_is_reported_and_given_up() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.advance(1_000)
    shell.feed(events.error("server_error"))
    shell.advance(ASK_DEADLINE_MS - 1_000)
    codes = [update.code for update in shell.updates(ErrorReported)]
    assert codes == ["server_error", "response_not_begun"]
    assert shell.core.phase is Phase.LISTENING


def test_an_endpoint_without_a_word_for_a_request_loses_the_connection_then_the_wish() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    done = shell.advance(ASK_DEADLINE_MS)
    assert Connect() in done
    assert DropLink() in done
    shell.connect_from_dialled()
    shell.advance(ASK_DEADLINE_MS)
    assert len(shell.sent(ResponseCreate)) == 2
    assert [update.code for update in shell.updates(ErrorReported)] == ["response_not_begun"]


def test_an_error_in_the_middle_of_an_answer_gives_it_little_time() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.error("server_error"))
    shell.advance(DOUBT_DEADLINE_MS)
    codes = [update.code for update in shell.updates(ErrorReported)]
    assert codes == ["server_error", "response_not_ended"]


def failed(response_id: str, code: str) -> ServerEvent:
    details = {"type": "failed", "error": {"type": code, "code": code}}
    return events.response_done(response_id, "failed", status_details=details)


def test_one_failed_answer_is_asked_for_again_and_two_cost_the_session() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(failed("r1", "server_error"))
    shell.advance(ASK_AGAIN_MS)
    assert len(shell.sent(ResponseCreate)) == 2
    shell.feed(events.response_created("r2"))
    done = shell.feed(failed("r2", "server_error"))
    assert DropLink() in done
    shell.connect_from_dialled()
    shell.advance(ASK_AGAIN_MS)
    assert len(shell.sent(ResponseCreate)) == 3


def test_an_endpoint_that_fails_five_times_is_left_in_peace_for_half_a_minute() -> None:
    shell = ready()
    for number in range(5):
        shell.feed(events.response_created(f"r{number}"))
        shell.feed(failed(f"r{number}", "nobody_knows"))
    assert shell.updates(ErrorReported)[-1].code == "responses_failing"
    shell.feed(UserTyped("Hello"))
    shell.advance(PAUSE_MS - 1)
    assert shell.sent(ResponseCreate) == []
    shell.advance(1)
    assert len(shell.sent(ResponseCreate)) == 1


def test_an_account_that_is_empty_ends_the_session_by_its_name() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(failed("r1", "insufficient_quota"))
    [ended] = shell.updates(Ended)
    assert ended.kind is EndKind.AUTH_FAILED
    assert "has no credit" in ended.reason
    assert "(insufficient_quota)" in ended.reason


def test_a_response_that_shows_no_life_is_reported_and_given_up() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.advance(IDLE_STREAM_DEADLINE_MS - 1)
    shell.feed(events.audio_delta("r1", "i1", 20))
    shell.advance(IDLE_STREAM_DEADLINE_MS - 1)
    assert shell.updates(ErrorReported) == []
    shell.advance(1)
    assert [update.code for update in shell.updates(ErrorReported)] == ["response_not_ended"]


def test_words_reach_faces_and_the_ledger() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.words("r1", "i1", "Hello "))
    shell.feed(events.words("r1", "i1", "there."))
    shell.feed(events.words_done("r1", "i1", "Hello there."))
    assert shell.updates(AssistantTranscript) == [
        AssistantTranscript("r1", "i1", "Hello ", is_final=False),
        AssistantTranscript("r1", "i1", "there.", is_final=False),
        AssistantTranscript("r1", "i1", "Hello there.", is_final=True),
    ]
    entry = shell.core.ledger.entry("i1")
    assert (entry.text, entry.spoken, entry.role) == ("Hello there.", True, "assistant")


def test_words_that_come_only_at_the_end_are_taken_there() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.words_done("r1", "i1", "Hello there."))
    assert shell.core.ledger.entry("i1").text == "Hello there."
    assert [update.is_final for update in shell.updates(AssistantTranscript)] == [False, True]


def test_written_words_are_no_speech() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(wire.ResponseOutputTextDelta(response_id="r1", item_id="i1", delta="Hello"))
    shell.feed(wire.ResponseOutputTextDone(response_id="r1", item_id="i1", text="Hello"))
    assert not shell.core.ledger.entry("i1").spoken
    assert sent_in(shell.feed(events.speech_started())) == []


def test_the_end_is_told_with_status_reason_and_usage() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(
        events.response_done(
            "r1",
            "incomplete",
            status_details={"type": "incomplete", "reason": "max_output_tokens"},
            usage={"total_tokens": 7, "input_tokens": 3, "output_tokens": 4},
        )
    )
    [finished] = shell.updates(ResponseFinished)
    assert (finished.status, finished.reason) == ("incomplete", "max_output_tokens")
    assert finished.usage["total_tokens"] == 7


def test_a_failed_response_is_an_error_that_faces_see() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    failure = {"type": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow down"}}
    shell.feed(events.response_done("r1", "failed", status_details=failure))
    assert shell.updates(ErrorReported) == [ErrorReported("rate_limit_exceeded", "Slow down")]


def test_a_response_without_any_output_ends_the_turn() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1", output=[]))
    assert shell.core.phase is Phase.LISTENING


def test_the_timeline_tells_when_words_and_audio_came() -> None:
    shell = ready()
    shell.advance(100)
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.advance(50)
    shell.feed(events.words("r1", "i1", "Hi"))
    shell.advance(30)
    shell.feed(events.audio_delta("r1", "i1", 40))
    shell.advance(10)
    shell.feed(events.audio_delta("r1", "i1", 40))
    shell.feed(events.response_done("r1"))
    assert shell.updates(TurnTimeline) == [TurnTimeline("r1", None, 100, None, 150, 180, 190)]


def test_an_answer_that_was_cut_has_no_timeline() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.speech_started())
    done = shell.feed(events.response_done("r1", "cancelled"))
    assert [type(action.update) for action in done if isinstance(action, Publish)] == [
        ResponseFinished
    ]


def test_a_response_that_takes_the_place_of_another_is_the_one_in_the_slot() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_created("r2"))
    shell.feed(events.response_done("r1"))
    assert shell.core.phase is Phase.THINKING
    shell.feed(events.response_done("r2"))
    assert shell.core.phase is Phase.LISTENING


def test_an_endpoint_that_names_no_response_can_be_talked_to() -> None:
    shell = ready()
    for number in range(3):
        shell.feed(UserTyped("Hello"))
        shell.feed(events.response_created(""))
        shell.feed(events.audio_delta("", f"i{number}", 20))
        shell.feed(events.response_done(""))
        shell.advance(20)
    assert played_ms(shell) == 60
    assert shell.core.phase is Phase.LISTENING


def test_a_response_without_a_name_is_cancelled_without_one() -> None:
    shell = ready()
    shell.feed(events.response_created(""))
    [cancel] = sent_in(shell.feed(UserPressed(Button.INTERRUPT)))
    assert cancel.response_id is None


def test_arguments_on_their_way_are_a_sign_of_life() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.advance(IDLE_STREAM_DEADLINE_MS - 1)
    kind = wire.ResponseFunctionCallArgumentsDelta
    shell.feed(kind(response_id="r1", item_id="i1", call_id="c1", delta="{"))
    shell.advance(IDLE_STREAM_DEADLINE_MS - 1)
    assert shell.updates(ErrorReported) == []


def test_a_part_whose_words_are_all_told_twice_is_shown_once() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    for _ in range(2):
        shell.feed(events.words_done("r1", "i1", "Hello there."))
    finals = [update for update in shell.updates(AssistantTranscript) if update.is_final]
    assert [update.text for update in finals] == ["Hello there."]


def test_an_answer_that_was_interrupted_is_timed_and_one_that_never_came_is_not() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("r1", "i1", 500))
    shell.advance(100)
    shell.feed(events.speech_started())
    shell.feed(events.response_created("r2"))
    for response_id in ("r1", "r2"):
        shell.feed(events.response_done(response_id, "cancelled"))
    [told] = shell.updates(TurnTimeline)
    assert told.response_id == "r1"
    assert told.first_audio_ms is not None
