import pytest

from voice.engines.offline_brain.smalltalk import (
    ANSWERS,
    CANCEL,
    NO,
    YES,
    Topic,
    is_one_of,
    topic_of,
)
from voice.engines.offline_brain.utterance import Utterance


def topic(said: str) -> Topic | None:
    utterance = Utterance(said)
    return topic_of(utterance.core, utterance.words)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Hi!", Topic.HELLO),
        ("Good morning, computer.", Topic.HELLO),
        ("How's it going?", Topic.HOW_ARE_YOU),
        ("What's your name?", Topic.WHO_ARE_YOU),
        ("What can you do for me?", Topic.ABILITIES),
        ("Help!", Topic.ABILITIES),
        ("Thanks a lot", Topic.THANKS),
        ("Bye bye", Topic.GOODBYE),
        ("Could you tell me a joke, please?", Topic.JOKE),
        ("Pardon?", Topic.AGAIN),
        ("How are you doin?", Topic.HOW_ARE_YOU),
        ("Set a timer", None),
        ("How are you going to pay?", None),
        ("", None),
    ],
)
def test_small_talk_is_told_from_wishes(said, expected):
    assert topic(said) is expected


def test_yes_no_and_never_mind_have_many_forms():
    def one_of(phrases, said):
        utterance = Utterance(said)
        return is_one_of(phrases, utterance.words, utterance.core)

    assert one_of(YES, "Yes, please.") and one_of(YES, "sure") and one_of(YES, "Do it!")
    assert one_of(NO, "No, thanks.") and one_of(NO, "nope")
    assert one_of(CANCEL, "Never mind.") and one_of(CANCEL, "forget about it")
    assert not one_of(YES, "yesterday") and not one_of(NO, "now")


def test_every_fixed_answer_is_one_short_line():
    assert all(0 < len(answer) < 80 and "\n" not in answer for answer in ANSWERS.values())
