"""Which of the recogniser's answers still count."""

from voice.core.server_messages import DropTranscription, Transcribed, TranscriptionFailed
from voice.core.transcriptions import Transcriptions
from voice.core.turn_signals import TurnTranscribed
from voice.protocol.formats import PCM16

AUDIO = bytes(480)


def answer(asked, text="tea"):
    return Transcribed(asked.item_id, asked.generation, text, 1.0)


def test_words_are_told_once_the_item_is_committed_and_only_once():
    work = Transcriptions()
    asked = work.ask("item_1", AUDIO, PCM16)

    assert work.take(answer(asked))
    assert work.tell("item_1") == []
    work.commit("item_1")

    assert work.pending == {"item_1"}
    assert work.tell("item_1") == [TurnTranscribed("item_1", "tea")]
    assert work.pending == frozenset()
    assert work.tell("item_1") == []


def test_an_older_answer_says_nothing():
    work = Transcriptions()
    older = work.ask("item_1", AUDIO, PCM16)
    newer = work.ask("item_1", AUDIO, PCM16)

    assert not work.take(answer(older, "te"))
    assert work.take(answer(newer))


def test_a_failure_is_an_answer_without_words():
    work = Transcriptions()
    asked = work.ask("item_1", AUDIO, PCM16)
    work.commit("item_1")

    assert work.take(TranscriptionFailed("item_1", asked.generation, "The recogniser is gone."))

    assert work.tell("item_1") == [TurnTranscribed("item_1", "", "The recogniser is gone.")]


def test_the_reading_of_a_turn_that_goes_on_is_answered_apart_from_its_item():
    work = Transcriptions()
    work.language = "de"
    reading = work.read("item_1", AUDIO, PCM16)
    assert (reading.partial, reading.language, work.is_reading) == (True, "de", True)

    assert work.take_reading(answer(reading))

    assert not work.is_reading
    assert not work.take_reading(answer(reading))
    assert not work.has("item_1")


def test_only_what_is_under_way_is_dropped_at_the_recogniser():
    work = Transcriptions()
    reading = work.read("item_1", AUDIO, PCM16)
    asked = work.ask("item_1", AUDIO, PCM16)
    known = work.ask("item_2", AUDIO, PCM16)
    work.take(answer(known))

    assert work.drop_reading() == [DropTranscription("item_1", reading.generation)]
    assert work.drop_reading() == []
    assert work.drop("item_1") == [DropTranscription("item_1", asked.generation)]
    assert work.drop("item_2") == []


def test_the_words_of_a_deleted_item_are_awaited_no_longer():
    work = Transcriptions()
    work.ask("item_1", AUDIO, PCM16)
    work.commit("item_1")

    assert len(work.forget("item_1")) == 1

    assert work.pending == frozenset()
