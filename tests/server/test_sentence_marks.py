import pytest

from voice.server.sentence_marks import (
    OpenMarkup,
    ends_clause,
    ends_sentence,
    is_fence,
    is_line_marker,
)


@pytest.mark.parametrize(
    ("word", "following", "expected"),
    [
        ("there.", "H", True),
        ("there.", "h", True),
        ("dept.", "o", False),
        ("approx.", "f", False),
        ("ca.", "f", False),
        ("what?", "h", False),
        ('there."', "H", True),
        ("**there.**", "H", True),
        ("there", "H", False),
        ("Dr.", "S", False),
        ("(Dr.", "S", False),
        ("e.g.", "A", False),
        ("No.", "5", False),
        ("No.", "N", True),
        ("U.S.", "A", False),
        ("p.m.", "T", True),
        ("p.m.", "5", False),
        ("J.", "S", False),
        ("I.", "T", True),
        ("what?!", "N", True),
        ("etc.", "T", True),
    ],
)
def test_a_full_stop_ends_a_sentence_only_where_it_is_one(word, following, expected):
    assert ends_sentence(word, following) is expected


def test_a_clause_never_ends_before_a_digit():
    assert ends_clause("well,", "I")
    assert ends_clause("first:", "t")
    assert not ends_clause("5,", "2")
    assert not ends_clause("well", "I")


def test_line_markers_are_told_from_words():
    assert all(map(is_line_marker, ["-", "*", "##", ">", "1.", "12)", "|", "|a|b|", "[x]"]))
    assert not any(map(is_line_marker, ["-5", "#1", "1.5", "word", "**bold**", "[text]"]))


def test_a_fence_is_closed_by_its_own_kind_only():
    assert is_fence("```python") == "```"
    assert is_fence("~~~~") == "~~~~"
    assert is_fence("```code```") == ""
    assert is_fence("```", "```") == "```"
    assert is_fence("``", "```") == ""
    assert is_fence("```x", "```") == ""
    assert is_fence("~~~", "```") == ""


@pytest.mark.parametrize(
    ("words", "closed"),
    [
        ("**bold text", False),
        ("**bold text**", True),
        ("***both** one*", True),
        ("2 * 3", True),
        ("5*3", True),
        ("snake_case", True),
        ("_under score", False),
        ("`a ** b", False),
        ("`a ** b`", True),
        ("[text with", False),
        ("[text](http://e.org/a_b", False),
        ("[text](http://e.org/(a)_b)", True),
        ("[text] more", True),
        ("(just brackets", True),
        ("~~old", False),
    ],
)
def test_open_constructs_are_followed_over_words(words, closed):
    markup = OpenMarkup()

    for word in words.split():
        markup.read(word)

    assert markup.closed is closed


def test_a_construct_that_never_closes_is_forgotten():
    markup = OpenMarkup()
    markup.read("**stray")

    for _ in range(50):
        markup.read("word")

    assert markup.closed
