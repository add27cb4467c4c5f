"""The user's turn over a lost connection: heard again, told as text, or let go."""

from tests.core.recovery_kit import (
    LOST,
    NO_TURNS,
    answer,
    frames,
    lose_and_return,
    one,
    ready,
    sent_audio,
    told,
)
from voice.core.client_inputs import Button, CommitTurn, UserPressed
from voice.core.reconnect import Persistence
from voice.core.routes import Route
from voice.core.updates import (
    ErrorReported,
    Reconnected,
)
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import (
    InputAudioBufferCommit,
    ResponseCreate,
)
from voice.protocol.formats import PCMU
from voice.protocol.session_config import SessionConfig
from voice.testing import events


def test_a_turn_that_was_being_spoken_is_sent_again_with_what_was_said_meanwhile() -> None:
    shell = ready()
    frames(shell, 0, 50)
    shell.feed(events.speech_started("u1", at_ms=400))
    spoken = frames(shell, 50, 50)
    shell.feed(LOST)
    spoken += frames(shell, 100, 50)
    before = len(shell.done)
    shell.connect_from_dialled()
    again = sent_audio(list(shell.done[before:]))
    assert again.endswith(spoken)
    assert len(again) == 48 * (1_000 - 400) + len(spoken)


def test_of_a_long_turn_the_last_ten_seconds_are_sent_again() -> None:
    shell = ready()
    shell.feed(events.speech_started("u1"))
    spoken = frames(shell, 0, 600)
    again = sent_audio(lose_and_return(shell))
    assert again == spoken[-480_000:]


def test_a_turn_that_began_unnoticed_is_sent_again_too() -> None:
    shell = ready()
    spoken = frames(shell, 0, 300)
    assert sent_audio(lose_and_return(shell)) == spoken[-96_000:]


def test_a_turn_whose_words_are_known_is_told_as_text_and_asked_about() -> None:
    shell = ready()
    shell.feed(events.speech_started("u1"))
    frames(shell, 0, 100)
    shell.feed(events.speech_stopped("u1", at_ms=2_000))
    shell.feed(events.committed("u1"))
    shell.feed(events.transcribed("u1", "What time is it?"))
    done = lose_and_return(shell)
    assert told(shell) == [("user", "What time is it?")]
    assert len(shell.sent(ResponseCreate)) == 1
    assert sent_audio(done) == b""


def test_a_turn_whose_words_are_not_known_is_heard_again_to_its_end() -> None:
    shell = ready()
    shell.feed(events.speech_started("u1"))
    spoken = frames(shell, 0, 100)
    shell.feed(events.speech_stopped("u1", at_ms=2_000))
    shell.feed(events.committed("u1"))
    shell.feed(events.item_added(events.user_item("u1")))
    again = sent_audio(lose_and_return(shell))
    assert again.startswith(spoken)
    assert not any(again[len(spoken) :])
    assert len(again) > len(spoken)
    assert shell.sent(ResponseCreate) == []
    assert len(shell.core.ledger) == 0
    shell.advance(3_100)
    # Nobody answers it: what was said is heard anew, and was nothing.
    assert one(shell, Reconnected) == Reconnected("full", 0)


def test_an_answered_turn_is_never_sent_again() -> None:
    shell = ready()
    shell.feed(events.speech_started("u1"))
    frames(shell, 0, 100)
    shell.feed(events.speech_stopped("u1", at_ms=2_000))
    answer(shell, 1, "Hi")
    shell.advance(1_000)
    assert sent_audio(lose_and_return(shell)) == b""


def test_a_turn_that_the_user_broke_off_by_a_button_is_not_sent_again() -> None:
    shell = ready()
    shell.feed(events.speech_started("u1"))
    frames(shell, 0, 100)
    shell.feed(events.speech_stopped("u1", at_ms=2_000))
    shell.feed(UserPressed(Button.INTERRUPT))
    assert sent_audio(lose_and_return(shell)) == b""


def test_push_to_talk_survives_a_loss_in_the_middle_of_the_press() -> None:
    shell = ready(NO_TURNS, push_to_talk=True)
    roll = frames(shell, 0, 25)
    shell.feed(UserPressed(Button.TALK_DOWN))
    spoken = frames(shell, 25, 25)
    shell.feed(LOST)
    spoken += frames(shell, 50, 25)
    before = len(shell.done)
    shell.connect_from_dialled()
    assert sent_audio(list(shell.done[before:])) == roll + spoken
    shell.feed(UserPressed(Button.TALK_UP))
    shell.advance(1_000)
    assert len(shell.sent(InputAudioBufferCommit)) == 1
    assert len(shell.sent(ResponseCreate)) == 1


def test_a_whole_press_without_a_connection_is_committed_when_there_is_one() -> None:
    shell = ready(NO_TURNS, push_to_talk=True)
    shell.feed(LOST)
    roll = frames(shell, 0, 25)
    shell.feed(UserPressed(Button.TALK_DOWN))
    spoken = frames(shell, 25, 50)
    shell.feed(UserPressed(Button.TALK_UP))
    tail = frames(shell, 75, 10)
    frames(shell, 85, 50)
    assert shell.sent(InputAudioBufferCommit) == []
    before = len(shell.done)
    shell.connect_from_dialled()
    assert sent_audio(list(shell.done[before:])) == roll + spoken + tail
    assert len(shell.sent(InputAudioBufferCommit)) == 1
    assert len(shell.sent(ResponseCreate)) == 1


def test_a_committed_turn_that_was_not_answered_is_committed_again() -> None:
    shell = ready(NO_TURNS)
    spoken = frames(shell, 0, 50)
    shell.feed(CommitTurn())
    done = lose_and_return(shell)
    assert sent_audio(done) == spoken
    assert len(shell.sent(InputAudioBufferCommit)) == 2
    assert len(shell.sent(ResponseCreate)) == 2


def test_a_turn_is_given_up_with_a_word_where_the_next_endpoint_wants_other_audio() -> None:
    narrow = Capabilities(input_format=PCMU)
    other = Route("a telephone", narrow, SessionConfig())
    shell = ready(fallbacks=(other,), persistence=Persistence(switch_after_ms=0))
    shell.feed(events.speech_started("u1"))
    frames(shell, 0, 50)
    again = sent_audio(lose_and_return(shell))
    assert not again
    assert one(shell, ErrorReported).code == "speech_lost"
    frames(shell, 0, 10)
    assert shell.core.input_format == narrow.input_format
