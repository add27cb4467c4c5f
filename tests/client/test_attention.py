import pytest

from voice.client.attention import (
    FIRST_WORDS_MS,
    LONGEST_TURN_MS,
    NOISE_MS,
    OVERTIME_MS,
    Attention,
    State,
)
from voice.core.updates import (
    AssistantTranscript,
    ConnectionLost,
    Phase,
    PhaseChanged,
    ToolCallFinished,
    ToolCallStarted,
    UserSpeechStarted,
    UserSpeechStopped,
    UserTranscript,
)

ASLEEP, AWAKE, IDLE = State.ASLEEP, State.AWAKE, State.IDLE
FOLLOW_UP_MS, IDLE_MS = 8_000, 120_000


def listening(**options):
    """Return the attention of a session that has just become ready."""
    attention = Attention(**{"has_wake_word": True, "idle_ms": IDLE_MS, **options})
    attention.take(PhaseChanged(Phase.LISTENING), 0)
    return attention


def phases(attention, *steps):
    for now_ms, phase in steps:
        attention.take(PhaseChanged(phase), now_ms)


def asked(attention, now_ms=1_000):
    """Let the user wake it and ask something in two seconds."""
    attention.heard_wake_word("hey_jarvis", now_ms)
    attention.take(UserSpeechStarted("item_1"), now_ms + 300)
    attention.take(UserSpeechStopped(), now_ms + 2_000)


def test_it_sleeps_until_a_wake_word_is_heard():
    attention = listening()
    assert attention.state(500_000) is ASLEEP
    assert not attention.may_send(500_000)
    assert attention.cause(500_000) == "no wake word was heard"

    attention.heard_wake_word("hey_jarvis", 600_000)

    assert attention.may_send(600_000)
    assert attention.cause(600_000) == "the wake word 'hey jarvis'"


def test_it_sleeps_again_where_nothing_follows_the_word():
    attention = listening()
    attention.heard_wake_word("alexa", 1_000)
    assert attention.state(1_000 + FIRST_WORDS_MS - 1) is AWAKE
    assert attention.state(1_000 + FIRST_WORDS_MS) is ASLEEP


def test_speech_on_this_machine_never_wakes_it():
    attention = listening()
    for now_ms in range(0, 20_000, 30):
        attention.heard_speech(now_ms)
        assert attention.state(now_ms) is ASLEEP


def test_a_question_and_its_answer_keep_it_awake_and_a_window_follows():
    attention = listening()
    asked(attention)
    phases(attention, (3_000, Phase.THINKING), (5_000, Phase.WORKING))
    assert attention.state(30_000) is AWAKE
    assert attention.cause(30_000) == "the conversation is working"
    phases(attention, (40_000, Phase.SPEAKING))
    assert attention.state(90_000) is AWAKE

    phases(attention, (100_000, Phase.LISTENING))

    assert attention.state(100_000 + FOLLOW_UP_MS - 1) is AWAKE
    assert attention.cause(101_000) == "8 s without the word after an answer"
    assert attention.state(100_000 + FOLLOW_UP_MS) is ASLEEP


def test_a_turn_in_the_window_needs_no_word_and_opens_another():
    attention = listening()
    asked(attention)
    phases(attention, (3_000, Phase.SPEAKING), (6_000, Phase.LISTENING))
    attention.take(UserSpeechStarted(), 13_900)
    assert attention.cause(20_000) == "the user speaks"
    attention.take(UserSpeechStopped(), 20_000)
    assert attention.state(20_000 + FOLLOW_UP_MS - 1) is AWAKE
    assert attention.state(20_000 + FOLLOW_UP_MS) is ASLEEP


def test_speech_that_begins_within_the_window_is_let_through_until_the_endpoint_knows():
    attention = listening()
    attention.heard_wake_word("alexa", 0)
    attention.heard_speech(FIRST_WORDS_MS - 100)
    assert attention.state(FIRST_WORDS_MS + 1_500) is AWAKE
    attention.take(UserSpeechStarted(), FIRST_WORDS_MS + 1_500)
    assert attention.state(FIRST_WORDS_MS + 20_000) is AWAKE


def test_speech_that_the_endpoint_never_hears_prolongs_the_window_by_little():
    attention = listening()
    attention.heard_wake_word("alexa", 0)
    for now_ms in range(0, 30_000, 30):
        attention.heard_speech(now_ms)
    assert attention.state(FIRST_WORDS_MS + OVERTIME_MS) is ASLEEP


def test_a_television_does_not_keep_it_awake_for_ever():
    attention = listening()
    attention.heard_wake_word("alexa", 0)
    attention.take(UserSpeechStarted(), 1_000)
    assert attention.state(LONGEST_TURN_MS) is AWAKE
    assert attention.state(1_000 + LONGEST_TURN_MS) is ASLEEP


@pytest.mark.parametrize("phase", [Phase.THINKING, Phase.WORKING, Phase.SPEAKING])
def test_an_answer_that_takes_long_keeps_it_awake_and_the_window_follows_its_end(phase):
    attention = listening()
    asked(attention)
    phases(attention, (4_000, phase))
    assert attention.state(900_000) is AWAKE
    phases(attention, (900_000, Phase.LISTENING))
    assert attention.state(900_000 + FOLLOW_UP_MS - 1) is AWAKE
    assert attention.state(900_000 + FOLLOW_UP_MS) is ASLEEP


