import asyncio

import pytest

from voice.client.hang_up import (
    ANSWER_S,
    LAST_WORD_S,
    QUIET_S,
    REASON,
    Farewell,
    HangUpPhrase,
    is_hang_up,
)
from voice.core.updates import (
    Ended,
    EndKind,
    Phase,
    PhaseChanged,
    UserSpeechStarted,
    UserSpeechStopped,
    UserTranscript,
    WarningIssued,
)
from voice.settings_audio import HANG_UP_PHRASES

WAIT_S = 5.0


@pytest.mark.parametrize(
    "text",
    ["Goodbye.", "Good-bye!", "Okay, goodbye.", "Bye.", "Bye-bye!", "OK bye, thanks.", "Good bye.",
     "Hang up.", "Please hang up now.", "End the conversation.", "That is all.", "That's all.",
     "That\N{RIGHT SINGLE QUOTATION MARK}s all, thank you. Goodbye.", "Goodbye, goodbye!"],
)  # fmt: skip
def test_a_turn_of_farewells_and_courtesies_hangs_up(text):
    assert is_hang_up(text, HANG_UP_PHRASES)


@pytest.mark.parametrize(
    "text",
    ["", "Thank you.", "Okay.", "How do you say goodbye in French?", "Say goodbye to Anna.",
     "That is all I know about it.", "Goodbye Tokyo, hello London", "Is that all?",
     "Hang up the picture.", "goodbye " * 40],
)  # fmt: skip
def test_other_turns_do_not_hang_up(text):
    assert not is_hang_up(text, HANG_UP_PHRASES)


def test_the_list_is_what_is_listened_for():
    assert is_hang_up("Tschüss!", ["tschüss"])
    assert not is_hang_up("Goodbye.", ["tschüss"])
    assert not is_hang_up("Goodbye.", [])
    assert not is_hang_up("Okay.", ["  "])


def said(text):
    return UserTranscript("item_1", text, True)


def waits(*updates):
    """Return the wait after each update, or ... where nothing changed."""
    farewell = Farewell(HANG_UP_PHRASES)
    farewell.take(PhaseChanged(Phase.LISTENING))
    return [farewell.wait_s if farewell.take(update) else ... for update in updates]


def test_the_answer_to_the_phrase_is_heard_first():
    found = waits(
        said("Goodbye."),
        PhaseChanged(Phase.THINKING),
        PhaseChanged(Phase.SPEAKING),
        PhaseChanged(Phase.LISTENING),
    )
    assert found == [QUIET_S, ANSWER_S, ANSWER_S, LAST_WORD_S]


def test_a_transcript_that_comes_while_the_answer_speaks_waits_for_its_end():
    found = waits(PhaseChanged(Phase.SPEAKING), said("Bye."), PhaseChanged(Phase.LISTENING))
    assert found == [..., ANSWER_S, LAST_WORD_S]


def test_an_answer_without_sound_is_not_waited_for_long():
    found = waits(said("Bye."), PhaseChanged(Phase.THINKING), PhaseChanged(Phase.LISTENING))
    assert found[-1] == QUIET_S


def test_other_words_after_the_phrase_take_it_back():
    found = waits(
        said("Goodbye."),
        UserSpeechStarted(),
        UserSpeechStopped(),
        said("Wait, one more thing."),
        PhaseChanged(Phase.SPEAKING),
        PhaseChanged(Phase.LISTENING),
    )
    assert found == [QUIET_S, ANSWER_S, QUIET_S, None, ..., ...]


def test_a_noise_or_another_goodbye_takes_nothing_back():
    found = waits(said("Goodbye."), UserSpeechStarted(), UserSpeechStopped(), said(" "))
    assert found == [QUIET_S, ANSWER_S, QUIET_S, ...]
    assert waits(said("Goodbye."), said("Bye bye."))[-1] == QUIET_S


def test_nothing_else_starts_a_farewell():
    assert waits(said("Hello."), UserTranscript("item_1", "Goodbye", False)) == [..., ...]


async def test_it_hangs_up_after_the_answer():
    reasons = asyncio.Queue(maxsize=2)
    phrase = HangUpPhrase(HANG_UP_PHRASES)
    phrase.attach(reasons.put_nowait)
    for update in (
        PhaseChanged(Phase.LISTENING),
        said("Goodbye."),
        PhaseChanged(Phase.SPEAKING),
        WarningIssued("odd", "odd"),
        PhaseChanged(Phase.LISTENING),
    ):
        phrase.take(update)
    async with asyncio.timeout(WAIT_S):
        assert await reasons.get() == REASON


async def test_it_does_nothing_once_the_session_has_ended():
    phrase = HangUpPhrase(HANG_UP_PHRASES)
    phrase.attach(pytest.fail)
    phrase.take(said("Goodbye."))
    assert phrase.is_pending
    phrase.take(Ended(EndKind.HUNG_UP, 1000, "hung up"))
    assert not phrase.is_pending
