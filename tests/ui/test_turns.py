from itertools import count

from voice.core.cost import CostUpdated, Tokens
from voice.core.updates import (
    AssistantTranscript,
    ErrorReported,
    Interrupted,
    ToolCallFinished,
    ToolCallStarted,
    TranscriptCorrected,
    TurnTimeline,
    Update,
    UserSpeechStarted,
    UserTranscript,
)
from voice.ui.turns import MAX_TURNS, Turn, TurnLog


def said(text: str, *, item: str = "user_1") -> UserTranscript:
    return UserTranscript(item, text, is_final=True)


def answered(text: str, *, response: str = "resp_1", item: str = "item_1") -> AssistantTranscript:
    return AssistantTranscript(response, item, text, is_final=True)


def log_of(*updates: Update) -> TurnLog:
    ticks = count()
    log = TurnLog(lambda: float(next(ticks)))
    log.begin()
    for update in updates:
        log.take(update)
    return log


def told(*updates: Update) -> list[Turn]:
    return log_of(*updates).worth_telling()


def test_spoken_turn_holds_what_was_said_and_answered() -> None:
    (turn,) = told(UserSpeechStarted(), said(" Hello. "), answered("Hi there."))
    assert (turn.user_text, turn.assistant_text) == ("Hello.", "Hi there.")


def test_tool_call_is_told_with_arguments_and_output() -> None:
    (turn,) = told(
        UserSpeechStarted(),
        said("What time is it in Tokyo?"),
        ToolCallStarted("call_1", "get_time", '{"place": "Tokyo"}'),
        ToolCallFinished("call_1", "get_time", "It is nine.", is_error=False),
        answered("It is nine in Tokyo.", response="resp_2"),
    )
    (use,) = turn.tools
    assert (use.name, use.arguments, use.output) == (
        "get_time",
        '{"place": "Tokyo"}',
        "It is nine.",
    )


def test_two_parts_of_an_answer_are_joined_in_their_order() -> None:
    (turn,) = told(said("Hello"), answered("One.", item="a"), answered("Two.", item="b"))
    assert turn.assistant_text == "One. Two."


def test_deltas_count_until_the_whole_part_is_there() -> None:
    log = log_of(
        AssistantTranscript("r", "i", "It ", is_final=False),
        AssistantTranscript("r", "i", "is", is_final=False),
    )
    assert log.current.assistant_text == "It is"
    log.take(AssistantTranscript("r", "i", "It is nine.", is_final=True))
    assert log.current.assistant_text == "It is nine."


def test_interrupted_answer_keeps_only_what_was_heard() -> None:
    first, second = told(
        UserSpeechStarted(),
        said("Tell me a story."),
        answered("Once upon a time there was a king."),
        UserSpeechStarted(),
        Interrupted("item_1", 900, "Once upon a time", "there was a king."),
        said("Stop.", item="user_2"),
    )
    assert first.is_interrupted
    assert first.assistant_text == "Once upon a time"
    assert (second.user_text, second.is_interrupted) == ("Stop.", False)


def test_whole_transcript_after_the_cut_does_not_bring_unheard_words_back() -> None:
    (turn,) = told(
        said("Go on."), Interrupted("item_1", 200, "Once", "upon a time"), answered("Once upon")
    )
    assert turn.assistant_text == "Once"


def test_endpoint_corrects_what_was_heard() -> None:
    (turn,) = told(
        answered("Once upon a time."),
        Interrupted("item_1", 200, "Once upon", "a time."),
        TranscriptCorrected("item_1", "Once"),
    )
    assert turn.assistant_text == "Once"


def test_late_transcript_goes_to_its_own_turn() -> None:
    first, second = told(
        UserSpeechStarted(),
        answered("Yes?"),
        UserSpeechStarted(),
        said("Hey.", item="user_1"),
        said("What time is it?", item="user_2"),
    )
    assert (first.user_text, second.user_text) == ("Hey.", "What time is it?")


def test_transcripts_in_another_order_go_to_the_speech_that_bears_their_id() -> None:
    first, second = told(
        UserSpeechStarted("user_1"),
        UserSpeechStarted("user_2"),
        said("What time is it?", item="user_2"),
        said("Hey.", item="user_1"),
    )
    assert (first.user_text, second.user_text) == ("Hey.", "What time is it?")


def test_speech_without_words_is_not_told() -> None:
    turns = told(UserSpeechStarted(), UserSpeechStarted(), said("", item="user_1"))
    assert len(turns) == 1
    assert turns[0].is_empty


def test_given_turn_whose_speech_began_a_turn_of_its_own_is_not_told() -> None:
    turns = told(
        UserSpeechStarted(),
        said("", item="user_1"),
        UserSpeechStarted(),
        said("Hello.", item="user_2"),
    )
    assert [turn.user_text for turn in turns] == ["Hello."]


def test_timing_counts_from_the_end_of_speech_over_all_responses() -> None:
    (turn,) = told(
        UserSpeechStarted(),
        said("What time is it?"),
        TurnTimeline("resp_1", 1_000, 1_280, 1_281, None, None, None),
        TurnTimeline("resp_2", 1_000, 1_280, 1_281, 1_300, 1_390, 2_000),
    )
    timing = turn.timing
    assert (timing.turn_end_ms, timing.transcript_ms) == (280, 281)
    assert (timing.first_token_ms, timing.first_audio_ms, timing.last_audio_ms) == (300, 390, 1_000)


def test_timing_of_a_typed_turn_counts_from_the_typing() -> None:
    log = TurnLog(lambda: 0.0)
    turn = log.begin(typed="Hello")
    log.take(TurnTimeline("resp_1", None, 500, None, 520, 600, 900))
    assert (turn.timing.first_token_ms, turn.timing.first_audio_ms) == (20, 100)


def test_unprompted_answer_has_no_timing() -> None:
    (turn,) = told(answered("Your timer is done."), TurnTimeline("resp_1", None, None, None, 5, 6))
    assert turn.timing.first_audio_ms is None


def test_costs_belong_to_the_turn_of_their_response_and_their_words() -> None:
    def paid(response_id: str, item_id: str, price: float) -> CostUpdated:
        tokens = Tokens(text_out=1)
        return CostUpdated(response_id, item_id, tokens, tokens, tokens, price, 0, 0, 0, "USD")

    log = TurnLog(lambda: 0.0)
    for update in (said("Hello"), answered("Hi."), paid("resp_1", "", 0.5)):
        log.take(update)
    log.begin(typed="Again")
    log.take(paid("resp_1", "", 0.25))
    log.take(paid("resp_2", "", 2.0))
    assert [turn.price for turn in log.turns] == [0.75, 2.0]
    assert log.turns[0].tokens == Tokens(text_out=2)
    assert log.cost == paid("resp_2", "", 2.0)


def test_errors_belong_to_the_turn_that_is_going_on() -> None:
    (turn,) = told(said("Hello"), ErrorReported("engine_error", "the brain is gone"))
    assert turn.errors == ["the brain is gone"]


def test_endless_conversation_keeps_a_bounded_log() -> None:
    log = TurnLog(lambda: 0.0)
    for number in range(MAX_TURNS + 10):
        log.begin(typed=str(number))
    assert len(log.turns) == MAX_TURNS
    assert log.current.user_text == str(MAX_TURNS + 9)
