import pytest

from voice.engines.offline_brain.utterance import MAX_WORDS, Utterance


@pytest.mark.parametrize(
    ("said", "core"),
    [
        ("Could you please set a timer?", "set a timer"),
        ("Hey, I'd like you to turn it up, thanks.", "turn it up"),
        ("Do you know what time it is?", "what time it is"),
        ("the time please", "the time"),
        ("hello", "hello"),
        ("please", "please"),
        ("get rid of the timer", "remove the timer"),
        ("my to do list", "my todo list"),
    ],
)
def test_politeness_is_set_aside(said, core):
    assert " ".join(Utterance(said).core).replace("turn it", "turn it") == core


@pytest.mark.parametrize(
    ("said", "question", "statement", "negated"),
    [
        ("Who wrote Hamlet?", True, False, False),
        ("I went to the shop", False, True, False),
        ("My sister is coming over", False, True, False),
        ("Set a timer", False, False, False),
        ("Please don't set a timer", False, False, True),
        ("I need a timer", False, False, False),
        ("Never do that", False, False, True),
    ],
)
def test_the_kind_of_speech_is_seen(said, question, statement, negated):
    utterance = Utterance(said)

    assert utterance.is_question is question
    assert utterance.is_statement is statement
    assert utterance.is_negated is negated


def test_only_the_first_words_are_read():
    assert len(Utterance("word " * 1000).words) == MAX_WORDS


def test_words_lead_back_to_what_was_said():
    utterance = Utterance("Please get rid of Anna's list!")

    assert utterance.words == ["please", "remove", "anna", "list"]
    assert utterance.original(1, 3) == "get rid of Anna's"
