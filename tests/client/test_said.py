"""What we have been saying: as far as it sounded."""

from voice.client.said import AHEAD_CHARS, CHARS_PER_S, Said
from voice.core.updates import AssistantTranscript

TEXT = "The first sentence is rather long. " * 4


def test_text_that_has_not_sounded_is_not_said() -> None:
    said = Said()
    said.take(AssistantTranscript("r1", "i1", TEXT, False))
    assert said.text == TEXT[:AHEAD_CHARS].strip()
    said.sounded(2_000)
    assert said.text == TEXT[: AHEAD_CHARS + 2 * CHARS_PER_S].strip()


def test_the_end_of_the_answer_before_is_still_known() -> None:
    said = Said()
    said.take(AssistantTranscript("r1", "i1", "Is it raining?", False))
    said.sounded(5_000)
    said.take(AssistantTranscript("r2", "i2", "No.", False))
    assert said.text == "Is it raining? No."


def test_a_whole_part_is_not_said_twice() -> None:
    said = Said()
    said.take(AssistantTranscript("r1", "i1", "Hello.", False))
    said.take(AssistantTranscript("r1", "i1", "Hello.", True))
    assert said.text == "Hello."


def test_a_part_that_comes_whole_is_said() -> None:
    said = Said()
    said.take(AssistantTranscript("r1", "i1", "Hello.", True))
    assert said.text == "Hello."
