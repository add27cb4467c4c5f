"""The user's turn: its table and its deadlines."""

from voice.core.turn_state import (
    OWED_DEADLINE_MS,
    SPEECH_DEADLINE_MS,
    TALK_TAIL_MS,
    TurnEvent,
    TurnState,
    UserTurn,
)


def after(*events: TurnEvent) -> UserTurn:
    turn = UserTurn()
    for event in events:
        turn.move(event, 0)
    return turn


def test_a_turn_that_the_endpoint_answers_is_owed_an_answer() -> None:
    turn = after(TurnEvent.STARTED, TurnEvent.STOPPED_OWING)
    assert turn.state is TurnState.OWED
    assert not turn.is_silent
    assert not turn.is_speaking
    turn.move(TurnEvent.ANSWERED, 0)
    assert turn.is_silent


def test_a_turn_that_nobody_answers_by_himself_is_silent_at_once() -> None:
    assert after(TurnEvent.STARTED, TurnEvent.STOPPED).is_silent


def test_the_endpoint_does_not_end_a_turn_that_a_button_holds() -> None:
    turn = after(TurnEvent.PRESSED, TurnEvent.STARTED, TurnEvent.STOPPED_OWING)
    assert turn.state is TurnState.HELD


def test_a_released_button_still_holds_for_a_moment() -> None:
    turn = after(TurnEvent.PRESSED, TurnEvent.RELEASED)
    assert turn.is_speaking
    assert turn.expire(TALK_TAIL_MS - 1) is None
    assert turn.expire(TALK_TAIL_MS) is TurnState.RELEASING
    assert turn.is_silent


def test_deadlines_belong_to_their_state() -> None:
    assert after(TurnEvent.STARTED).deadline_ms == SPEECH_DEADLINE_MS
    assert after(TurnEvent.STARTED, TurnEvent.STOPPED_OWING).deadline_ms == OWED_DEADLINE_MS
    assert after(TurnEvent.PRESSED).deadline_ms is None


def test_what_means_nothing_changes_nothing() -> None:
    turn = UserTurn()
    assert not turn.move(TurnEvent.RELEASED, 0)
    assert not turn.move(TurnEvent.STOPPED, 0)
    assert not turn.move(TurnEvent.ANSWERED, 0)
    assert turn.is_silent
