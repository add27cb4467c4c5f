"""What is said instead of silence, and how often."""

from voice.server.fillers import APOLOGY_REST_S, LATER_S, Fillers, FillerTexts


def test_the_sentences_take_turns():
    fillers = Fillers(FillerTexts(("One moment.", "Let me see.")))
    assert [fillers.next() for _ in range(3)] == ["One moment. ", "Let me see. ", "One moment. "]


def test_the_second_silence_may_be_longer():
    fillers = Fillers(FillerTexts(("Hm.",), after_s=1.5))
    assert [fillers.wait_s(0), fillers.wait_s(1)] == [1.5, LATER_S]


def test_nothing_is_said_where_nothing_is_wanted():
    assert Fillers(FillerTexts(("Hm.",), after_s=0.0)).wait_s(0) is None
    assert Fillers(FillerTexts(())).wait_s(0) is None
    assert Fillers(FillerTexts(())).apology() == ""


def test_one_apology_serves_for_a_while():
    now_s = 100.0
    fillers = Fillers(FillerTexts((), "Sorry."), now_s=lambda: now_s)
    assert fillers.apology() == "Sorry."
    assert fillers.apology() == ""
    now_s += APOLOGY_REST_S
    assert fillers.apology(after_words=True) == " Sorry."
