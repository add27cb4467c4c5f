import pytest

from voice.engines.offline_brain.thesaurus import are_opposites, are_synonyms, stem


@pytest.mark.parametrize(
    ("one", "other"),
    [("timer", "timers"), ("run", "running"), ("add", "added"), ("list", "lists"),
     ("make", "making"), ("dish", "dishes"), ("wake", "waking")],
)  # fmt: skip
def test_forms_of_a_word_share_a_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("bus", "but"), ("this", "thi"), ("king", "k")])
def test_different_words_keep_different_stems(one, other):
    assert stem(one) != stem(other)


def test_synonyms_and_opposites():
    assert are_synonyms("cancel", "delete") and are_synonyms("louder", "up")
    assert not are_synonyms("timer", "milk")
    assert are_opposites("on", "off") and are_opposites("mute", "unmute")
    assert are_opposites("unlock", "lock") and not are_opposites("turn", "switch")
