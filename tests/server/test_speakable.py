import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.server.speakable import (
    FIRST_MAX_WORDS,
    MAX_WORD_CHARS,
    Piece,
    SpeakableSplitter,
    SpeakToken,
)

FRAGMENTS = [
    "Hello there. ", "It is 3.5 degrees, ", "Dr. Smith ", "**bold** ", "*it* ", "__under__ ",
    "`code()` ", "```python\nprint('x')\n```\n", "[text](https://e.org/a_(b)?q=1) ",
    "![pic](data:image/png;base64,AAAA+/==) ", "https://example.com/path. ", "www.site.org ",
    "- item\n", "1. first\n", "# Heading\n", "> quote\n", "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "\n\n", "\n", "😀", "👨‍👩‍👧 ", "❤️ ", "1️⃣ ", "🇩🇪 ", "e.g. ", "A & B ", "~~gone~~ ", "<b>tag</b> ",
    "snake_case_word ", "5 * 3 ", "mail a.b@c.org ", "and so on, ", "word ", "你好。", "C# ", "** ",
    "`", "[", "](", ")", "*", "_", "&amp; ", "$5.20 ", "— ", "#1 ", "x^2 ", "\\(y\\) ",
    "{json: [1]} ",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join),
)
MARKUP = re.compile(r"[*_`#~|<>\[\]{}\\^]")
EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d\u20e3\U000e0000-\U000e0fff\u2190-\u21ff]"
)


def split(text: str, size: int = 0) -> list[Piece]:
    splitter = SpeakableSplitter()
    chunks = [text[i : i + size] for i in range(0, len(text), size)] if size else [text]
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)]
    return pieces + splitter.finish()


