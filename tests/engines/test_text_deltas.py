from hypothesis import given
from hypothesis import strategies as st

from voice.engines.text_deltas import word_pieces


@given(st.text())
def test_the_pieces_joined_are_the_text(text):
    pieces = word_pieces(text)

    assert "".join(pieces) == text
    assert all(pieces)


def test_each_piece_is_a_word_with_its_leading_space():
    assert word_pieces("It is  ten. ") == ["It", " is", "  ten.", " "]
