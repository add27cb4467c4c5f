import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.speech_pieces import LONGEST_CHARS, pieces_of

LONG = (
    "I am a voice assistant that runs on your own computer, and I can tell you the time, set "
    "timers, convert units, do arithmetic, and keep your shopping list for you."
)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("   \n ", []),
        ("Hello there.", ["Hello there."]),
        ("It is noon. Have a nice day!", ["It is noon.", "Have a nice day!"]),
        ("Dr. Smith met J. K. Rowling.", ["Dr. Smith met J. K. Rowling."]),
        ("It is 3.5 degrees.", ["It is 3.5 degrees."]),
        ("At 3 p.m. Tokyo sleeps.", ["At 3 p.m. Tokyo sleeps."]),
        ("He said stop... and went on.", ["He said stop... and went on."]),
        ('"Really?" She left.', ['"Really?"', "She left."]),
        ("Milk\nEggs\nBread", ["Milk", "Eggs", "Bread"]),
    ],
)
def test_sentences_become_pieces(text, pieces):
    assert [piece.text for piece in pieces_of(text)] == pieces


def test_a_long_first_sentence_starts_with_its_first_clause():
    first, second = pieces_of(LONG)
    assert first.text == "I am a voice assistant that runs on your own computer,"
    assert first.end == "clause"
    assert second.end == "sentence"


def test_a_long_second_sentence_stays_whole():
    assert [piece.text for piece in pieces_of(f"Sure. {LONG}")] == ["Sure.", LONG]


def test_a_sentence_without_commas_is_cut_only_when_it_cannot_be_spoken_whole():
    plain = "the cat sat on the mat beside the old grey stone wall " * 3
    assert len(pieces_of(plain)) == 1
    assert len(pieces_of(plain * 3)) > 1


def test_a_sentence_that_is_too_long_is_cut_before_a_joining_word():
    words = "we walked along the river for a very long time and "
    pieces = pieces_of(words * 8)
    assert all(piece.words[0] == "and" for piece in pieces[1:])
    assert pieces[0].end == "joint"


@given(
    st.lists(st.sampled_from(["a", "cat,", "sat.", "and", "Why?", "Dr.", "x" * 300, "so", "\n"]))
)
def test_every_word_comes_once_in_order_and_no_piece_is_too_long(words):
    text = " ".join(words)
    pieces = pieces_of(text)
    assert [word for piece in pieces for word in piece.words] == text.split()
    assert all(len(piece.text) <= LONGEST_CHARS or len(piece.words) == 1 for piece in pieces)