def spoken(text: str) -> list[str]:
    return [piece.spoken for piece in split(text) if piece.spoken]


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.data())
def test_any_chunking_gives_the_same_pieces_and_loses_no_character(text, data):
    splitter = SpeakableSplitter()
    pieces, position = [], 0

    while position < len(text):
        step = data.draw(st.integers(1, 20))
        pieces += splitter.feed(text[position : position + step])
        position += step
    pieces += splitter.finish()

    assert "".join(piece.source for piece in pieces) == text
    assert pieces == split(text)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_nothing_unspeakable_is_spoken(text):
    for piece in split(text):
        assert not MARKUP.search(piece.spoken)
        assert not EMOJI.search(piece.spoken)
        assert "://" not in piece.spoken
        assert "www." not in piece.spoken.lower()


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_every_spoken_word_belongs_to_exactly_one_token(text):
    for piece in split(text):
        words = [word for token in piece.tokens for word in token.spoken.split()]
        assert words == piece.spoken.split()
        assert all(token.spoken == " ".join(token.spoken.split()) for token in piece.tokens)
        assert all(token.source for token in piece.tokens)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there! How are you?", ["Hello there!", "How are you?"]),
        ("It is 3.5 degrees. Cold.", ["It is 3.5 degrees.", "Cold."]),
        ("Dr. Smith came at 5 p.m. He left.", ["Doctor Smith came at 5 p.m.", "He left."]),
        ("Fruit, e.g. apples. Done.", ["Fruit, for example apples.", "Done."]),
        ("J. Smith of the U.S. Army.", ["J. Smith of the U.S. Army."]),
        ("So do I. Then go.", ["So do I.", "Then go."]),
        ("See No. 5 and #6. No. Never.", ["See number 5 and number 6.", "No.", "Never."]),
        ("He lives on Main St. by St. Mary.", ["He lives on Main Street by Saint Mary."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ('He said "Stop." Then left.', ['He said "Stop."', "Then left."]),
        ("Yahoo! is a name.", ["Yahoo! is a name."]),
        ("你好。再见。", ["你好。", "再见。"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    assert spoken(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Very** *good* ~~not~~ __now__.", ["Very good not now."]),
        ("# Plan\nStart here.", ["Plan.", "Start here."]),
        ("- milk\n- eggs\n\nThat is all.", ["milk.", "eggs.", "That is all."]),
        ("1. Mix it.\n2. Bake it.", ["1, Mix it.", "2, Bake it."]),
        ("- [ ] open task\n- [x] done task", ["open task.", "done task."]),
        ("> quoted words", ["quoted words."]),
        ("| City | °C |\n|:--|--:|\n| Oslo | 3 |", ["City, °C.", "Oslo, 3."]),
        ("Above.\n\n---\n\nBelow.", ["Above.", "Below."]),
        ("Use `my_var` now.", ["Use my var now."]),
        ("Look at [this page](https://e.org/x_(y) \"T\") now.", ["Look at this page now."]),
        ("[![logo](a.png)](https://e.org) here.", ["logo here."]),
        ("A fact[1] and another[^2].", ["A fact and another."]),
        ("See https://example.com/a?b=c.", ["See link."]),
        ("See (https://example.com/a) or <https://e.org>.", ["See (link) or link."]),
        ("Go to example.com/help or example.com now.", ["Go to link or example dot com now."]),
        ("Write to jo.doe@mail.org.", ["Write to jo dot doe at mail dot org."]),
        ("Salt & pepper, R&D &amp; AT&T.", ["Salt and pepper, R and D and AT and T."]),
        ("Line<br/>break and x < 5 or <b>y</b>.", ["Line break and x is less than 5 or y."]),
        ("Great 😀🎉! Bye 👋", ["Great!", "Bye."]),
        ("I ❤️ it :) ok", ["I it ok."]),
        ("5 * 3 = 15, and x^2 too.", ["5 times 3 equals 15, and x to the power of 2 too."]),
        ("C# and F# but not *that*.", ["C sharp and F sharp but not that."]),
        ("wait — what -- now—then", ["wait, what, now, then."]),
        ("A → B, about ~5 km², and 𝗯𝗼𝗹𝗱.", ["A to B, about about 5 km squared, and bold."]),
        ("and/or 3/4 of it on 1/2/2024.", ["and or 3/4 of it on 1/2/2024."]),
        ("It costs $5.20 or 50% at -3 °C.", ["It costs $5.20 or 50% at -3 °C."]),
        ("Run --fast with snake_case_name.", ["Run fast with snake case name."]),
    ],
)  # fmt: skip
def test_markup_is_read_as_a_person_would_read_it(text, expected):
    assert " ".join(spoken(text)) == " ".join(expected)


def test_a_code_block_is_shown_and_never_read():
    text = "Try this:\n\n```python\nprint('Hello. World')\n```\n\nIt prints."

    assert spoken(text) == ["Try this:", "It prints."]
    assert spoken("Try ```x = 1``` now. Good.") == ["Try x equals 1 now.", "Good."]
    assert spoken("```\nnever closed. Not read.\n") == []
    assert spoken("``` one line ```\nAfter it.") == ["After it."]


def test_the_first_sentence_leaves_before_the_second_arrives():
    splitter = SpeakableSplitter()

    assert splitter.feed("Hello there. ") == []
    (piece,) = splitter.feed("H")

    assert piece.source == "Hello there."
    assert piece.spoken == "Hello there."


def test_the_first_piece_ends_at_a_clause_and_later_ones_do_not():
    text = "As far as I know, it is open, or so they say. As far as I know, it is shut, too."

    assert spoken(text) == [
        "As far as I know,",
        "it is open, or so they say.",
        "As far as I know, it is shut, too.",
    ]


def test_a_first_sentence_without_a_comma_is_cut_early_before_a_breath():
    words = "the old brown dog sleeps near my warm house".split()

    first = spoken(" ".join([*words, "because", "it", "is", "cold"]))[0]
    longest = spoken(" ".join(["word"] * 40))[0]

    assert first == "the old brown dog sleeps near my warm house"
    assert len(longest.split()) == FIRST_MAX_WORDS


def test_a_cut_never_falls_inside_a_number_or_an_abbreviation_or_a_construct():
    numbers = "the total number of people living over there is one hundred twenty five thousand now"
    bold = "please **remember that this whole long thing is bold and must stay so** at all times ok"
    date = "on the first day, July 5, 2024, it rained. Yes."

    assert not any(p.endswith(("hundred", "twenty", "five", "one")) for p in spoken(numbers))
    assert any("remember that" in p and p.count("stay so") for p in spoken(bold))
    assert spoken(date)[1].startswith("July 5, 2024,")


@pytest.mark.parametrize("unit", ["word ", "a", "1 ", "**x ", "[", " ", "\n", "`a ", "😀", "# "])
def test_ten_thousand_characters_of_anything_stay_bounded(unit):
    text = (unit * 10_000)[:10_000]
    splitter = SpeakableSplitter()
    held = longest = 0

    for char in text:
        pieces = splitter.feed(char)
        held = held + 1 - sum(len(p.source) for p in pieces)
        longest = max(longest, held)
    pieces = splitter.finish()

    assert longest <= 100 * MAX_WORD_CHARS // 2
    assert all(len(p.spoken.split()) <= 101 for p in pieces)


def test_a_long_sentence_is_cut_at_words():
    pieces = split("lorem ipsum dolor " * 600)

    assert all(set(p.spoken.rstrip(".").split()) <= {"lorem", "ipsum", "dolor"} for p in pieces)
    assert max(len(p.spoken) for p in pieces) < 500


def test_a_data_uri_is_never_read():
    picture = "![a cat](data:image/png;base64," + "iVBORw0KGgo" * 500 + ")"

    assert " ".join(spoken(f"Here is {picture} for you.")) == "Here is a cat for you."
    assert " ".join(spoken("The hash is " + "a1b2" * 30 + " ok.")) == "The hash is ok."


def test_heard_source_counts_whole_tokens_only():
    piece = Piece(
        (
            SpeakToken("One", "One"),
            SpeakToken(" e.g.", "for example"),
            SpeakToken(" 😀", ""),
            SpeakToken(" two", "two"),
            SpeakToken(" ✨", ""),
        )
    )

    assert [piece.heard_source(n) for n in range(5)] == [
        "",
        "One",
        "One",
        "One e.g.",
        "One e.g. 😀 two ✨",
    ]


def test_an_empty_text_gives_no_pieces():
    splitter = SpeakableSplitter()

    assert splitter.feed("") == []
    assert splitter.finish() == []
    assert splitter.finish() == []
    assert [p.spoken for p in split("  \n ")] == [""]