def test_a_tool_that_waits_for_the_user_keeps_it_awake_until_it_ends():
    attention = listening()
    asked(attention)
    attention.take(ToolCallStarted("call_1", "ask_colour", "{}"), 3_500)
    phases(attention, (4_000, Phase.SPEAKING), (6_000, Phase.LISTENING))
    assert attention.state(90_000) is AWAKE
    assert attention.cause(90_000) == "a tool works"
    attention.take(ToolCallFinished("call_1", "ask_colour", "red", False), 90_000)
    assert attention.state(90_000 + FOLLOW_UP_MS - 1) is AWAKE
    assert attention.state(90_000 + FOLLOW_UP_MS) is ASLEEP


def test_an_idle_time_counts_from_the_end_of_a_long_answer():
    attention = listening(has_wake_word=False)
    phases(attention, (1_000, Phase.WORKING), (600_000, Phase.LISTENING))
    assert attention.state(599_000 + IDLE_MS) is AWAKE
    assert attention.state(600_000 + IDLE_MS) is IDLE


def test_an_announcement_speaks_while_it_sleeps_and_opens_the_window():
    attention = listening()
    phases(attention, (300_000, Phase.THINKING), (301_000, Phase.SPEAKING))
    assert attention.state(303_000) is AWAKE
    phases(attention, (304_000, Phase.LISTENING))
    assert attention.state(304_000 + FOLLOW_UP_MS - 1) is AWAKE
    assert attention.state(304_000 + FOLLOW_UP_MS) is ASLEEP


def test_a_new_connection_wakes_nobody():
    attention = listening()
    phases(attention, (10_000, Phase.RECONNECTING), (11_000, Phase.LISTENING))
    assert attention.state(11_000) is ASLEEP


def test_a_turn_that_was_lost_with_its_connection_does_not_keep_it_awake():
    attention = listening()
    attention.heard_wake_word("alexa", 0)
    attention.take(UserSpeechStarted(), 1_000)
    attention.take(ConnectionLost("gone", 500, 1), 2_000)
    assert attention.state(FIRST_WORDS_MS) is ASLEEP


def test_without_a_follow_up_each_turn_needs_the_word():
    attention = listening(follow_up_ms=0)
    attention.heard_wake_word("alexa", 0)
    assert attention.state(FIRST_WORDS_MS - 1) is AWAKE
    attention.take(UserSpeechStarted(), 300)
    phases(attention, (400, Phase.LISTENING))
    attention.take(UserSpeechStopped(), 9_000)
    phases(attention, (9_100, Phase.SPEAKING), (12_000, Phase.LISTENING))
    assert attention.state(12_000) is ASLEEP


def test_without_wake_words_it_is_awake_from_the_start():
    attention = listening(has_wake_word=False)
    assert attention.state(IDLE_MS - 1) is AWAKE
    assert attention.state(10 * IDLE_MS) is not ASLEEP
    assert attention.cause(0) == "no wake word is asked for"


def test_it_is_idle_where_nobody_says_a_word_for_long():
    attention = listening(has_wake_word=False)
    assert attention.is_idle(IDLE_MS)
    assert not attention.may_send(IDLE_MS)
    assert attention.cause(IDLE_MS) == "nobody said a word for 120 s"


@pytest.mark.parametrize(
    "word",
    [
        UserSpeechStarted(),
        UserSpeechStopped(),
        UserTranscript("item_1", "Hello.", True),
        AssistantTranscript("resp_1", "item_2", "Hi.", False),
        PhaseChanged(Phase.SPEAKING),
    ],
)
def test_a_word_from_either_side_puts_idleness_off(word):
    attention = listening(has_wake_word=False)
    attention.take(word, 100_000)
    phases(attention, (100_010, Phase.LISTENING))
    assert attention.state(100_000 + IDLE_MS - 1) is AWAKE
    assert attention.state(100_010 + IDLE_MS + LONGEST_TURN_MS) is IDLE


def test_speech_ends_an_idle_time_at_once_and_words_keep_it_ended():
    attention = listening(has_wake_word=False)
    attention.heard_speech(IDLE_MS + 5_000)
    assert attention.may_send(IDLE_MS + 5_000)
    attention.take(UserSpeechStarted(), IDLE_MS + 5_400)
    attention.take(UserSpeechStopped(), IDLE_MS + 7_000)
    assert attention.state(2 * IDLE_MS) is AWAKE


def test_a_noise_in_an_idle_time_is_soon_forgotten():
    attention = listening(has_wake_word=False)
    attention.heard_speech(IDLE_MS)
    assert attention.state(IDLE_MS + NOISE_MS - 1) is AWAKE
    assert attention.state(IDLE_MS + NOISE_MS) is IDLE


def test_a_long_answer_is_never_idle():
    attention = listening(has_wake_word=False)
    phases(attention, (0, Phase.SPEAKING))
    assert attention.state(5 * IDLE_MS) is AWAKE


def test_idleness_can_be_switched_off():
    attention = listening(has_wake_word=False, idle_ms=0)
    assert attention.state(86_400_000) is AWAKE


def test_a_session_that_is_not_ready_is_not_idle():
    assert Attention(has_wake_word=False).state(IDLE_MS) is AWAKE


def test_states_are_words_for_a_face():
    assert [state.value for state in State] == ["asleep", "awake", "idle"]
